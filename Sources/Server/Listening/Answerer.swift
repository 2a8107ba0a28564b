import Hummingbird

/// Whoever answers the requests of a server.
protocol Answerer: Sendable {
  /// The answer to a request. Whatever goes wrong is an answer too.
  ///
  /// - Parameter peer: who asks, as an address with its port.
  func answer(_ request: Request, peer: String) async -> Response
}

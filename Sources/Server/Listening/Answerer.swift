import Hummingbird
import NIOCore

/// Whoever answers the requests of a server.
protocol Answerer: Sendable {
  /// The answer to a request. Whatever goes wrong is an answer too.
  ///
  /// - Parameter channel: what it came over, which knows who asks.
  func answer(_ request: Request, over channel: any Channel) async -> Response
}

import HTTPTypes
import Hummingbird
import HummingbirdCore
import HummingbirdHTTP2
import Logging
import NIOCore
import ServiceLifecycle

/// The listening part of a server: sockets, limits and shutdown, whoever answers.
struct HTTPListening: Sendable {
  let configuration: ListeningConfiguration
  let logger: Logger
  /// Hears of each place, with the port that it was bound to.
  let onListening: @Sendable (ListenPlace) -> Void

  /// Serves until graceful shutdown, which lets answers under way finish for a bounded time, or until it is cancelled.
  ///
  /// - Throws: `ListenFailure` when a place cannot be listened on; then none is.
  func run(_ answerer: some Answerer) async throws {
    guard let web = configuration.web else { return try await runPlain(answerer) }
    let guarded = GuardedAnswerer(inner: answerer, keeper: web, logger: logger)
    guard web.isTLS else { return try await runPlain(guarded) }
    let responder = responder(guarded)
    let channel = SecureChannel(
      http1: HTTP1Channel(responder: responder, configuration: http1),
      http2: HTTP2Channel(
        responder: self.responder(guarded, isStream: true),
        configuration: .init(idleTimeout: configuration.idleTimeout, streamConfiguration: http1)), keeper: web)
    try await run(Connection(base: channel, executor: configuration.executor))
  }

  private func runPlain(_ answerer: some Answerer) async throws {
    let channel = HTTP1Channel(responder: responder(answerer), configuration: http1)
    try await run(Connection(base: channel, executor: configuration.executor))
  }

  private func run<Base: ServerChildChannel>(_ connection: Connection<Base>) async throws {
    let listener = Listener(connection: connection, connectionLimit: configuration.connectionLimit, logger: logger)
    try await withThrowingTaskGroup(of: Bool.self) { group in
      for place in configuration.places {
        group.addTask {
          try await listener.run(on: place) { port in
            if case .address(let address) = place {
              onListening(.address(ListenAddress(host: address.host, port: port ?? address.port)))
            } else {
              onListening(place)
            }
          }
          return true
        }
      }
      let grace = configuration.shutdownGrace
      group.addTask {
        try await gracefulShutdown()
        try await Task.sleep(for: grace)
        return false
      }
      var open = configuration.places.count
      while open > 0, let isListener = try await group.next() {
        guard isListener else { break }
        open -= 1
      }
      group.cancelAll()
    }
  }

  private var http1: HTTP1Channel.Configuration {
    let limit = TimeAmount(configuration.idleTimeout)
    return .init(
      additionalChannelHandlers: [StalledWriteHandler(limit: limit)], idleTimeout: limit,
      httpDecoderConfiguration: .init(
        maxHeaderFieldSize: 16 * 1024, maxHeaderListSize: 32 * 1024, maxHeaderFieldCount: 100))
  }

  /// - Parameter isStream: of HTTP/2, which goes without its connection (RFC 9113 section 6.4) and takes its work with it.
  private func responder(_ answerer: some Answerer, isStream: Bool = false) -> HTTPChannelHandler.Responder {
    let date = HTTPDate()
    return { request, writer, channel in
      var response =
        if isStream {
          await Departure.$current.withValue(Departure(of: channel)) { await answerer.answer(request, over: channel) }
        } else {
          await answerer.answer(request, over: channel)
        }
      response.headers[.date] = date.text
      try await writer.write(response: response.head, body: response.body)
    }
  }
}

import HTTPTypes
import Hummingbird
import HummingbirdCore
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

  private func responder(_ answerer: some Answerer) -> HTTPChannelHandler.Responder {
    let date = HTTPDate()
    return { request, writer, channel in
      var response = await answerer.answer(request, peer: channel.remoteAddress?.description ?? "unknown")
      response.headers[.date] = date.text
      try await writer.write(response: response.head, body: response.body)
    }
  }
}

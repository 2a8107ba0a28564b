import Glibc
import Hummingbird
package import Logging
import NIOCore
import ServiceLifecycle

/// The HTTP door: metrics, health, API and status page.
package struct CurlewServer: Service, CustomStringConvertible {
  private let configuration: ServerConfiguration
  private let sources: ServerSources
  private let logger: Logger
  private let onListening: @Sendable (ListenAddress) -> Void

  /// A server that listens once it runs.
  ///
  /// - Parameter onListening: hears of each place with the port that it was bound to.
  package init(
    configuration: ServerConfiguration, sources: ServerSources, logger: Logger,
    onListening: @escaping @Sendable (ListenAddress) -> Void = { _ in }
  ) {
    self.configuration = configuration
    self.sources = sources
    self.logger = logger
    self.onListening = onListening
  }

  /// What the log of services calls it; the parts are nothing for a log.
  package var description: String { "HTTP server" }

  /// Serves until graceful shutdown, which lets answers under way finish for a bounded time, or until it is cancelled.
  ///
  /// - Throws: `ListenFailure` when a place cannot be listened on; then none is.
  package func run() async throws {
    let responder = Responder(
      configuration: configuration, sources: sources, overviews: OverviewCache(sources), logger: logger)
    try await withThrowingTaskGroup(of: Bool.self) { group in
      for address in configuration.listen {
        group.addTask {
          try await listen(on: address, responder)
          return true
        }
      }
      let grace = configuration.shutdownGrace
      group.addTask {
        try await gracefulShutdown()
        try await Task.sleep(for: grace)
        return false
      }
      var open = configuration.listen.count
      while open > 0, let isListener = try await group.next() {
        guard isListener else { break }
        open -= 1
      }
      group.cancelAll()
    }
  }

  private func listen(on address: ListenAddress, _ responder: Responder) async throws {
    guard address.host == nil else { return try await serve(address, as: address, responder) }
    // An IPv6 socket on `::` takes IPv4 too, unless the system has no IPv6 at all.
    do {
      try await serve(address, as: ListenAddress(host: "::", port: address.port), responder)
    } catch let failure as NoSuchFamily {
      logger.debug("no IPv6 here, listening on IPv4 alone", metadata: ["error": "\(failure.reason)"])
      try await serve(address, as: ListenAddress(host: "0.0.0.0", port: address.port), responder)
    }
  }

  private struct NoSuchFamily: Error {
    var reason: String
  }

  private func serve(_ given: ListenAddress, as bound: ListenAddress, _ responder: Responder) async throws {
    let application = Application(
      responder: responder,
      server: .http1(
        configuration: .init(
          additionalChannelHandlers: [StalledWriteHandler(limit: .init(configuration.idleTimeout))],
          idleTimeout: .init(configuration.idleTimeout),
          httpDecoderConfiguration: .init(
            maxHeaderFieldSize: 16 * 1024, maxHeaderListSize: 32 * 1024, maxHeaderFieldCount: 100))),
      configuration: ApplicationConfiguration(
        address: .hostname(bound.host ?? "::", port: Int(bound.port)),
        availableConnectionsDelegate: .maximum(configuration.connectionLimit, logger: logger)),
      onServerRunning: { channel in
        let port = channel.localAddress?.port.map(UInt16.init) ?? given.port
        onListening(ListenAddress(host: given.host, port: port))
      },
      logger: logger)
    do {
      try await application.run()
    } catch let error as IOError {
      if given.host == nil, bound.host == "::", [EAFNOSUPPORT, EADDRNOTAVAIL].contains(error.errnoCode) {
        throw NoSuchFamily(reason: Self.words(for: error))
      }
      throw ListenFailure(address: given, reason: Self.words(for: error))
    } catch is SocketAddressError.UnknownHost {
      throw ListenFailure(address: given, reason: "there is no such host")
    }
  }

  private static func words(for error: IOError) -> String {
    switch error.errnoCode {
    case EADDRINUSE: "address already in use"
    case EADDRNOTAVAIL: "this machine has no such address"
    case EACCES: "permission denied; ports below 1024 need CAP_NET_BIND_SERVICE"
    default: String(cString: strerror(error.errnoCode))
    }
  }
}

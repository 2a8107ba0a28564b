package import Logging
import ServiceLifecycle

/// The HTTP door: metrics, health, API and status page.
package struct CurlewServer: Service, CustomStringConvertible {
  private let configuration: ServerConfiguration
  private let sources: ServerSources
  private let logger: Logger
  private let onListening: @Sendable (ListenPlace) -> Void

  /// A server that listens once it runs.
  ///
  /// - Parameter onListening: hears of each place with the port that it was bound to.
  package init(
    configuration: ServerConfiguration, sources: ServerSources, logger: Logger,
    onListening: @escaping @Sendable (ListenPlace) -> Void = { _ in }
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
    let listening = HTTPListening(configuration: configuration.listening, logger: logger, onListening: onListening)
    try await listening.run(responder)
  }
}

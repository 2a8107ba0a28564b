package import Exposition
package import Logging
import ServiceLifecycle

/// The server of `curlew blackbox`: blackbox_exporter's endpoints.
package struct BlackboxServer: Service, CustomStringConvertible {
  private let configuration: BlackboxConfiguration
  private let responder: BlackboxResponder
  private let logger: Logger
  private let onListening: @Sendable (ListenPlace) -> Void

  /// A server that listens once it runs.
  ///
  /// - Parameters:
  ///   - configText: the modules in force, with every secret hidden.
  ///   - reload: reads the file anew; gives what is wrong with it, or nil.
  ///   - onListening: hears of each place with the port that it was bound to.
  /// - Throws: when the registry has the server's own metrics already.
  package init(
    configuration: BlackboxConfiguration, door: ProbeDoor, registry: Registry,
    configText: @escaping @Sendable () -> String, reload: @escaping @Sendable () async -> String?, logger: Logger,
    onListening: @escaping @Sendable (ListenPlace) -> Void = { _ in }
  ) throws(RegistrationError) {
    self.configuration = configuration
    self.logger = logger
    self.onListening = onListening
    responder = BlackboxResponder(
      configuration: configuration, door: door, registry: registry,
      scrapes: try ScrapeMetrics(registry: registry, version: configuration.version), configText: configText,
      reload: reload)
  }

  /// What the log of services calls it; the parts are nothing for a log.
  package var description: String { "HTTP server" }

  /// Serves until graceful shutdown, or until it is cancelled.
  ///
  /// - Throws: `ListenFailure` when a place cannot be listened on; then none is.
  package func run() async throws {
    let listening = HTTPListening(configuration: configuration.listening, logger: logger, onListening: onListening)
    try await listening.run(responder)
  }
}

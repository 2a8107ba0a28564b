package import Logging
import Model
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
    let (responder, hub) = parts()
    let listening = HTTPListening(configuration: configuration.listening, logger: logger, onListening: onListening)
    // Streams have no end of their own, and would hold the shutdown up for as long as it waits.
    try await withGracefulShutdownHandler {
      try await listening.run(responder)
    } onGracefulShutdown: {
      Task { await hub.close() }
    }
  }

  private func parts() -> (responder: Responder, hub: LiveHub) {
    let overviews = OverviewCache(sources)
    let isSecure = configuration.listening.web?.isTLS ?? false
    let gate = TokenGate(sources.access, time: sources.time)
    let composer = PageComposer(
      sources: sources, overviews: overviews,
      dayBook: DayBook(catalogue: sources.catalogue, sources: sources.board.sources, time: sources.time), logger: logger
    )
    let access = sources.access
    // The other half of the connections is for those who ask and go.
    let hub = LiveHub(limit: max(1, configuration.listening.connectionLimit / 2), time: sources.time) { id in
      guard let page = access.edition.pages.first(where: { $0.id == id }) else { return nil }
      return await composer.overview(page)
    }
    let pages = PagesDesk(
      composer: composer, access: access, catalogue: sources.catalogue, cache: RenderCache(time: sources.time),
      hub: hub, gate: PageGate(gate: gate, isSecure: isSecure, time: sources.time), isSecure: isSecure)
    let api = APIRouter(sources: sources, overviews: overviews, gate: gate, pages: pages)
    let responder = Responder(
      configuration: configuration, sources: sources, overviews: overviews, pages: pages, api: api,
      fleet: sources.fleet.map {
        FleetDoor(sources: $0, access: access, web: configuration.listening.web, time: sources.time, logger: logger)
      }, logger: logger)
    return (responder, hub)
  }
}

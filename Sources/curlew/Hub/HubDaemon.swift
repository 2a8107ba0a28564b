import Fleet
import Hub
import Logging
import Model
import PostgresHistory
import Recording
import Scenarios
import Server
import ServiceLevels
import ServiceLifecycle
import Synchronization
import UnixSignals

/// The composition root of `curlew hub`: one replica of a hub. Any number of them share a database, and any of them may be
/// killed.
struct HubDaemon {
  let settings: ServiceSettings
  /// Unique for this start of this process; who leads is told by it.
  let holder: String
  let store: PostgresHistory
  let files: HubFiles
  let scenario: Scenario
  /// How the files looked when they were read.
  let sight: FileSight
  /// SIGHUP, trapped before the files were read.
  let hangups: UnixSignalsSequence
  /// Told the address once the server listens.
  let onListening: @Sendable (ListenPlace) -> Void

  /// Runs until SIGTERM or SIGINT.
  ///
  /// - Throws: `CommandFailure` when a port is taken.
  func run() async throws {
    let time = SystemTime()
    let current = CurrentScenario(scenario)
    let logger = DaemonLog.logger(settings, redactedBy: current.masks)
    let records = try HubRecords(settings: settings, store: store, time: time, logger: logger)
    let view = FleetView(store: store, time: time) { cause in
      if let cause {
        logger.error("the store cannot be read", metadata: ["error": "\(cause)"])
      } else {
        logger.notice("the store is read again")
      }
    }
    let configuration = HubConfiguration(store: store, holder: holder, time: time, logger: logger) {
      current.replace(with: $0)
      // Nodes first: they have more to do with it.
      view.announce()
      records.apply($0, version: $1)
    }
    let desk = HubDesk(store: store, view: view, supply: configuration, time: time)
    watch(records.fleet, desk: desk, view: view)
    let assigner = Assigner(store: store, view: view, supply: configuration, time: time) { node, quarantine in
      if let quarantine {
        logger.warning("a node is not believed", metadata: ["node": "\(node)", "reason": "\(quarantine.reason)"])
      } else {
        logger.notice("a node is believed again", metadata: ["node": "\(node)"])
      }
    }
    let leader = HubLeader(
      store: store, records: records,
      decider: Decider(
        store: store, history: store, view: view, supply: configuration, memory: records.memory, time: time),
      assigner: assigner, view: view, current: current, retention: settings.retention,
      months: months(records, time: time, logger: logger), time: time, logger: logger)

    if let reading = files.reading { await configuration.offer(reading) }
    let loadingThread = try LoadingThread()
    defer { loadingThread.stop() }
    let reloader = Reloader(
      hangups: hangups, sight: sight, read: { [files] in files.read() }, current: current, modules: nil,
      service: settings.service,
      apply: { [files] _ in if let reading = files.reading { await configuration.offer(reading) } },
      report: { records.metrics.recordReload(succeeded: $0, at: time.now) }, thread: loadingThread,
      logger: logger)
    let server = server(
      records: records, desk: desk, view: view, configuration: configuration, current: current, reloader: reloader,
      logger: logger)
    try await run(
      [
        StoreService(store: store),
        UntilShutdown { await view.run() },
        UntilShutdown { await configuration.run() },
        UntilShutdown { await follow(records, assigner, time: time, logger: logger) },
        UntilShutdown {
          async let strips: Void = records.restoreStrips()
          await records.board.run()
          await strips
        },
        UntilShutdown { await lead(leader, time: time, logger: logger) },
        reloader, server,
      ])
  }

  private func run(_ services: [any Service]) async throws {
    let group = ServiceGroup(
      configuration: .init(
        services: services.map { .init(service: $0) }, gracefulShutdownSignals: [.sigterm, .sigint],
        logger: DaemonLog.quiet))
    do {
      try await group.run()
    } catch let failure as ListenFailure {
      throw CommandFailure("\(failure)")
    }
  }

  // MARK: Parts

  /// Follows the feed, from which all that is shown is made.
  private func follow(_ records: HubRecords, _ assigner: Assigner, time: SystemTime, logger: Logger) async {
    let follower = FeedFollower(store: store, time: time) { cause in
      if let cause { logger.error("decisions cannot be read", metadata: ["error": "\(cause)"]) }
    }
    await follower.run(
      take: { decisions in
        records.take(decisions)
        assigner.take(decisions)
      })
  }

  /// Does the work of each singleton while its lease is held here.
  private func lead(_ leader: HubLeader, time: SystemTime, logger: Logger) async {
    let fleet = leader.records.fleet
    let keeper = LeaseKeeper(store: store, holder: holder, time: time) { event in
      switch event {
      case .began(let singleton):
        fleet.set(singleton, isHeld: true)
        logger.notice("leads", metadata: ["singleton": "\(singleton.rawValue)"])
      case .ended(let singleton, let reason):
        fleet.set(singleton, isHeld: false)
        logger.notice("leads no more", metadata: ["singleton": "\(singleton.rawValue)", "reason": "\(reason ?? "")"])
      case .fails(let singleton, let cause):
        logger.error(
          "the store cannot be led by", metadata: ["singleton": "\(singleton.rawValue)", "error": "\(cause)"])
      }
    }
    await withDiscardingTaskGroup { group in
      group.addTask { await keeper.hold(.deciding) { try await leader.decide(under: $0) } }
      group.addTask { await keeper.hold(.assigning) { try await leader.assigner.lead(under: $0) } }
      group.addTask { await keeper.hold(.keeping) { try await leader.keep(under: $0) } }
    }
  }

  private func watch(_ metrics: FleetMetrics, desk: HubDesk, view: FleetView) {
    metrics.watch(nodes: {
      let now = view.clock.now
      return view.picture.nodes.map { node in
        FleetMetrics.Node(
          name: node.description.name, region: node.description.region,
          isUp: now - node.lastSeen <= FleetProtocol.beatInterval * 4, lastSeen: node.lastSeen,
          isQuarantined: node.quarantine != nil, clockOffset: node.beat?.clockOffset,
          spoolLength: node.beat?.spoolLength ?? 0)
      }
    })
    metrics.watch(
      runs: { desk.tallies.counts.runs.map { ($0.key.region, $0.key.outcome.rawValue, $0.value) } },
      refused: {
        let refused = desk.tallies.counts.refused
        // From the start on, so that the first one is seen as an increase.
        return Dictionary(uniqueKeysWithValues: FleetProtocol.Refusal.allCases.map { ($0.rawValue, refused[$0] ?? 0) })
      })
  }

  private func months(_ records: HubRecords, time: SystemTime, logger: Logger) -> MonthKeeper? {
    settings.monthClosing.map { closing in
      let books = MonthBooks(
        closer: MonthCloser(closing), store: store, incidents: store, months: store, ledger: store,
        cap: settings.exclusionCap)
      return MonthKeeper(books: books, time: time, logger: logger) { [catalogue = records.catalogue] in
        let services = catalogue.services
        return catalogue.checks.map { check in
          MonthBooks.Subject(
            services[check.id].map(FigureSubject.init) ?? FigureSubject(check.id), objective: check.objective)
        }
      }
    }
  }

  private func server(
    records: HubRecords, desk: HubDesk, view: FleetView, configuration: HubConfiguration, current: CurrentScenario,
    reloader: Reloader, logger: Logger
  ) -> CurlewServer {
    CurlewServer(
      configuration: ServerConfiguration(
        listening: ListeningConfiguration(
          // Every node keeps a connection open for what is new, and another for what it sends.
          places: [.address(settings.listen)], connectionLimit: 4096, web: settings.web),
        region: HubDesk.ownRegion, version: Version.text),
      sources: ServerSources(
        registry: records.registry, catalogue: records.catalogue, store: store, recentRuns: records.recent,
        archive: records.archive, runDocument: { try JSONReport.document(of: $0, check: $1) }, board: records.board,
        components: { Self.components(view: view, configuration: configuration) },
        reload: { await reloader.reload() }, scenarioText: { ScenarioText.yaml(of: current.scenario) },
        access: settings.service.access, records: records.sources, fleet: FleetSources(desk: desk, view: view)),
      logger: logger,
      onListening: { [onListening] place in
        onListening(place)
        SpareMemory.giveBackCode()
      })
  }

  private static func components(view: FleetView, configuration: HubConfiguration) -> [ComponentHealth] {
    let now = view.clock.now
    let nodes = view.picture.nodes
    let up = nodes.count { now - $0.lastSeen <= FleetProtocol.beatInterval * 4 }
    let version = configuration.version
    return [
      ComponentHealth(
        name: "configuration", isReady: version > 0,
        message: version > 0 ? "version \(version)" : "none is published yet"),
      // A hub without nodes can take some, and is ready for them.
      ComponentHealth(
        name: "nodes", isReady: view.picture.read != nil, message: "\(up) of \(nodes.count) are heard of"),
    ]
  }
}

/// Lets go of the store when everybody else is done with it.
private struct StoreService: Service {
  let store: PostgresHistory

  func run() async throws {
    try? await gracefulShutdown()
    try await store.close()
  }
}

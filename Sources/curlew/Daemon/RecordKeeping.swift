import Exposition
import History
import Hub
import Incidents
import Logging
import Model
import Recording
import Scenarios
import Scheduling
import Server
import ServiceLevels
import ServiceLifecycle
import Synchronization

/// The recording half of the program: everything that is told of runs, and what follows from them: metrics, history,
/// services, incidents, the state of jobs, figures.
struct RecordKeeping {
  let registry: Registry
  let metrics: MetricsRecorder
  let recent = RecentRuns()
  let archive = RunArchive()
  let store: any CurlewStore
  let history: HistoryRecorder
  let incidents: IncidentKeeper
  let maintenance = CurrentMaintenance()
  let services: ServiceRecorder
  /// What is held of each slot, for whoever follows that: services and incidents.
  let decider: LocalDecider
  let heartbeats: HeartbeatKeeper
  /// Where runs go.
  let sink: any RunSink
  let catalogue: CheckCatalogue
  let board: AvailabilityBoard
  let months: MonthKeeper?
  private let region: String
  private let retention: HistoryRetention
  private let time: any TimeSource

  /// - Parameters:
  ///   - store: opened for writing; closed by the last of `services`.
  ///   - node: what runs of services and jobs say of where they were made.
  init(
    settings: ServiceSettings, scenario: Scenario, store: any CurlewStore, node: String, time: any TimeSource,
    masks: Masks, logger: Logger
  ) throws {
    let region = settings.region
    let registry = Registry()
    try ProcessMetrics.register(in: registry)
    let metrics = try MetricsRecorder(registry: registry, region: region, version: Version.text)
    let history = HistoryRecorder(store: store, time: time) { event in
      switch event {
      case .wrote(let duration): metrics.recordHistoryWrite(took: duration)
      case .fails(.writing, let cause): logger.error("history cannot be written", metadata: ["error": "\(cause)"])
      case .fails(.upkeep, let cause):
        logger.error("history cannot be rolled up and cleared", metadata: ["error": "\(cause)"])
      case .recovered(.writing): logger.notice("history is written again")
      case .recovered(.upkeep): logger.notice("history is rolled up and cleared again")
      }
    }
    let incidents = IncidentKeeper(
      store: store, lastSlots: { try await store.lastRuns(of: $0, limit: $1).filter { $0.region == region } },
      time: time, region: region
    ) { event in
      switch event {
      case .opened(let check, let isNew): metrics.recordIncident(of: check, isOpen: true, isNew: isNew)
      case .closed(let check): metrics.recordIncident(of: check, isOpen: false)
      case .fails(let cause): logger.error("incidents cannot be kept", metadata: ["error": "\(cause)"])
      case .recovered: logger.notice("incidents are kept again")
      }
    }
    let log = RunLog(logger: logger) { [recent] in recent.verdict(of: $0, in: region) }
    // The log stands first: it compares a run with what was held before it.
    let recorders = RunFanOut([log, metrics, recent, archive, history])
    services = ServiceRecorder(
      region: region, node: node, time: time, sink: RunFanOut([recorders, incidents.sink])
    ) { [maintenance] check, moment in
      maintenance.plan.isInMaintenance(check.id, at: moment)
    }
    decider = LocalDecider(region: region, time: time, sink: RunFanOut([incidents.sink, services]))
    let sink = MaintenanceMarker(RunFanOut([recorders, decider]), by: maintenance)
    heartbeats = HeartbeatKeeper(
      region: region, node: node, time: time, sink: sink, lateSink: MaintenanceMarker(history, by: maintenance),
      store: store, masks: masks, retention: settings.retention.runs)

    let catalogue = CheckCatalogue(scenario.checks.map(\.check), services: scenario.services)
    let figures = FigureSources(store: store, ledger: store, cap: settings.exclusionCap, incidents: store)
    board = AvailabilityBoard(catalogue: catalogue, sources: figures, time: time, logger: logger) {
      metrics.publish($0)
    }
    months = settings.monthClosing.map { closing in
      let books = MonthBooks(
        closer: MonthCloser(closing), store: store, incidents: store, months: store, ledger: store,
        cap: settings.exclusionCap)
      return MonthKeeper(books: books, time: time, logger: logger) {
        let services = catalogue.services
        return catalogue.checks.map { check in
          MonthBooks.Subject(
            services[check.id].map(FigureSubject.init) ?? FigureSubject(check.id), objective: check.objective)
        }
      }
    }
    self.registry = registry
    self.metrics = metrics
    self.store = store
    self.history = history
    self.incidents = incidents
    self.sink = sink
    self.catalogue = catalogue
    self.region = region
    self.retention = settings.retention
    self.time = time
    watch()
  }

  /// Metrics that are asked for at each scrape.
  private func watch() {
    metrics.watch(historyQueueLength: { [history] in history.status.queueLength })
    metrics.watch(maintenance: { [maintenance, time] in maintenance.plan.state(at: time.now) })
    metrics.watch(heartbeats: { [heartbeats] in heartbeats.lastReports })
    metrics.watch(incidentDroppedRuns: { [incidents] in incidents.droppedRuns })
    let drops = HistoryDrops(metrics: metrics)
    registry.onScrape { [history] in drops.publish(history.status.dropped) }
  }

  /// Puts a scenario in force.
  func apply(_ scenario: Scenario) async {
    let checks = scenario.checks.map(\.check)
    let recorded = checks + scenario.services.map(\.check)
    metrics.apply(recorded)
    recent.apply(recorded)
    archive.apply(recorded)
    catalogue.apply(checks, services: scenario.services)
    maintenance.apply(MaintenancePlan(scenario.maintenance, checks: recorded))
    decider.apply(checks)
    services.apply(scenario.services, checks: checks)
    await heartbeats.apply(checks.filter { $0.runs(in: region) })
    history.register(recorded.map { CheckRegistration($0) }, in: region, at: time.now)
    incidents.apply(recorded)
  }

  /// The slots in planned maintenance that went by before this process. Asked for before its first run, which is not the
  /// end of the time that was slept through; nil where history cannot say.
  func absence(of scenario: Scenario) async -> MaintenanceAbsence? {
    let recorded = scenario.checks.map(\.check) + scenario.services.map(\.check)
    return try? await MaintenanceAbsence(
      of: recorded.filter { $0.runs(in: region) }, in: region, plan: maintenance.plan, store: store, until: time.now,
      retention: retention.runs)
  }

  /// What keeps records, in the order of their start: taken down from last to first.
  ///
  /// - Parameters:
  ///   - scenario: whose last runs are shown from the start.
  ///   - absence: what is recorded of the time before.
  func services(for scenario: Scenario, absence: MaintenanceAbsence?) -> [any Service] {
    [
      HistoryService(recorder: history, store: store),
      UntilShutdown { [incidents] in await incidents.run() },
      UntilShutdown { [recent, store, region, time, board] in
        async let strips: Void = recent.restore(scenario.checks.map(\.check.id), in: region, from: store)
        await absence?.record(in: store, at: time.now)
        await board.run()
        await strips
      },
      UntilShutdown { [months, services, store] in
        async let closing: Void? = months?.run()
        // What members did just before this process says what services were when it began.
        await services.run { (try? await store.lastRuns(of: $0, limit: 3)) ?? [] }
        await closing
      },
    ]
  }

  /// How history does. Upkeep is ready all the same: what is not rolled up now will be, and nothing that is asked for is
  /// missing.
  var components: [ComponentHealth] {
    let status = history.status
    return [
      ComponentHealth(
        name: "history-writer", isReady: status.isWritable, latency: status.lastWrite ?? .zero,
        message: status.lastError),
      ComponentHealth(name: "history-upkeep", isReady: true, latency: .zero, message: status.upkeepError),
    ]
  }

  /// What people and jobs put on record.
  var sources: RecordSources {
    RecordSources(
      incidents: store, incidentDesk: incidents, ledger: store, ledgerDesk: LedgerDesk(store, time: time),
      months: store, heartbeatDesk: heartbeats,
      maintenance: { [maintenance] in maintenance.plan.occurrences(from: $0, to: $1) })
  }
}

/// Turns the recorder's total of dropped runs into a metric at each scrape.
private final class HistoryDrops: Sendable {
  private let metrics: MetricsRecorder
  private let seen = Mutex(0)

  init(metrics: MetricsRecorder) {
    self.metrics = metrics
  }

  func publish(_ dropped: Int) {
    seen.withLock { seen in
      if dropped > seen { metrics.recordHistoryDrop(of: dropped - seen) }
      seen = max(seen, dropped)
    }
  }
}

import Exposition
import Hub
import Incidents
import Logging
import Model
import PostgresHistory
import Recording
import Scenarios
import Scheduling
import Server
import ServiceLevels

/// What every replica of a hub shows of the fleet, made from the feed of decisions: pages, metrics, figures.
struct HubRecords: Sendable {
  let registry: Registry
  let metrics: MetricsRecorder
  let fleet: FleetMetrics
  let recent = RecentRuns()
  let archive = RunArchive()
  let catalogue = CheckCatalogue()
  let maintenance = CurrentMaintenance()
  let memory = DecisionMemory()
  let board: AvailabilityBoard
  let desk: LeaderDesk
  let log: RunLog
  private let store: PostgresHistory
  private let time: any TimeSource

  init(
    settings: ServiceSettings, store: PostgresHistory, masks: Masks, time: any TimeSource, logger: Logger
  ) throws {
    let registry = Registry()
    try ProcessMetrics.register(in: registry)
    // Decisions are of no region.
    let metrics = try MetricsRecorder(registry: registry, region: "", version: Version.text)
    self.registry = registry
    self.metrics = metrics
    fleet = try FleetMetrics(registry: registry)
    desk = LeaderDesk(
      queue: ReportQueue(store: store, time: time), store: store, catalogue: catalogue, masks: masks,
      retention: settings.retention.runs, time: time)
    let figures = FigureSources(store: store, ledger: store, cap: settings.exclusionCap, incidents: store)
    board = AvailabilityBoard(catalogue: catalogue, sources: figures, time: time, logger: logger) {
      metrics.publish($0)
    }
    log = RunLog(logger: logger) { [recent] in recent.decision(of: $0)?.verdict }
    self.store = store
    self.time = time
    metrics.watch(maintenance: { [maintenance] in maintenance.plan.state(at: time.now) })
    metrics.watch(heartbeats: { [desk] in desk.current?.heartbeats.lastReports ?? [:] })
    metrics.watch(incidentDroppedRuns: { [desk] in desk.current?.incidents.droppedRuns ?? 0 })
  }

  /// Puts a scenario in force.
  func apply(_ scenario: Scenario, version: Int64) {
    let checks = scenario.checks.map(\.check)
    let recorded = checks + scenario.services.map(\.check)
    metrics.apply(recorded.map(\.overRegions))
    fleet.apply(recorded)
    fleet.setConfiguration(version)
    recent.apply(recorded)
    archive.apply(recorded)
    catalogue.apply(checks, services: scenario.services)
    maintenance.apply(MaintenancePlan(scenario.maintenance, checks: recorded))
    memory.apply(Set(recorded.map(\.id)))
    metrics.recordReload(succeeded: true, at: time.now)
  }

  /// Shows what was decided.
  func take(_ decisions: [SlotDecision]) {
    memory.keep(decisions)
    for decision in decisions where !decision.isLate {
      // What was read twice, after the feed was lost, is no news.
      if let known = recent.decision(of: decision.check), known.latest.slotStart >= decision.slot.start { continue }
      let run = decision.run
      log.record(run)
      for regional in decision.regionalRuns { recent.record(regional) }
      recent.decide(run)
      var counted = run
      counted.region = ""
      metrics.record(counted)
      fleet.record(decision)
    }
  }

  /// Fills the strips of the page with the runs from before this process, of all regions.
  func restoreStrips() async {
    for check in catalogue.checks {
      guard !Task.isCancelled, let runs = try? await store.lastRuns(of: check.id, limit: recent.capacity) else {
        return
      }
      recent.restore(runs)
    }
  }

  /// What people and jobs put on record, at this replica or another.
  var sources: RecordSources {
    RecordSources(
      incidents: store, incidentDesk: desk, ledger: store, ledgerDesk: LedgerDesk(store, time: time), months: store,
      heartbeatDesk: desk, maintenance: { [maintenance] in maintenance.plan.occurrences(from: $0, to: $1) })
  }
}

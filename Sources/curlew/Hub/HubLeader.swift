import History
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

/// The work that one replica does at a time: deciding with all that follows from it, assigning, and keeping. Whoever begins it finds
/// everything in the store.
struct HubLeader: Sendable {
  /// How often it is looked whether history has something to do.
  private static let upkeep = Duration.seconds(5)

  let store: PostgresHistory
  let records: HubRecords
  let decider: Decider
  let own: OwnRuns
  let assigner: Assigner
  let view: FleetView
  let current: CurrentScenario
  let retention: HistoryRetention
  let months: MonthKeeper?
  let time: any TimeSource
  let logger: Logger

  // MARK: Deciding

  /// Decides; services, jobs and incidents follow from what is settled.
  func decide(under lease: SingletonLease) async throws {
    try await decider.catchUp()
    let incidents = incidentKeeper(under: lease)
    let services = ServiceRecorder(region: HubDesk.ownRegion, node: "", time: time, sink: own) { check, moment in
      records.maintenance.plan.isInMaintenance(check.id, at: moment)
    }
    let heartbeats = HeartbeatKeeper(
      region: HubDesk.ownRegion, node: "", time: time, sink: MaintenanceMarker(own, by: records.maintenance),
      lateSink: MaintenanceMarker(own, by: records.maintenance), store: store.records(under: lease),
      masks: current.masks,
      retention: retention.runs)
    try await heartbeats.restore()
    records.desk.set(LeaderDesk.Keepers(incidents: incidents, heartbeats: heartbeats))
    defer { records.desk.set(nil) }
    // What jobs reported while nobody led makes none of them overdue.
    await heartbeats.apply(current.scenario.checks.map(\.check.overRegions))
    let reports = ReportReader(store: store, time: time) {
      logger.warning("a report is let go", metadata: ["because": "\($0)"])
    }
    try await reports.drain(under: lease, take: records.desk.take)
    try await withThrowingTaskGroup { group in
      group.addTask { try await follow(incidents, services, heartbeats) }
      group.addTask {
        try await decider.lead(under: lease) { decisions in
          for decision in decisions where !decision.isLate {
            incidents.sink.record(decision.run)
            services.record(decision.run)
          }
        }
      }
      group.addTask { try await reports.run(under: lease, take: records.desk.take) }
      group.addTask { try await own.run(under: lease, version: Version.text) }
      group.addTask { await incidents.run() }
      group.addTask { await heartbeats.run() }
      group.addTask { await services.run { await memberRuns(of: $0) } }
      defer { group.cancelAll() }
      try await group.next()
    }
  }

  private func incidentKeeper(under lease: SingletonLease) -> IncidentKeeper {
    let metrics = records.metrics
    return IncidentKeeper(
      store: store.records(under: lease),
      lastSlots: { try await settledRuns(of: $0, limit: $1) }, time: time, region: nil
    ) { event in
      switch event {
      case .opened(let check, let isNew): metrics.recordIncident(of: check, isOpen: true, isNew: isNew)
      case .closed(let check): metrics.recordIncident(of: check, isOpen: false)
      case .fails(let cause): logger.error("incidents cannot be kept", metadata: ["error": "\(cause)"])
      case .recovered: logger.notice("incidents are kept again")
      }
    }
  }

  /// Puts what is in force in force for those who work while this replica leads, and again whenever that changes.
  private func follow(
    _ incidents: IncidentKeeper, _ services: ServiceRecorder, _ heartbeats: HeartbeatKeeper
  ) async throws {
    // By whoever leads from now on, its incidents are told.
    defer { for check in records.catalogue.checks { records.metrics.recordIncident(of: check.id, isOpen: false) } }
    var known: Int?
    while true {
      let edition = current.edition
      if known != edition {
        known = edition
        let scenario = current.scenario
        let checks = scenario.checks.map(\.check.overRegions)
        services.apply(scenario.services, checks: checks)
        await heartbeats.apply(checks)
        incidents.apply(checks + scenario.services.map(\.check))
      }
      try await time.sleep(untilUptime: time.uptime + .milliseconds(500))
    }
  }

  /// What is held of the newest slots of a check, without those that are decided from now on.
  private func settledRuns(of check: CheckID, limit: Int) async throws -> [HistoryRun] {
    decider.settled(try await store.heldRuns(of: check, limit: limit))
  }

  /// The same for services, which take the newest ones of their members.
  private func memberRuns(of check: CheckID) async -> [HistoryRun] {
    let runs = (try? await settledRuns(of: check, limit: 3)) ?? []
    return runs.map { run in
      var run = run
      run.region = HubDesk.ownRegion
      return run
    }
  }

  // MARK: Keeping

  /// Rolls up, makes and drops partitions, says which slots are expected where, and closes months.
  func keep(under lease: SingletonLease) async throws {
    // What is cut off as too old never comes back, and closed months never change: this replica's own clock has no say in that.
    try await view.refresh()
    try await withThrowingTaskGroup { group in
      group.addTask { try await maintain() }
      group.addTask { try await forget(under: lease) }
      if let months { group.addTask { await months.run() } }
      defer { group.cancelAll() }
      try await group.next()
    }
  }

  /// Lets go of nodes that are gone, and of what was kept of them, once an hour.
  private func forget(under lease: SingletonLease) async throws {
    while true {
      try await store.forget(under: lease)
      try await time.sleep(untilUptime: time.uptime + .hours(1))
    }
  }

  private func maintain() async throws {
    var clock = SteadyClock(wall: view.clock.now, uptime: time.uptime)
    var regions = KeptRegions(at: time.uptime)
    var known: Int?
    while true {
      try Task.checkCancellation()
      if known != current.edition {
        known = current.edition
        regions.forget()
      }
      try await view.refresh()
      let changes = regions.changes(nodes: view.picture.nodes, known: try await store.regions(), at: time.uptime)
      for region in changes.expected { try await register(region) }
      for region in changes.letGo {
        try await store.register([], in: region, at: view.clock.now)
        logger.notice("no slots are expected in a region that has no nodes", metadata: ["region": "\(region)"])
      }
      while try await store.maintain(at: clock.now(wall: view.clock.now, uptime: time.uptime)) {
        try Task.checkCancellation()
      }
      try await time.sleep(untilUptime: time.uptime + Self.upkeep)
    }
  }

  /// Slots of what the hub records itself are expected in its own region alone, and those of nodes in theirs.
  private func register(_ region: String) async throws {
    let scenario = current.scenario
    let recorded = scenario.checks.map(\.check) + scenario.services.map(\.check)
    let isOwn = region == HubDesk.ownRegion
    let registrations = recorded.filter { $0.kind.isProbed != isOwn }
      .map { CheckRegistration(isOwn ? $0.overRegions : $0) }
    try await store.register(registrations, in: region, at: view.clock.now)
  }
}

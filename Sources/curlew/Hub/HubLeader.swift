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
    let own = OwnRuns(store: store, time: time)
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
      store: store.records(under: lease), history: store, time: time, region: nil
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

  /// The last decisions of a check as far as history says them: a run for each slot, over its regions.
  private func memberRuns(of check: CheckID) async -> [HistoryRun] {
    let runs = (try? await store.lastRuns(of: check, limit: 3)) ?? []
    return Dictionary(grouping: runs, by: \.slotStart).values.compactMap { runs in
      guard var run = runs.first else { return nil }
      run.region = HubDesk.ownRegion
      run.verdict = Verdict.overRegions(runs.map(\.verdict))
      run.reason = runs.first { $0.verdict == run.verdict }?.reason
      run.isInMaintenance = runs.allSatisfy(\.isInMaintenance)
      return run
    }
  }

  // MARK: Keeping

  /// Rolls up, makes and drops partitions, says which slots are expected where, and closes months.
  func keep(under lease: SingletonLease) async throws {
    try await withThrowingTaskGroup { group in
      group.addTask { try await maintain() }
      if let months { group.addTask { await months.run() } }
      defer { group.cancelAll() }
      try await group.next()
    }
  }

  private func maintain() async throws {
    var registered: Set<String> = []
    var known: Int?
    while true {
      try Task.checkCancellation()
      if known != current.edition {
        known = current.edition
        registered = []
      }
      let regions = Set(view.picture.nodes.map(\.description.region)).union([HubDesk.ownRegion])
      for region in regions.subtracting(registered).sorted() {
        try await register(region)
        registered.insert(region)
      }
      while try await store.maintain(at: view.clock.now) { try Task.checkCancellation() }
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

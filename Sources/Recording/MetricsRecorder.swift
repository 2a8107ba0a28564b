package import Exposition
package import Model
import Synchronization

/// Turns runs, and what else happens in the daemon, into the metrics of `/metrics`.
///
/// The series of a check are resolved when it is planned, so that a run costs a few microseconds.
package final class MetricsRecorder: RunSink {
  private struct State {
    var checks: [CheckID: CheckMetrics] = [:]
    var infos: [CheckID: Labels] = [:]
    /// Where each check's figures were last shown.
    var shown: [CheckID: ObjectiveGauges] = [:]
  }

  private let registry: Registry
  private let region: String
  private let families: MetricFamilies
  private let lag: Histogram
  private let missed: [MissedSlots.Cause: Counter]
  private let historyWrite: Histogram
  private let historyDroppedRuns: Counter
  private let state = Mutex(State())

  /// Registers every metric.
  ///
  /// - Parameters:
  ///   - region: where this process runs its checks; their counters begin at zero there.
  ///   - revision: the commit that this was built from, where it is known.
  /// - Throws: `RegistrationError` when the registry has one of the names already.
  package init(
    registry: Registry, region: String, version: String, revision: String? = nil
  ) throws(RegistrationError) {
    self.registry = registry
    self.region = region
    families = try MetricFamilies(in: registry)
    lag = families.lag.child()
    var missed: [MissedSlots.Cause: Counter] = [:]
    for cause in MissedSlots.Cause.allCases { missed[cause] = families.missedSlots.child(["reason": cause.rawValue]) }
    self.missed = missed
    historyWrite = families.historyWrite.child()
    historyDroppedRuns = families.historyDroppedRuns.child()
    _ = families.buildInfo.child(["version": version, "revision": revision ?? ""])
    _ = families.runsInFlight.child()
    _ = families.historyQueueLength.child()
  }

  /// Makes these the checks: new ones begin at zero, unchanged ones keep their counts, and those that are gone lose
  /// their series. Of those that are not run any more nothing is held.
  package func apply(_ checks: [Check]) {
    let infoLabels = CheckInfoLabels(checks)
    var infos: [CheckID: Labels] = [:]
    for check in checks { infos[check.id] = infoLabels.labels(of: check) }
    state.withLock { [infos] state in
      let gone = Set(state.checks.keys).subtracting(infos.keys)
      for id in gone {
        state.checks.removeValue(forKey: id)?.retire()
        state.shown[id] = nil
      }
      // Under the lock, so that a check that another reload brings back keeps the series that it gets then.
      if !gone.isEmpty { registry.remove(label: "check", values: Set(gone.map(\.text))) }
      for check in checks {
        let metrics = state.checks[check.id] ?? CheckMetrics(check, families: families)
        state.checks[check.id] = metrics
        metrics.setRuns(check.runs(in: region), in: region)
        if check.runs(in: region) {
          families.interval.child(metrics.labels).set(check.interval.seconds)
        } else {
          families.interval.remove(metrics.labels)
        }
        let old = state.infos[check.id]
        guard let new = infos[check.id], old != new else { continue }
        if let old { families.info.remove(old) }
        _ = families.info.child(new)
      }
      state.infos = infos
    }
  }

  package func record(_ run: Run) {
    // A check that left the plan while it ran has no series any more.
    let check = state.withLock { $0.checks[run.check] }
    // What is not scheduled is never late.
    if check?.isProbed ?? true { lag.observe(run.lag) }
    check?.record(run)
  }

  package func record(_ slots: MissedSlots, in region: String) {
    missed[slots.cause]?.increment(by: Double(slots.count))
    state.withLock { $0.checks[slots.check] }?.record(slots)
  }

  /// Asks for the number of runs under way at each scrape.
  package func watch(runsInFlight: @escaping @Sendable () -> Int) {
    let gauge = families.runsInFlight.child()
    registry.onScrape { gauge.set(Double(runsInFlight())) }
  }

  /// Asks for the number of runs that wait to be written at each scrape.
  package func watch(historyQueueLength: @escaping @Sendable () -> Int) {
    let gauge = families.historyQueueLength.child()
    registry.onScrape { gauge.set(Double(historyQueueLength())) }
  }

  /// Asks at each scrape whether there is planned work: 1 or 0 for each check that any is planned on.
  package func watch(maintenance: @escaping @Sendable () -> [CheckID: Bool]) {
    show(by: families.maintenanceActive) { maintenance().mapValues { $0 ? 1 : 0 } }
  }

  /// Asks at each scrape when the job of each heartbeat check reported last.
  package func watch(heartbeats: @escaping @Sendable () -> [CheckID: Timestamp]) {
    show(by: families.heartbeatLast) { heartbeats().mapValues(\.secondsSinceEpoch) }
  }

  /// Shows what is asked for at each scrape, and no longer what it said nothing of.
  private func show(by family: Family<Gauge>, _ values: @escaping @Sendable () -> [CheckID: Double]) {
    let shown = Mutex<Set<CheckID>>([])
    registry.onScrape {
      let values = values()
      let gone = shown.withLock { shown in
        defer { shown = Set(values.keys) }
        return shown.subtracting(values.keys)
      }
      for check in gone { family.remove(["check": check.text]) }
      for (check, value) in values { family.child(["check": check.text]).set(value) }
    }
  }

  /// One write of any number of runs to history is done.
  package func recordHistoryWrite(took duration: Duration) {
    historyWrite.observe(duration)
  }

  /// History had no room for so many runs.
  package func recordHistoryDrop(of runs: Int) {
    historyDroppedRuns.increment(by: Double(runs))
  }

  /// An incident of a check began or ended.
  ///
  /// - Parameter isNew: false for one that lasted before this process, or before its check had this id.
  package func recordIncident(of check: CheckID, isOpen: Bool, isNew: Bool = false) {
    state.withLock { $0.checks[check] }?.recordIncident(isOpen: isOpen, isNew: isNew)
  }

  /// Asks for the number of runs that the keeper of incidents dropped since the start, at each scrape.
  package func watch(incidentDroppedRuns: @escaping @Sendable () -> Int) {
    let counter = families.incidentDroppedRuns.child()
    let seen = Mutex(0)
    registry.onScrape {
      let dropped = incidentDroppedRuns()
      seen.withLock { seen in
        if dropped > seen { counter.increment(by: Double(dropped - seen)) }
        seen = max(seen, dropped)
      }
    }
  }

  /// The files were loaded, or were not because of what is wrong in them.
  package func recordReload(succeeded: Bool, at moment: Timestamp) {
    families.reloadSuccessful.child().set(succeeded ? 1 : 0)
    if succeeded { families.reloadSuccessTime.child().set(moment.secondsSinceEpoch) }
  }

  /// Shows what was kept of a check's promise; figures of a check that is not in the plan are left out.
  package func publish(_ figures: AvailabilityFigures) {
    state.withLock { state in
      guard state.checks[figures.check] != nil else { return }
      // Looked up once: thousands of objectives with a dozen series each are shown four times a minute.
      var gauges = state.shown[figures.check]
      if gauges?.window != figures.window {
        gauges?.remove(from: families)
        gauges = nil
      }
      var current = gauges ?? ObjectiveGauges(figures, families)
      current.show(figures, families)
      state.shown[figures.check] = current
    }
  }
}

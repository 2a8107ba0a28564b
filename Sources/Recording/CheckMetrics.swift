import Exposition
import Model
import Synchronization

/// The series of one check over its regions, resolved once, so that a run looks nothing up in the families.
final class CheckMetrics: Sendable {
  private struct State {
    /// One for each region that ran it: few, so they are searched one by one.
    var regions: [RegionMetrics] = []
    /// Gone from the plan: a run that ends now must not bring series back that were removed.
    var isGone = false
  }

  let id: CheckID
  /// Whether a schedule runs it, which a job that reports by itself is late for by no fault of ours.
  let isProbed: Bool
  /// Of the series that are of no region; one text for all of them.
  let labels: Labels
  private let families: MetricFamilies
  private let hasCleanup: Bool
  private let slots: CounterSet
  private let incidentOpen: Gauge
  private let incidents: Counter
  private let state = Mutex(State())

  init(_ check: Check, families: MetricFamilies) {
    id = check.id
    isProbed = check.kind.isProbed
    self.families = families
    hasCleanup = check.kind == .journey
    labels = ["check": check.id.text]
    slots = families.slots.child(labels)
    incidentOpen = families.incidentOpen.child(labels)
    incidents = families.incidents.child(labels)
  }

  func record(_ run: Run) {
    state.withLock { state in
      guard !state.isGone else { return }
      slots.increment(
        at: run.isInMaintenance ? MetricFamilies.SlotCount.maintenance : MetricFamilies.index(of: run.verdict))
      let position = self.position(of: run.region, in: &state)
      state.regions[position].record(run, families)
    }
  }

  func record(_ missed: MissedSlots) {
    let index = missed.isInMaintenance ? MetricFamilies.SlotCount.maintenance : MetricFamilies.SlotCount.missed
    slots.increment(at: index, by: missed.count)
  }

  func recordIncident(isOpen: Bool, isNew: Bool) {
    incidentOpen.set(isOpen ? 1 : 0)
    if isNew { incidents.increment() }
  }

  /// Says whether the check is run in a region from now on. Where it is not, nothing is held of it any more, and what is
  /// counted stays.
  func setRuns(_ runs: Bool, in region: String) {
    state.withLock { state in
      // Counters begin at zero, so that the first increase is seen as one.
      guard runs || state.regions.contains(where: { $0.region == region }) else { return }
      let position = self.position(of: region, in: &state)
      state.regions[position].setRuns(runs, families)
    }
  }

  /// Makes no series any more.
  func retire() {
    state.withLock { $0.isGone = true }
  }

  private func position(of region: String, in state: inout State) -> Int {
    if let known = state.regions.firstIndex(where: { $0.region == region }) { return known }
    state.regions.append(RegionMetrics(check: id, region: region, families, hasCleanup))
    return state.regions.count - 1
  }
}

/// The series of one check in one region.
struct RegionMetrics {
  let region: String
  private let labels: Labels
  private let runs: CounterSet
  private let duration: Histogram
  private var isRun = true
  private var state: StateSet?
  private var certificate: Gauge?
  private var cleanupFailures: Counter?
  private var failures: [ReasonCode: Counter] = [:]
  private var steps: [String: StepMetrics] = [:]

  init(check: CheckID, region: String, _ families: MetricFamilies, _ hasCleanup: Bool) {
    self.region = region
    let labels: Labels = ["check": check.text, "region": region]
    self.labels = labels
    runs = families.runs.child(labels)
    duration = families.runDuration.child(labels)
    if hasCleanup { cleanupFailures = families.cleanupFailures.child(labels) }
  }

  /// Takes back what is held of the check while it is not run here: nothing would come to change it.
  mutating func setRuns(_ runs: Bool, _ families: MetricFamilies) {
    isRun = runs
    guard !runs else { return }
    families.state.remove(labels)
    families.certificateNotAfter.remove(labels)
    state = nil
    certificate = nil
  }

  mutating func record(_ run: Run, _ families: MetricFamilies) {
    let verdict = MetricFamilies.index(of: run.verdict)
    runs.increment(at: verdict)
    if run.attempts > 0 { duration.observe(run.duration) }
    if isRun {
      // Absent before the first run: until then nothing is held of the check, not even that it is unknown.
      let state = self.state ?? families.state.child(labels)
      self.state = state
      state.set(index: verdict)
    }

    if let code = run.reason?.code {
      let counter = failures[code] ?? families.failures.child(labels.merging(["reason": code.rawValue]))
      failures[code] = counter
      counter.increment()
    }
    var expiry: Timestamp?
    for step in run.steps {
      record(step, families)
      if let end = step.facts?.tls?.earliestExpiry { expiry = min(expiry ?? end, end) }
    }
    if isRun, let expiry {
      let gauge = certificate ?? families.certificateNotAfter.child(labels)
      certificate = gauge
      gauge.set(expiry.secondsSinceEpoch)
    }
    let failed = run.cleanup.count { $0.verdict == .down || $0.verdict == .unknown }
    if failed > 0 {
      let counter = cleanupFailures ?? families.cleanupFailures.child(labels)
      cleanupFailures = counter
      counter.increment(by: Double(failed))
    }
  }

  private mutating func record(_ step: StepResult, _ families: MetricFamilies) {
    guard step.facts != nil || !step.measures.isEmpty else { return }
    let name = Self.nameWithoutRow(step.name)
    // Looked up once, and changed where it stands.
    guard let index = steps.index(forKey: name) else {
      var metrics = StepMetrics(labels.merging(["step": name]))
      metrics.record(step, families)
      steps[name] = metrics
      return
    }
    steps.values[index].record(step, families)
  }

  /// `login[17]` is the step `login` of row 17: rows share their series, else a table would become one series a row.
  private static func nameWithoutRow(_ name: String) -> String {
    guard name.utf8.last == UInt8(ascii: "]"), let bracket = name.lastIndex(of: "[") else { return name }
    return String(name[..<bracket])
  }
}

/// The series of one step of a check in one region.
private struct StepMetrics {
  private let labels: Labels
  private var phases: SummarySet?
  private var measures: [String: Gauge] = [:]

  init(_ labels: Labels) {
    self.labels = labels
  }

  mutating func record(_ step: StepResult, _ families: MetricFamilies) {
    if let facts = step.facts { record(facts.phases, families) }
    for (measure, value) in step.measures { record(value, as: measure, families) }
  }

  private mutating func record(_ durations: Phases, _ families: MetricFamilies) {
    guard durations.total > .zero else { return }
    let summaries = phases ?? families.phaseDuration.child(labels)
    phases = summaries
    for (index, phase) in Phase.allCases.enumerated() {
      let duration = durations[phase]
      // A phase that never happens, such as TLS of a plain exchange, has no series.
      if duration > .zero || summaries.count(at: index) > 0 { summaries.observe(duration, at: index) }
    }
  }

  private mutating func record(_ value: Double, as name: String, _ families: MetricFamilies) {
    let gauge = measures[name] ?? families.measure.child(labels.merging(["measure": name]))
    measures[name] = gauge
    gauge.set(value)
  }
}

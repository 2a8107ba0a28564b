import Model
import Recording

/// What is held of one check now, over all regions that run it.
struct CheckStanding: Sendable {
  /// The state shown to people: a verdict, or why there is none. Worst first.
  enum State: String, Hashable, Sendable, CaseIterable {
    case down, unknown, degraded, up, waiting, disabled

    init(_ verdict: Verdict) {
      switch verdict {
      case .up: self = .up
      case .degraded: self = .degraded
      case .down: self = .down
      case .unknown: self = .unknown
      }
    }

    /// The verdict; nil for a check that is disabled or has not run yet.
    var verdict: Verdict? { Verdict(rawValue: rawValue) }
  }

  /// Why a check is not up.
  struct Cause: Hashable, Sendable {
    /// Nil when the cause is that no run came.
    var code: ReasonCode?
    /// One line in words.
    var message: String

    /// A cause in the words of the run, or those for its code where the run has none.
    init(code: ReasonCode?, message: String) {
      self.code = code
      self.message = message.isEmpty ? code.map(Words.reason) ?? "" : message
    }
  }

  /// The last run in one region, and how long its verdict has held.
  struct Region: Hashable, Sendable {
    var name: String
    var verdict: Verdict
    /// Since when it has held; nil when only the last run is known.
    var since: Timestamp?
    var cause: Cause?
    var slotStart: Timestamp
    var started: Timestamp
    var duration: Duration?
    var isInMaintenance: Bool
    /// Whether the next runs are overdue, so that the verdict speaks of the past alone.
    var isOverdue: Bool
  }

  var state: State
  /// Since when the state has held, as far as it is known.
  var since: Timestamp?
  /// Why it is not up.
  var cause: Cause?
  var isInMaintenance: Bool
  /// Whether too few regions voted to hold anything: we are blind, and the target may be well.
  var isBlind: Bool
  /// By name.
  var regions: [Region]

  /// The start of the newest run.
  var lastStarted: Timestamp? { regions.map(\.started).max() }

  /// How many intervals may pass after a slot before a region has no say any more. The run of a slot ends within its
  /// interval, so with two the next slot's run is there.
  private static let intervalsUntilOverdue = 3

  /// A standing with nothing said against it.
  init(
    state: State, since: Timestamp? = nil, cause: Cause? = nil, isInMaintenance: Bool = false, isBlind: Bool = false,
    regions: [Region] = []
  ) {
    self.state = state
    self.since = since
    self.cause = cause
    self.isInMaintenance = isInMaintenance
    self.isBlind = isBlind
    self.regions = regions
  }

  /// What follows from the last run of each region.
  ///
  /// A region whose runs are overdue has no say as long as another one has. When all are, nobody knows: the check is
  /// `unknown`, whatever it was.
  static func judged(_ check: Check, regions: [Region]) -> CheckStanding {
    guard check.isEnabled else { return CheckStanding(state: .disabled, regions: regions) }
    guard let newest = regions.map(\.slotStart).max() else { return CheckStanding(state: .waiting) }
    let current = regions.filter { !$0.isOverdue }
    guard !current.isEmpty else {
      let message = "no run has come in, though one is due every \(Words.duration(check.interval))"
      return CheckStanding(
        state: .unknown, since: newest + check.interval, cause: Cause(code: nil, message: message), regions: regions)
    }
    let verdict = Verdict.overRegions(current.map(\.verdict))
    var cause: Cause?
    let failed = current.filter { $0.cause != nil }
    if verdict != .up, let worst = failed.max(by: { $0.verdict.severity < $1.verdict.severity }) {
      cause = worst.cause.map { found in
        regions.count > 1 ? Cause(code: found.code, message: "\(worst.name): \(found.message)") : found
      }
    }
    return CheckStanding(
      state: State(verdict), since: current.filter { $0.verdict == verdict }.compactMap(\.since).max(), cause: cause,
      isInMaintenance: current.allSatisfy(\.isInMaintenance), regions: regions)
  }

  /// The same, with what was decided by the votes of the regions in place of what their last runs alone give.
  private func decided(_ decision: CurrentState) -> CheckStanding {
    CheckStanding(
      state: State(decision.verdict), since: decision.since,
      cause: decision.reason.map { Cause(code: $0.code, message: $0.message) },
      isInMaintenance: decision.latest.isInMaintenance, isBlind: decision.reason?.code == .blind, regions: regions)
  }

  /// The standing of a check, from what memory knows of its last runs, and for regions unknown to it from the store.
  static func of(
    _ check: Check, recent: RecentRuns, stored: [HistoryRun], at now: Timestamp
  ) -> CheckStanding {
    func isOverdue(_ slotStart: Timestamp) -> Bool { slotStart + check.interval * intervalsUntilOverdue < now }
    var regions: [Region] = []
    for name in recent.regions(of: check.id) {
      guard let state = recent.state(of: check.id, in: name) else { continue }
      let last = state.latest
      regions.append(
        Region(
          name: name, verdict: state.verdict, since: state.since,
          cause: state.reason.map { Cause(code: $0.code, message: $0.message) },
          slotStart: last.slotStart, started: last.started, duration: last.duration,
          isInMaintenance: last.isInMaintenance, isOverdue: isOverdue(last.slotStart)))
    }
    for run in stored where !regions.contains(where: { $0.name == run.region }) {
      regions.append(
        Region(
          name: run.region, verdict: run.verdict, since: nil,
          cause: run.reason.map { Cause(code: $0.code, message: $0.message) },
          slotStart: run.slotStart, started: run.started, duration: run.duration,
          isInMaintenance: run.isInMaintenance, isOverdue: isOverdue(run.slotStart)))
    }
    if let wanted = check.regions { regions.removeAll { !wanted.contains($0.name) } }
    regions.sort { $0.name < $1.name }
    let standing = judged(check, regions: regions)
    guard check.isEnabled, let decision = recent.decision(of: check.id), !isOverdue(decision.latest.slotStart) else {
      return standing
    }
    return standing.decided(decision)
  }
}

import Model
import Recording

/// The last slots of one check side by side, oldest first.
struct RunStrip: Sendable {
  /// One slot.
  struct Cell: Hashable, Sendable {
    var slotStart: Timestamp
    /// Nil for a slot that went by without a run.
    var verdict: Verdict?
    /// Of the slowest region.
    var duration: Duration?
    var reason: ReasonCode?
    var isInMaintenance: Bool
  }

  /// How many slots a strip shows at most.
  static let length = 20

  var cells: [Cell]

  /// The strip of a check up to `now`, its regions combined slot by slot.
  init(_ check: Check, recent: RecentRuns, at now: Timestamp) {
    let regions = recent.regions(of: check.id).filter { check.regions?.contains($0) ?? true }
    let decisions = recent.decisions(of: check.id)
    // Of a disabled check no slots are expected after its last run.
    self.init(
      regions.map { recent.history(of: check.id, in: $0) }, decisions: decisions, interval: check.interval,
      until: check.isEnabled ? now : nil)
  }

  /// The strip of these runs, made from its newest slot back.
  ///
  /// - Parameters:
  ///   - histories: each region's runs, oldest first.
  ///   - decisions: what was decided by their votes, where somebody does.
  ///   - interval: from one slot to the next.
  ///   - end: up to when slots are expected; nil when none is after the newest run.
  private init(_ histories: [[RecentRun]], decisions: [RecentRun], interval: Duration, until end: Timestamp?) {
    var bySlot: [Timestamp: [RecentRun]] = [:]
    let decided = Dictionary(decisions.map { ($0.slotStart, $0) }) { $1 }
    for slot in decided.keys { bySlot[slot] = [] }
    for run in histories.joined() { bySlot[run.slotStart, default: []].append(run) }
    var newestFirst: [Cell] = []
    var after: Timestamp?
    for (slotStart, runs) in bySlot.sorted(by: { $0.key > $1.key }) {
      // Half an interval of play, for the moment at which the interval was changed. Towards the end a whole one: its run
      // may still be under way.
      let gap = after.map { $0 - slotStart - interval / 2 } ?? end.map { $0 - slotStart - interval * 2 } ?? .zero
      let missed = gap > .zero ? Int((gap.nanoseconds - 1) / max(1, interval.nanoseconds)) : 0
      let room = Self.length - newestFirst.count
      for number in stride(from: missed, to: max(0, missed - room), by: -1) {
        newestFirst.append(Cell(slotStart: slotStart + interval * number, verdict: nil, isInMaintenance: false))
      }
      guard newestFirst.count < Self.length else { break }
      after = slotStart
      let decision = decided[slotStart]
      let verdict = decision?.verdict ?? Verdict.overRegions(runs.map(\.verdict))
      newestFirst.append(
        Cell(
          slotStart: slotStart, verdict: verdict, duration: runs.map(\.duration).max(),
          reason: decision?.reason ?? runs.first { $0.verdict == verdict && $0.reason != nil }?.reason,
          isInMaintenance: decision?.isInMaintenance ?? runs.allSatisfy(\.isInMaintenance)))
    }
    cells = newestFirst.reversed()
  }

  /// What a strip shows, in words: "last 20 runs: 18 up, 1 degraded, 1 down".
  var summary: String {
    let runs = cells.compactMap(\.verdict)
    guard !cells.isEmpty else { return "no runs yet" }
    var parts: [String] = []
    for verdict in Verdict.allCases {
      let count = runs.count { $0 == verdict }
      if count > 0 { parts.append("\(count) \(verdict.rawValue)") }
    }
    let missed = cells.count - runs.count
    if missed > 0 { parts.append("\(missed) missed") }
    return "last \(Words.count(cells.count, "slot")): " + parts.joined(separator: ", ")
  }
}

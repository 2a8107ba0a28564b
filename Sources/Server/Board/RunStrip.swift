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

  /// The strip of a check, its regions combined slot by slot.
  init(_ check: Check, recent: RecentRuns) {
    self.init(recent.regions(of: check.id).map { recent.history(of: check.id, in: $0) }, interval: check.interval)
  }

  /// The strip of these runs.
  ///
  /// - Parameters:
  ///   - histories: each region's runs, oldest first.
  ///   - interval: from one slot to the next.
  init(_ histories: [[RecentRun]], interval: Duration) {
    var bySlot: [Timestamp: [RecentRun]] = [:]
    for run in histories.joined() { bySlot[run.slotStart, default: []].append(run) }
    var cells: [Cell] = []
    var before: Timestamp?
    for (slotStart, runs) in bySlot.sorted(by: { $0.key < $1.key }).suffix(Self.length) {
      if let before {
        // Half an interval of play, for the moment at which the interval was changed.
        var missed = before + interval
        while missed + interval / 2 < slotStart, cells.count < Self.length * 2 {
          cells.append(Cell(slotStart: missed, verdict: nil, isInMaintenance: false))
          missed = missed + interval
        }
      }
      before = slotStart
      let verdict = Verdict.overRegions(runs.map(\.verdict))
      cells.append(
        Cell(
          slotStart: slotStart, verdict: verdict, duration: runs.map(\.duration).max(),
          reason: runs.first { $0.verdict == verdict && $0.reason != nil }?.reason,
          isInMaintenance: runs.allSatisfy(\.isInMaintenance)))
    }
    self.cells = cells.suffix(Self.length)
  }

  /// What a strip shows, in words: "last 20 runs: 18 up, 1 degraded, 1 down".
  var summary: String {
    let runs = cells.compactMap(\.verdict)
    guard !runs.isEmpty else { return "no runs yet" }
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

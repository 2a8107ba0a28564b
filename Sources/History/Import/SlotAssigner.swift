import Model

/// Lays the runs of another system, which had no slots, onto those of a check.
///
/// A run follows the one before it at the distance in which it was made, in whole intervals: a run that comes a moment
/// early or late is not taken for two in one slot with a gap beside it. The grid is the one on which Curlew goes on, and
/// the same runs always get the same slots, so that an import that is begun anew counts nothing twice.
struct SlotAssigner {
  private let grid: SlotGrid
  private var last: (number: Int64, at: Timestamp)?

  init(check: CheckID, interval: Duration) {
    grid = SlotGrid(check: check, interval: interval)
  }

  /// The slot of the next run, in order of time.
  mutating func slot(at moment: Timestamp) -> Slot {
    let natural = grid.slot(at: moment).number
    var number = natural
    if let last {
      let steps = (moment - last.at).seconds / grid.interval.seconds
      number = last.number + max(1, Int64(min(max(0, steps.rounded()), 1e12)))
      // After a restart, or a change of interval, the runs lie elsewhere.
      if abs(number - natural) > 1 { number = max(last.number + 1, natural) }
    }
    last = (number, moment)
    return grid.slot(number: number)
  }

  /// The slots of a stretch of which only counts are left.
  ///
  /// An hour tells how many runs were bad, not when: they come first, one after the other, so that there is one change and
  /// not one with each slot. What has more runs than there is room for is brought down in proportion, and no failure is
  /// left out of that.
  static func runs(of sum: ForeignSum, check: CheckID, region: String, interval: Duration) -> [HistoryRun] {
    let grid = SlotGrid(check: check, interval: interval)
    // From the slot that the begin lies in to that before the end's, which is the first of what follows.
    let first = grid.slot(at: sum.from).number
    let room = Int(max(0, grid.slot(at: sum.until).number - first))
    let total = sum.up + sum.down + sum.maintenance
    guard room > 0, total > 0 else { return [] }
    var (up, down, maintenance) = (sum.up, sum.down, sum.maintenance)
    if total > room {
      down = min(room, (sum.down * room + total - 1) / total)
      maintenance = min(room - down, sum.maintenance * room / total)
      up = room - down - maintenance
    }
    let count = up + down + maintenance
    return (0..<count).map { index in
      let slot = grid.slot(number: first + Int64(index * room / count))
      let verdict: Verdict = index < down ? .down : index < down + maintenance ? .unknown : .up
      return HistoryRun(
        check: check, region: region, slotStart: slot.start, interval: interval,
        duration: verdict == .up ? sum.duration : nil, verdict: verdict,
        reason: verdict == .down ? HistoryReason(code: .expectationFailed) : nil,
        isInMaintenance: verdict == .unknown)
    }
  }
}

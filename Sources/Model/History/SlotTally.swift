/// What became of the slots of one check over a window: the counts that every figure of a promise is made from.
///
/// A slot in maintenance counts only under `maintenance`, whatever its verdict; the other counts leave it out.
package struct SlotTally: Hashable, Sendable {
  /// Slots that should have been run.
  package var expected: Int
  package var up: Int
  package var degraded: Int
  package var down: Int
  /// Slots whose run said nothing of the target, because the fault was ours.
  package var unknown: Int
  /// Expected slots without a run.
  package var missed: Int
  package var maintenance: Int
  /// The sum of the intervals of the slots that are down.
  package var downtime: Duration

  /// A tally with everything said; nothing is expected of an empty one.
  package init(
    expected: Int = 0, up: Int = 0, degraded: Int = 0, down: Int = 0, unknown: Int = 0, missed: Int = 0,
    maintenance: Int = 0, downtime: Duration = .zero
  ) {
    self.expected = expected
    self.up = up
    self.degraded = degraded
    self.down = down
    self.unknown = unknown
    self.missed = missed
    self.maintenance = maintenance
    self.downtime = downtime
  }

  /// Slots that have a run.
  package var known: Int { up + degraded + down + unknown + maintenance }

  /// The tally of two windows that share no slot, or of two checks.
  package static func + (left: SlotTally, right: SlotTally) -> SlotTally {
    SlotTally(
      expected: left.expected + right.expected, up: left.up + right.up, degraded: left.degraded + right.degraded,
      down: left.down + right.down, unknown: left.unknown + right.unknown, missed: left.missed + right.missed,
      maintenance: left.maintenance + right.maintenance, downtime: left.downtime + right.downtime)
  }
}

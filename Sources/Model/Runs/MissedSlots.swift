/// Slots of one check, one after the other, that could not be run for the same cause. A range, because a machine that
/// slept for a night missed thousands at once.
package struct MissedSlots: Hashable, Sendable {
  /// Why no run was made.
  package enum Cause: String, Hashable, Sendable, CaseIterable {
    /// Its time was over before it could start.
    case late
    /// No place was free under the limits on concurrent runs.
    case concurrency
    /// The scheduler was stopping.
    case stopped
  }

  /// Which check.
  package var check: CheckID
  /// Where its slots lie.
  package var grid: SlotGrid
  /// Which of them.
  package var numbers: ClosedRange<Int64>
  /// Why.
  package var cause: Cause
  /// Whether all of them begin in planned maintenance: then they count as that, and not as missed.
  package var isInMaintenance: Bool

  /// Missed slots with everything said.
  package init(
    check: CheckID, grid: SlotGrid, numbers: ClosedRange<Int64>, cause: Cause, isInMaintenance: Bool = false
  ) {
    self.check = check
    self.grid = grid
    self.numbers = numbers
    self.cause = cause
    self.isInMaintenance = isInMaintenance
  }

  /// How many they are.
  package var count: Int { numbers.count }

  /// The slots themselves, oldest first.
  package var slots: some Sequence<Slot> {
    numbers.lazy.map { grid.slot(number: $0) }
  }

  /// The oldest one.
  package var first: Slot { grid.slot(number: numbers.lowerBound) }

  /// The newest one.
  package var last: Slot { grid.slot(number: numbers.upperBound) }
}

package import Model

/// Slots of one check, one after the other, that could not be run for the same cause. A range, because a machine that
/// slept for a night missed thousands at once.
package struct MissedSlots: Hashable, Sendable {
  /// Which check.
  package var check: CheckID
  /// Where its slots lie.
  package var grid: SlotGrid
  /// Which of them.
  package var numbers: ClosedRange<Int64>
  /// Why.
  package var cause: MissedSlot.Cause

  /// Missed slots with everything said.
  package init(check: CheckID, grid: SlotGrid, numbers: ClosedRange<Int64>, cause: MissedSlot.Cause) {
    self.check = check
    self.grid = grid
    self.numbers = numbers
    self.cause = cause
  }

  /// The slots themselves, oldest first.
  ///
  /// - Parameter limit: when there are more, only the latest so many.
  package func slots(atMost limit: Int = .max) -> some Sequence<Slot> {
    let first = numbers.count > limit ? numbers.upperBound - Int64(limit) + 1 : numbers.lowerBound
    return (first...numbers.upperBound).lazy.map { grid.slot(number: $0) }
  }
}

package import Model

/// A slot whose run begins now.
package struct SlotStart: Hashable, Sendable {
  /// Which check.
  package var check: CheckID
  /// Which occasion.
  package var slot: Slot
  /// The start of the run less the start of its slot; at least zero.
  package var lag: Duration
  /// The lag beyond which so little would be left of the budget that a healthy target might seem to be slow.
  package var latestLag: Duration
  /// What is left for the whole run, all attempts and the pauses between them included.
  package var budget: Duration

  /// A start with everything said.
  package init(check: CheckID, slot: Slot, lag: Duration, latestLag: Duration, budget: Duration) {
    self.check = check
    self.slot = slot
    self.lag = lag
    self.latestLag = latestLag
    self.budget = budget
  }
}

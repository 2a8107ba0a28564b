/// Whoever wants to know of runs: metrics, history, logs. Called on the path of a run, so it neither blocks nor throws;
/// a sink that does I/O queues within a bound and counts what it had to drop.
package protocol RunSink: Sendable {
  /// A run has ended.
  func record(_ run: Run)

  /// A slot went by without a run.
  func record(_ missed: MissedSlot)
}

/// A slot that could not be run.
package struct MissedSlot: Hashable, Sendable {
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
  /// In which region.
  package var region: String
  /// Which occasion.
  package var slot: Slot
  /// Why.
  package var cause: Cause

  /// A slot that could not be run.
  package init(check: CheckID, region: String, slot: Slot, cause: Cause) {
    self.check = check
    self.region = region
    self.slot = slot
    self.cause = cause
  }
}

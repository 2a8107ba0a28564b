/// Whoever wants to know of runs: metrics, history, logs. Called on the path of a run, so it neither blocks nor throws;
/// a sink that does I/O queues within a bound and counts what it had to drop.
package protocol RunSink: Sendable {
  /// A run has ended.
  func record(_ run: Run)

  /// Slots of one check went by without a run.
  func record(_ missed: MissedSlots, in region: String)
}

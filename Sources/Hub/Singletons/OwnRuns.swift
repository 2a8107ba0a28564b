package import Model
import Synchronization

/// What the hub's leader records itself, services and jobs that report, on its way into the store: it goes there as the runs of
/// nodes do, in a region of its own, and is decided, fed and shown like them.
///
/// It outlives a term: what could not be written before the lease was lost is written when this replica leads again. Slots
/// that another leader has recorded meanwhile stay as they are.
package final class OwnRuns: RunSink {
  /// The node that the store knows it by; no node can register under it.
  static let node = "(hub)"
  /// What waits at most; beyond it the oldest are let go, and counted.
  private static let room = 100_000
  private static let pause = Duration.milliseconds(100)
  private static let batch = 1_000
  /// A gap in time of more slots than this is not written slot by slot.
  private static let mostMissed = 1_000

  private let store: any FleetStore
  private let time: any TimeSource
  private let onDrop: @Sendable (Int) -> Void
  private let waiting = Mutex<[FleetRun]>([])

  /// Nothing waits yet.
  ///
  /// - Parameter onDrop: told how many runs there was no room for.
  package init(
    store: any FleetStore, time: any TimeSource, onDrop: @escaping @Sendable (Int) -> Void = { _ in }
  ) {
    self.store = store
    self.time = time
    self.onDrop = onDrop
  }

  package func record(_ run: Run) {
    var run = HistoryRun(run)
    run.region = HubDesk.ownRegion
    run.node = Self.node
    append([FleetRun(run: run, configuration: 0, epoch: 0)])
  }

  package func record(_ missed: MissedSlots, in region: String) {
    // Other slots without a run leave nothing behind.
    guard missed.isInMaintenance else { return }
    let numbers = missed.numbers.suffix(Self.mostMissed)
    append(
      numbers.map { number in
        let slot = missed.grid.slot(number: number)
        return FleetRun(
          run: HistoryRun(missedInMaintenance: slot, of: missed.check, in: HubDesk.ownRegion), configuration: 0,
          epoch: 0)
      })
  }

  private func append(_ runs: [FleetRun]) {
    let excess = waiting.withLock { waiting in
      waiting += runs
      let excess = max(0, waiting.count - Self.room)
      waiting.removeFirst(excess)
      return excess
    }
    if excess > 0 { onDrop(excess) }
  }

  /// Writes what comes until the task is cancelled. For the leader, and one at a time.
  ///
  /// - Throws: `FleetFault.leaseLost`, and what the store throws; what was not written waits for the next time.
  package func run(under lease: SingletonLease, version: String) async throws {
    let standing = try await store.register(
      NodeDescription(
        name: Self.node, region: HubDesk.ownRegion, version: version, spool: UInt64(bitPattern: lease.token)))
    var next = standing.progress.acknowledged + 1
    while true {
      try Task.checkCancellation()
      let runs = waiting.withLock { Array($0.prefix(Self.batch)) }
      guard !runs.isEmpty else {
        try await time.sleep(untilUptime: time.uptime + Self.pause)
        continue
      }
      let batch = SpoolBatch(
        node: Self.node, region: HubDesk.ownRegion, spool: UInt64(bitPattern: lease.token), first: next, oldest: 1,
        runs: runs)
      _ = try await store.ingest(batch, under: lease)
      next = batch.last + 1
      // What was let go meanwhile was at the front.
      waiting.withLock { waiting in
        if waiting.starts(with: runs) {
          waiting.removeFirst(runs.count)
        } else {
          let written = Set(runs)
          waiting.removeAll { written.contains($0) }
        }
      }
    }
  }
}

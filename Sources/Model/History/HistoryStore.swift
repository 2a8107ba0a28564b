/// Where runs are kept and counted. Every implementation passes the same suite of tests.
///
/// A run is identified by check, region and slot; of two, the one stored first stays. Counts are exact where runs are
/// kept; where only roll-ups are left, both edges of a window are rounded down to the roll-up. What outlives its
/// retention is folded into roll-ups first, so that a sum never changes because something was deleted.
package protocol HistoryStore: Sendable {
  /// Says which checks are in force in `region`: of one that is disabled, does not run there, or is no longer among
  /// them, no slots are expected there from `moment` on; of one that returns, they are again. A region that nobody ever
  /// spoke for goes along. A check takes over the history of its `movedFrom`, unless that one is among them too.
  func register(_ checks: [CheckRegistration], in region: String, at moment: Timestamp) async throws

  /// Makes the history of `old` that of `new`, joined with what `new` has. Nothing happens where `old` has none.
  func takeOver(_ old: CheckID, by new: CheckID) async throws

  /// Stores runs in one transaction, all or none. They may come in any order; those that are older than runs are kept
  /// go into roll-ups at once.
  @discardableResult
  func write(_ runs: [HistoryRun], at now: Timestamp) async throws -> WriteSummary

  /// Says what is held of slots over all regions, in place of what `Verdict.overRegions` gives of their runs. Of two verdicts
  /// for one slot the later one holds. A check that is known in one region only needs none.
  func judge(_ verdicts: [JudgedSlot]) async throws

  /// Does a bounded portion of what time makes due: rolling up, and deleting what outlived its retention.
  ///
  /// - Returns: whether more is due already.
  func maintain(at now: Timestamp) async throws -> Bool

  /// Every check with a run, by id.
  func checks() async throws -> [KnownCheck]

  /// A page of runs, newest first, as far back as runs are kept.
  func runs(_ query: RunQuery) async throws -> RunPage

  /// The newest kept runs of each region of one check, or of every check: so many a region, newest first.
  func lastRuns(of check: CheckID?, limit: Int) async throws -> [HistoryRun]

  /// Changes of verdict of each region in [from, to), newest first. What is held over all regions has none: runs and `judge`
  /// change counts alone there.
  func stateChanges(of check: CheckID, from: Timestamp, to: Timestamp, limit: Int) async throws -> [StateChange]

  /// What became of the slots of a window, by check and region.
  func tallies(_ query: TallyQuery) async throws -> [TallyRow]

  /// The same for each piece of a row of them, read together: days of bars, or windows that end at the same moment. Pieces
  /// add up to the whole: a slot that was open at an inner boundary is expected once it is over at the last one.
  func series(_ query: SeriesQuery) async throws -> [TallySeries]

  /// How long the good runs of one check took, for each piece between two boundaries.
  ///
  /// - Parameter region: nil for the runs of all regions.
  func latencySeries(of check: CheckID, region: String?, boundaries: [Timestamp]) async throws -> [LatencyHistogram]

  /// How long runs that were up or degraded took, outside maintenance, for slots in [from, to).
  ///
  /// - Parameter region: nil for the runs of all regions.
  func latency(of check: CheckID, region: String?, from: Timestamp, to: Timestamp) async throws -> LatencyHistogram

  /// The same for many checks, read together: by check and region, over all regions for `RegionScope.combined`.
  func latencies(_ query: TallyQuery) async throws -> [LatencyRow]

  /// Tries to write, within a bounded time.
  func health() async -> HistoryHealth

  /// Lets go of everything; nothing may be asked afterwards.
  func close() async throws
}

extension HistoryStore {
  /// The newest kept run of each region of one check, or of every check.
  package func lastRuns(of check: CheckID?) async throws -> [HistoryRun] {
    try await lastRuns(of: check, limit: 1)
  }
}

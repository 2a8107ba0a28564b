import Model
import Synchronization
import TestSupport

/// History as far as a leader reads it: the runs that a fleet's store in memory holds.
final class MemoryHistory: HistoryStore {
  let store: MemoryFleetStore
  private let asked = Mutex(0)

  init(store: MemoryFleetStore) { self.store = store }

  /// How many pages of runs were asked for.
  var questions: Int { asked.withLock { $0 } }

  /// Nothing but runs can be asked for.
  struct NotKept: Error {}

  private func runs(of check: CheckID?) -> [HistoryRun] {
    store.current.runs.values.filter { check == nil || $0.check == check }.sorted { $0.slotStart > $1.slotStart }
  }

  func lastRuns(of check: CheckID?, limit: Int) async throws -> [HistoryRun] {
    Dictionary(grouping: runs(of: check)) { [$0.check.text, $0.region] }.values.flatMap { $0.prefix(limit) }
  }

  func heldRuns(of check: CheckID?, limit: Int) async throws -> [HistoryRun] {
    let settled = Dictionary(
      store.current.settled.map { decision in
        (HeldSlots.Key(check: decision.check, slot: decision.slot.start.millisecondsSinceEpoch), decision.verdict)
      }
    ) { $1 }
    return HeldSlots(runs(of: check), limit: limit).runs(judged: settled)
  }

  func runs(_ query: RunQuery) async throws -> RunPage {
    asked.withLock { $0 += 1 }
    return RunPage(
      runs: runs(of: query.check).filter { run in
        query.from.map { run.slotStart >= $0 } ?? true && query.to.map { run.slotStart < $0 } ?? true
      }, next: nil)
  }

  func register(_ checks: [CheckRegistration], in region: String, at moment: Timestamp) async throws { throw NotKept() }
  func takeOver(_ old: CheckID, by new: CheckID) async throws { throw NotKept() }
  func write(_ runs: [HistoryRun], at now: Timestamp) async throws -> WriteSummary { throw NotKept() }
  func judge(_ verdicts: [JudgedSlot]) async throws { throw NotKept() }
  func maintain(at now: Timestamp) async throws -> Bool { false }
  func checks() async throws -> [KnownCheck] { throw NotKept() }
  func stateChanges(
    of check: CheckID, from: Timestamp, to: Timestamp, limit: Int
  ) async throws -> [StateChange] { throw NotKept() }
  func tallies(_ query: TallyQuery) async throws -> [TallyRow] { throw NotKept() }
  func series(_ query: SeriesQuery) async throws -> [TallySeries] { throw NotKept() }
  func latencySeries(
    of check: CheckID, region: String?, boundaries: [Timestamp]
  ) async throws -> [LatencyHistogram] { throw NotKept() }
  func latency(
    of check: CheckID, region: String?, from: Timestamp, to: Timestamp
  ) async throws -> LatencyHistogram { throw NotKept() }
  func latencies(_ query: TallyQuery) async throws -> [LatencyRow] { throw NotKept() }
  func health() async -> HistoryHealth { HistoryHealth(isWritable: true, latency: .zero, message: nil) }
  func close() async throws {}
}

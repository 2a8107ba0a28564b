import History
import Model
import Synchronization

/// A store whose writes fail while it is told so, like one on a full disk.
final class FailingStore: HistoryStore {
  let isFailing = Atomic(false)
  let isUpkeepFailing = Atomic(false)
  private let store: any HistoryStore

  init(_ store: any HistoryStore) { self.store = store }

  func write(_ runs: [HistoryRun], at now: Timestamp) async throws -> WriteSummary {
    guard !isFailing.load(ordering: .sequentiallyConsistent) else { throw HistoryError("the disk is full") }
    return try await store.write(runs, at: now)
  }

  func register(_ checks: [CheckRegistration], in region: String, at moment: Timestamp) async throws {
    guard !isFailing.load(ordering: .sequentiallyConsistent) else { throw HistoryError("the disk is full") }
    try await store.register(checks, in: region, at: moment)
  }
  func takeOver(_ old: CheckID, by new: CheckID) async throws { try await store.takeOver(old, by: new) }
  func judge(_ verdicts: [JudgedSlot]) async throws {}

  func maintain(at now: Timestamp) async throws -> Bool {
    guard !isUpkeepFailing.load(ordering: .sequentiallyConsistent) else { throw HistoryError("the disk is full") }
    return try await store.maintain(at: now)
  }
  func checks() async throws -> [KnownCheck] { try await store.checks() }
  func runs(_ query: RunQuery) async throws -> RunPage { try await store.runs(query) }
  func lastRuns(of check: CheckID?, limit: Int) async throws -> [HistoryRun] {
    try await store.lastRuns(of: check, limit: limit)
  }
  func heldRuns(of check: CheckID?, limit: Int) async throws -> [HistoryRun] {
    try await store.heldRuns(of: check, limit: limit)
  }
  func stateChanges(of check: CheckID, from: Timestamp, to: Timestamp, limit: Int) async throws -> [StateChange] {
    try await store.stateChanges(of: check, from: from, to: to, limit: limit)
  }
  func tallies(_ query: TallyQuery) async throws -> [TallyRow] { try await store.tallies(query) }
  func latency(
    of check: CheckID, region: String?, from: Timestamp, to: Timestamp
  ) async throws -> LatencyHistogram {
    try await store.latency(of: check, region: region, from: from, to: to)
  }
  func series(_ query: SeriesQuery) async throws -> [TallySeries] { try await store.series(query) }
  func latencySeries(
    of check: CheckID, region: String?, boundaries: [Timestamp]
  ) async throws -> [LatencyHistogram] {
    try await store.latencySeries(of: check, region: region, boundaries: boundaries)
  }
  func latencies(_ query: TallyQuery) async throws -> [LatencyRow] { try await store.latencies(query) }
  func health() async -> HistoryHealth { await store.health() }
  func close() async throws { try await store.close() }
}

import Model
import Synchronization

/// A store that answers what a test lays into it, and remembers what it was asked.
final class FakeStore: HistoryStore {
  struct Failure: Error {}

  struct State {
    var tallies: [CheckID: SlotTally] = [:]
    var latencies: [CheckID: LatencyHistogram] = [:]
    var page = RunPage(runs: [], next: nil)
    var lastRuns: [HistoryRun] = []
    var health = HistoryHealth(isWritable: true, latency: .microseconds(250))
    var isBroken = false
    var runQueries: [RunQuery] = []
    var tallyQueries: [TallyQuery] = []
    var seriesQueries: [SeriesQuery] = []
    var latencyQueries: [CheckID] = []
    /// Called with each question for a latency.
    var onLatency: @Sendable () -> Void = {}
  }

  private let state = Mutex(State())

  func change(_ body: (inout State) -> Void) { state.withLock { body(&$0) } }

  func read<Value: Sendable>(_ path: (State) -> Value) -> Value {
    state.withLock { path($0) }
  }

  private func answer<Value: Sendable>(_ body: (inout State) -> Value) throws -> Value {
    try state.withLock { state in
      guard !state.isBroken else { throw Failure() }
      return body(&state)
    }
  }

  func register(_ checks: [CheckRegistration], in region: String, at moment: Timestamp) async throws {}
  func takeOver(_ old: CheckID, by new: CheckID) async throws {}
  func write(_ runs: [HistoryRun], at now: Timestamp) async throws -> WriteSummary { WriteSummary() }
  func judge(_ verdicts: [JudgedSlot]) async throws {}

  func maintain(at now: Timestamp) async throws -> Bool { false }
  func checks() async throws -> [KnownCheck] { [] }
  func close() async throws {}

  func runs(_ query: RunQuery) async throws -> RunPage {
    try answer {
      $0.runQueries.append(query)
      return $0.page
    }
  }

  func lastRuns(of check: CheckID?, limit: Int) async throws -> [HistoryRun] { try answer(\.lastRuns) }

  func heldRuns(of check: CheckID?, limit: Int) async throws -> [HistoryRun] { [] }

  func stateChanges(
    of check: CheckID, from: Timestamp, to: Timestamp, limit: Int
  ) async throws -> [StateChange] { [] }

  func tallies(_ query: TallyQuery) async throws -> [TallyRow] {
    try answer { state in
      state.tallyQueries.append(query)
      return state.tallies.filter { query.checks?.contains($0.key) ?? true }
        .map { TallyRow(check: $0.key, region: nil, tally: $0.value) }
    }
  }

  func latency(of check: CheckID, region: String?, from: Timestamp, to: Timestamp) async throws -> LatencyHistogram {
    let (histogram, onLatency) = try answer { state in
      state.latencyQueries.append(check)
      return (state.latencies[check] ?? LatencyHistogram(), state.onLatency)
    }
    onLatency()
    return histogram
  }

  func latencies(_ query: TallyQuery) async throws -> [LatencyRow] {
    let (rows, onLatency) = try answer { state in
      state.latencyQueries += query.checks ?? []
      let rows = state.latencies.filter { query.checks?.contains($0.key) ?? true }
        .map { LatencyRow(check: $0.key, region: nil, latency: $0.value) }
      return (rows, state.onLatency)
    }
    onLatency()
    return rows
  }

  /// Everything lies in the first piece, which is the oldest.
  func series(_ query: SeriesQuery) async throws -> [TallySeries] {
    try answer { state in
      state.seriesQueries.append(query)
      let wanted = query.checks.map(Set.init)
      return state.tallies.filter { wanted?.contains($0.key) ?? true }
        .map { check, tally in
          let rest = Array(repeating: SlotTally(), count: max(0, query.boundaries.count - 2))
          return TallySeries(check: check, region: nil, tallies: [tally] + rest)
        }
    }
  }

  func latencySeries(
    of check: CheckID, region: String?, boundaries: [Timestamp]
  ) async throws -> [LatencyHistogram] {
    try answer { state in boundaries.dropFirst().map { _ in state.latencies[check] ?? LatencyHistogram() } }
  }

  func health() async -> HistoryHealth { read(\.health) }
}

import Model

/// A target that breaks off in the middle of a check, that loses what it is given, or while which something else happens.
struct BreakingArchive: HistoryArchive {
  private let base: any HistoryArchive
  private let failing: String?
  private let losesRuns: Bool
  private let failsToSettle: Bool
  private let meanwhile: @Sendable () async throws -> Void

  /// - Parameter meanwhile: is done before each piece.
  init(
    _ base: any HistoryArchive, failingAt check: String? = nil, losesRuns: Bool = false, failsToSettle: Bool = false,
    meanwhile: @escaping @Sendable () async throws -> Void = {}
  ) {
    self.base = base
    failing = check
    self.losesRuns = losesRuns
    self.failsToSettle = failsToSettle
    self.meanwhile = meanwhile
  }

  func take(_ piece: ArchivePiece, of check: CheckID, in region: String?) async throws {
    try await meanwhile()
    if case .runs = piece {
      if losesRuns { return }
      if check.text == failing { throw HistoryError("the power has failed") }
    }
    try await base.take(piece, of: check, in: region)
  }

  var archiveName: String { base.archiveName }
  func archive() async throws -> any ArchiveReading { try await base.archive() }
  func recordCount(of table: RecordTable) async throws -> Int { try await base.recordCount(of: table) }
  func beginCopy(of source: String, _ head: ArchiveHead) async throws -> CopyStage {
    try await base.beginCopy(of: source, head)
  }
  func copiedPrint(of check: CheckID) async throws -> Int64? { try await base.copiedPrint(of: check) }
  func beginCheck(_ check: CheckID, _ streams: [ArchiveStream]) async throws {
    try await base.beginCheck(check, streams)
  }
  func finishCheck(_ check: CheckID, print: Int64) async throws { try await base.finishCheck(check, print: print) }
  func take(_ rows: [[ArchiveValue]], of table: RecordTable) async throws { try await base.take(rows, of: table) }
  func settleCopy() async throws {
    if failsToSettle { throw HistoryError("the power has failed") }
    try await base.settleCopy()
  }
  func finishCopy() async throws { try await base.finishCopy() }

  func register(_ checks: [CheckRegistration], in region: String, at moment: Timestamp) async throws {
    try await base.register(checks, in: region, at: moment)
  }
  func takeOver(_ old: CheckID, by new: CheckID) async throws { try await base.takeOver(old, by: new) }
  func write(_ runs: [HistoryRun], at now: Timestamp) async throws -> WriteSummary {
    try await base.write(runs, at: now)
  }
  func judge(_ verdicts: [JudgedSlot]) async throws { try await base.judge(verdicts) }
  func maintain(at now: Timestamp) async throws -> Bool { try await base.maintain(at: now) }
  func checks() async throws -> [KnownCheck] { try await base.checks() }
  func runs(_ query: RunQuery) async throws -> RunPage { try await base.runs(query) }
  func lastRuns(of check: CheckID?, limit: Int) async throws -> [HistoryRun] {
    try await base.lastRuns(of: check, limit: limit)
  }
  func stateChanges(of check: CheckID, from: Timestamp, to: Timestamp, limit: Int) async throws -> [StateChange] {
    try await base.stateChanges(of: check, from: from, to: to, limit: limit)
  }
  func tallies(_ query: TallyQuery) async throws -> [TallyRow] { try await base.tallies(query) }
  func series(_ query: SeriesQuery) async throws -> [TallySeries] { try await base.series(query) }
  func latencySeries(of check: CheckID, region: String?, boundaries: [Timestamp]) async throws -> [LatencyHistogram] {
    try await base.latencySeries(of: check, region: region, boundaries: boundaries)
  }
  func latency(
    of check: CheckID, region: String?, from: Timestamp, to: Timestamp
  ) async throws -> LatencyHistogram {
    try await base.latency(of: check, region: region, from: from, to: to)
  }
  func latencies(_ query: TallyQuery) async throws -> [LatencyRow] { try await base.latencies(query) }
  func health() async -> HistoryHealth { await base.health() }
  func close() async throws { try await base.close() }
}

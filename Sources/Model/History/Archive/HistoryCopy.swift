/// Carries everything that one store keeps into another, empty one, of whatever kind both are.
///
/// What is read is of one moment, so that a daemon may go on writing into the source. Check after check is carried over, and
/// remembered when it is whole: a copy that broke off goes on where it was, and brings anew what has changed in the source since.
package struct HistoryCopy: Sendable {
  /// How far it is.
  package struct Progress: Hashable, Sendable {
    /// Checks that are over.
    package var checks: Int
    /// All checks.
    package var of: Int
    /// Runs that were carried over.
    package var runs: Int
    /// Rows of roll-ups that were carried over.
    package var buckets: Int
  }

  /// What came of it.
  package struct Summary: Hashable, Sendable {
    package var stage = CopyStage.fresh
    /// All checks of the source.
    package var checks = 0
    /// Those that an earlier attempt brought over, and that are the same in the source.
    package var skipped = 0
    package var runs = 0
    package var buckets = 0
    /// Rows of all kinds of records.
    package var records = 0
    /// Streams whose counts were compared.
    package var compared = 0
  }

  /// So many rows are in memory at a time.
  package static let pageSize = 5000
  /// The figures of so many checks are compared at a time.
  private static let checksPerComparison = 200

  private let source: any HistoryArchive
  private let target: any HistoryArchive

  /// A copy of one store into another.
  package init(from source: any HistoryArchive, to target: any HistoryArchive) {
    self.source = source
    self.target = target
  }

  /// Carries everything over and compares both.
  ///
  /// - Parameters:
  ///   - now: up to when figures are compared.
  ///   - report: is told after each check.
  /// - Throws: `HistoryError` for a target that holds something else, and for one that is not the same in the end.
  package func run(at now: Timestamp, report: @Sendable (Progress) -> Void) async throws -> Summary {
    guard source.archiveName != target.archiveName else {
      throw HistoryError("\"\(source.archiveName)\" cannot be copied into itself; name another target")
    }
    let archive = try await source.archive()
    do {
      let summary = try await run(archive, at: now, report: report)
      await archive.close()
      return summary
    } catch {
      await archive.close()
      throw error
    }
  }

  private func run(
    _ archive: any ArchiveReading, at now: Timestamp, report: @Sendable (Progress) -> Void
  ) async throws -> Summary {
    let head = try await archive.head()
    var summary = Summary()
    summary.checks = head.checks.count
    summary.stage = try await target.beginCopy(of: source.archiveName, head)
    guard summary.stage != .finished else { return summary }
    for (index, check) in head.checks.enumerated() {
      try Task.checkCancellation()
      try await copy(check, from: archive, &summary)
      report(
        Progress(checks: index + 1, of: head.checks.count, runs: summary.runs, buckets: summary.buckets))
    }
    for table in RecordTable.all { summary.records += try await copy(table, from: archive) }
    try await target.settleCopy()
    summary.compared = try await compareTallies(of: head.checks, archive, from: head.cuts.last ?? nil, to: now)
    try await compareRecords(archive)
    try await target.finishCopy()
    return summary
  }

  // MARK: Copying

  private func copy(_ check: CheckID, from archive: any ArchiveReading, _ summary: inout Summary) async throws {
    let streams = try await archive.streams(of: check)
    if let before = try await target.copiedPrint(of: check) {
      var print = ArchivePrint()
      for stream in streams {
        print.combine(stream)
        try await pieces(of: stream, check, archive) { print.combine($0) }
      }
      guard print.number != before else {
        summary.skipped += 1
        return
      }
    }
    try await target.beginCheck(check, streams)
    var print = ArchivePrint()
    for stream in streams {
      print.combine(stream)
      try await pieces(of: stream, check, archive) { piece in
        print.combine(piece)
        switch piece {
        case .runs(let runs): summary.runs += runs.count
        case .buckets(let buckets, _): summary.buckets += buckets.count
        case .changes, .judged: break
        }
        try await target.take(piece, of: check, in: stream.region)
      }
    }
    try await target.finishCheck(check, print: print.number)
  }

  /// Everything of one stream; coarse levels first, because what finer ones have lost is reckoned from them.
  private func pieces(
    of stream: ArchiveStream, _ check: CheckID, _ archive: any ArchiveReading,
    _ body: (ArchivePiece) async throws -> Void
  ) async throws {
    for level in RollupLevel.allCases.reversed() {
      var after = Int64.min
      while true {
        let buckets = try await archive.buckets(of: stream, level, after: after, limit: Self.pageSize / 5)
        guard let last = buckets.last else { break }
        after = last.begin
        try await body(.buckets(buckets, level))
      }
    }
    for page in Self.pages(try await archive.changes(of: stream, check: check)) { try await body(.changes(page)) }
    guard stream.region != nil else {
      for page in Self.pages(try await archive.judged(of: stream)) { try await body(.judged(page)) }
      return
    }
    var before = Int64.max
    while true {
      let runs = try await archive.runs(of: stream, check: check, before: before, limit: Self.pageSize)
      guard let last = runs.last else { break }
      before = last.slotStart.millisecondsSinceEpoch
      try await body(.runs(runs))
    }
  }

  private static func pages<Row>(_ rows: [Row]) -> [[Row]] {
    stride(from: 0, to: rows.count, by: pageSize).map { Array(rows[$0..<min($0 + pageSize, rows.count)]) }
  }

  private func copy(_ table: RecordTable, from archive: any ArchiveReading) async throws -> Int {
    var after: [ArchiveValue]?
    var count = 0
    while true {
      let rows = try await archive.records(of: table, after: after, limit: Self.pageSize / 5)
      guard let last = rows.last else { return count }
      after = Array(last.prefix(table.keyCount))
      count += rows.count
      try await target.take(rows, of: table)
    }
  }

  // MARK: Comparing

  /// One check in one region, or over all.
  private struct Place: Hashable {
    var check: CheckID
    var region: String?
  }

  private func compareTallies(
    of checks: [CheckID], _ archive: any ArchiveReading, from begin: Int64?, to end: Timestamp
  ) async throws -> Int {
    let begin = Timestamp(millisecondsSinceEpoch: begin ?? Int64.min / 1_000_000)
    var compared = 0
    for start in stride(from: 0, to: checks.count, by: Self.checksPerComparison) {
      let portion = Array(checks[start..<min(start + Self.checksPerComparison, checks.count)])
      for scope in [RegionScope.each, .combined] {
        let query = TallyQuery(checks: portion, scope: scope, from: begin, to: end)
        let wanted = try await archive.tallies(query)
        var found: [Place: SlotTally] = [:]
        for row in try await target.tallies(query) { found[Place(check: row.check, region: row.region)] = row.tally }
        for row in wanted {
          let tally = found.removeValue(forKey: Place(check: row.check, region: row.region))
          guard tally == row.tally else {
            throw difference(
              Self.name(row.check, row.region), Self.words(row.tally), tally.map(Self.words) ?? "nothing")
          }
        }
        if let more = found.first { throw difference(Self.name(more.key.check, more.key.region), "nothing", "more") }
        compared += wanted.count
      }
    }
    return compared
  }

  private func compareRecords(_ archive: any ArchiveReading) async throws {
    for table in RecordTable.all {
      let (wanted, found) = (try await archive.recordCount(of: table), try await target.recordCount(of: table))
      guard wanted == found else { throw difference(table.words, "\(wanted)", "\(found)") }
    }
  }

  private static func name(_ check: CheckID, _ region: String?) -> String {
    "check \"\(check)\" " + (region.map { "in \($0)" } ?? "over all regions")
  }

  private static func words(_ tally: SlotTally) -> String {
    "\(tally.expected) expected, \(tally.up) up, \(tally.degraded) degraded, \(tally.down) down, \(tally.unknown) unknown, "
      + "\(tally.maintenance) in maintenance, \(tally.downtime) down"
  }

  private func difference(_ what: String, _ wanted: String, _ found: String) -> HistoryError {
    HistoryError(
      """
      \(what): "\(source.archiveName)" has \(wanted), and "\(target.archiveName)" has \(found); the copy is not finished, \
      run it again or empty the target first
      """)
  }
}

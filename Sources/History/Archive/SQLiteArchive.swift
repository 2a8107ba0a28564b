import GRDB
import Model

/// What an SQLite file held at one moment: a reader's transaction that stays open.
struct SQLiteArchive: ArchiveReading {
  private let path: String
  /// Closed with the last reference to it.
  private let snapshot: DatabaseSnapshot

  init(path: String) throws {
    self.path = path
    var configuration = Configuration()
    configuration.readonly = true
    configuration.foreignKeysEnabled = false
    configuration.busyMode = .timeout(2)
    do {
      snapshot = try DatabasePool(path: path, configuration: configuration).makeSnapshot()
    } catch let error as DatabaseError {
      throw HistoryError(error, path: path)
    }
  }

  private func read<Result: Sendable>(_ body: @escaping @Sendable (Database) throws -> Result) async throws -> Result {
    do {
      return try await snapshot.read(body)
    } catch let error as DatabaseError {
      throw HistoryError(error, path: path)
    }
  }

  func close() async { try? snapshot.close() }

  func head() async throws -> ArchiveHead {
    try await read { database in
      let cuts = try Cuts(reading: database).until.map { $0 == .min ? nil : $0 }
      var regions: [String: Bool] = [:]
      let rows = try StoredStatement("SELECT name, registered FROM regions", in: database)
      while try rows.next() { if let name = rows.text(0) { regions[name] = rows.integer(1) != 0 } }
      var checks: [CheckID] = []
      let ids = try StoredStatement("SELECT id FROM checks ORDER BY id", in: database)
      while try ids.next() { if let id = ids.text(0).flatMap({ CheckID($0) }) { checks.append(id) } }
      return ArchiveHead(cuts: cuts, regions: regions, checks: checks)
    }
  }

  func streams(of check: CheckID) async throws -> [ArchiveStream] {
    try await read { database in
      var streams: [ArchiveStream] = []
      let rows = try StoredStatement(
        """
        SELECT s.key, r.name, s.sealed_five FROM checks c JOIN streams s ON s.check_key = c.key
          LEFT JOIN regions r ON r.key = s.region_key WHERE c.id = ? ORDER BY s.key
        """, in: database)
      rows.bind(check.text, at: 1)
      while try rows.next() {
        streams.append(
          ArchiveStream(
            key: rows.integer(0), region: rows.text(1), sealed: rows.integer(2), cadence: Cadence(), pauses: []))
      }
      for index in streams.indices {
        streams[index].cadence = try Cadence(stream: streams[index].key, in: database)
        let pauses = try StoredStatement(
          "SELECT since, until FROM pauses WHERE stream = ? ORDER BY since", in: database)
        pauses.bind(streams[index].key, at: 1)
        while try pauses.next() {
          streams[index].pauses.append(
            ArchiveStream.Pause(since: pauses.integer(0), until: pauses.optionalInteger(1)))
        }
      }
      return streams
    }
  }

  func buckets(
    of stream: ArchiveStream, _ level: RollupLevel, after: Int64, limit: Int
  ) async throws -> [ArchiveBucket] {
    try await read { database in
      let cuts = try Cuts(reading: database)
      let sealed = RollupLevel.allCases.map { $0.floor(stream.sealed) }
      // What is before the cut is read by nobody any more, though it may still be there.
      let kept = cuts.kept(level.rawValue + 1, sealed: sealed)
      let rows = try StoredStatement(
        """
        SELECT \(Rollup.columns) FROM \(level.table) WHERE stream = ? AND bucket >= ? AND bucket > ?
        ORDER BY bucket LIMIT ?
        """, in: database)
      rows.bind(stream.key, at: 1)
      rows.bind(level.number(from: kept), at: 2)
      rows.bind(level.number(of: after), at: 3)
      rows.bind(Int64(limit), at: 4)
      var found: [Rollup] = []
      while try rows.next() { if let row = Rollup(rows, level) { found.append(row) } }
      guard let first = found.first else { return [] }
      var before = try RunningTotals(
        of: stream.key, sealed: sealed, before: first.bucket, from: level, cuts: cuts, using: .init(database)
      ).totals
      return found.map { row in
        var content = BucketContent()
        content.totals = row.runningTotals - before
        content.latency = row.latency
        content.slots = row.slots
        before = row.runningTotals
        return ArchiveBucket(begin: row.bucket, content: content)
      }
    }
  }

  func runs(of stream: ArchiveStream, check: CheckID, before: Int64, limit: Int) async throws -> [HistoryRun] {
    try await read { database in
      let own = RunReader.Stream(key: stream.key, check: check, region: stream.region ?? "")
      return try RunReader(database).runs(
        of: own, from: try Self.keptRuns(stream, in: database), to: before, verdict: nil, limit: limit)
    }
  }

  /// From where on runs of a stream still count for something: they are also needed until the stream over all regions is
  /// rolled up.
  private static func keptRuns(_ stream: ArchiveStream, in database: Database) throws -> Int64 {
    let row = try StoredStatement(
      """
      SELECT min(o.sealed_five) FROM streams s JOIN streams o ON o.check_key = s.check_key
      WHERE s.key = ?1 AND o.key = ?1 OR s.key = ?1 AND o.region_key = 0
      """, in: database)
    defer { row.reset() }
    row.bind(stream.key, at: 1)
    let sealed = try row.next() ? row.integer(0) : stream.sealed
    return try Cuts(reading: database).kept(0, sealed: [sealed])
  }

  func changes(of stream: ArchiveStream, check: CheckID) async throws -> [ArchiveChange] {
    try await read { database in
      let rows = try StoredStatement(
        "SELECT slot, mark, code, message FROM state_changes WHERE stream = ? ORDER BY slot", in: database)
      rows.bind(stream.key, at: 1)
      var changes: [ArchiveChange] = []
      while try rows.next() {
        changes.append(
          ArchiveChange(
            slot: rows.integer(0), verdict: Verdict(mark: rows.integer(1)), code: rows.text(2), message: rows.text(3)))
      }
      return changes
    }
  }

  func judged(of stream: ArchiveStream) async throws -> [ArchiveVerdict] {
    try await read { database in
      let from = try Self.keptRuns(stream, in: database)
      return try JudgedSlots(database).verdicts(of: stream.key, from: from, to: .max).sorted { $0.key < $1.key }
        .map { ArchiveVerdict(slot: $0.key, verdict: $0.value) }
    }
  }

  func records(of table: RecordTable, after: [ArchiveValue]?, limit: Int) async throws -> [[ArchiveValue]] {
    try await read { database in
      let places = Array(repeating: "?", count: table.keyCount).joined(separator: ", ")
      let rows = try StoredStatement(
        """
        SELECT \(table.columnList) FROM \(table.name) \(after == nil ? "" : "WHERE (\(table.keyList)) > (\(places))")
        ORDER BY \(table.keyList) LIMIT \(limit)
        """, in: database)
      for (index, value) in (after ?? []).enumerated() { rows.bind(value, at: Int32(1 + index)) }
      var found: [[ArchiveValue]] = []
      while try rows.next() {
        found.append(table.columns.enumerated().map { rows.value(Int32($0), $1.kind) })
      }
      return found
    }
  }

  func recordCount(of table: RecordTable) async throws -> Int {
    try await read { try table.count(in: $0) }
  }

  func tallies(_ query: TallyQuery) async throws -> [TallyRow] {
    try await read { try TallyReader($0).rows(query) }
  }
}

extension RecordTable {
  /// How many rows there are.
  func count(in database: Database) throws -> Int {
    let row = try StoredStatement("SELECT count(*) FROM \(name)", in: database)
    defer { row.reset() }
    return try row.next() ? Int(row.integer(0)) : 0
  }
}

extension StoredStatement {
  /// Binds a value of a record to a parameter, counted from 1.
  func bind(_ value: ArchiveValue, at index: Int32) {
    switch value {
    case .null: bind(nil as Int64?, at: index)
    case .int(let value): bind(value, at: index)
    case .real(let value): bind(value, at: index)
    case .text(let value): bind(value, at: index)
    case .flag(let value): bind(value ? 1 : 0 as Int64, at: index)
    }
  }

  /// The value of a record in a column, counted from 0.
  func value(_ column: Int32, _ kind: RecordTable.Kind) -> ArchiveValue {
    switch kind {
    case .int: optionalInteger(column).map { .int($0) } ?? .null
    case .real: .real(real(column))
    case .text: text(column).map { .text($0) } ?? .null
    case .flag: .flag(integer(column) != 0)
    }
  }
}

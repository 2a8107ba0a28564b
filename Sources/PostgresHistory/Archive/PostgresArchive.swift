import Model
import Postgres

/// What a PostgreSQL database held at one moment.
struct PostgresArchive: ArchiveReading {
  private let reading: HeldReading

  init(_ pool: PostgresPool) {
    reading = HeldReading(pool)
  }

  func close() async { reading.close() }

  func head() async throws -> ArchiveHead {
    try await reading.read { session in
      let keeping = try Keeping(reading: session)
      let cuts = [keeping.runsCut, keeping.fiveMinutesCut, keeping.hoursCut, keeping.daysCut].map {
        $0 == Keeping.beginning ? nil : $0
      }
      var regions: [String: Bool] = [:]
      for row in try session.execute("SELECT name, registered FROM run_regions") {
        regions[try row[0]] = try row[1] as Bool
      }
      let checks = try session.execute("SELECT id FROM checks ORDER BY id").compactMap { CheckID(try $0[0] as String) }
      return ArchiveHead(cuts: cuts, regions: regions, checks: checks)
    }
  }

  func streams(of check: CheckID) async throws -> [ArchiveStream] {
    try await reading.read { session in
      var streams: [ArchiveStream] = try session.execute(
        """
        SELECT s.key, r.name, s.sealed FROM checks c JOIN streams s ON s.check_key = c.key
          LEFT JOIN run_regions r ON r.key = s.region_key WHERE c.id = $1 ORDER BY s.key
        """, [.text(check.text)]
      ).map {
        ArchiveStream(key: try $0[0], region: try $0[1], sealed: try $0[2], cadence: Cadence(), pauses: [])
      }
      let cadences = try Cadence.all(of: streams.map(\.key), in: session)
      for index in streams.indices {
        let stream = streams[index]
        streams[index].cadence = try Self.completed(cadences[stream.key] ?? Cadence(), of: stream, session)
        streams[index].pauses = try session.execute(
          "SELECT since, until FROM pauses WHERE stream = $1 ORDER BY since", [.int(stream.key)]
        ).map { ArchiveStream.Pause(since: try $0[0], until: try $0[1]) }
      }
      return streams
    }
  }

  /// What is not rolled up yet has its rhythm in its runs. Most of them are on the beat, and say nothing new.
  private static func completed(
    _ known: Cadence, of stream: ArchiveStream, _ session: PostgresSession
  ) throws -> Cadence {
    var cadence = known
    let rows = try session.execute(
      """
      SELECT r.slot, min(r.interval_ms) FROM streams k
        JOIN streams o ON o.key = k.key AND k.region_key <> 0 OR o.combined = k.key
        JOIN runs r ON r.stream = o.key AND r.slot >= $2
      WHERE k.key = $1 AND (k.beat_since IS NULL OR r.interval_ms <> k.beat_interval
        OR (r.slot - k.beat_since) % k.beat_interval <> 0)
      GROUP BY 1 ORDER BY 1
      """, [.int(stream.key), .int(stream.sealed)])
    for row in rows { cadence.insert(slot: try row[0], interval: try row[1]) { _ in nil } }
    return cadence
  }

  func buckets(
    of stream: ArchiveStream, _ level: RollupLevel, after: Int64, limit: Int
  ) async throws -> [ArchiveBucket] {
    try await reading.read { session in
      let kept = try Keeping(reading: session).cut(level)
      let rows = try session.execute(
        """
        SELECT \(RollupRows.columns) FROM \(level.table)
        WHERE stream = $1 AND bucket >= $2 AND bucket > $3 AND bucket < $4 ORDER BY bucket LIMIT $5
        """, [.int(stream.key), .int(kept), .int(after), .int(level.floor(stream.sealed)), .int(Int64(limit))])
      return try RollupRows.contents(rows, level).sorted { $0.key.bucket < $1.key.bucket }
        .map { ArchiveBucket(begin: $0.key.bucket, content: $0.value) }
    }
  }

  func runs(of stream: ArchiveStream, check: CheckID, before: Int64, limit: Int) async throws -> [HistoryRun] {
    guard let region = stream.region else { return [] }
    return try await reading.read { session in
      let own = RegionalStream(key: stream.key, check: check, region: region, sealed: stream.sealed)
      return try RegionalStream.runs(
        of: [own], from: Keeping(reading: session).runsCut, to: [before], verdict: nil, limit: limit, in: session)
    }
  }

  func changes(of stream: ArchiveStream, check: CheckID) async throws -> [ArchiveChange] {
    guard let region = stream.region else { return [] }
    return try await reading.read { session in
      let own = RegionalStream(key: stream.key, check: check, region: region, sealed: stream.sealed)
      return try own.changes(from: .min, to: .max, limit: .max, in: session).reversed().map { slot, change in
        ArchiveChange(
          slot: slot, verdict: change.verdict, code: change.code,
          message: change.message.map { String(decoding: $0, as: UTF8.self) })
      }
    }
  }

  func judged(of stream: ArchiveStream) async throws -> [ArchiveVerdict] {
    try await reading.read { session in
      try session.execute(
        "SELECT slot, verdict FROM judged WHERE stream = $1 AND slot >= $2 ORDER BY slot",
        [.int(stream.key), .int(Keeping(reading: session).runsCut)]
      ).map { ArchiveVerdict(slot: try $0[0], verdict: Verdict(mark: try $0[1])) }
    }
  }

  func records(of table: RecordTable, after: [ArchiveValue]?, limit: Int) async throws -> [[ArchiveValue]] {
    try await reading.read { session in
      let places = (1...table.keyCount).map { "$\($0)" }.joined(separator: ", ")
      let rows = try session.execute(
        """
        SELECT \(table.columnList) FROM \(table.name) \(after == nil ? "" : "WHERE (\(table.keyList)) > (\(places))")
        ORDER BY \(table.keyList) LIMIT \(limit)
        """, (after ?? []).map { PostgresValue($0) })
      return try rows.map { row in
        try table.columns.enumerated().map { try ArchiveValue(row, $0, $1.kind) }
      }
    }
  }

  func recordCount(of table: RecordTable) async throws -> Int {
    try await reading.read { try table.count(in: $0) }
  }

  func tallies(_ query: TallyQuery) async throws -> [TallyRow] {
    try await reading.read { try FigureReader($0).rows(query) }
  }
}

extension RecordTable {
  /// How many rows there are.
  func count(in session: PostgresSession) throws -> Int {
    try session.value("SELECT count(*) FROM \(name)") ?? 0
  }
}

extension PostgresValue {
  /// A value of a record.
  init(_ value: ArchiveValue) {
    self =
      switch value {
      case .null: .null
      case .int(let value): .int(value)
      case .real(let value): .double(value)
      case .text(let value): .text(value)
      case .flag(let value): .bool(value)
      }
  }
}

extension ArchiveValue {
  /// The value of a record in a column, counted from 0.
  init(_ row: PostgresRow, _ column: Int, _ kind: RecordTable.Kind) throws {
    switch kind {
    case .int: self = (try row[column] as Int64?).map { .int($0) } ?? .null
    case .real: self = .real(try row[column])
    case .text: self = (try row[column] as String?).map { .text($0) } ?? .null
    case .flag: self = .flag(try row[column])
    }
  }
}

import GRDB
import Glibc
package import Model

extension SQLiteHistory: HistoryArchive {
  /// With the whole path, so that a copy goes on wherever it is begun again.
  package var archiveName: String {
    let whole = realpath(path, nil)
    defer { free(whole) }
    return "sqlite:\(whole.map { String(cString: $0) } ?? path)"
  }

  package func archive() async throws -> any ArchiveReading { try SQLiteArchive(path: path) }

  package func recordCount(of table: RecordTable) async throws -> Int {
    try await read { try table.count(in: $0) }
  }

  // MARK: Being filled

  package func beginCopy(of source: String, _ head: ArchiveHead) async throws -> CopyStage {
    let name = archiveName
    return try await write { ledger, database in
      let journal = CopyJournal(database)
      guard let stage = try journal.stage(of: source) else {
        throw HistoryError(
          "\"\(name)\" holds a history already, and two are not merged; name an empty target")
      }
      guard stage != .finished else { return stage }
      try journal.begin(source)
      for table in RecordTable.all where table.mayGo { try database.execute(sql: "DELETE FROM \(table.name)") }
      for (name, until) in zip(Cuts.names, head.cuts) {
        let store = try StoredStatement("INSERT OR REPLACE INTO cuts (level, until) VALUES (?, ?)", in: database)
        store.bind(name, at: 1)
        store.bind(until ?? .min, at: 2)
        try store.run()
      }
      for (region, isRegistered) in head.regions {
        let store = try StoredStatement(
          """
          INSERT INTO regions (name, registered) VALUES (?, ?)
          ON CONFLICT (name) DO UPDATE SET registered = excluded.registered
          """, in: database)
        store.bind(region, at: 1)
        store.bind(isRegistered ? 1 : 0 as Int64, at: 2)
        try store.run()
      }
      // A check that was renamed in the source meanwhile comes under its new name.
      for gone in Set(ledger.checks.keys).subtracting(head.checks) { try Self.clear(gone, database) }
      ledger = try Ledger(reading: database)
      return stage
    }
  }

  package func copiedPrint(of check: CheckID) async throws -> Int64? {
    try await read { try CopyJournal($0).print(of: check) }
  }

  package func beginCheck(_ check: CheckID, _ streams: [ArchiveStream]) async throws {
    try await writeRecords { database in
      try Self.clear(check, database)
      let insert = try StoredStatement("INSERT INTO checks (id) VALUES (?)", in: database)
      insert.bind(check.text, at: 1)
      try insert.run()
      let checkKey = database.lastInsertedRowID
      for stream in streams {
        let insert = try StoredStatement(
          """
          INSERT INTO streams (check_key, region_key, sealed_five, sealed_hour, sealed_day)
          VALUES (?, coalesce((SELECT key FROM regions WHERE name = ?), 0), ?, ?, ?)
          """, in: database)
        insert.bind(checkKey, at: 1)
        insert.bind(stream.region, at: 2)
        for (index, level) in RollupLevel.allCases.enumerated() {
          insert.bind(level.floor(stream.sealed), at: Int32(3 + index))
        }
        try insert.run()
        let key = database.lastInsertedRowID
        try stream.cadence.store(stream: key, in: database)
        for pause in stream.pauses {
          let insert = try StoredStatement("INSERT INTO pauses (stream, since, until) VALUES (?, ?, ?)", in: database)
          insert.bind(key, at: 1)
          insert.bind(pause.since, at: 2)
          insert.bind(pause.until, at: 3)
          try insert.run()
        }
      }
    }
  }

  /// Lets go of everything of a check but its records.
  private static func clear(_ check: CheckID, _ database: Database) throws {
    let tables =
      ["cadences", "pauses", "runs", "run_reasons", "state_changes", "judged"] + RollupLevel.allCases.map(\.table)
    for table in tables {
      try database.execute(
        sql: """
          DELETE FROM \(table)
          WHERE stream IN (SELECT s.key FROM streams s JOIN checks c ON c.key = s.check_key WHERE c.id = ?)
          """, arguments: [check.text])
    }
    for sql in [
      "DELETE FROM streams WHERE check_key = (SELECT key FROM checks WHERE id = ?)", "DELETE FROM checks WHERE id = ?",
      "DELETE FROM copied_checks WHERE id = ?",
    ] { try database.execute(sql: sql, arguments: [check.text]) }
  }

  package func take(_ piece: ArchivePiece, of check: CheckID, in region: String?) async throws {
    try await write { ledger, database in
      let row = try StoredStatement(
        """
        SELECT s.key, s.sealed_five, s.sealed_hour, s.sealed_day FROM streams s JOIN checks c ON c.key = s.check_key
        WHERE c.id = ?1 AND s.region_key = coalesce((SELECT key FROM regions WHERE name = ?2), 0)
        """, in: database)
      row.bind(check.text, at: 1)
      row.bind(region, at: 2)
      guard try row.next() else { throw HistoryError("\(check): a copy lost one of its streams") }
      let stream = row.integer(0)
      let sealed = (1...3).map { row.integer(Int32($0)) }
      row.reset()
      switch piece {
      case .buckets(let buckets, let level):
        guard let first = buckets.first else { return }
        var totals = try RunningTotals(
          of: stream, sealed: sealed, before: first.begin, from: level, cuts: Cuts(reading: database),
          using: .init(database)
        ).totals
        for bucket in buckets {
          totals = totals + bucket.content.totals
          try Rollup(bucket: bucket.begin, runningTotals: totals, content: bucket.content)
            .store(stream: stream, level: level, in: database)
        }
      case .runs(let runs):
        for run in runs {
          if let node = run.node {
            _ = try Ledger.key(
              of: node, text: node, among: &ledger.nodes, table: "nodes", column: "name", in: database)
          }
          let mark = RunMark(
            slot: run.slotStart.millisecondsSinceEpoch, verdict: run.verdict, isInMaintenance: run.isInMaintenance,
            microseconds: run.duration?.roundedMicroseconds)
          try ledger.insert(run, mark, stream: stream, in: database)
        }
      case .changes(let changes):
        for change in changes {
          let insert = try StoredStatement(
            "INSERT INTO state_changes (stream, slot, mark, code, message) VALUES (?, ?, ?, ?, ?)", in: database)
          insert.bind(stream, at: 1)
          insert.bind(change.slot, at: 2)
          insert.bind(change.verdict.mark, at: 3)
          insert.bind(change.code, at: 4)
          insert.bind(change.message, at: 5)
          try insert.run()
        }
      case .judged(let verdicts):
        let judged = try JudgedSlots(database)
        for verdict in verdicts { try judged.store(verdict.verdict, of: stream, slot: verdict.slot) }
      }
    }
  }

  package func finishCheck(_ check: CheckID, print: Int64) async throws {
    try await writeRecords { try CopyJournal($0).keep(print, of: check) }
  }

  package func take(_ rows: [[ArchiveValue]], of table: RecordTable) async throws {
    try await writeRecords { database in
      let places = Array(repeating: "?", count: table.columns.count).joined(separator: ", ")
      let insert = try StoredStatement(
        "INSERT INTO \(table.name) (\(table.columnList)) VALUES (\(places)) \(table.onConflict)", in: database)
      for row in rows {
        for (index, value) in row.enumerated() { insert.bind(value, at: Int32(1 + index)) }
        try insert.run()
      }
    }
  }

  package func settleCopy() async throws {
    // What the writer knows by heart is from before the copy.
    try await write { $0 = try Ledger(reading: $1) }
  }

  package func finishCopy() async throws {
    try await writeRecords { try CopyJournal($0).finish() }
  }
}

/// What a target remembers of the copy that fills it: two tables that only targets have.
struct CopyJournal {
  private let database: Database

  init(_ database: Database) {
    self.database = database
  }

  /// How far a copy is; nil when the store holds anything else.
  func stage(of source: String) throws -> CopyStage? {
    guard try database.tableExists("copies") else {
      for table in ["checks"] + RecordTable.all.map(\.name) {
        guard try Int.fetchOne(database, sql: "SELECT EXISTS (SELECT 1 FROM \(table))") == 0 else { return nil }
      }
      return .fresh
    }
    let row = try Row.fetchOne(database, sql: "SELECT source, finished FROM copies")
    guard let row, row["source"] == source else { return nil }
    return row["finished"] == 0 ? .resumed : .finished
  }

  /// - Throws: `HistoryError` while a copy into the store is not finished.
  func refuseUnfinished(_ name: String) throws {
    guard try database.tableExists("copies"),
      try Int.fetchOne(database, sql: "SELECT finished FROM copies") == 0
    else { return }
    throw HistoryError("\"\(name)\" holds half of a copy; run curlew history copy again to its end")
  }

  func begin(_ source: String) throws {
    try database.execute(
      sql: """
        CREATE TABLE IF NOT EXISTS copies (key INTEGER PRIMARY KEY, source TEXT NOT NULL, finished INTEGER NOT NULL) STRICT;
        CREATE TABLE IF NOT EXISTS copied_checks (id TEXT PRIMARY KEY, print INTEGER NOT NULL) STRICT;
        """)
    try database.execute(
      sql: "INSERT OR IGNORE INTO copies (key, source, finished) VALUES (1, ?, 0)", arguments: [source])
  }

  func print(of check: CheckID) throws -> Int64? {
    try Int64.fetchOne(database, sql: "SELECT print FROM copied_checks WHERE id = ?", arguments: [check.text])
  }

  func keep(_ print: Int64, of check: CheckID) throws {
    try database.execute(
      sql: "INSERT OR REPLACE INTO copied_checks (id, print) VALUES (?, ?)", arguments: [check.text, print])
  }

  func finish() throws {
    try database.execute(sql: "UPDATE copies SET finished = 1; DROP TABLE IF EXISTS copied_checks")
  }
}

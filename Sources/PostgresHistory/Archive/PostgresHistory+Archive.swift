package import Model
import Postgres

extension PostgresHistory: HistoryArchive {
  package var archiveName: String { pool.name }

  package func archive() async throws -> any ArchiveReading { PostgresArchive(pool) }

  package func recordCount(of table: RecordTable) async throws -> Int {
    try await read { try table.count(in: $0) }
  }

  // MARK: Being filled

  package func beginCopy(of source: String, _ head: ArchiveHead) async throws -> CopyStage {
    let name = archiveName
    return try await write { session in
      var keeping = try Keeping(holding: session, changes: true)
      let journal = CopyJournal(session: session)
      guard let stage = try journal.stage(of: source) else {
        throw HistoryError("\"\(name)\" holds a history already, and two are not merged; name an empty target")
      }
      guard stage != .finished else { return stage }
      let isInUse: Bool? = try session.value(
        "SELECT EXISTS (SELECT 1 FROM fleet_leases WHERE until > \(FleetTables.now))")
      guard isInUse != true else {
        throw HistoryError("a hub works with \"\(name)\"; stop all hubs that use it, and copy then")
      }
      try journal.begin(source)
      for table in RecordTable.all where table.mayGo { try session.execute("DELETE FROM \(table.name)") }
      let cuts = head.cuts.map { max($0 ?? Keeping.beginning, Keeping.beginning) }
      (keeping.runsCut, keeping.fiveMinutesCut, keeping.hoursCut, keeping.daysCut) = (
        cuts[0], cuts[1], cuts[2], cuts[3]
      )
      keeping.generation += 1
      keeping.isFilling = true
      try keeping.store(in: session)
      for (region, isRegistered) in head.regions.sorted(by: { $0.key < $1.key }) {
        try session.execute(
          """
          INSERT INTO run_regions (name, registered) VALUES ($1, $2)
          ON CONFLICT (name) DO UPDATE SET registered = excluded.registered
          """, [.text(region), .bool(isRegistered)])
      }
      // A check that was renamed in the source meanwhile comes under its new name.
      for row in try session.execute("SELECT id FROM checks WHERE id <> ALL ($1)", [.texts(head.checks.map(\.text))]) {
        try Self.clear(try row[0], session)
      }
      return stage
    }
  }

  package func copiedPrint(of check: CheckID) async throws -> Int64? {
    try await read { try CopyJournal(session: $0).print(of: check) }
  }

  package func beginCheck(_ check: CheckID, _ streams: [ArchiveStream]) async throws {
    try await write { session in
      try Self.clear(check.text, session)
      let checks = try StreamKeys.make([check.text], "checks", "id", in: session)
      let regions = try StreamKeys.make(streams.compactMap(\.region), "run_regions", "name", in: session)
      guard let checkKey = checks[check.text] else { return }
      var cadences: [Int64: Cadence] = [:]
      for stream in streams {
        let region = stream.region.flatMap { regions[$0] } ?? 0
        let key: Int64? = try session.value(
          "INSERT INTO streams (check_key, region_key, sealed) VALUES ($1, $2, $3) RETURNING key",
          [.int(checkKey), .int(region), .int(stream.sealed)])
        guard let key else { throw HistoryError("the database gave a new stream no key") }
        // After that, runs themselves tell.
        cadences[key] = Cadence(stream.cadence.stretches.filter { $0.sinceMilliseconds < stream.sealed })
        for pause in stream.pauses {
          try session.execute(
            "INSERT INTO pauses (stream, since, until) VALUES ($1, $2, $3)",
            [.int(key), .int(pause.since), .optional(pause.until)])
        }
      }
      try StreamBook.storeCadences(cadences, in: session)
      try session.execute(
        """
        UPDATE streams SET combined = o.key FROM streams o
        WHERE streams.check_key = $1 AND streams.region_key <> 0 AND o.check_key = $1 AND o.region_key = 0
        """, [.int(checkKey)])
    }
  }

  /// Lets go of everything of a check but its records.
  private static func clear(_ check: String, _ session: PostgresSession) throws {
    let keys: [Int64] = try session.execute(
      "SELECT s.key FROM streams s JOIN checks c ON c.key = s.check_key WHERE c.id = $1", [.text(check)]
    ).map { try $0[0] }
    if !keys.isEmpty {
      for table in ["cadences", "pauses", "runs", "state_changes", "judged"] + RollupLevel.allCases.map(\.table) {
        try session.execute("DELETE FROM \(table) WHERE stream = ANY($1)", [.ints(keys)])
      }
      try session.execute("DELETE FROM streams WHERE key = ANY($1)", [.ints(keys)])
    }
    try session.execute("DELETE FROM checks WHERE id = $1", [.text(check)])
    try session.execute("DELETE FROM copied_checks WHERE id = $1", [.text(check)])
  }

  package func take(_ piece: ArchivePiece, of check: CheckID, in region: String?) async throws {
    try await write { session in
      let row = try session.execute(
        """
        SELECT s.key, s.sealed FROM streams s JOIN checks c ON c.key = s.check_key
          LEFT JOIN run_regions r ON r.key = s.region_key
        WHERE c.id = $1 AND r.name IS NOT DISTINCT FROM $2::text
        """, [.text(check.text), .optional(region)]
      ).first
      guard let row else { throw HistoryError("\(check): a copy lost one of its streams") }
      let stream: Int64 = try row[0]
      let sealed: Int64 = try row[1]
      switch piece {
      case .buckets(let buckets, let level):
        let contents = buckets.map { (StreamBucket(stream: stream, bucket: $0.begin), $0.content) }
        try RollupRows.add(
          Dictionary(contents) { first, _ in first }, to: level, self.partitions, in: session)
      case .runs(let runs):
        try self.partitions.ensure(.runs, for: runs.lazy.map(\.slotStart.millisecondsSinceEpoch), in: session)
        let incoming = runs.map { run in
          let mark = RunMark(
            slot: run.slotStart.millisecondsSinceEpoch, verdict: run.verdict, isInMaintenance: run.isInMaintenance,
            microseconds: run.duration?.roundedMicroseconds)
          return IncomingRun(
            stream: stream, mark: mark, interval: max(1, run.interval.nanoseconds / 1_000_000), run: run)
        }
        try RunRows.copy(
          incoming, nodes: self.keys.nodes(Set(runs.compactMap(\.node)), in: session), in: session)
        try session.execute(RunRows.insert("true"))
      case .changes(let changes):
        // As with rhythms: what is not rolled up yet is told by runs.
        let rolled = changes.filter { $0.slot < sealed }.map { change in
          (
            StreamSlot(stream: stream, slot: change.slot),
            StreamBook.Change(
              verdict: change.verdict, code: change.code, message: change.message.map { Array($0.utf8) })
          )
        }
        try StreamBook.storeChanges(rolled, in: session)
      case .judged(let verdicts):
        try session.execute(
          """
          INSERT INTO judged SELECT $1, * FROM unnest($2::bigint[], $3::bigint[])
          ON CONFLICT (stream, slot) DO UPDATE SET verdict = excluded.verdict
          """, [.int(stream), .ints(verdicts.map(\.slot)), .ints(verdicts.map(\.verdict.mark))])
      }
    }
  }

  package func finishCheck(_ check: CheckID, print: Int64) async throws {
    try await write { try CopyJournal(session: $0).keep(print, of: check) }
  }

  package func take(_ rows: [[ArchiveValue]], of table: RecordTable) async throws {
    try await write { session in
      let places = (1...table.columns.count).map { "$\($0)" }.joined(separator: ", ")
      let insert =
        "INSERT INTO \(table.name) (\(table.columnList)) OVERRIDING SYSTEM VALUE VALUES (\(places)) \(table.onConflict)"
      for row in rows { try session.execute(insert, row.map { PostgresValue($0) }) }
    }
  }

  package func finishCopy() async throws {
    try await write { session in
      var keeping = try Keeping(holding: session, changes: true)
      keeping.isFilling = false
      // Streams have other keys than somebody may remember from before.
      keeping.generation += 1
      try keeping.store(in: session)
      try CopyJournal(session: session).finish()
    }
  }
}

/// What a target remembers of the copy that fills it: two tables that only targets have.
struct CopyJournal {
  let session: PostgresSession

  /// How far a copy is; nil when the store holds anything else.
  func stage(of source: String) throws -> CopyStage? {
    guard try isThere("copies") else {
      for table in ["checks"] + RecordTable.all.map(\.name) {
        guard try session.value("SELECT EXISTS (SELECT 1 FROM \(table))") != true else { return nil }
      }
      return .fresh
    }
    guard let row = try session.execute("SELECT source, finished FROM copies").first, try row[0] == source else {
      return nil
    }
    return try row[1] ? .finished : .resumed
  }

  private func isThere(_ table: String) throws -> Bool {
    try session.value(
      "SELECT to_regclass(quote_ident(current_schema()) || '.' || $1) IS NOT NULL", [.text(table)]) ?? false
  }

  func begin(_ source: String) throws {
    try session.run(
      """
      CREATE TABLE IF NOT EXISTS copies (key bigint PRIMARY KEY, source text NOT NULL, finished boolean NOT NULL);
      CREATE TABLE IF NOT EXISTS copied_checks (id text PRIMARY KEY, print bigint NOT NULL);
      """)
    try session.execute("INSERT INTO copies VALUES (1, $1, false) ON CONFLICT DO NOTHING", [.text(source)])
  }

  func print(of check: CheckID) throws -> Int64? {
    try session.value("SELECT print FROM copied_checks WHERE id = $1", [.text(check.text)])
  }

  func keep(_ print: Int64, of check: CheckID) throws {
    try session.execute(
      "INSERT INTO copied_checks VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET print = excluded.print",
      [.text(check.text), .int(print)])
  }

  func finish() throws {
    try session.execute("UPDATE copies SET finished = true")
    try session.run("DROP TABLE IF EXISTS copied_checks")
  }
}

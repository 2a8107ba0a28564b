import Model
import Postgres

/// The tables, as the steps that made them. A step that was released is never changed; another one follows it.
///
/// They lie in the current schema of the connection (`search_path`), so that a database may hold more than one history.
enum PostgresSchema {
  /// One step: statements without parameters.
  struct Step {
    var number: Int
    var name: String
    var script: String
  }

  static let steps = [
    Step(number: 1, name: "runs, roll-ups, state changes, pauses", script: HistoryTables.first),
    Step(number: 2, name: "incidents, exclusions, closed months, jobs", script: RecordTables.first),
    Step(number: 3, name: "the fleet: nodes, leases, votes, feed", script: FleetTables.first),
    Step(number: 4, name: "runs that are let past older ones", script: FleetTables.ahead),
    Step(number: 6, name: "a history that is being filled takes nothing else", script: HistoryTables.filling),
  ]

  /// "CRLW": the advisory lock under which tables are made
  /// (https://www.postgresql.org/docs/15/explicit-locking.html#ADVISORY-LOCKS).
  private static let lock: Int64 = 0x4352_4C57

  /// Brings the tables to the newest schema, in one transaction: a hub that is killed meanwhile leaves nothing behind. Of several
  /// that start at once, one works and the others wait for it.
  ///
  /// - Throws: `HistoryError` for a database of something else and for one of a newer version; `PostgresFault`.
  static func migrate(_ pool: PostgresPool) async throws {
    try await pool.transaction { session in
      try session.execute("SELECT pg_advisory_xact_lock($1)", [.int(lock)])
      let known = try lastStep(session, pool)
      if known == nil {
        try session.run(
          "CREATE TABLE curlew_steps (number bigint PRIMARY KEY, name text NOT NULL, applied timestamptz NOT NULL)")
      }
      for step in steps where step.number > known ?? 0 {
        try session.run(step.script)
        try session.execute(
          "INSERT INTO curlew_steps (number, name, applied) VALUES ($1, $2, now())",
          [.int(Int64(step.number)), .text(step.name)])
      }
    }
  }

  /// Looks whether everything is there, and makes nothing.
  ///
  /// - Throws: as `migrate` does, and `HistoryError` for a database without a history of this version.
  static func check(_ pool: PostgresPool) async throws {
    guard try await pool.read({ try lastStep($0, pool) }) == steps.last?.number else {
      throw HistoryError(
        "history \"\(pool.name)\": the database holds no history of this version yet; start curlew run once with it")
    }
  }

  /// The number of the last step that was done; nil for an empty schema.
  private static func lastStep(_ session: PostgresSession, _ pool: PostgresPool) throws -> Int? {
    let found = try session.execute(
      """
      SELECT to_regclass(quote_ident(current_schema()) || '.curlew_steps') IS NOT NULL,
        (SELECT count(*) FROM pg_class c WHERE c.relnamespace = n.oid AND c.relkind IN ('r', 'p', 'v', 'm', 'f'))
      FROM pg_namespace n WHERE n.nspname = current_schema()
      """)
    guard let row = found.first else {
      throw HistoryError(
        "history \"\(pool.name)\": the schema of search_path does not exist; create it, or name another one")
    }
    guard try row[0] else {
      guard try row[1] == Int64(0) else {
        throw HistoryError(
          "history \"\(pool.name)\": the database holds tables of something else; create an empty database for the history"
        )
      }
      return nil
    }
    let last: Int = try session.value("SELECT coalesce(max(number), 0) FROM curlew_steps") ?? 0
    guard last <= steps.last?.number ?? 0 else {
      throw HistoryError(
        "history \"\(pool.name)\": the database was written by a newer version; use that version, or another database")
    }
    return last
  }
}

import History
import Model
import TestSupport
import Testing

/// What is special to the tables in an SQLite file.
@Suite("The tables of records in an SQLite file")
struct RecordTablesTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
  }

  /// Runs statements on the closed file as any other program would.
  ///
  /// - Returns: what the last one said; an error in words.
  private func execute(_ statements: String...) async throws -> String {
    let program = """
      import sqlite3, sys
      connection = sqlite3.connect(sys.argv[1], isolation_level=None)
      try:
          for statement in sys.argv[2:]:
              rows = connection.execute(statement).fetchall()
          print(rows, end="")
      except sqlite3.Error as error:
          print(error, end="")
      """
    return try await ChildProcess.run(["/usr/bin/python3", "-c", program, folder.database] + statements).stdout
  }

  /// A file as it was before there were records.
  private func olderFile() async throws {
    let store = try SQLiteHistory(path: folder.database)
    try await store.write([.at(0), .at(60, .down)], at: newYear + .hours(1))
    try await store.close()
    let tables = [
      "incidents", "incident_impacts", "incident_updates", "exclusions", "exclusion_checks", "closed_months",
    ]
    for table in tables + ["jobs", "job_keys"] { #expect(try await execute("DROP TABLE \(table)") == "[]") }
    #expect(try await execute("DELETE FROM grdb_migrations WHERE identifier LIKE '3 %'") == "[]")
  }

  @Test("are made in a file that was written before there were any, and its runs stay")
  func upgrades() async throws {
    try await olderFile()
    let store = try SQLiteHistory(path: folder.database)
    #expect(try await store.tally(from: 0, to: 120) == SlotTally(expected: 2, up: 1, down: 1, downtime: .seconds(60)))
    #expect(try await store.exclusions().isEmpty)
    #expect(try await store.incidents(IncidentQuery()).incidents.isEmpty)
  }

  @Test("are not made by somebody who only reads, who is told what to do")
  func readsNoOlderFile() async throws {
    try await olderFile()
    let error = #expect(throws: HistoryError.self) { try SQLiteHistory(path: folder.database, mode: .readOnly) }
    #expect(
      error?.message
        == "history \"\(folder.database)\": the file holds no history of this version yet; start curlew run once with it"
    )
  }

  @Test(
    "refuse every change to what was said",
    arguments: [
      ("UPDATE incident_updates SET text = 'all was well'", "what was said of an incident is never changed"),
      ("DELETE FROM incident_updates", "what was said of an incident is never deleted"),
      ("DELETE FROM incidents", "an incident is never deleted"),
      ("UPDATE exclusions SET until = until + 1", "an exclusion is never changed"),
      ("DELETE FROM exclusions", "an exclusion is never deleted"),
      ("DELETE FROM exclusion_checks", "an exclusion is never changed"),
      ("UPDATE exclusion_checks SET exclusion = 9", "an exclusion is never changed"),
      ("UPDATE closed_months SET down = 0", "a closed month is never changed"),
      ("UPDATE closed_months SET objective = 0.5", "a closed month is never changed"),
      ("UPDATE closed_months SET p95_us = 1", "a closed month is never changed"),
      ("DELETE FROM closed_months", "a closed month is never deleted"),
    ])
  func refusesChanges(statement: String, answer: String) async throws {
    let store = try SQLiteHistory(path: folder.database)
    let check = try CheckID.named("front-page")
    _ = try await store.insert(
      Incident(
        origin: .manual, check: nil, title: "t", impacts: [], began: newYear, opened: newYear,
        updates: [IncidentUpdate(at: newYear, kind: .opened, text: "it broke")]))
    _ = try await store.append(
      Exclusion(checks: [check], from: newYear, until: newYear, reason: "r", author: "a", recordedAt: newYear))
    #expect(
      try await store.close(
        ClosedMonth(
          check: check, month: YearMonth(year: 2026, month: 1), timeZone: "UTC", revision: 1, closedAt: newYear,
          tally: SlotTally(expected: 1, down: 1), unadjusted: SlotTally(), incidentDowntime: .zero, objective: 0.995)))
    try await store.close()
    #expect(try await execute(statement) == answer)
  }

  @Test("give the pages that are asked for out of very many incidents")
  func many() async throws {
    try await SQLiteHistory(path: folder.database).close()
    let made = try await execute(
      """
      WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200000)
      INSERT INTO incidents (id, origin, check_id, title, state, began, opened, ended, published)
      SELECT i, 'automatic', 'check-' || (i % 5000), 't', iif(i % 50000 = 0, 'investigating', 'resolved'), i * 1000000,
        i * 1000000, iif(i % 50000 = 0, NULL, i * 1000000 + 60000), 1 FROM n
      """,
      "INSERT INTO incident_impacts SELECT check_id, began, id, 0, 'major' FROM incidents")
    #expect(made == "[]")
    let store = try SQLiteHistory(path: folder.database, mode: .readOnly)
    let some = try (0..<100).map { try CheckID.named("check-\($0)") }
    let recent = Timestamp(millisecondsSinceEpoch: 199_000 * 1_000_000)
    let queries = try [
      IncidentQuery(limit: 20), IncidentQuery(isOpen: true, limit: 1000), IncidentQuery(checks: [.named("check-7")]),
      IncidentQuery(checks: some, from: recent, limit: 1000), IncidentQuery(from: recent, limit: 2000),
    ]
    for (query, count) in zip(queries, [20, 4, 40, 4, 1004]) {
      #expect(try await store.incidents(query).incidents.count == count)
    }
  }
}

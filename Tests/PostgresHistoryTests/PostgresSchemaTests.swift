import Model
import Postgres
import PostgresHistory
import TestSupport
import Testing

@Suite("The tables in a PostgreSQL database")
struct PostgresSchemaTests {
  private func execute(_ script: String, at url: String) async throws {
    let pool = PostgresPool(try PostgresAddress(url))
    do {
      try await pool.transaction { try $0.run(script) }
      await pool.close()
    } catch {
      await pool.close()
      throw error
    }
  }

  private func open(_ url: String, isReadOnly: Bool = false) async throws {
    try await PostgresHistory(url: Secret(url), isReadOnly: isReadOnly).close()
  }

  @Test("are made once by many who start at the same time")
  func concurrentStarts() async throws {
    let url = try await PostgresServer.database()
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<6 { group.addTask { try await open(url) } }
      try await group.waitForAll()
    }
    let pool = PostgresPool(try PostgresAddress(url))
    #expect(
      try await pool.read {
        try $0.value("SELECT array_to_string(array_agg(number ORDER BY number), ' ') FROM curlew_steps")
      } == "1 2 3 4 6")
    await pool.close()
  }

  @Test("are made wholly or not at all")
  func allOrNothing() async throws {
    let url = try await PostgresServer.database()
    // The last step meets a name that is taken, where relations are not counted: a type.
    try await execute("CREATE TYPE fleet_feed AS ENUM ('x')", at: url)
    await #expect(throws: HistoryError.self) { try await open(url) }
    let pool = PostgresPool(try PostgresAddress(url))
    #expect(
      try await pool.read { try $0.value("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") } == Int64(0))
    await pool.close()
    try await execute("DROP TYPE fleet_feed", at: url)
    try await open(url)
  }

  @Test("are not made beside those of something else")
  func foreign() async throws {
    let url = try await PostgresServer.database()
    try await execute("CREATE TABLE customers (id bigint)", at: url)
    for isReadOnly in [false, true] {
      let error = await #expect(throws: HistoryError.self) { try await open(url, isReadOnly: isReadOnly) }
      #expect(
        error?.message
          == "history \"\(try PostgresAddress(url))\": the database holds tables of something else; create an empty database for the history"
      )
    }
    // Another schema of the same database is a place of its own.
    try await execute("CREATE SCHEMA curlew", at: url)
    try await open(url + "?options=-csearch_path%3Dcurlew")
  }

  @Test("of a newer version are left alone", arguments: [false, true])
  func newer(isReadOnly: Bool) async throws {
    let url = try await PostgresServer.database()
    try await open(url)
    try await execute("INSERT INTO curlew_steps VALUES (99, 'what is to come', now())", at: url)
    let error = await #expect(throws: HistoryError.self) { try await open(url, isReadOnly: isReadOnly) }
    #expect(error?.message.contains("written by a newer version") == true)
  }

  @Test("are not made by somebody who only reads, who is told what to do")
  func readOnly() async throws {
    let url = try await PostgresServer.database()
    let error = await #expect(throws: HistoryError.self) { try await open(url, isReadOnly: true) }
    #expect(error?.message.hasSuffix("holds no history of this version yet; start curlew run once with it") == true)
    try await open(url)
    try await open(url, isReadOnly: true)
  }

  @Test("of an address that cannot be one are not looked for, and its password is not told")
  func wrongAddress() async throws {
    let url = "postgres://ada:s3cret@x@db/history"
    let error = await #expect(throws: HistoryError.self) { try await open(url) }
    #expect(error?.message.contains("s3cret") == false)
    #expect(error?.message.contains("write postgres://user:password@host:port/database") == true)
    #expect(PostgresHistory.name(of: Secret("postgres://ada:s3cret@db/history")) == "postgres://ada@db/history")
  }

  @Test(
    "refuse every change to what was said",
    arguments: [
      ("UPDATE incident_updates SET text = 'all was well'", "what was said of an incident is never changed"),
      ("DELETE FROM incident_updates", "what was said of an incident is never deleted"),
      ("TRUNCATE incident_updates", "what was said of an incident is never deleted"),
      ("DELETE FROM incidents", "an incident is never deleted"),
      ("UPDATE exclusions SET until = until + 1", "an exclusion is never changed"),
      ("DELETE FROM exclusions", "an exclusion is never deleted"),
      ("DELETE FROM exclusion_checks", "an exclusion is never changed"),
      ("UPDATE exclusion_checks SET exclusion = 9", "an exclusion is never changed"),
      ("UPDATE closed_months SET down = 0", "a closed month is never changed"),
      ("UPDATE closed_months SET objective = 0.5", "a closed month is never changed"),
      ("UPDATE closed_months SET p95_us = 1, check_id = 'x'", "a closed month is never changed"),
      ("DELETE FROM closed_months", "a closed month is never deleted"),
    ])
  func refusesChanges(statement: String, answer: String) async throws {
    let url = try await PostgresServer.database()
    let store = try await PostgresHistory(url: Secret(url))
    let (check, moment) = (try CheckID.named("front-page"), Timestamp(secondsSinceEpoch: 1_767_225_600))
    _ = try await store.insert(
      Incident(
        origin: .manual, check: nil, title: "t", impacts: [], began: moment, opened: moment,
        updates: [IncidentUpdate(at: moment, kind: .opened, text: "it broke")]))
    _ = try await store.append(
      Exclusion(checks: [check], from: moment, until: moment, reason: "r", author: "a", recordedAt: moment))
    #expect(
      try await store.close(
        ClosedMonth(
          check: check, month: YearMonth(year: 2026, month: 1), timeZone: "UTC", revision: 1, closedAt: moment,
          tally: SlotTally(expected: 1, down: 1), unadjusted: SlotTally(), incidentDowntime: .zero, objective: 0.995)))
    try await store.close()
    let fault = await #expect(throws: PostgresFault.self) { try await execute(statement, at: url) }
    #expect(fault?.message.contains(answer) == true)
  }

  @Test("say whether they can be written to")
  func health() async throws {
    let url = try await PostgresServer.database()
    let store = try await PostgresHistory(url: Secret(url))
    #expect(await store.health().isWritable)
    try await store.close()
    let health = await store.health()
    #expect(!health.isWritable && health.message?.contains("closed") == true)
  }
}

import Foundation
import GRDB
import History
import Model
import Testing

@Suite("The database of Gatus")
struct GatusImportTests {
  private typealias Fixtures = ForeignFixtures
  private let midnight = ForeignFixtures.midnight
  private var now: Timestamp { Timestamp(secondsSinceEpoch: midnight + 2 * 86_400) }

  /// Ten days as sums, of which all but the last are merged; then two hours run by run, every minute, one failure.
  private func database(jitter: Bool = true) throws -> String {
    try Fixtures.make(Fixtures.gatusSchema) { database in
      try database.execute(
        sql: "INSERT INTO endpoints VALUES (1, 'core_front-page', 'Front page', 'core'), (2, '_other', 'other', '')")
      for day in 1...9 {
        try database.execute(
          sql: "INSERT INTO endpoint_uptimes VALUES (NULL, 1, ?, 1440, ?, ?)",
          arguments: [midnight - Int64(day) * 86_400, day == 5 ? 1400 : 1440, 1440 * 80])
      }
      for hour in 0..<24 {
        try database.execute(
          sql: "INSERT INTO endpoint_uptimes VALUES (NULL, 1, ?, 60, ?, ?)",
          arguments: [midnight + Int64(hour) * 3600, hour == 3 ? 50 : 60, 60 * 100])
      }
      for minute in 0..<120 {
        let isGood = minute != 70
        // A ticker goes evenly; what the target takes is added.
        let late = jitter ? Int64((minute * 37) % 90) : 0
        try database.execute(
          sql: """
            INSERT INTO endpoint_results
              (endpoint_id, success, errors, connected, status, duration, timestamp) VALUES (1, ?, ?, 1, 200, ?, ?)
            """,
          arguments: [
            isGood, isGood ? "" : "Get \"https://u:p@shop.example/?key=1\": context deadline exceeded|~|more",
            120_000_000, Fixtures.goTime(midnight + 22 * 3600 + Int64(minute) * 60, milliseconds: late),
          ])
      }
      try database.execute(sql: "INSERT INTO endpoint_events VALUES (NULL, 1, 'START', '2026-11-01 00:00:00+00:00')")
      try database.execute(sql: "INSERT INTO suites VALUES (1, 'core_checkout', 'Checkout', 'core')")
      for index in 0..<6 {
        try database.execute(
          sql: "INSERT INTO suite_results VALUES (NULL, 1, ?, '', 5000000000, ?)",
          arguments: [index != 2, Fixtures.goTime(midnight + 23 * 3600 + Int64(index) * 600)])
      }
    }
  }

  @Test("becomes slots, each counted once, as many good and bad ones as Gatus counted")
  func counts() async throws {
    let path = try database()
    let foreign = try ForeignDatabase(of: .gatus, path: path)
    let page = try #require(foreign.subjects.first { $0.name == "core_front-page" })
    #expect(page.check.text == "core-front-page")
    #expect(page.interval == .seconds(60))
    #expect(page.runs == 120)
    #expect(foreign.losses == ["1 events: changes are told by the runs"])

    let store = try Fixtures.store()
    var summary = WriteSummary()
    try await foreign.runs(in: "local", until: now) { runs in
      let part = try await store.write(runs, at: now)
      summary.added += part.added
      summary.duplicates += part.duplicates
    }
    #expect(summary.duplicates == 0)
    let tally = try await tally(of: "core-front-page", in: store)
    // Nine days, 22 hours, and 120 runs.
    #expect(tally.up == 9 * 1440 - 40 + 22 * 60 - 10 + 119)
    #expect(tally.down == 40 + 10 + 1)
    let suite = try await self.tally(of: "core-checkout", in: store)
    #expect(suite.up == 5)
    #expect(suite.down == 1)
    #expect(suite.known == 6)

    let check = try #require(CheckID("core-front-page"))
    let page2 = try await store.runs(RunQuery(check: check, verdict: .down, limit: 1))
    let failure = try #require(page2.runs.first)
    #expect(failure.reason?.code == .timeout)
    // Neither the user nor the key is kept.
    #expect(failure.reason?.message == "Get \"https://shop.example\": context deadline exceeded; more")
    #expect(failure.duration == .milliseconds(120))
    try await store.close()
  }

  @Test("leaves no gap and no double between runs that come a moment early or late")
  func jitter() async throws {
    let foreign = try ForeignDatabase(of: .gatus, path: try database())
    var slots: [Timestamp] = []
    try await foreign.runs(in: "local", until: now) { runs in
      slots += runs.filter { $0.check.text == "core-front-page" && $0.duration == .milliseconds(120) }.map(\.slotStart)
    }
    #expect(slots.count == 120)
    let steps = Set(zip(slots, slots.dropFirst()).map { ($1 - $0).milliseconds })
    #expect(steps.isSubset(of: [59_999, 60_000, 60_001]))
  }

  @Test("ends with the same counts when an import is cut short and begun anew", arguments: [1, 2, 3])
  func resumes(portions: Int) async throws {
    struct Killed: Error {}
    let foreign = try ForeignDatabase(of: .gatus, path: try database())
    let store = try Fixtures.store()
    var left = portions
    await #expect(throws: Killed.self) {
      try await foreign.runs(in: "local", until: now) { runs in
        // A process may end between two transactions, and within what a portion is.
        try await store.write(Array(runs.prefix(runs.count / 2 + 1)), at: now)
        left -= 1
        if left == 0 { throw Killed() }
      }
      throw Killed()
    }
    try await foreign.runs(in: "local", until: now) { try await store.write($0, at: now) }
    let tally = try await tally(of: "core-front-page", in: store)
    #expect(tally.up == 9 * 1440 - 40 + 22 * 60 - 10 + 119)
    #expect(tally.down == 51)
    try await store.close()
  }

  @Test("is called as --map says, and a name that is not there is refused")
  func map() throws {
    let path = try database()
    let id = try #require(CheckID("shop"))
    let foreign = try ForeignDatabase(of: .gatus, path: path, map: ["core_front-page": id])
    #expect(foreign.subjects.contains { $0.check == id })
    let failure = #expect(throws: HistoryError.self) {
      try ForeignDatabase(of: .gatus, path: path, map: ["nobody": id])
    }
    #expect(failure?.message.contains("there is no 'nobody' in it") == true)
  }

  @Test("is refused where two endpoints would become one check")
  func collision() throws {
    let path = try Fixtures.make(Fixtures.gatusSchema) { database in
      try database.execute(sql: "INSERT INTO endpoints VALUES (1, 'a_b', 'b', 'a'), (2, '_a-b', 'a b', '')")
      for endpoint in 1...2 {
        try database.execute(
          sql: "INSERT INTO endpoint_results (endpoint_id, success, timestamp) VALUES (?, 1, ?)",
          arguments: [endpoint, Fixtures.goTime(midnight)])
      }
    }
    let failure = #expect(throws: HistoryError.self) { try ForeignDatabase(of: .gatus, path: path) }
    #expect(failure?.message.contains("would both become 'a-b'; name one with --map") == true)
  }

  @Test("is refused where the file is none, is damaged, or of a schema that is not known")
  func refused() throws {
    let missing = #expect(throws: HistoryError.self) { try ForeignDatabase(of: .gatus, path: "/nowhere/data.db") }
    #expect(missing?.message.contains("/nowhere/data.db") == true)
    let text = Fixtures.path()
    try "endpoints: []".write(toFile: text, atomically: true, encoding: .utf8)
    #expect(throws: HistoryError.self) { try ForeignDatabase(of: .gatus, path: text) }
    let kuma = try Fixtures.make(Fixtures.kumaSchema)
    let other = #expect(throws: HistoryError.self) { try ForeignDatabase(of: .gatus, path: kuma) }
    #expect(other?.message.contains("is the database of something else") == true)
    let newer = try Fixtures.make(Fixtures.gatusSchema) {
      try $0.execute(sql: "ALTER TABLE endpoint_results RENAME COLUMN success TO state")
    }
    let unknown = #expect(throws: HistoryError.self) { try ForeignDatabase(of: .gatus, path: newer) }
    #expect(unknown?.message.contains("has no column 'success'") == true)

    let whole = try database()
    var bytes = try Data(contentsOf: URL(filePath: whole))
    for index in 4096..<min(bytes.count, 40_000) { bytes[index] = 0xA5 }
    let damaged = Fixtures.path()
    try bytes.write(to: URL(filePath: damaged))
    #expect(throws: HistoryError.self) { try ForeignDatabase(of: .gatus, path: damaged) }
  }

  @Test("has results alone in versions without suites")
  func olderSchema() throws {
    let path = try Fixtures.make(
      """
      CREATE TABLE endpoints (endpoint_id INTEGER PRIMARY KEY, endpoint_key TEXT, endpoint_name TEXT, endpoint_group TEXT);
      CREATE TABLE endpoint_results (
        endpoint_result_id INTEGER PRIMARY KEY, endpoint_id INTEGER, success INTEGER, errors TEXT, duration INTEGER,
        timestamp TIMESTAMP);
      CREATE TABLE endpoint_uptimes (
        endpoint_id INTEGER, hour_unix_timestamp INTEGER, total_executions INTEGER, successful_executions INTEGER,
        total_response_time INTEGER);
      INSERT INTO endpoints VALUES (1, 'a_b', 'b', 'a');
      INSERT INTO endpoint_results VALUES (1, 1, 1, '', 5, '2026-11-20 00:00:00.5+00:00');
      """)
    #expect(try ForeignDatabase(of: .gatus, path: path).subjects.map(\.runs) == [1])
  }

  private func tally(of check: String, in store: SQLiteHistory) async throws -> SlotTally {
    let id = try #require(CheckID(check))
    let rows = try await store.tallies(
      TallyQuery(checks: [id], scope: .combined, from: Timestamp(secondsSinceEpoch: 0), to: now))
    return try #require(rows.first).tally
  }
}

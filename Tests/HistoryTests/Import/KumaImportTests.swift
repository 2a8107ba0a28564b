import Foundation
import GRDB
import History
import Model
import Testing

@Suite("The database of Uptime Kuma")
struct KumaImportTests {
  private typealias Fixtures = ForeignFixtures
  private let midnight = ForeignFixtures.midnight
  private var now: Timestamp { Timestamp(secondsSinceEpoch: midnight + 2 * 86_400) }

  private func beats(_ beats: [(Int64, Int)], monitor: Int = 1, in database: Database) throws {
    for (second, status) in beats {
      try database.execute(
        sql: "INSERT INTO heartbeat (important, monitor_id, status, msg, time, ping) VALUES (0, ?, ?, ?, ?, 42)",
        arguments: [
          monitor, status, status == 1 ? "200 - OK" : "timeout of 48000ms exceeded", Fixtures.kumaTime(second),
        ])
    }
  }

  private func runs(_ path: String, map: [String: CheckID] = [:]) async throws -> [HistoryRun] {
    var runs: [HistoryRun] = []
    try await ForeignDatabase(of: .kuma, path: path, map: map).runs(in: "eu", until: now) { runs += $0 }
    return runs
  }

  private func monitor(_ names: String..., interval: Int = 60, in database: Database) throws {
    for name in names {
      try database.execute(
        sql: "INSERT INTO monitor (name, type, interval) VALUES (?, 'http', ?)", arguments: [name, interval])
    }
  }

  @Test("has beats that become runs, and pending ones become what their retries came to")
  func pending() async throws {
    let start = midnight
    let path = try Fixtures.make(Fixtures.kumaSchema) { database in
      try monitor("Front page", in: database)
      // Good; failed and good again; failed and down; planned work; failed at the end.
      try beats(
        [
          (start, 1), (start + 60, 2), (start + 120, 1), (start + 180, 2), (start + 240, 2), (start + 300, 0),
          (start + 360, 3), (start + 420, 1), (start + 480, 2),
        ], in: database)
    }
    let runs = try await runs(path)
    #expect(
      runs.map(\.verdict) == [.up, .degraded, .up, .down, .down, .down, .unknown, .up, .unknown])
    #expect(runs.map(\.isInMaintenance) == [false, false, false, false, false, false, true, false, false])
    #expect(runs.map { $0.reason?.code } == [nil, .retried, nil, .timeout, .timeout, .timeout, nil, nil, nil])
    #expect(Set(runs.map(\.region)) == ["eu"])
    #expect(Set(runs.map(\.slotStart)).count == runs.count)
  }

  @Test("has sums of hours and days for what is older than whole beats")
  func sums() async throws {
    let path = try Fixtures.make(Fixtures.kumaSchema) { database in
      try monitor("Front page", in: database)
      // Kept for good because the state changed then: counted by the sums.
      try database.execute(
        sql: "INSERT INTO heartbeat (important, monitor_id, status, msg, time, ping) VALUES (1, 1, 0, 'x', ?, 1)",
        arguments: [Fixtures.kumaTime(midnight - 40_000)])
      try beats((0..<60).map { (midnight + 7200 + Int64($0) * 60, 1) }, in: database)
      for day in 1...3 {
        try database.execute(
          sql: "INSERT INTO stat_daily (monitor_id, timestamp, ping, up, down, extras) VALUES (1, ?, 50, 1400, 40, ?)",
          arguments: [midnight - Int64(day) * 86_400, day == 3 ? #"{"maintenance":60}"# : nil])
      }
      for hour in -24..<3 {
        try database.execute(
          sql: "INSERT INTO stat_hourly (monitor_id, timestamp, ping, up, down) VALUES (1, ?, 50, 58, 2)",
          arguments: [midnight + Int64(hour) * 3600])
      }
    }
    let foreign = try ForeignDatabase(of: .kuma, path: path)
    #expect(foreign.subjects.map(\.runs) == [60])
    // Two days, then 26 hours; the first of the three days is told by its hours.
    #expect(foreign.subjects.map(\.sums) == [2 + 26])
    #expect(foreign.losses == ["1 single beats from before the time since when all are kept: the sums count them"])
    let store = try Fixtures.store()
    try await foreign.runs(in: "eu", until: now) { try await store.write($0, at: now) }
    let rows = try await store.tallies(
      TallyQuery(checks: nil, scope: .combined, from: Timestamp(secondsSinceEpoch: 0), to: now))
    let tally = try #require(rows.first).tally
    // Of the third day 1500 beats are more than 1440 slots: it is brought down in proportion, failures rounded up.
    #expect(tally.down == 40 + 39 + 26 * 2)
    #expect(tally.maintenance == 57)
    #expect(tally.up == 1400 + (1440 - 39 - 57) + 26 * 58 + 60)
    try await store.close()
  }

  @Test("names monitors as the conversion does, groups counted, and --map by name")
  func names() async throws {
    let path = try Fixtures.make(Fixtures.kumaSchema) { database in
      try database.execute(sql: "INSERT INTO monitor (name, type) VALUES ('Shop', 'group')")
      try monitor("Shop", "API", in: database)
      try beats([(midnight, 1)], monitor: 2, in: database)
      try beats([(midnight, 1)], monitor: 3, in: database)
    }
    #expect(Set(try await runs(path).map(\.check.text)) == ["shop-2", "api"])
    let id = try #require(CheckID("backend"))
    #expect(Set(try await runs(path, map: ["API": id]).map(\.check.text)) == ["shop-2", "backend"])
  }

  @Test("without sums, as versions before 2.0 had it, every beat is taken")
  func oldVersion() async throws {
    let path = try Fixtures.make(
      """
      CREATE TABLE monitor (id INTEGER PRIMARY KEY, name TEXT, interval INTEGER, type TEXT);
      CREATE TABLE heartbeat (
        id INTEGER PRIMARY KEY, important BOOLEAN, monitor_id INTEGER, status SMALLINT, msg TEXT, time DATETIME, ping INTEGER,
        duration INTEGER);
      """
    ) { database in
      try monitor("a", in: database)
      try database.execute(
        sql: "INSERT INTO heartbeat VALUES (1, 1, 1, 0, 'x', ?, NULL, 0)", arguments: [Fixtures.kumaTime(midnight)])
      try beats([(midnight + 60, 1)], in: database)
    }
    #expect(try await runs(path).map(\.verdict) == [.down, .up])
  }

  @Test("is refused where it is the database of something else, or newer than what is known")
  func refused() throws {
    let gatus = try Fixtures.make(Fixtures.gatusSchema)
    let other = #expect(throws: HistoryError.self) { try ForeignDatabase(of: .kuma, path: gatus) }
    #expect(other?.message.contains("is the database of something else") == true)
    let newer = try Fixtures.make(Fixtures.kumaSchema) {
      try $0.execute(sql: "ALTER TABLE heartbeat RENAME COLUMN status TO state")
    }
    let unknown = #expect(throws: HistoryError.self) { try ForeignDatabase(of: .kuma, path: newer) }
    #expect(unknown?.message.contains("has no column 'status'") == true)
  }

  @Test("tells what is set in it as a backup would")
  func backup() throws {
    let path = try Fixtures.make(Fixtures.kumaSchema) { database in
      try database.execute(
        sql:
          "INSERT INTO monitor (name, type, interval, url, push_token) VALUES ('A \"b\"', 'http', 30, 'https://a', 'x')"
      )
      try database.execute(
        sql:
          "INSERT INTO maintenance (title, strategy, start_time, end_time, weekdays) VALUES ('w', 'recurring-weekday', '23:00:00', '01:00:00', '[0]')"
      )
      try database.execute(sql: "INSERT INTO monitor_maintenance VALUES (1, 1, 1)")
    }
    #expect(KumaDatabase.isDatabase(path))
    let bytes = try KumaDatabase(path: path).backup()
    let root = try #require(try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any])
    let monitors = try #require(root["monitorList"] as? [[String: Any]])
    #expect(monitors.first?["name"] as? String == "A \"b\"")
    #expect(monitors.first?["pushToken"] as? String == "x")
    let windows = try #require(root["maintenanceList"] as? [[String: Any]])
    #expect(windows.first?["monitorIDs"] as? [Int] == [1])
  }
}

import Glibc
import Model
import TestSupport
import Testing

@Suite("curlew import and curlew report")
struct HistoryCommandTests {
  /// An hour's beginning yesterday: so young that history still has the runs themselves.
  private static let start = Timestamp(
    secondsSinceEpoch: SystemTime().now.millisecondsSinceEpoch / 3_600_000 * 3600 - 86_400)

  /// Ten minutes of a check that is run every minute: the fourth and fifth are down, the eighth is missing.
  private static let runs = (0..<10).filter { $0 != 7 }.map { minute in
    let verdict = minute == 3 || minute == 4 ? "down" : "up"
    let reason = verdict == "down" ? "\"timeout\"" : "null"
    return """
      {"check": "front-page", "region": "local", "slot_start": "\(start + .minutes(minute))", "interval_ms": 60000, \
      "verdict": "\(verdict)", "duration_ms": \(100 + minute), "reason": \(reason), "maintenance": false}

      """
  }.joined()

  private func imported() async throws -> Workspace {
    let workspace = try Workspace(["runs.ndjson": Self.runs])
    let outcome = try await workspace.curlew("import", "runs.ndjson", "--store", "sqlite:h.db")
    #expect(outcome.exitCode == 0, "\(outcome.stderr)")
    #expect(outcome.stdout == "9 runs added, 0 known already\n")
    return workspace
  }

  private static let window = ["--window", "10m", "--at", "\(start + .minutes(10))", "--store", "sqlite:h.db"]

  private func report(_ workspace: Workspace, _ arguments: String...) async throws -> ChildProcess.Outcome {
    try await CurlewProcess.run(["report"] + Self.window + arguments, in: workspace.folder)
  }

  @Test("report what was kept of the promise, exactly")
  func figures() async throws {
    let workspace = try await imported()
    let outcome = try await report(workspace, "--format", "json")
    #expect(outcome.exitCode == 0, "\(outcome.stderr)")
    let rows = try JSONValue(outcome.stdout)
    #expect(rows.items.count == 1)
    let row = rows[0]
    #expect(
      row.keys == [
        "check", "region", "window", "from", "to", "slots", "availability", "coverage", "objective", "budget_remaining",
        "downtime_seconds", "latency_ms", "excluded_slots", "availability_unadjusted", "budget_remaining_unadjusted",
        "downtime_from_incidents_seconds", "time_availability", "latency_objective_ratio",
      ])
    #expect(row.check.text == "front-page")
    #expect(row.region.isNull)
    #expect(row.window.text == "10m")
    let slots = ["expected", "up", "degraded", "down", "unknown", "missed", "maintenance"].map { row.slots[$0].int }
    #expect(slots == [10, 7, 0, 2, 0, 1, 0])
    // As text, because Foundation reads it back with the last digit off.
    #expect(outcome.stdout.contains("\"availability\":\(7.0 / 9.0),"))
    #expect(row.coverage.number == 0.9)
    #expect(row.objective.number == 0.995)
    #expect(abs((row.budget_remaining.number ?? 0) - (1 - (1 - 7.0 / 9.0) / (1 - 0.995))) < 1e-9)
    #expect(row.downtime_seconds.number == 120)
    #expect(row.latency_ms.keys == ["p50", "p95", "p99", "mean"])
    let mean = (100.0 + 101 + 102 + 105 + 106 + 108 + 109) / 7
    #expect(abs((row.latency_ms.mean.number ?? 0) - mean) < 0.01)
  }

  @Test("report in every form", arguments: ["table", "json", "csv", "markdown"])
  func formats(format: String) async throws {
    let workspace = try await imported()
    let outcome = try await report(workspace, "--format", format)
    #expect(outcome.exitCode == 0)
    #expect(outcome.stdout.contains("front-page"))
    // 7 of 9, floored to three decimals; ratios are unrounded.
    #expect(outcome.stdout.contains(format == "table" || format == "markdown" ? "77.777%" : "0.777777777777777"))
  }

  @Test("count the same runs once, however often they are imported; the first ones stay")
  func idempotent() async throws {
    let workspace = try await imported()
    let before = try await report(workspace, "--format", "json").stdout
    let again = try await workspace.curlew(
      "import", "-", "--store", "sqlite:h.db", input: Self.runs.replacing("\"up\"", with: "\"unknown\""))
    #expect(again.exitCode == 0, "\(again.stderr)")
    #expect(again.stdout == "0 runs added, 9 known already\n")
    #expect(try await report(workspace, "--format", "json").stdout == before)
  }

  @Test(
    "refuse the whole file for one bad line, by its number",
    arguments: [
      "nonsense", "[]", "{}", "{\"check\": \"a\"}",
      "{\"check\": \"A B\", \"slot_start\": \"2026-03-01T00:00:00Z\", \"interval_ms\": 1000, \"verdict\": \"up\"}",
      "{\"check\": \"a\", \"slot_start\": \"2226-03-01T00:00:00Z\", \"interval_ms\": 1000, \"verdict\": \"up\"}",
      "{\"check\": \"a\", \"slot_start\": \"yesterday\", \"interval_ms\": 1000, \"verdict\": \"up\"}",
      "{\"check\": \"a\", \"slot_start\": \"2026-03-01T00:00:00Z\", \"interval_ms\": 0, \"verdict\": \"up\"}",
      "{\"check\": \"a\", \"slot_start\": \"2026-03-01T00:00:00Z\", \"interval_ms\": 1000, \"verdict\": \"fine\"}",
      "{\"check\": \"a\", \"slot_start\": \"2026-03-01T00:00:00Z\", \"interval_ms\": 1000, \"verdict\": \"up\", \"x\": 1}",
      "{\"check\": \"a\", \"slot_start\": \"2026-03-01T00:00:00Z\", \"interval_ms\": 1000, \"verdict\": \"down\", \"reason\": \"bad\"}",
    ])
  func badLine(line: String) async throws {
    let workspace = try Workspace(["runs.ndjson": Self.runs + line + "\n"])
    let outcome = try await workspace.curlew("import", "runs.ndjson", "--store", "sqlite:h.db")
    #expect(outcome.exitCode == 2)
    #expect(outcome.stderr.hasPrefix("curlew: runs.ndjson:10: "), "\(outcome.stderr)")
    #expect(outcome.stderr.contains("nothing was imported"))
    #expect(try await workspace.curlew("report", "--store", "sqlite:h.db").exitCode == 2)
  }

  @Test("refuse a check that nobody knows, and name those that there are")
  func unknownCheck() async throws {
    let workspace = try await imported()
    let outcome = try await report(workspace, "--check", "back-page")
    #expect(outcome.exitCode == 2)
    #expect(outcome.stderr.contains("'back-page'"))
    #expect(outcome.stderr.contains("front-page"))
    #expect(try await report(workspace, "--check", "front-page").exitCode == 0)
  }

  @Test("refuse a region that nobody knows, and name those that there are")
  func unknownRegion() async throws {
    let workspace = try await imported()
    let outcome = try await report(workspace, "--region", "locale")
    #expect(outcome.exitCode == 2)
    #expect(outcome.stderr.contains("'locale'") && outcome.stderr.contains("local"), "\(outcome.stderr)")
    let row = try JSONValue(try await report(workspace, "--region", "local", "--format", "json").stdout)[0]
    #expect(row.region.text == "local")
    #expect(row.slots.up.int == 7)
  }

  @Test("have a row for a check that never ran, in which nothing is known")
  func neverRan() async throws {
    let workspace = try await imported()
    try workspace.write(Self.file(["front-page", "new"]), to: "shop.yaml")
    let rows = try JSONValue(try await report(workspace, "shop.yaml", "--format", "json").stdout)
    #expect(rows.items.map(\.check.text) == ["front-page", "new"])
    #expect(rows[1].slots.expected.int == 0)
    #expect(rows[1].availability.isNull)
    let one = try await report(workspace, "shop.yaml", "--check", "new", "--format", "json")
    #expect(one.exitCode == 0)
    #expect(try JSONValue(one.stdout).items.map(\.check.text) == ["new"])
  }

  /// A scenario file with checks of these ids; what stands after the id is part of the check.
  private static func file(_ ids: [String]) -> String {
    "version: 1\nchecks:\n" + ids.map { "  - {id: \($0), http: {url: \"http://127.0.0.1:1/\"}}\n" }.joined()
  }

  @Test("show a renamed check with the history of its earlier id, and leave the store as it is")
  func moved() async throws {
    let workspace = try await imported()
    try workspace.write(Self.file(["home, moved_from: front-page"]), to: "shop.yaml")
    let before = try TestProgram.read(workspace.path("h.db"))
    let rows = try JSONValue(try await report(workspace, "shop.yaml", "--format", "json").stdout)
    #expect(rows.items.map(\.check.text) == ["home"])
    #expect(rows[0].slots.up.int == 7)
    #expect(rows[0].latency_ms.p50.number ?? 0 > 0)
    #expect(try TestProgram.read(workspace.path("h.db")) == before)
  }

  @Test("make no store where none is, whatever the files say")
  func noStore() async throws {
    let workspace = try Workspace(["shop.yaml": Self.file(["home, moved_from: front-page"])])
    let outcome = try await workspace.curlew("report", "shop.yaml", "--store", "sqlite:typo.db")
    #expect(outcome.exitCode == 2)
    #expect(outcome.stderr.contains("typo.db"), "\(outcome.stderr)")
    #expect(access(workspace.path("typo.db"), F_OK) != 0)
  }

  @Test("say in one sentence that the store is held by another program, and end with 2")
  func held() async throws {
    let workspace = try await imported()
    let holder = try ChildProcess(
      [
        "/usr/bin/python3", "-c",
        """
        import sqlite3, time
        connection = sqlite3.connect("h.db", timeout=60, isolation_level=None)
        connection.execute("PRAGMA locking_mode=EXCLUSIVE")
        connection.execute("BEGIN EXCLUSIVE")
        print("held", flush=True)
        time.sleep(600)
        """,
      ], in: workspace.folder)
    _ = try await eventually("the store is held") { holder.stdout.contains("held") ? true : nil }
    let outcome = try await report(workspace)
    holder.send(SIGKILL)
    #expect(outcome.exitCode == 2, "\(outcome.stderr)")
    #expect(outcome.stderr.hasPrefix("curlew: "))
    #expect(outcome.stderr.split(separator: "\n").count == 1, "\(outcome.stderr)")
    #expect(outcome.stderr.contains("h.db"), "\(outcome.stderr)")
  }

  @Test("take objectives from scenario files")
  func objectives() async throws {
    let workspace = try await imported()
    try workspace.write(
      """
      version: 1
      checks:
        - id: front-page
          http: {url: "http://127.0.0.1:1/"}
          objective: {availability: 50%, window: 5m}

      """, to: "shop.yaml")
    let outcome = try await workspace.curlew(
      "report", "shop.yaml", "--at", "\(Self.start + .minutes(5))", "--store", "sqlite:h.db", "--format", "json")
    let row = try JSONValue(outcome.stdout)[0]
    #expect(row.window.text == "5m")
    #expect(row.objective.number == 0.5)
    #expect(row.availability.number == 0.6)
    #expect(abs((row.budget_remaining.number ?? 0) - 0.2) < 1e-9)
  }
}

import Model
import TestSupport
import Testing

@Suite("curlew exclude, curlew close and curlew report over months and services")
struct ObjectiveCommandTests {
  /// Every hour of October 2026 of two checks; one is down in its first six hours.
  private static let runs = ["front-page", "checkout"].map { check in
    (0..<31 * 24).map { hour in
      let start = Timestamp(secondsSinceEpoch: 1_790_812_800) + .hours(hour)
      let isDown = check == "checkout" && hour < 6
      return """
        {"check": "\(check)", "region": "local", "slot_start": "\(start.rfc3339(fractionDigits: 0))", \
        "interval_ms": 3600000, "verdict": "\(isDown ? "down" : "up")", "duration_ms": 100, "reason": null, \
        "maintenance": false}

        """
    }.joined()
  }.joined()

  private static let store = ["--store", "sqlite:h.db"]
  private static let signed = ["--author", "somebody", "--reason", "a storm"]

  private func imported() async throws -> Workspace {
    let workspace = try Workspace(["runs.ndjson": Self.runs, "curlew.yaml": "exclusions: {cap: 4h, per: month}\n"])
    let outcome = try await workspace.curlew("import", "runs.ndjson", "--store", "sqlite:h.db")
    #expect(outcome.exitCode == 0, "\(outcome.stderr)")
    return workspace
  }

  private func run(_ workspace: Workspace, _ arguments: [String]) async throws -> ChildProcess.Outcome {
    try await CurlewProcess.run(arguments + Self.store, in: workspace.folder)
  }

  @Test("time is excluded up to the cap, listed, and taken back, and reports show both figures")
  func excludes() async throws {
    let workspace = try await imported()
    let config = ["--config", "curlew.yaml"]
    let time = ["--from", "2026-10-01T00:00:00Z", "--until", "2026-10-01T06:00:00Z", "--check", "checkout"]
    let excluded = try await run(workspace, ["exclude"] + time + Self.signed + config)
    #expect(excluded.exitCode == 0, "\(excluded.stderr)")
    #expect(
      excluded.stdout == """
        entry 1 excludes 2026-10-01T00:00:00Z to 2026-10-01T06:00:00Z for checkout
        beyond the cap, and not excluded for checkout: 2026-10-01T04:00:00Z to 2026-10-01T06:00:00Z

        """)
    let window = [
      "report", "--window", "31d", "--at", "2026-11-01T00:00:00Z", "--format", "json", "--check", "checkout",
    ]
    let row = try JSONValue(try await run(workspace, window + config).stdout)[0]
    #expect(row.slots.down.int == 2)
    #expect(row.slots.maintenance.int == 4)
    #expect(row.excluded_slots.int == 4)
    #expect(abs(try #require(row.availability_unadjusted.number) - 738.0 / 744) < 1e-12)
    let withdrawn = try await run(workspace, ["exclude", "--withdraw", "1"] + Self.signed)
    #expect(withdrawn.exitCode == 0, "\(withdrawn.stderr)")
    #expect(try JSONValue(try await run(workspace, window + config).stdout)[0].slots.down.int == 6)
    let list = try await run(workspace, ["exclude", "--list"]).stdout
    #expect(list.contains("withdrawn by 2"))
    #expect(list.contains("withdraws 1"))
    let twice = try await run(workspace, ["exclude", "--withdraw", "1"] + Self.signed)
    #expect(twice.exitCode == 2)
    #expect(twice.stderr.contains("entry 1 was withdrawn already, by entry 2"))
  }

  @Test("a closed month keeps its figures; a correction is another revision, and both are shown")
  func closes() async throws {
    let workspace = try await imported()
    let open = try await run(workspace, ["report", "--month", "2026-10", "--format", "json"])
    #expect(try JSONValue(open.stdout).items.map { $0.state.text } == ["open", "open"], "\(open.stderr)")
    let closed = try await run(workspace, ["close", "2026-10"])
    #expect(closed.exitCode == 0, "\(closed.stderr)")
    let again = try await run(workspace, ["close", "2026-10"])
    #expect(again.exitCode == 0)
    #expect(again.stderr.contains("nothing to close"))
    let time = ["--from", "2026-10-01T00:00:00Z", "--until", "2026-10-01T06:00:00Z"]
    #expect(try await run(workspace, ["exclude"] + time + Self.signed).exitCode == 0)
    let corrected = try await run(workspace, ["close", "2026-10", "--correct", "--check", "checkout"] + Self.signed)
    #expect(corrected.exitCode == 0, "\(corrected.stderr)")
    let rows = try JSONValue(try await run(workspace, ["report", "--month", "2026-10", "--format", "json"]).stdout)
      .items
    #expect(rows.map { $0.check.text } == ["checkout", "checkout", "front-page"])
    #expect(rows.map { $0.revision.int } == [1, 2, 1])
    #expect(rows.map { $0.slots.down.int } == [6, 0, 0])
    #expect(rows[1].reason.text == "a storm")
    let table = try await run(workspace, ["report", "--month", "2026-10"]).stdout
    #expect(table.contains("closed, revision 2"))
  }

  @Test("a service that weighs its members is figured from theirs, over a month of the calendar, with burn rates")
  func services() async throws {
    let workspace = try await imported()
    let scenario = """
      version: 1
      checks:
        - {id: front-page, every: 1h, http: {url: "https://example.org"}}
        - {id: checkout, every: 1h, http: {url: "https://example.org"}}
      services:
        - id: shop
          checks: {front-page: 3, checkout: 1}
          rule: weighted
          objective: {availability: 99.9%, window: month}

      """
    let files = try Workspace(["shop.yaml": scenario])
    let outcome = try await run(
      workspace,
      [
        "report", "\(files.folder)/shop.yaml", "--window", "month", "--at", "2026-10-31T23:59:59Z", "--check", "shop",
        "--burn", "--format", "json",
      ])
    #expect(outcome.exitCode == 0, "\(outcome.stderr)")
    let row = try JSONValue(outcome.stdout)[0]
    #expect(row.window.text == "month")
    #expect(row.from.text == "2026-10-01T00:00:00.000Z")
    // Six of 744 slots of a quarter of the weight.
    #expect(outcome.stdout.contains("\"availability\":\((744.0 * 3 + 738) / (744 * 4)),"), "\(outcome.stdout)")
    #expect(row.burn_rates.items.map { $0.long.text } == ["1h", "6h", "1d", "3d"])
  }

  @Test(
    "what cannot be is refused with what is allowed",
    arguments: [
      (["exclude"], "--author is missing"),
      (["exclude", "--author", "a", "--reason", " "], "--reason is empty"),
      (["exclude", "--author", "a", "--reason", "b"], "give --from and --until"),
      (
        [
          "exclude", "--from", "2026-10-02T00:00:00Z", "--until", "2026-10-01T00:00:00Z", "--author", "a", "--reason",
          "b",
        ],
        "--until is not after --from"
      ),
      (
        [
          "exclude", "--from", "2026-10-02T00:00:00Z", "--until", "2100-10-01T00:00:00Z", "--author", "a", "--reason",
          "b",
        ],
        "cannot be excluded at once"
      ),
      (
        [
          "exclude", "--from", "2026-10-01T00:00:00Z", "--until", "2026-10-02T00:00:00Z", "--author", "a", "--reason",
          "b", "--check", "nobody",
        ], "check 'nobody' is not known; there are checkout, front-page"
      ),
      (["exclude", "--withdraw", "7", "--author", "a", "--reason", "b"], "there is no entry 7"),
      (["exclude", "--list", "--author", "a"], "--list prints the ledger"),
      (["close", "2026-13"], "2026-13"),
      (["close", "2999-01"], "2999-01 is not over in UTC"),
      (["close", "2026-10", "--correct"], "--author is missing"),
      (["close", "2026-10", "--time-zone", "Mars/Olympus"], "Mars/Olympus"),
      (["report", "--window", "fortnight"], "fortnight"),
      (["report", "--month", "2026-10", "--window", "1d"], "--month goes with"),
    ] as [([String], String)])
  func refusals(arguments: [String], words: String) async throws {
    let workspace = try await imported()
    let outcome = try await run(workspace, arguments)
    #expect(outcome.exitCode == 2)
    #expect(outcome.stderr.contains(words), "\(outcome.stderr)")
  }
}

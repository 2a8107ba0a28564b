import Model
import TestSupport
import Testing

@Suite("curlew history copy")
struct HistoryCopyCommandTests {
  /// Ten minutes of two checks, an hour's beginning yesterday, with one down in each.
  private static func workspace() async throws -> Workspace {
    let start = Timestamp(secondsSinceEpoch: SystemTime().now.millisecondsSinceEpoch / 3_600_000 * 3600 - 86_400)
    let runs = ["front-page", "login"].flatMap { check in
      (0..<10).map { minute in
        """
        {"check": "\(check)", "region": "local", "slot_start": "\(start + .minutes(minute))", "interval_ms": 60000, \
        "verdict": "\(minute == 4 ? "down" : "up")", "duration_ms": 10, \
        "reason": \(minute == 4 ? "\"timeout\"" : "null"), "maintenance": false}

        """
      }
    }.joined()
    let workspace = try Workspace(["runs.ndjson": runs])
    let outcome = try await workspace.curlew("import", "runs.ndjson", "--store", "sqlite:a.db")
    #expect(outcome.exitCode == 0, "\(outcome.stderr)")
    let excluded = try await workspace.curlew(
      "exclude", "--from", "\(start)", "--until", "\(start + .minutes(1))", "--reason", "theirs", "--author", "Ada",
      "--store", "sqlite:a.db")
    #expect(excluded.exitCode == 0, "\(excluded.stderr)")
    return workspace
  }

  private func report(_ workspace: Workspace, _ store: String) async throws -> JSONValue {
    let outcome = try await workspace.curlew("report", "--window", "7d", "--format", "json", "--store", store)
    #expect(outcome.exitCode == 0, "\(outcome.stderr)")
    return try JSONValue(outcome.stdout)
  }

  private static let compared = "the counts of 4 streams and of all records are the same on both sides\n"

  @Test("carries a file into PostgreSQL and back, says how much it was, and no password")
  func copies() async throws {
    let workspace = try await Self.workspace()
    let database = try await PostgresServer.database()
    let there = try await workspace.curlew("history", "copy", "sqlite:a.db", database)
    #expect(there.exitCode == 0, "\(there.stderr)")
    #expect(there.stdout.hasPrefix("2 checks, 20 runs, "))
    #expect(there.stdout.contains(" 1 record copied from sqlite:a.db to postgres://curlew@127.0.0.1:"))
    #expect(there.stdout.hasSuffix(Self.compared))
    #expect(!(there.stdout + there.stderr).contains("battery"))
    #expect(there.stderr.isEmpty, "nobody looks at a terminal")
    let back = try await workspace.curlew("history", "copy", database, "sqlite:b.db")
    #expect(back.exitCode == 0, "\(back.stderr)")
    #expect(back.stdout.hasSuffix(Self.compared))
    let (first, last) = (try await report(workspace, "sqlite:a.db"), try await report(workspace, "sqlite:b.db"))
    #expect(first.items.count == 2)
    for (before, after) in zip(first.items, last.items) {
      #expect(before.check.text == after.check.text)
      for count in ["up", "down", "unknown", "maintenance"] {
        #expect(before.slots[count].int == after.slots[count].int)
      }
      #expect(before.excluded_slots.int == after.excluded_slots.int)
    }
  }

  @Test("does nothing the second time, and says so")
  func twice() async throws {
    let workspace = try await Self.workspace()
    _ = try await workspace.curlew("history", "copy", "sqlite:a.db", "b.db")
    let again = try await workspace.curlew("history", "copy", "sqlite:a.db", "b.db")
    #expect(again.exitCode == 0, "\(again.stderr)")
    #expect(again.stdout == "sqlite:a.db was copied to b.db before, and nothing was done: what is there stays\n")
  }

  @Test("refuses a target with a history of its own, a store that is not there, and a file of something else")
  func refuses() async throws {
    let workspace = try await Self.workspace()
    _ = try await workspace.curlew("import", "runs.ndjson", "--store", "sqlite:b.db")
    let merging = try await workspace.curlew("history", "copy", "sqlite:a.db", "sqlite:b.db")
    #expect(merging.exitCode == 2)
    #expect(merging.stderr.contains("b.db\" holds a history already, and two are not merged; name an empty target"))
    let itself = try await workspace.curlew("history", "copy", "sqlite:a.db", "a.db")
    #expect(itself.exitCode == 2)
    #expect(itself.stderr.contains("cannot be copied into itself"))
    let missing = try await workspace.curlew("history", "copy", "sqlite:none.db", "sqlite:c.db")
    #expect(missing.exitCode == 2)
    #expect(missing.stderr.contains("none.db"))
    try workspace.write("no database at all, but long enough to be looked at", to: "text.db")
    let foreign = try await workspace.curlew("history", "copy", "sqlite:a.db", "sqlite:text.db")
    #expect(foreign.exitCode == 2)
    #expect(foreign.stderr.contains("text.db"))
    let misspelt = try await workspace.curlew("history", "copy", "sqlite:a.db", "postgre://ada:s3cret@127.0.0.1/db")
    #expect(misspelt.exitCode == 2)
    #expect(misspelt.stderr.contains("no history is kept in \"postgre\""))
    #expect(!misspelt.stderr.contains("s3cret"))
    let alone = try await workspace.curlew("history", "copy", "sqlite:a.db")
    #expect(alone.exitCode == 2)
  }
}

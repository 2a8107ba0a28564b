import Model
import Postgres
import PostgresHistory
import TestSupport
import Testing

@Suite("Replicas that share a history in PostgreSQL")
struct ReplicaTests {
  private static let checks = ["front-page", "login", "search", "basket"]

  /// Six hours of checks in three regions, with gaps. A slot has one verdict whoever stores it, so that it does not matter who is
  /// first.
  private func runs(_ random: inout SeededGenerator) throws -> [HistoryRun] {
    var runs: [HistoryRun] = []
    for check in Self.checks {
      for region in ["asia", "eu", "us"] {
        for slot in 0..<360 where Int.random(in: 0..<8, using: &random) > 0 {
          let verdict = Verdict.allCases.randomElement(using: &random) ?? .up
          runs.append(try .at(slot * 60, verdict, check: check, region: region, took: slot))
        }
      }
    }
    return runs
  }

  @Test("count every slot once, whoever stores it, in whatever order, while it is rolled up", arguments: 0..<3)
  func countOnce(seed: UInt64) async throws {
    let address = try PostgresAddress(try await PostgresServer.database())
    var random = SeededGenerator(seed: seed)
    let runs = try runs(&random)
    var reference = ReferenceHistory()
    for run in runs { reference.store(unchecked: run) }
    let added = try await withThrowingTaskGroup(of: Int.self) { group in
      for _ in 0..<4 {
        // Each replica stores a part of everything, and all parts overlap: of most slots, somebody else was first.
        let own = runs.filter { _ in Int.random(in: 0..<4, using: &random) > 0 }
        let rest = runs.filter { _ in Int.random(in: 0..<4, using: &random) == 0 }
        let batches = stride(from: 0, to: own.count, by: 400).map { Array(own[$0..<min(own.count, $0 + 400)]) }
        let order = batches.shuffled(using: &random) + [rest]
        group.addTask {
          let replica = try await PostgresHistory(address, options: PostgresOptions(connections: 2))
          var added = 0
          for (index, batch) in order.enumerated() {
            added += try await replica.write(batch.shuffled(), at: newYear + .hours(6)).added
            _ = try await replica.maintain(at: newYear + .hours(2 + index))
          }
          try await replica.close()
          return added
        }
      }
      return try await group.reduce(0, +)
    }
    let store = try await PostgresHistory(address)
    let missing = try await store.write(runs, at: newYear + .hours(6)).added
    #expect(added + missing == runs.count)
    for isRolledUp in [false, true] {
      if isRolledUp { try await store.maintainFully(at: newYear + .days(1)) }
      for (from, to) in [(0, 21_600), (3_000, 15_000), (7_230, 7_290), (0, 3_600)] {
        for region in [nil, "asia", "eu", "us"] {
          let rows = try await store.tallies(
            TallyQuery(
              scope: region.map { .only($0) } ?? .combined, from: newYear + .seconds(from), to: newYear + .seconds(to)))
          #expect(rows.count == Self.checks.count)
          for row in rows {
            let expected = reference.tally(
              of: row.check, region: region, from: newYear + .seconds(from), to: newYear + .seconds(to))
            #expect(row.tally == expected, "\(row.check), \(region ?? "all"), \(from) to \(to)")
          }
        }
      }
      for check in Self.checks {
        let check = try CheckID.named(check)
        let changes = try await store.stateChanges(of: check, from: newYear, to: newYear + .days(1), limit: 10_000)
        for region in ["asia", "eu", "us"] {
          let expected = reference.stateChanges(of: check, region: region).map(\.slotStart)
          #expect(changes.filter { $0.region == region }.map(\.slotStart) == expected)
        }
      }
    }
  }

  @Test("all see a check's new name at once, also one that knew it by the old one")
  func rename() async throws {
    let address = try PostgresAddress(try await PostgresServer.database())
    let first = try await PostgresHistory(address)
    let second = try await PostgresHistory(address)
    try await first.write([.at(0, check: "home"), .at(0)], at: newYear + .hours(1))
    try await second.write([.at(60, check: "home"), .at(60)], at: newYear + .hours(1))
    try await first.takeOver(.named("home"), by: .named("start"))
    try await second.write([.at(120, check: "home"), .at(120)], at: newYear + .hours(1))
    #expect(try await first.checks().map(\.id.text) == ["front-page", "home", "start"])
    #expect(try await first.tally(of: "start", from: 0, to: 120)?.up == 2)
    #expect(try await first.tally(of: "home", from: 0, to: 180)?.up == 1)
    #expect(try await first.tally(from: 0, to: 180)?.up == 3)
  }

  @Test("drop days of runs as a whole once they are rolled up, and lose no count")
  func dropPartitions() async throws {
    let url = try await PostgresServer.database()
    let store = try await PostgresHistory(
      try PostgresAddress(url), retention: HistoryRetention(runs: .days(2), fiveMinutes: .days(3)))
    for day in 0..<6 {
      try await store.write((0..<96).map { try .at(day * 86_400 + $0 * 900, every: 900) }, at: newYear + .days(day + 1))
      try await store.maintainFully(at: newYear + .days(day + 1))
    }
    let database = String(url.split(separator: "/").last ?? "")
    let days = try await PostgresServer.shared().query(
      "SELECT count(*) FROM pg_class WHERE relname ~ '^runs_[0-9]+$'", in: database)
    // Two that are kept, the one that was just over, and two that are to come.
    #expect(Int(days) ?? 0 <= 6)
    #expect(try await store.runs(RunQuery(check: .named("front-page"), limit: 1000)).runs.count < 4 * 96)
    #expect(try await store.tally(from: 0, to: 6 * 86_400) == SlotTally(expected: 576, up: 576))
    let again = try await store.write((0..<96).map { try .at($0 * 900, .down, every: 900) }, at: newYear + .days(6))
    #expect(again == WriteSummary(duplicates: 96))
  }
}

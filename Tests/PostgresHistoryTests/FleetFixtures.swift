import Model
import Postgres
import PostgresHistory
import TestSupport

/// What tests of the fleet's store share: a database of their own, nodes and runs.
struct FleetFixture {
  /// The password is in it.
  let url: String
  let store: PostgresHistory

  init(_ options: PostgresOptions = PostgresOptions()) async throws {
    url = try await PostgresServer.database()
    store = try await PostgresHistory(try PostgresAddress(url), options: options)
  }

  /// Another replica on the same database.
  func replica() async throws -> PostgresHistory {
    try await PostgresHistory(try PostgresAddress(url))
  }

  /// A node that is registered, with the number of its spool.
  func register(_ name: String = "probe-1", region: String = "eu-west", spool: UInt64 = 7) async throws {
    _ = try await store.register(NodeDescription(name: name, region: region, version: "1.0", spool: spool))
  }

  /// Runs of one check in a row of slots, as their node's spool numbers them.
  func batch(
    _ numbers: ClosedRange<Int64>, node: String = "probe-1", region: String = "eu-west", spool: UInt64 = 7,
    oldest: Int64 = 1, check: String = "front-page", origin: RegionalVote.Origin = .scheduled
  ) throws -> SpoolBatch {
    let check = try CheckID.named(check)
    let runs = numbers.map { number in
      FleetRun(
        run: HistoryRun(
          check: check, region: region, node: node, slotStart: Self.slotStart(number), interval: .seconds(60),
          duration: .milliseconds(20), verdict: .up),
        origin: origin, configuration: 1, epoch: 1)
    }
    return SpoolBatch(
      node: node, region: region, spool: spool, first: numbers.lowerBound, oldest: oldest, runs: runs)
  }

  /// The slot of a number of the spool: minutes since two hours ago, so that nothing is older than runs are kept.
  static func slotStart(_ number: Int64) -> Timestamp { start + .seconds(60 * number) }

  private static let start = Timestamp(
    secondsSinceEpoch: SystemTime().now.millisecondsSinceEpoch / 60_000 * 60 - 7200)

  /// How many runs history has of a check in one region.
  func runs(of check: String = "front-page", region: String = "eu-west") async throws -> Int {
    let query = RunQuery(check: try .named(check), region: region, limit: 1000)
    return try await store.runs(query).runs.count
  }
}

extension CheckID {
  /// An id that a test writes out.
  static func named(_ text: String) throws -> CheckID {
    guard let id = CheckID(text) else { throw TestProgram.Failure(description: "\"\(text)\" is no id of a check") }
    return id
  }
}

import Fleet
import Model
import Postgres

/// Runs on their way from a node's spool to a decision, and the decisions on their way to every replica.
struct VoteTable {
  /// How long the feed is kept, in milliseconds.
  private static let feedLifetime: Int64 = 3_600_000

  let session: PostgresSession

  // MARK: Spools

  /// How far a spool is stored.
  struct SpoolStanding {
    var acknowledged: Int64
    /// The database's clock.
    var now: Timestamp
  }

  /// Locks a spool, so that nobody else stores of it before this transaction ends.
  ///
  /// - Throws: `FleetFault.unknownNode` for a spool that nobody registered.
  func lock(_ batch: SpoolBatch) throws -> SpoolStanding {
    let rows = try session.execute(
      "SELECT acknowledged, \(FleetTables.now) FROM fleet_spools WHERE node = $1 AND spool = $2 FOR UPDATE",
      [.text(batch.node), .int(Int64(bitPattern: batch.spool))])
    guard let row = rows.first else { throw FleetFault.unknownNode(batch.node) }
    return SpoolStanding(acknowledged: try row[0], now: Timestamp(millisecondsSinceEpoch: try row[1]))
  }

  /// Puts runs into the queue, and says how far the spool is stored.
  func store(_ runs: ArraySlice<FleetRun>, of batch: SpoolBatch, acknowledged: Int64, at now: Timestamp) throws {
    let spool: [PostgresValue] = [
      .int(acknowledged), .int(now.millisecondsSinceEpoch), .text(batch.node), .int(Int64(bitPattern: batch.spool)),
    ]
    let acknowledge = "UPDATE fleet_spools SET acknowledged = $1, stored = $2 WHERE node = $3 AND spool = $4"
    guard !runs.isEmpty else {
      try session.execute(acknowledge, spool)
      return
    }
    try session.execute(
      "WITH queued AS (INSERT INTO fleet_votes (received, runs) VALUES ($2, $5)) \(acknowledge)",
      spool + [.bytes(RunCoding.encode(Array(runs)))])
  }

  // MARK: Votes

  /// The oldest batches of the queue.
  func oldest(_ limit: Int) throws -> [VoteBatch] {
    let rows = try session.execute(
      "SELECT id, received, runs FROM fleet_votes ORDER BY id LIMIT $1", [.int(Int64(max(0, limit)))])
    return try rows.map { row in
      VoteBatch(
        id: try row[0], received: Timestamp(millisecondsSinceEpoch: try row[1]), runs: try RunCoding.runs(try row[2]))
    }
  }

  /// Takes batches out of the queue.
  func remove(_ batches: [VoteBatch]) throws {
    guard !batches.isEmpty else { return }
    try session.execute("DELETE FROM fleet_votes WHERE id = ANY($1)", [.ints(batches.map(\.id))])
  }

  // MARK: Feed

  /// Appends decisions to the feed, and forgets those of an hour ago.
  ///
  /// Places become visible in their order, because whoever appends holds the lease.
  func append(_ decisions: [SlotDecision]) throws {
    try session.execute("DELETE FROM fleet_feed WHERE made < \(FleetTables.now) - $1", [.int(Self.feedLifetime)])
    guard !decisions.isEmpty else { return }
    try session.execute(
      "INSERT INTO fleet_feed (made, decisions) VALUES (\(FleetTables.now), $1)",
      [.bytes(DecisionCoding.encode(decisions))])
  }

  /// What follows a place.
  func feed(after place: Int64, limit: Int) throws -> [FeedPiece] {
    let rows = try session.execute(
      "SELECT place, decisions FROM fleet_feed WHERE place > $1 ORDER BY place LIMIT $2",
      [.int(place), .int(Int64(max(0, limit)))])
    return try rows.map { FeedPiece(place: try $0[0], decisions: try DecisionCoding.decisions(try $0[1])) }
  }

  /// The newest place.
  func feedEnd() throws -> Int64 {
    try session.value("SELECT coalesce(max(place), 0) FROM fleet_feed") ?? 0
  }
}

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
    var progress: SpoolProgress
    /// The database's clock.
    var now: Timestamp
  }

  /// Locks a spool, so that nobody else stores of it before this transaction ends. A batch that is sent again while the first one is
  /// still being stored is not waited for with a connection in hand: it fails, and is sent once more.
  ///
  /// - Throws: `FleetFault.unknownNode` for a spool that nobody registered, `FleetFault.storing` while somebody else stores of it.
  func lock(_ batch: SpoolBatch) throws -> SpoolStanding {
    let rows: PostgresRows
    do {
      rows = try session.execute(
        """
        SELECT \(FleetTables.now), acknowledged, ahead_first, ahead_last
        FROM fleet_spools WHERE node = $1 AND spool = $2 FOR UPDATE NOWAIT
        """,
        [.text(batch.node), .int(Int64(bitPattern: batch.spool))])
    } catch let fault as PostgresFault where fault.sqlState == "55P03" {
      throw FleetFault.storing(batch.node)
    }
    guard let row = rows.first else { throw FleetFault.unknownNode(batch.node) }
    return SpoolStanding(
      progress: try FleetTables.progress(row, from: 1), now: Timestamp(millisecondsSinceEpoch: try row[0]))
  }

  /// Puts runs into the queue, and says how far the spool is stored.
  func store(_ runs: [FleetRun], of batch: SpoolBatch, progress: SpoolProgress, at now: Timestamp) throws {
    let spool: [PostgresValue] = [
      .int(progress.acknowledged), .int(now.millisecondsSinceEpoch), .text(batch.node),
      .int(Int64(bitPattern: batch.spool)), .optional(progress.ahead?.lowerBound),
      .optional(progress.ahead?.upperBound),
    ]
    let acknowledge = """
      UPDATE fleet_spools SET acknowledged = $1, stored = $2, ahead_first = $5, ahead_last = $6
      WHERE node = $3 AND spool = $4
      """
    guard !runs.isEmpty else {
      try session.execute(acknowledge, spool)
      return
    }
    try session.execute(
      "WITH queued AS (INSERT INTO fleet_votes (received, runs) VALUES ($2, $7)) \(acknowledge)",
      spool + [.bytes(RunCoding.encode(runs))])
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

  // MARK: Second opinions

  /// Keeps questions for those who are asked, and forgets those that are of no use any more.
  ///
  /// Numbers become visible in their order, because whoever asks holds the lease.
  func ask(_ questions: [OpinionQuestion]) throws {
    try session.execute("DELETE FROM fleet_opinions WHERE until < \(FleetTables.now)")
    for question in questions {
      try session.execute(
        "INSERT INTO fleet_opinions (check_id, slot, node, region, until) VALUES ($1, $2, $3, $4, $5)",
        [
          .text(question.check.text), .int(question.slot), .text(question.node), .text(question.region),
          .int(question.until.millisecondsSinceEpoch),
        ])
    }
  }

  /// The questions after a number that are of use still.
  func opinions(after number: Int64) throws -> [OpinionQuestion] {
    let rows = try session.execute(
      """
      SELECT number, check_id, slot, node, region, until FROM fleet_opinions
      WHERE number > $1 AND until > \(FleetTables.now) ORDER BY number
      """, [.int(number)])
    return try rows.compactMap { row in
      guard let check = CheckID(try row[1]) else { return nil }
      return OpinionQuestion(
        number: try row[0], check: check, slot: try row[2], node: try row[3], region: try row[4],
        until: Timestamp(millisecondsSinceEpoch: try row[5]))
    }
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

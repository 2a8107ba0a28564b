import Model
import Postgres

extension PostgresHistory {
  /// How many checks are rolled up in one transaction.
  private static let checksPerPortion: Int64 = 50
  /// How much time of them is, in milliseconds.
  private static let longestStep: Int64 = 6 * 3_600_000

  /// Rolls all streams up to where the furthest one is, for here there is one such moment for all, and lets ids go on after the
  /// highest one.
  package func settleCopy() async throws {
    let target = try await read { session -> Int64? in
      let furthest: Int64? = try session.execute("SELECT max(sealed) FROM streams").first.flatMap { try $0[0] }
      let keeping = try Keeping(reading: session)
      // Nothing is cut that is not rolled up.
      return furthest.map { max($0, keeping.runsCut, keeping.fiveMinutesCut, keeping.hoursCut, keeping.daysCut) }
    }
    if let target {
      while try await settlePortion(to: target) {}
    }
    try await write { session in
      var keeping = try Keeping(holding: session, changes: true)
      keeping.announced = max(keeping.announced, target ?? .min)
      keeping.sealed = keeping.announced
      keeping.generation += 1
      try keeping.store(in: session)
      for table in ["incidents", "exclusions"] {
        try session.execute(
          "SELECT setval(pg_get_serial_sequence($1, 'id'), max(id)) FROM \(table) HAVING max(id) IS NOT NULL",
          [.text(table)])
      }
    }
  }

  /// - Returns: whether there was anything to do.
  private func settlePortion(to target: Int64) async throws -> Bool {
    try await write { session in
      let checks: [Int64] = try session.execute(
        "SELECT DISTINCT check_key FROM streams WHERE sealed < $1 ORDER BY check_key LIMIT $2",
        [.int(target), .int(Self.checksPerPortion)]
      ).map { try $0[0] }
      let due = try session.execute(
        "SELECT \(LockedStream.columns) FROM streams WHERE check_key = ANY($1) AND sealed < $2 ORDER BY key FOR UPDATE",
        [.ints(checks), .int(target)]
      ).map { try LockedStream($0) }
      guard let from = due.map(\.sealed).min() else { return false }
      // The time without runs, which may be years, costs nothing.
      let first: Int64? = try session.execute(
        """
        SELECT min(r.slot) FROM streams s JOIN runs r ON r.stream = s.key AND r.slot >= $2
        WHERE s.check_key = ANY($1)
        """, [.ints(checks), .int(from)]
      ).first.flatMap { try $0[0] }
      let step = first.map { min(target, RollupLevel.fiveMinutes.floor($0) + Self.longestStep) } ?? target
      try Sealing(session: session, partitions: self.partitions).seal(due.filter { $0.sealed < step }, to: step)
      return true
    }
  }
}

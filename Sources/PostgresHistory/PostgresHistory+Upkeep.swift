package import Model
import Postgres

extension PostgresHistory {
  /// How many checks are rolled up in one transaction.
  private static let checksPerPortion: Int64 = 300
  /// A second and a pause each.
  private static let trials = 20
  /// How much time is rolled up at once, so that a portion is small also when nothing was done for days.
  private static let longestStep: Int64 = 6 * 3_600_000

  /// Does a bounded portion of what time makes due: making partitions ahead of time, rolling up, dropping what outlived its
  /// retention. Several may do it at the same time, to no use.
  package func maintain(at now: Timestamp) async throws -> Bool {
    let moment = now.millisecondsSinceEpoch
    try await makePartitions(around: moment)
    if try await rollUp(at: moment) { return true }
    return try await dropPartitions()
  }

  /// Brings roll-ups and cuts to where they are at a moment, so that what is older than runs are kept can go into roll-ups.
  func catchUp(to now: Timestamp) async throws {
    while try await rollUp(at: now.millisecondsSinceEpoch) {}
  }

  private func makePartitions(around moment: Int64) async throws {
    let day = RollupLevel.days.width
    let name = archiveName
    try await write { session in
      try Keeping(reading: session).refuseFilling(name)
      try self.partitions.ensure(.runs, for: [moment, moment + day, moment + 2 * day], in: session)
      try self.partitions.ensure(.fiveMinutes, for: [moment, moment + day], in: session)
      try self.partitions.ensure(.hours, for: [moment, moment + day], in: session)
    }
  }

  /// A partition that somebody reads is tried again a minute later: while its lock is waited for, everybody who stores runs waits
  /// behind it, and a copy of the history may read for hours.
  ///
  /// - Returns: whether there is more to do.
  private func dropPartitions() async throws -> Bool {
    guard dropping.mayTry else { return false }
    let hasMore: Bool? = try await withoutQueueing(atMost: .milliseconds(100)) { session in
      let keeping = try Keeping(reading: session)
      for (table, cut) in [
        (PartitionedTable.runs, keeping.runsCut), (.fiveMinutes, keeping.fiveMinutesCut), (.hours, keeping.hoursCut),
      ] where try self.partitions.drop(table, before: cut, in: session) > 0 {
        return true
      }
      return false
    }
    if hasMore == nil { dropping.wait() }
    return hasMore ?? false
  }

  /// One transaction that needs what others are using. Everybody who comes later waits behind the one that waits, so it soon
  /// gives up for now: a report or an import may take long.
  ///
  /// - Returns: nil when it gave up.
  private func withoutQueueing<Result: Sendable>(
    atMost patience: Duration = .seconds(1), _ body: @escaping @Sendable (PostgresSession) throws -> Result
  ) async throws -> Result? {
    do {
      return try await pool.transaction { session in
        try session.run("SET LOCAL lock_timeout = \(patience.nanoseconds / 1_000_000)")
        return try body(session)
      }
    } catch let fault as PostgresFault {
      guard fault.sqlState == "55P03" else { throw HistoryError(fault, in: pool) }
      return nil
    }
  }

  /// The same, tried again and again: whoever stores runs goes on in between. It is done whole even when the caller is
  /// cancelled meanwhile.
  ///
  /// - Throws: `HistoryError`, also when somebody held on to what is needed all the time.
  func writeAlone(_ body: @escaping @Sendable (PostgresSession) throws -> Void) async throws {
    let work = Task {
      for _ in 0..<Self.trials {
        if try await withoutQueueing(body) != nil { return }
        // By chance, so that of two replicas who try one comes first.
        try await Task.sleep(for: .milliseconds(Int64.random(in: 100...400)))
      }
      throw HistoryError(
        "history \"\(pool.name)\": another session stores runs for very long; look at pg_stat_activity for locks of \"keeping\""
      )
    }
    try await work.value
  }

  // MARK: Rolling up

  /// Rolls up a portion of streams.
  ///
  /// All slots before a moment are announced to come late first, which waits for everybody who stores runs; then stream by
  /// stream is rolled up to it; and when all are, readers take it from there.
  ///
  /// - Returns: whether there is more to do.
  private func rollUp(at now: Int64) async throws -> Bool {
    let retention = retention
    let wanted = RollupLevel.fiveMinutes.floor(now - Keeping.grace)
    let keeping = try await read { try Keeping(reading: $0) }
    if keeping.announced == keeping.sealed {
      var advanced = keeping
      advanced.advance(to: now, retention)
      if advanced != keeping {
        return try await change { $0.advance(to: now, retention) }
      }
      guard wanted > keeping.sealed else { return false }
      let first = try await read { try Partitions.firstRuns(after: keeping.sealed, in: $0) }
      let target = first.map { min(wanted, max($0, keeping.sealed) + Self.longestStep) } ?? wanted
      let isAnnounced = try await change { changed in
        if changed.announced == changed.sealed { changed.announced = max(changed.announced, target) }
      }
      guard isAnnounced else { return false }
    }
    guard try await !rollUpPortion() else { return true }
    return try await change { $0.sealed = max($0.sealed, keeping.announced) }
  }

  /// Changes how far history is rolled up, when nobody stores runs.
  ///
  /// - Returns: false when somebody stores runs for long.
  private func change(_ body: @escaping @Sendable (inout Keeping) -> Void) async throws -> Bool {
    let isDone: Bool? = try await withoutQueueing { session in
      var keeping = try Keeping(holding: session, changes: true)
      let before = keeping
      body(&keeping)
      guard keeping != before else { return true }
      try keeping.store(in: session)
      if keeping.runsCut != before.runsCut {
        try session.execute("DELETE FROM judged WHERE slot < $1", [.int(keeping.runsCut)])
      }
      if keeping.daysCut != before.daysCut {
        try session.execute("DELETE FROM days WHERE bucket < $1", [.int(keeping.daysCut)])
      }
      return true
    }
    return isDone ?? false
  }

  /// - Returns: whether there were any.
  private func rollUpPortion() async throws -> Bool {
    try await write { session in
      let keeping = try Keeping(reading: session)
      let checks = try session.execute(
        "SELECT DISTINCT check_key FROM streams WHERE sealed < $1 ORDER BY check_key LIMIT $2",
        [.int(keeping.announced), .int(Self.checksPerPortion)])
      guard !checks.isEmpty else { return false }
      let rows = try session.execute(
        "SELECT \(LockedStream.columns) FROM streams WHERE check_key = ANY($1) ORDER BY key FOR UPDATE",
        [.ints(try checks.map { try $0[0] })])
      let streams = try rows.map { try LockedStream($0) }.filter { $0.sealed < keeping.announced }
      try Sealing(session: session, partitions: self.partitions).seal(streams, to: keeping.announced)
      return true
    }
  }
}

package import Model
import Postgres

extension PostgresHistory: FleetStore {
  package func clock() async throws -> Timestamp {
    let now: Int64? = try await underLeases { pool in
      try await pool.read { try $0.value("SELECT \(FleetTables.now)") }
    }
    return Timestamp(millisecondsSinceEpoch: now ?? 0)
  }

  // MARK: Singletons

  package func acquire(
    _ singleton: Singleton, holder: String, for duration: Duration
  ) async throws -> SingletonLease? {
    try await underLeases { pool in
      try await pool.transaction { try LeaseTable(session: $0).acquire(singleton, holder: holder, for: duration) }
    }
  }

  package func release(_ lease: SingletonLease) async throws {
    try await underLeases { pool in try await pool.transaction { try LeaseTable(session: $0).release(lease) } }
  }

  package func holder(of singleton: Singleton) async throws -> SingletonLease? {
    try await underLeases { pool in try await pool.read { try LeaseTable(session: $0).holder(of: singleton) } }
  }

  /// What has to be quick, on connections of its own.
  ///
  /// - Throws: `HistoryError` in place of a `PostgresFault`.
  private func underLeases<Result: Sendable>(
    _ body: @Sendable (PostgresPool) async throws -> Result
  ) async throws -> Result {
    do {
      return try await body(leasePool)
    } catch let fault as PostgresFault {
      throw HistoryError(fault, in: leasePool)
    }
  }

  // MARK: Configuration

  package func publish(_ content: [UInt8], digest: String, by holder: String) async throws -> Int64 {
    try await write { try ConfigurationTable(session: $0).publish(content, digest: digest, by: holder) }
  }

  package func newestConfiguration() async throws -> ConfigurationIdentity? {
    try await read { try ConfigurationTable(session: $0).newest() }
  }

  package func configuration() async throws -> StoredConfiguration? {
    try await read { try ConfigurationTable(session: $0).configuration() }
  }

  // MARK: Nodes

  package func register(_ node: NodeDescription) async throws -> NodeStanding {
    try await write { try NodeTable(session: $0).register(node) }
  }

  package func keep(_ beat: NodeBeat) async throws -> Bool {
    try await write { try NodeTable(session: $0).keep(beat) }
  }

  package func nodes(seenWithin age: Duration) async throws -> [NodeStanding] {
    try await read { try NodeTable(session: $0).nodes(seenWithin: age) }
  }

  package func setQuarantine(
    _ quarantine: Quarantine?, of node: String, under lease: SingletonLease
  ) async throws {
    try await write { session in
      try LeaseTable(session: session).hold(lease)
      try NodeTable(session: session).setQuarantine(quarantine, of: node)
    }
  }

  package func memberships() async throws -> [Membership] {
    try await read { try NodeTable(session: $0).memberships() }
  }

  package func put(_ membership: Membership, under lease: SingletonLease) async throws {
    try await write { session in
      try LeaseTable(session: session).hold(lease)
      try NodeTable(session: session).put(membership)
    }
  }

  // MARK: Runs

  package func ingest(_ batch: SpoolBatch) async throws -> IngestSummary {
    try await write { session in
      let votes = VoteTable(session: session)
      let spool = try votes.lock(batch)
      var progress = spool.progress
      let (fresh, replayed) = try progress.take(batch)
      let scheduled = fresh.compactMap { $0.origin == .scheduled ? $0.run : nil }
      let written = scheduled.isEmpty ? WriteSummary() : try self.write(scheduled, at: spool.now, in: session)
      if progress != spool.progress { try votes.store(fresh, of: batch, progress: progress, at: spool.now) }
      return IngestSummary(
        progress: progress, added: written.added + fresh.count - scheduled.count,
        duplicates: written.duplicates, replayed: replayed)
    }
  }

  package func votes(limit: Int) async throws -> [VoteBatch] {
    try await read { try VoteTable(session: $0).oldest(limit) }
  }

  package func settle(
    _ batches: [VoteBatch], decisions: [SlotDecision], under lease: SingletonLease
  ) async throws {
    let judged = decisions.filter(\.isMoreThanItsRuns).map {
      JudgedSlot(check: $0.check, slotStart: $0.slot.start, verdict: $0.verdict)
    }
    try await write { session in
      try LeaseTable(session: session).hold(lease)
      let votes = VoteTable(session: session)
      try votes.remove(batches)
      if !judged.isEmpty { try self.judge(judged, in: session) }
      try votes.append(decisions)
    }
  }

  package func ask(_ opinions: [OpinionQuestion], under lease: SingletonLease) async throws {
    try await write { session in
      try LeaseTable(session: session).hold(lease)
      try VoteTable(session: session).ask(opinions)
    }
  }

  package func opinions(after number: Int64) async throws -> [OpinionQuestion] {
    try await read { try VoteTable(session: $0).opinions(after: number) }
  }

  package func decisions(after place: Int64, limit: Int) async throws -> [FeedPiece] {
    try await read { try VoteTable(session: $0).feed(after: place, limit: limit) }
  }

  package func feedEnd() async throws -> Int64 {
    try await read { try VoteTable(session: $0).feedEnd() }
  }
}

extension SlotDecision {
  /// Whether history has to be told: it holds something else than the runs of the slot give, or may have held that before.
  fileprivate var isMoreThanItsRuns: Bool {
    isLate || verdict != .overRegions(votes.filter { $0.origin == .scheduled }.map(\.verdict))
  }
}

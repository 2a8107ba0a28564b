package import Model
import Postgres

extension PostgresHistory: FleetStore {
  package func clock(uptime: @escaping @Sendable () -> Duration) async throws -> ClockReading {
    try await underLeases { pool in
      try await pool.read { session in
        let asked = uptime()
        let now: Int64? = try session.value("SELECT \(FleetTables.now)")
        return ClockReading(moment: Timestamp(millisecondsSinceEpoch: now ?? 0), asked: asked, answered: uptime())
      }
    }
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
    try await write { try self.ingest(batch, in: $0) }
  }

  package func ingest(_ batch: SpoolBatch, under lease: SingletonLease) async throws -> IngestSummary {
    try await write { session in
      try LeaseTable(session: session).hold(lease)
      return try self.ingest(batch, in: session)
    }
  }

  private func ingest(_ batch: SpoolBatch, in session: PostgresSession) throws -> IngestSummary {
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

  package func feedPlace(within age: Duration) async throws -> Int64 {
    try await read { try VoteTable(session: $0).feedPlace(within: age) }
  }

  package func feedEnd() async throws -> Int64 {
    try await read { try VoteTable(session: $0).feedEnd() }
  }

  // MARK: Reports

  package func post(_ report: [UInt8]) async throws -> Int64 {
    try await write { try ReportTable(session: $0).post(report) }
  }

  package func takeReports(limit: Int, under lease: SingletonLease) async throws -> [PostedReport] {
    guard try await read({ try ReportTable(session: $0).isWaiting() }) else { return [] }
    return try await write { session in
      try LeaseTable(session: session).hold(lease)
      return try ReportTable(session: session).take(limit)
    }
  }

  package func answer(_ answers: [ReportAnswer], under lease: SingletonLease) async throws {
    try await write { session in
      try LeaseTable(session: session).hold(lease)
      try ReportTable(session: session).answer(answers)
    }
  }

  package func takeAnswer(to report: Int64) async throws -> [UInt8]? {
    try await write { try ReportTable(session: $0).takeAnswer(to: report) }
  }

  package func withdraw(_ report: Int64) async throws -> Bool {
    try await write { try ReportTable(session: $0).withdraw(report) }
  }

  // MARK: Upkeep

  package func forget(under lease: SingletonLease) async throws {
    try await write { session in
      try LeaseTable(session: session).hold(lease)
      try NodeTable(session: session).forget()
      try ReportTable(session: session).forget()
    }
  }
}

extension SlotDecision {
  /// Whether history has to be told: it holds something else than the runs of the slot give, or may have held that before.
  fileprivate var isMoreThanItsRuns: Bool {
    isLate || verdict != .overRegions(votes.filter { $0.origin == .scheduled }.map(\.verdict))
  }
}

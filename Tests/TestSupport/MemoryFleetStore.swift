package import Model
import Synchronization

/// A fleet's store in memory, with the contract of `FleetStore` and a clock that tests turn.
package final class MemoryFleetStore: FleetStore {
  /// What a test may look at, and set.
  package struct State: Sendable {
    package var leases: [Singleton: SingletonLease] = [:]
    package var tokens: [Singleton: Int64] = [:]
    package var configuration: StoredConfiguration?
    package var nodes: [String: NodeStanding] = [:]
    package var memberships: [String: Membership] = [:]
    /// By check, region and slot: what history has.
    package var runs: [RunKey: HistoryRun] = [:]
    package var queue: [VoteBatch] = []
    package var nextBatch: Int64 = 1
    package var feed: [FeedPiece] = []
    package var opinions: [OpinionQuestion] = []
    package var reports: [PostedReport] = []
    package var nextReport: Int64 = 1
    package var answers: [Int64: [UInt8]] = [:]
    /// Every decision that was settled, in order.
    package var settled: [SlotDecision] = []
    /// How far its clock is ahead of the time that tests turn.
    package var clockOffset = Duration.zero
    /// Called while it is asked for its clock.
    package var answering: @Sendable () -> Void = {}
    /// What every question fails with; nil while the store works.
    package var fault: String?
  }

  /// The identity of a run.
  package struct RunKey: Hashable, Sendable {
    package var check: CheckID
    package var region: String
    package var slot: Int64

    /// That of a run.
    package init(_ run: HistoryRun) {
      check = run.check
      region = run.region
      slot = run.slotStart.millisecondsSinceEpoch
    }
  }

  /// The store is away.
  package struct Away: Error, CustomStringConvertible {
    package var description: String
  }

  private let time: any TimeSource
  private let mostReports: Int
  private let state = Mutex(State())

  /// An empty store.
  package init(time: any TimeSource, mostReports: Int = 1_000) {
    self.time = time
    self.mostReports = mostReports
  }

  /// What is in it now.
  package var current: State { state.withLock { $0 } }

  /// Changes it behind everybody's back.
  package func change(_ body: (inout State) -> Void) {
    state.withLock { body(&$0) }
  }

  private func with<Result>(_ body: (inout State) throws -> Result) throws -> Result {
    try state.withLock { state in
      if let fault = state.fault { throw Away(description: fault) }
      return try body(&state)
    }
  }

  private func check(_ lease: SingletonLease, _ state: State) throws {
    guard let held = state.leases[lease.singleton], held.token == lease.token, held.holder == lease.holder else {
      throw FleetFault.leaseLost(lease.singleton)
    }
  }

  package func clock(uptime: @escaping @Sendable () -> Duration) async throws -> ClockReading {
    try with { state in
      let asked = uptime()
      state.answering()
      return ClockReading(moment: time.now + state.clockOffset, asked: asked, answered: uptime())
    }
  }

  package func acquire(
    _ singleton: Singleton, holder: String, for duration: Duration
  ) async throws -> SingletonLease? {
    try with { state in
      let now = time.now
      if let held = state.leases[singleton], held.until > now, held.holder != holder { return nil }
      var lease = SingletonLease(
        singleton: singleton, holder: holder, token: state.tokens[singleton] ?? 0, until: now + duration)
      if state.leases[singleton]?.holder != holder { lease.token += 1 }
      state.tokens[singleton] = lease.token
      state.leases[singleton] = lease
      return lease
    }
  }

  package func release(_ lease: SingletonLease) async throws {
    try with { state in
      if state.leases[lease.singleton]?.token == lease.token { state.leases[lease.singleton] = nil }
    }
  }

  package func holder(of singleton: Singleton) async throws -> SingletonLease? {
    try with { state in state.leases[singleton].flatMap { $0.until > time.now ? $0 : nil } }
  }

  package func publish(_ content: [UInt8], digest: String, by holder: String) async throws -> Int64 {
    try with { state in
      if let newest = state.configuration, newest.digest == digest { return newest.version }
      let version = (state.configuration?.version ?? 0) + 1
      state.configuration = StoredConfiguration(version: version, digest: digest, content: content)
      return version
    }
  }

  package func newestConfiguration() async throws -> ConfigurationIdentity? { try with { $0.configuration?.identity } }

  package func configuration() async throws -> StoredConfiguration? {
    try with { $0.configuration }
  }

  package func register(_ node: NodeDescription) async throws -> NodeStanding {
    try with { state in
      if let known = state.nodes[node.name], known.description.region != node.region,
        known.lastSeen >= time.now - NodeDescription.memory
      {
        throw FleetFault.foreignName(node.name, region: known.description.region)
      }
      var standing =
        state.nodes[node.name] ?? NodeStanding(description: node, registered: time.now, lastSeen: time.now)
      if standing.description.spool != node.spool { standing.progress = SpoolProgress() }
      standing.description = node
      standing.lastSeen = time.now
      standing.beat = nil
      state.nodes[node.name] = standing
      return standing
    }
  }

  package func keep(_ beat: NodeBeat) async throws -> Bool {
    try with { state in
      guard state.nodes[beat.node]?.description.region == beat.region else { return false }
      state.nodes[beat.node]?.beat = beat
      state.nodes[beat.node]?.lastSeen = time.now
      return true
    }
  }

  package func nodes(seenWithin age: Duration) async throws -> [NodeStanding] {
    try with { state in
      state.nodes.values.filter { $0.lastSeen >= time.now - age }
        .sorted { ($0.description.region, $0.description.name) < ($1.description.region, $1.description.name) }
    }
  }

  package func setQuarantine(
    _ quarantine: Quarantine?, of node: String, under lease: SingletonLease
  ) async throws {
    try with { state in
      try check(lease, state)
      state.nodes[node]?.quarantine = quarantine
    }
  }

  package func memberships() async throws -> [Membership] {
    try with { state in state.memberships.values.sorted { $0.region < $1.region } }
  }

  package func put(_ membership: Membership, under lease: SingletonLease) async throws {
    try with { state in
      try check(lease, state)
      state.memberships[membership.region] = membership
    }
  }

  package func ingest(_ batch: SpoolBatch) async throws -> IngestSummary {
    try with { state in
      guard let node = state.nodes[batch.node], node.description.spool == batch.spool,
        node.description.region == batch.region
      else {
        throw FleetFault.unknownNode(batch.node)
      }
      var progress = node.progress
      let (fresh, replayed) = try progress.take(batch)
      var summary = IngestSummary(progress: progress, replayed: replayed)
      var votes: [FleetRun] = []
      for run in fresh {
        let key = RunKey(run.run)
        if run.origin == .scheduled {
          guard state.runs[key] == nil else {
            summary.duplicates += 1
            continue
          }
          state.runs[key] = run.run
        }
        summary.added += 1
        votes.append(run)
      }
      if !votes.isEmpty {
        state.queue.append(VoteBatch(id: state.nextBatch, received: time.now, runs: votes))
        state.nextBatch += 1
      }
      state.nodes[batch.node]?.progress = progress
      return summary
    }
  }

  package func ingest(_ batch: SpoolBatch, under lease: SingletonLease) async throws -> IngestSummary {
    try with { try check(lease, $0) }
    return try await ingest(batch)
  }

  package func votes(limit: Int) async throws -> [VoteBatch] {
    try with { state in Array(state.queue.prefix(limit)) }
  }

  package func settle(
    _ batches: [VoteBatch], decisions: [SlotDecision], under lease: SingletonLease
  ) async throws {
    try with { state in
      try check(lease, state)
      let ids = Set(batches.map(\.id))
      state.queue.removeAll { ids.contains($0.id) }
      guard !decisions.isEmpty else { return }
      state.settled += decisions
      state.feed.append(FeedPiece(place: (state.feed.last?.place ?? 0) + 1, decisions: decisions))
    }
  }

  package func ask(_ opinions: [OpinionQuestion], under lease: SingletonLease) async throws {
    try with { state in
      try check(lease, state)
      for opinion in opinions {
        var opinion = opinion
        opinion.number = (state.opinions.last?.number ?? 0) + 1
        state.opinions.append(opinion)
      }
    }
  }

  package func opinions(after number: Int64) async throws -> [OpinionQuestion] {
    try with { state in state.opinions.filter { $0.number > number && $0.until > time.now } }
  }

  package func decisions(after place: Int64, limit: Int) async throws -> [FeedPiece] {
    try with { state in Array(state.feed.filter { $0.place > place }.prefix(limit)) }
  }

  package func feedPlace(within age: Duration) async throws -> Int64 {
    try with { state in
      let oldest = time.now - age
      let first = state.feed.first { piece in piece.decisions.contains { $0.decided >= oldest } }
      return first.map { $0.place - 1 } ?? state.feed.last?.place ?? 0
    }
  }

  package func feedEnd() async throws -> Int64 { try with { $0.feed.last?.place ?? 0 } }

  package func post(_ report: [UInt8]) async throws -> Int64 {
    try with { state in
      guard state.reports.count < mostReports else { throw FleetFault.tooManyReports }
      state.reports.append(
        PostedReport(number: state.nextReport, received: time.now, body: report, isAgain: false))
      state.nextReport += 1
      return state.nextReport - 1
    }
  }

  package func takeReports(limit: Int, under lease: SingletonLease) async throws -> [PostedReport] {
    try with { state in
      guard !state.reports.isEmpty else { return [] }
      try check(lease, state)
      let taken = Array(state.reports.prefix(limit))
      for index in taken.indices { state.reports[index].isAgain = true }
      return taken
    }
  }

  package func answer(_ answers: [ReportAnswer], under lease: SingletonLease) async throws {
    try with { state in
      try check(lease, state)
      for answer in answers {
        state.reports.removeAll { $0.number == answer.number }
        state.answers[answer.number] = answer.body
      }
    }
  }

  package func takeAnswer(to report: Int64) async throws -> [UInt8]? {
    try with { $0.answers.removeValue(forKey: report) }
  }

  package func withdraw(_ report: Int64) async throws -> Bool {
    try with { state in
      guard state.reports.contains(where: { $0.number == report && !$0.isAgain }) else { return false }
      state.reports.removeAll { $0.number == report }
      return true
    }
  }

  package func forget(under lease: SingletonLease) async throws {
    try with { state in
      try check(lease, state)
      state.nodes = state.nodes.filter { $0.value.lastSeen >= time.now - NodeDescription.memory }
      let regions = Set(state.nodes.values.map(\.description.region))
      state.memberships = state.memberships.filter { regions.contains($0.key) }
    }
  }
}

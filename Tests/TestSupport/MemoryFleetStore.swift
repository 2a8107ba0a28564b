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
    /// Every decision that was settled, in order.
    package var settled: [SlotDecision] = []
    /// What every question fails with; nil while the store works.
    package var fault: String?
  }

  /// The identity of a run.
  package struct RunKey: Hashable, Sendable {
    package var check: CheckID
    package var region: String
    package var slot: Int64
  }

  /// The store is away.
  package struct Away: Error, CustomStringConvertible {
    package var description: String
  }

  private let time: any TimeSource
  private let state = Mutex(State())

  /// An empty store.
  package init(time: any TimeSource) {
    self.time = time
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

  package func clock() async throws -> Timestamp { try with { _ in time.now } }

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
      guard state.nodes[beat.node] != nil else { return false }
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
      guard let node = state.nodes[batch.node], node.description.spool == batch.spool else {
        throw FleetFault.unknownNode(batch.node)
      }
      var progress = node.progress
      let (fresh, replayed) = try progress.take(batch)
      var summary = IngestSummary(progress: progress, replayed: replayed)
      var votes: [FleetRun] = []
      for run in fresh {
        let key = RunKey(
          check: run.run.check, region: run.run.region, slot: run.run.slotStart.millisecondsSinceEpoch)
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

  package func feedEnd() async throws -> Int64 { try with { $0.feed.last?.place ?? 0 } }
}

import Glibc
import Model
import Postgres
import PostgresHistory
import Synchronization
import TestSupport
import Testing

@Suite("What the replicas of a hub share in PostgreSQL")
struct FleetStoreTests {
  // MARK: Leases

  @Test("a lease is one replica's until it ends, is given back or is prolonged")
  func leases() async throws {
    let fixture = try await FleetFixture()
    let (one, two) = (fixture.store, try await fixture.replica())
    let before = try await one.clock()
    let lease = try #require(try await one.acquire(.deciding, holder: "one", for: .seconds(60)))
    // No number of a database that stood here before is given out again.
    #expect(lease.holder == "one" && lease.token >= before.millisecondsSinceEpoch)
    #expect(lease.until > (try await one.clock()) + .seconds(50))
    #expect(try await two.acquire(.deciding, holder: "two", for: .seconds(60)) == nil)
    #expect(try await two.holder(of: .deciding) == lease)
    // Another singleton is another lease.
    #expect(try await two.acquire(.keeping, holder: "two", for: .seconds(60)) != nil)
    let prolonged = try #require(try await one.acquire(.deciding, holder: "one", for: .seconds(90)))
    #expect(prolonged.token == lease.token && prolonged.until > lease.until)
    try await one.release(prolonged)
    #expect(try await one.holder(of: .deciding) == nil)
    let next = try #require(try await two.acquire(.deciding, holder: "two", for: .seconds(60)))
    #expect(next.token == lease.token + 1)
    // What is another's by now is not given back.
    try await one.release(prolonged)
    #expect(try await one.holder(of: .deciding) == next)
  }

  @Test("a lease that has ended goes to another one, and whoever had it is refused")
  func fencing() async throws {
    let fixture = try await FleetFixture()
    let (one, two) = (fixture.store, try await fixture.replica())
    try await fixture.register()
    _ = try await one.ingest(try fixture.batch(1...3))
    let old = try #require(try await one.acquire(.deciding, holder: "one", for: .milliseconds(1)))
    let votes = try await one.votes(limit: 10)
    let new = try await eventually("the lease has ended") {
      try await two.acquire(.deciding, holder: "two", for: .seconds(60))
    }
    #expect(new.token == old.token + 1)
    let decision = try decision(1, .down)
    await #expect(throws: FleetFault.leaseLost(.deciding)) {
      try await one.settle(votes, decisions: [decision], under: old)
    }
    await #expect(throws: FleetFault.leaseLost(.deciding)) {
      try await one.ask([try question(1)], under: old)
    }
    await #expect(throws: FleetFault.leaseLost(.deciding)) {
      try await one.setQuarantine(Quarantine(since: new.until, reason: "odd"), of: "probe-1", under: old)
    }
    await #expect(throws: FleetFault.leaseLost(.deciding)) {
      try await one.put(Membership(region: "eu-west", epoch: 1, since: new.until, members: []), under: old)
    }
    #expect(try await two.votes(limit: 10) == votes)
    #expect(try await two.feedEnd() == 0)
    #expect(try await two.memberships() == [])
    #expect(try await two.opinions(after: 0) == [])
    #expect(try await two.nodes(seenWithin: .seconds(600)).first?.quarantine == nil)
    try await two.settle(votes, decisions: [decision], under: new)
    #expect(try await one.votes(limit: 10) == [])
    #expect(try await one.decisions(after: 0, limit: 10).map(\.decisions) == [[decision]])
  }

  @Test("of many who take one lease at once, one has it")
  func manyTakers() async throws {
    let fixture = try await FleetFixture(PostgresOptions(connections: 8))
    let holders = try await withThrowingTaskGroup(of: SingletonLease?.self) { group in
      for number in 0..<16 {
        group.addTask { try await fixture.store.acquire(.assigning, holder: "hub-\(number)", for: .seconds(60)) }
      }
      return try await group.reduce(into: [SingletonLease]()) { if let lease = $1 { $0.append(lease) } }
    }
    #expect(holders.count == 1)
    #expect(try await fixture.store.holder(of: .assigning) == holders.first)
  }

  // MARK: Configuration, nodes, memberships

  @Test("a configuration has a version that rises, and the same one is published once")
  func configurations() async throws {
    let fixture = try await FleetFixture()
    let (one, two) = (fixture.store, try await fixture.replica())
    #expect(try await one.configuration() == nil)
    let versions = try await withThrowingTaskGroup(of: Int64.self) { group in
      for store in [one, two, one, two] {
        group.addTask { try await store.publish([1, 2, 0], digest: "a", by: "hub") }
      }
      return try await group.reduce(into: Set<Int64>()) { $0.insert($1) }
    }
    #expect(versions == [1])
    #expect(
      try await two.configuration() == StoredConfiguration(version: 1, digest: "a", content: [1, 2, 0]))
    #expect(try await two.newestConfiguration() == ConfigurationIdentity(version: 1, digest: "a"))
    for number in 2...30 { #expect(try await two.publish([UInt8(number)], digest: "\(number)", by: "hub") == number) }
    #expect(try await one.configuration()?.version == 30)
    // One that comes back is new again.
    #expect(try await one.publish([1, 2, 0], digest: "a", by: "hub") == 31)
  }

  @Test("a node stands as it said last, with what is stored of its spool")
  func nodes() async throws {
    let fixture = try await FleetFixture()
    let store = fixture.store
    var node = NodeDescription(
      name: "probe-1", region: "eu-west", labels: ["provider": "ä \"quoted\"", "asn": ""], version: "1.0", spool: .max)
    let standing = try await store.register(node)
    #expect(standing.description == node && standing.beat == nil && standing.progress == SpoolProgress())
    #expect(try await store.keep(NodeBeat(node: "nobody", region: "eu-west")) == false)
    let beat = NodeBeat(
      node: "probe-1", region: "eu-west", configuration: 3, epoch: 4, clockOffset: .microseconds(-1500), spoolLength: 5,
      oldestWait: .milliseconds(6), dropped: 7, checks: 8, isLeaving: true)
    #expect(try await store.keep(beat))
    _ = try await store.register(NodeDescription(name: "a-probe", region: "us", version: "2", spool: 1))
    let nodes = try await store.nodes(seenWithin: .seconds(600))
    #expect(nodes.map(\.description.name) == ["probe-1", "a-probe"])
    #expect(nodes.first?.beat == beat)
    #expect(nodes.first.map { $0.lastSeen >= $0.registered } == true)
    #expect(try await store.nodes(seenWithin: .zero - .seconds(60)) == [])
    let lease = try #require(try await store.acquire(.assigning, holder: "hub", for: .seconds(60)))
    let quarantine = Quarantine(since: standing.registered, reason: "it fails what all others pass")
    try await store.setQuarantine(quarantine, of: "probe-1", under: lease)
    node.labels = [:]
    node.spool = 2
    let again = try await store.register(node)
    #expect(again.description == node && again.quarantine == quarantine && again.registered == standing.registered)
    try await store.setQuarantine(nil, of: "probe-1", under: lease)
    #expect(try await store.nodes(seenWithin: .seconds(600)).first?.quarantine == nil)
    await #expect(throws: FleetFault.unknownNode("nobody")) {
      try await store.setQuarantine(quarantine, of: "nobody", under: lease)
    }
  }

  @Test("memberships and questions for second opinions are read as they were put")
  func memberships() async throws {
    let fixture = try await FleetFixture()
    let store = fixture.store
    let lease = try #require(try await store.acquire(.assigning, holder: "hub", for: .seconds(60)))
    var eu = Membership(
      region: "eu-west", epoch: 1, since: FleetFixture.slotStart(1),
      members: [.init(node: "a"), .init(node: "b", silence: .milliseconds(12_345))])
    let us = Membership(region: "us", epoch: 9, since: FleetFixture.slotStart(2), members: [])
    try await store.put(us, under: lease)
    try await store.put(eu, under: lease)
    #expect(try await store.memberships() == [eu, us])
    eu.epoch = 2
    eu.members = [.init(node: "b")]
    try await store.put(eu, under: lease)
    #expect(try await store.memberships() == [eu, us])
    let now = try await store.clock()
    let questions = try [
      question(1, until: now + .hours(1)), question(2, until: now - .hours(1)), question(3, until: now + .hours(1)),
    ]
    try await store.ask(questions, under: lease)
    let asked = try await store.opinions(after: 0)
    #expect(asked.map(\.slot) == [1, 3])
    #expect(try await store.opinions(after: try #require(asked.first).number).map(\.slot) == [3])
  }

  // MARK: Runs

  @Test("runs of a spool are stored once, however often they come")
  func replay() async throws {
    let fixture = try await FleetFixture()
    try await fixture.register()
    #expect(
      try await fixture.store.ingest(try fixture.batch(1...3))
        == IngestSummary(progress: SpoolProgress(acknowledged: 3), added: 3))
    #expect(
      try await fixture.store.ingest(try fixture.batch(1...3))
        == IngestSummary(progress: SpoolProgress(acknowledged: 3), replayed: 3))
    #expect(
      try await fixture.store.ingest(try fixture.batch(2...5))
        == IngestSummary(progress: SpoolProgress(acknowledged: 5), added: 2, replayed: 2))
    #expect(try await fixture.runs() == 5)
    let votes = try await fixture.store.votes(limit: 10)
    #expect(votes.map(\.runs.count) == [3, 2])
    #expect(votes.flatMap(\.runs) == (try fixture.batch(1...5)).runs)
    #expect(try await fixture.store.votes(limit: 1).count == 1)
    #expect(try await fixture.store.nodes(seenWithin: .seconds(600)).first?.progress.acknowledged == 5)
  }

  @Test("a gap is refused with what is stored, and numbers that a spool dropped are none")
  func gaps() async throws {
    let fixture = try await FleetFixture()
    try await fixture.register()
    await #expect(throws: FleetFault.gap(acknowledged: 0)) { try await fixture.store.ingest(try fixture.batch(2...3)) }
    _ = try await fixture.store.ingest(try fixture.batch(1...2))
    await #expect(throws: FleetFault.gap(acknowledged: 2)) { try await fixture.store.ingest(try fixture.batch(4...5)) }
    #expect(
      try await fixture.store.ingest(try fixture.batch(10...12, oldest: 10))
        == IngestSummary(progress: SpoolProgress(acknowledged: 12), added: 3))
    #expect(try await fixture.runs() == 5)
    // Nothing is left in it, and more of it is gone.
    let empty = SpoolBatch(node: "probe-1", region: "eu-west", spool: 7, first: 20, oldest: 20, runs: [])
    #expect(try await fixture.store.ingest(empty) == IngestSummary(progress: SpoolProgress(acknowledged: 19)))
    #expect(
      try await fixture.store.ingest(try fixture.batch(20...20))
        == IngestSummary(progress: SpoolProgress(acknowledged: 20), added: 1))
  }

  @Test("nobody's runs are taken, and those of a new spool are counted from its beginning")
  func spools() async throws {
    let fixture = try await FleetFixture()
    await #expect(throws: FleetFault.unknownNode("probe-1")) {
      try await fixture.store.ingest(try fixture.batch(1...2))
    }
    try await fixture.register()
    _ = try await fixture.store.ingest(try fixture.batch(1...2))
    try await fixture.register(spool: 8)
    #expect(
      try await fixture.store.ingest(try fixture.batch(1...3, spool: 8))
        == IngestSummary(progress: SpoolProgress(acknowledged: 3), added: 1, duplicates: 2))
    try await fixture.register(spool: 7)
    #expect(
      try await fixture.store.ingest(try fixture.batch(1...2))
        == IngestSummary(progress: SpoolProgress(acknowledged: 2), replayed: 2))
  }

  @Test("a slot has one run of a region, whichever of its nodes was first")
  func duplicates() async throws {
    let fixture = try await FleetFixture()
    try await fixture.register()
    try await fixture.register("probe-2")
    _ = try await fixture.store.ingest(try fixture.batch(1...3))
    #expect(
      try await fixture.store.ingest(try fixture.batch(1...4, node: "probe-2"))
        == IngestSummary(progress: SpoolProgress(acknowledged: 4), added: 1, duplicates: 3))
    let query = RunQuery(check: try .named("front-page"), limit: 10)
    #expect(try await fixture.store.runs(query).runs.map(\.node) == ["probe-2", "probe-1", "probe-1", "probe-1"])
  }

  @Test("a second opinion votes, and is no run of its region")
  func opinions() async throws {
    let fixture = try await FleetFixture()
    try await fixture.register()
    let batch = try fixture.batch(1...1, origin: .opinion)
    #expect(try await fixture.store.ingest(batch).progress.acknowledged == 1)
    #expect(try await fixture.runs() == 0)
    #expect(try await fixture.store.votes(limit: 10).map(\.runs) == [batch.runs])
  }

  /// As a node does: again when it is told that the batch is being stored.
  private func push(_ batch: SpoolBatch, to store: any FleetStore) async throws {
    while true {
      do {
        _ = try await store.ingest(batch)
        return
      } catch FleetFault.storing {
        await Task.yield()
      }
    }
  }

  @Test("ten nodes push at once, some batches twice, and nothing is lost or doubled")
  func manyNodes() async throws {
    let fixture = try await FleetFixture(PostgresOptions(connections: 8))
    try await withThrowingTaskGroup(of: Void.self) { group in
      for number in 0..<10 {
        let (node, region) = ("probe-\(number)", "region-\(number % 5)")
        // Two nodes of a region, each with a check of its own and one that both run.
        group.addTask {
          try await fixture.register(node, region: region, spool: UInt64(number))
          for first in stride(from: Int64(1), to: 100, by: 10) {
            let own = try fixture.batch(
              first...(first + 4), node: node, region: region, spool: UInt64(number), check: "check-\(number)")
            let common = try fixture.batch(
              (first + 5)...(first + 9), node: node, region: region, spool: UInt64(number), check: "common")
            async let twice: Void = push(own, to: fixture.store)
            try await push(own, to: fixture.store)
            try await twice
            _ = try await fixture.store.ingest(common)
          }
        }
      }
      try await group.waitForAll()
    }
    for number in 0..<10 {
      #expect(try await fixture.runs(of: "check-\(number)", region: "region-\(number % 5)") == 50)
      #expect(try await fixture.runs(of: "common", region: "region-\(number % 5)") == 50)
    }
    let queued = try await fixture.store.votes(limit: 10_000).flatMap(\.runs)
    #expect(queued.count == 1000)
    #expect(Set(queued.map { "\($0.run.node ?? "") \($0.run.check) \($0.run.slotStart)" }).count == 1000)
    #expect(
      try await fixture.store.nodes(seenWithin: .hours(1)).map(\.progress.acknowledged)
        == Array(repeating: 100, count: 10))
  }

  @Test("of two who settle the same votes, one does, and the feed has each decision once, in order")
  func consumers() async throws {
    let fixture = try await FleetFixture()
    let (one, two) = (fixture.store, try await fixture.replica())
    try await fixture.register()
    for number in Int64(1)...20 { _ = try await one.ingest(try fixture.batch(number...number)) }
    // Each takes the lease over as soon as it can, like hubs of which one seems dead to the other.
    try await withThrowingTaskGroup(of: Void.self) { group in
      for (name, store) in [("one", one), ("two", two)] {
        group.addTask {
          while !(try await store.votes(limit: 1)).isEmpty {
            guard let lease = try await store.acquire(.deciding, holder: name, for: .milliseconds(2)) else { continue }
            let votes = try await store.votes(limit: 3)
            let decisions = try votes.flatMap(\.runs).map { try self.decision(at: $0.run.slotStart, .up) }
            do {
              try await store.settle(votes, decisions: decisions, under: lease)
            } catch FleetFault.leaseLost {
              continue
            }
          }
        }
      }
      try await group.waitForAll()
    }
    let feed = try await one.decisions(after: 0, limit: 100)
    #expect(feed.map(\.place) == feed.map(\.place).sorted())
    #expect(feed.flatMap(\.decisions).map(\.slot.start) == (1...20).map { FleetFixture.slotStart($0) })
    let last = try #require(feed.last)
    #expect(try await two.feedEnd() == last.place)
    #expect(try await two.decisions(after: last.place, limit: 100) == [])
    #expect(try await two.decisions(after: 0, limit: 1) == Array(feed.prefix(1)))
  }

  @Test("the feed is kept for an hour")
  func feedEnds() async throws {
    let fixture = try await FleetFixture()
    let lease = try #require(try await fixture.store.acquire(.deciding, holder: "hub", for: .seconds(60)))
    try await fixture.store.settle([], decisions: [try decision(1, .up)], under: lease)
    try await fixture.store.settle([], decisions: [try decision(2, .up)], under: lease)
    let pool = PostgresPool(try PostgresAddress(fixture.url))
    try await pool.transaction { try $0.run("UPDATE fleet_feed SET made = made - 3600001 WHERE place = 1") }
    await pool.close()
    try await fixture.store.settle([], decisions: [], under: lease)
    #expect(try await fixture.store.decisions(after: 0, limit: 10).map(\.place) == [2])
  }

  @Test("leases are prolonged while every other connection is in use")
  func leasesUnderLoad() async throws {
    let store = try await PostgresHistory(url: Secret(try await PostgresServer.database()), connections: 1)
    let reading = try await store.archive()
    _ = try await reading.head()
    let lease = try #require(try await store.acquire(.deciding, holder: "one", for: .seconds(60)))
    #expect(try await store.holder(of: .deciding) == lease)
    _ = try await reading.head()
  }

  @Test("a batch that comes again while the first one is being stored does not wait for it")
  func batchTwiceAtOnce() async throws {
    let server = try await PostgresServer.shared()
    let url = try await server.makeDatabase()
    let store = try await PostgresHistory(url: Secret(url), connections: 1)
    _ = try await store.register(NodeDescription(name: "probe-1", region: "eu-west", version: "1", spool: 7))
    let pool = PostgresPool(try PostgresAddress(url))
    let (locked, lock) = AsyncStream<Void>.makeStream()
    let stored = Mutex(false)
    let first = Task {
      try await pool.transaction { session in
        try session.execute("SELECT 1 FROM fleet_spools FOR UPDATE")
        lock.yield()
        while !stored.withLock({ $0 }) { try session.run("SELECT pg_sleep(0.01)") }
      }
    }
    for await _ in locked { break }
    await #expect(throws: FleetFault.storing("probe-1")) { try await store.ingest(try batch(after: 0)) }
    stored.withLock { $0 = true }
    try await first.value
    #expect(try await store.ingest(try batch(after: 0)).progress.acknowledged > 0)
    await pool.close()
    try await store.close()
  }

  @Test("what was acknowledged is there after a crash of the server, and the rest is sent again")
  func crash() async throws {
    let server = try await PostgresServer(isDurable: true)
    let address = try PostgresAddress(try await server.makeDatabase())
    let store = try await PostgresHistory(address, options: PostgresOptions(patience: .seconds(120)))
    _ = try await store.register(NodeDescription(name: "probe-1", region: "eu-west", version: "1", spool: 7))
    let pusher = Task {
      var acknowledged: Int64 = 0
      while !Task.isCancelled {
        do {
          acknowledged = try await store.ingest(try batch(after: acknowledged)).progress.acknowledged
        } catch is HistoryError {
          continue
        }
      }
      return acknowledged
    }
    for _ in 0..<2 {
      _ = try await eventually("something is pushed") { try? await store.votes(limit: 1).first }
      try await server.stop(SIGQUIT)
      try await server.start()
    }
    pusher.cancel()
    let acknowledged = try await pusher.value
    #expect(acknowledged > 0)
    #expect(try await store.votes(limit: .max).flatMap(\.runs).count == Int(acknowledged))
    #expect(try await store.lastRuns(of: nil, limit: 100).count { $0.region == "eu-west" } == Int(acknowledged))
    try await store.close()
  }

  /// Three runs after a number, a hundred of each check.
  private func batch(after number: Int64) throws -> SpoolBatch {
    let runs = try (number..<(number + 3)).map { number in
      FleetRun(
        run: HistoryRun(
          check: try .named("check-\(number / 100)"), region: "eu-west", node: "probe-1",
          slotStart: FleetFixture.slotStart(number % 100), interval: .seconds(60), duration: nil, verdict: .up),
        configuration: 1, epoch: 1)
    }
    return SpoolBatch(node: "probe-1", region: "eu-west", spool: 7, first: number + 1, oldest: 1, runs: runs)
  }

  private func question(_ slot: Int64, until: Timestamp = FleetFixture.slotStart(1000)) throws -> OpinionQuestion {
    OpinionQuestion(check: try .named("front-page"), slot: slot, node: "probe-2", region: "us", until: until)
  }

  private func decision(_ number: Int64, _ verdict: Verdict) throws -> SlotDecision {
    try decision(at: FleetFixture.slotStart(number), verdict)
  }

  private func decision(at start: Timestamp, _ verdict: Verdict) throws -> SlotDecision {
    let slot = Slot(number: start.millisecondsSinceEpoch / 60_000, start: start, interval: .seconds(60))
    let vote = RegionalVote(region: "eu-west", node: "probe-1", verdict: verdict, duration: .milliseconds(20))
    return SlotDecision(
      check: try .named("front-page"), slot: slot, verdict: verdict, votes: [vote], lastVote: start + .seconds(1),
      decided: start + .seconds(2))
  }
}

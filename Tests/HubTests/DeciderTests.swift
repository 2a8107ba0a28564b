import Hub
import Model
import Synchronization
import TestSupport
import Testing

@Suite struct DeciderTests {
  @Test func `a slot is decided when every region has voted, and told when it is settled`() async throws {
    let fleet = try await FleetRig(["a", "b", "c"])
    let leader = fleet.leader("one")
    #expect(await fleet.until { fleet.store.current.leases[.deciding] != nil })
    let slot = fleet.slot
    for region in ["a", "b", "c"] { try await fleet.vote(region == "a" ? .up : .down, in: region, slot: slot) }
    let begin = fleet.time.now
    #expect(await fleet.until { !fleet.told.all.isEmpty })
    let decision = try #require(fleet.told.all.first)
    #expect(decision.verdict == .down)
    #expect(decision.slot == slot)
    #expect(decision.votes.map(\.region) == ["a", "b", "c"])
    #expect(decision.decided - begin <= .seconds(1))
    #expect(fleet.store.current.queue.isEmpty)
    #expect(fleet.store.current.feed.map(\.decisions.count) == [1])
    leader.cancel()
    await leader.value
  }

  @Test func `one region alone brings nothing down, and is named`() async throws {
    let fleet = try await FleetRig(["a", "b", "c"])
    let leader = fleet.leader("one")
    #expect(await fleet.until { fleet.store.current.leases[.deciding] != nil })
    let slot = fleet.slot
    for region in ["a", "b", "c"] { try await fleet.vote(region == "b" ? .down : .up, in: region, slot: slot) }
    #expect(await fleet.until { !fleet.told.all.isEmpty })
    let decision = try #require(fleet.told.all.first)
    #expect(decision.verdict == .degraded)
    #expect(decision.reason?.code == .regional)
    #expect(decision.reason?.message.contains("b") == true)
    leader.cancel()
    await leader.value
  }

  @Test func `a new leader goes on with open slots, and decides none twice`() async throws {
    let fleet = try await FleetRig(["a", "b", "c"])
    let first = fleet.leader("one")
    #expect(await fleet.until { fleet.store.current.leases[.deciding] != nil })
    let slot = fleet.slot
    for region in ["a", "b", "c"] { try await fleet.vote(.up, in: region, slot: slot) }
    #expect(await fleet.until { fleet.told.all.count == 1 })
    // Half of the votes of the next slot are taken by the leader that goes.
    _ = await fleet.until(within: slot.interval) { fleet.slot > slot }
    try await fleet.beat(["a", "b", "c"])
    let next = fleet.slot
    try await fleet.vote(.down, in: "a", slot: next)
    #expect(await fleet.until { fleet.store.current.queue.isEmpty })
    first.cancel()
    await first.value
    // It has followed nothing of the feed yet: what was decided it reads when it begins to lead.
    let second = fleet.leader("two")
    #expect(await fleet.until { fleet.store.current.leases[.deciding]?.holder == "two" })
    try await fleet.vote(.down, in: "b", slot: next)
    #expect(await fleet.until { fleet.told.all.count == 2 })
    #expect(fleet.told.holders == ["one", "two"])
    let decision = fleet.told.all[1]
    #expect(decision.verdict == .down)
    #expect(decision.votes.map(\.region) == ["a", "b"])
    _ = await fleet.until(within: .seconds(3)) { false }
    #expect(fleet.store.current.settled.filter { $0.slot == slot }.count == 1)
    #expect(fleet.store.current.settled.filter { $0.slot == next }.count == 1)
    second.cancel()
    await second.value
  }

  @Test func `a new leader knows what was decided of a slot that lasts, however long ago and however much since`()
    async throws
  {
    let fleet = try await FleetRig(["a", "b"])
    let slow = Check(
      id: FixedSupply.shop.id, kind: .http, interval: .minutes(20),
      location: SourceLocation(file: "a.yaml", line: 1, column: 1))
    fleet.rig.supply.put(HubPlan([slow], configuration: 3))
    let slot = slow.grid.slot(at: fleet.time.now)
    for region in ["a", "b"] { try await fleet.vote(.down, in: region, slot: slot) }
    let votes = fleet.store.current.queue.flatMap(\.runs).map { run in
      RegionalVote(region: run.run.region, node: run.run.node, verdict: .down, reason: run.run.reason)
    }
    // A third region was there then, which is what the votes alone do not say.
    let decided = SlotDecision(check: slow.id, slot: slot, verdict: .degraded, votes: votes, decided: fleet.time.now)
    fleet.store.change { state in
      state.queue = []
      state.feed = [FeedPiece(place: 1, decisions: [decided])]
      state.feed += (2...1000).map { FeedPiece(place: $0, decisions: []) }
    }
    let leader = fleet.leader("one")
    #expect(await fleet.until { fleet.store.current.leases[.deciding] != nil })
    _ = await fleet.until(within: .seconds(20)) { false }
    #expect(fleet.told.all.filter { $0.slot == slot }.isEmpty)
    leader.cancel()
    await leader.value
  }

  @Test(arguments: [5, 40])
  func `a region that is down alone is believed after as many slots in a row as were asked for, whoever led`(
    consecutive: Int
  ) async throws {
    let fleet = try await FleetRig(["a", "b"])
    var shop = FixedSupply.shop
    shop.quorum = Quorum(consecutive: consecutive)
    fleet.rig.supply.put(HubPlan([shop], configuration: 3))
    let slot = fleet.slot
    fleet.store.change { state in
      for back in 1..<consecutive {
        for region in ["a", "b"] {
          let before = shop.grid.slot(number: slot.number - Int64(back))
          let run = fleet.run(region == "a" ? .down : .up, in: region, slot: before).run
          state.runs[MemoryFleetStore.RunKey(run)] = run
        }
      }
      let last = SlotDecision(
        check: shop.id, slot: shop.grid.slot(number: slot.number - 1), verdict: .degraded, votes: [],
        decided: fleet.time.now)
      state.feed = [FeedPiece(place: 1, decisions: [last])]
    }
    let leader = fleet.leader("one")
    #expect(await fleet.until { fleet.store.current.leases[.deciding] != nil })
    try await fleet.vote(.down, in: "a", slot: slot)
    try await fleet.vote(.up, in: "b", slot: slot)
    #expect(await fleet.until { fleet.told.all.contains { $0.slot == slot } })
    #expect(fleet.told.all.first { $0.slot == slot }?.verdict == .down)
    leader.cancel()
    await leader.value
  }

  @Test func `of the newest slots only those count at a takeover that nobody decides any more`() throws {
    let grid = FixedSupply.shop.grid
    let present = grid.slot(at: ManualTime().now).number
    let now = grid.slot(number: present).start
    let runs = (0..<6).map { back in
      let slot = grid.slot(number: present - Int64(back))
      return HistoryRun(
        check: FixedSupply.shop.id, region: "",
        slotStart: Timestamp(millisecondsSinceEpoch: slot.start.millisecondsSinceEpoch), interval: slot.interval,
        duration: nil, verdict: .down)
    }
    let memory = DecisionMemory()
    // Without a word of the feed, those that are over for too long to be decided.
    #expect(memory.settled(runs, at: now).count == 2)
    let decided = SlotDecision(
      check: FixedSupply.shop.id, slot: grid.slot(number: present - 1), verdict: .up, votes: [], decided: now)
    memory.keep([decided])
    #expect(memory.settled(runs, at: now).map(\.slotStart) == runs.dropFirst().map(\.slotStart))
  }

  @Test(arguments: [0, 250])
  func `a leader that has read nothing of the feed decides none twice`(laterPieces: Int) async throws {
    let fleet = try await FleetRig(["a", "b", "c"])
    let first = fleet.leader("one")
    #expect(await fleet.until { fleet.store.current.leases[.deciding] != nil })
    let slot = fleet.slot
    for region in ["a", "b", "c"] { try await fleet.vote(.up, in: region, slot: slot) }
    #expect(await fleet.until { fleet.told.all.count == 1 })
    first.cancel()
    await first.value
    // Others are decided after it, so that it does not lie at the end.
    let other = try #require(CheckID("other"))
    let grid = SlotGrid(check: other, interval: .seconds(1))
    fleet.store.change { state in
      for _ in 0..<laterPieces {
        let decision = SlotDecision(
          check: other, slot: grid.slot(at: fleet.time.now), verdict: .up, votes: [], decided: fleet.time.now)
        state.feed.append(FeedPiece(place: (state.feed.last?.place ?? 0) + 1, decisions: [decision]))
      }
    }
    let second = fleet.leader("two")
    #expect(await fleet.until { fleet.store.current.leases[.deciding]?.holder == "two" })
    #expect(fleet.slot == slot)
    _ = await fleet.until(within: .seconds(5)) { false }
    #expect(fleet.store.current.settled.filter { $0.slot == slot }.count == 1)
    #expect(fleet.told.holders == ["one"])
    second.cancel()
    await second.value
  }

  @Test func `a leader that lost its lease settles nothing, and tells nobody`() async throws {
    let fleet = try await FleetRig(["a"])
    let leader = fleet.leader("one")
    #expect(await fleet.until { fleet.store.current.leases[.deciding] != nil })
    fleet.store.change { state in
      state.leases[.deciding] = SingletonLease(
        singleton: .deciding, holder: "two", token: 9, until: fleet.time.now + .seconds(3600))
      state.tokens[.deciding] = 9
    }
    try await fleet.vote(.down, in: "a", slot: fleet.slot)
    _ = await fleet.until(within: .seconds(5)) { false }
    #expect(fleet.told.all.isEmpty)
    #expect(fleet.store.current.queue.count == 1)
    leader.cancel()
    await leader.value
  }

  @Test func `a store that was away loses no vote`() async throws {
    let fleet = try await FleetRig(["a", "b"])
    let leader = fleet.leader("one")
    #expect(await fleet.until { fleet.store.current.leases[.deciding] != nil })
    let slot = fleet.slot
    try await fleet.vote(.up, in: "a", slot: slot)
    #expect(await fleet.until { fleet.store.current.queue.isEmpty })
    try await fleet.vote(.up, in: "b", slot: slot)
    fleet.store.change { $0.fault = "the connection was lost" }
    _ = await fleet.until(within: .seconds(8)) { false }
    #expect(fleet.told.all.isEmpty)
    fleet.store.change { $0.fault = nil }
    #expect(await fleet.until { fleet.told.all.contains { $0.slot == slot } })
    #expect(fleet.told.all.first { $0.slot == slot }?.votes.map(\.region) == ["a", "b"])
    leader.cancel()
    await leader.value
  }

  @Test func `a late vote corrects history and says that it does`() async throws {
    let fleet = try await FleetRig(["a", "b", "c"])
    let leader = fleet.leader("one")
    #expect(await fleet.until { fleet.store.current.leases[.deciding] != nil })
    let slot = fleet.slot
    try await fleet.vote(.up, in: "a", slot: slot)
    try await fleet.vote(.up, in: "b", slot: slot)
    #expect(await fleet.until(within: .seconds(80)) { !fleet.told.all.isEmpty })
    try await fleet.vote(.degraded, in: "c", slot: slot)
    #expect(await fleet.until { fleet.told.all.contains { $0.isLate && $0.slot == slot } })
    leader.cancel()
    await leader.value
  }

  @Test func `a first failure of the only region asks a node elsewhere`() async throws {
    let fleet = try await FleetRig(["us-east", "eu-west"])
    fleet.store.change { state in
      for region in ["us-east", "eu-west"] {
        state.memberships[region] = Membership(
          region: region, epoch: 1, since: fleet.time.now - .seconds(600), members: [.init(node: "node-\(region)")])
      }
    }
    fleet.rig.supply.put(HubPlan([FixedSupply.check("shop", regions: ["us-east"])], configuration: 4))
    let leader = fleet.leader("one")
    #expect(await fleet.until { fleet.store.current.leases[.deciding] != nil })
    try await fleet.vote(.down, in: "us-east", slot: fleet.slot)
    #expect(await fleet.until { !fleet.store.current.opinions.isEmpty })
    let question = try #require(fleet.store.current.opinions.first)
    #expect(question.node == "node-eu-west")
    #expect(question.slot == fleet.slot.number)
    leader.cancel()
    await leader.value
  }

  @Test func `a leader follows other checks under the number of those before, as after the database was restored`()
    async throws
  {
    let fleet = try await FleetRig(["us-east", "eu-west"])
    fleet.rig.supply.put(HubPlan([FixedSupply.check("shop")], configuration: 4, digest: "d"))
    let leader = fleet.leader("one")
    #expect(await fleet.until { fleet.store.current.leases[.deciding] != nil })
    fleet.rig.supply.put(HubPlan([FixedSupply.check("shop", regions: ["us-east"])], configuration: 4, digest: "e"))
    #expect(await fleet.until(within: .seconds(1)) { false } == false)
    // The only region that is expected has its say for all.
    try await fleet.vote(.up, in: "us-east", slot: fleet.slot)
    #expect(await fleet.until(within: .seconds(2)) { !fleet.told.all.isEmpty })
    leader.cancel()
    await leader.value
  }

  @Test func `what the hub records itself is stored, decided and fed like any run`() async throws {
    let fleet = try await FleetRig(["a"])
    let own = OwnRuns(store: fleet.store, time: fleet.time)
    let writer = Task {
      await LeaseKeeper(store: fleet.store, holder: "one", time: fleet.time).hold(.keeping) { lease in
        try await own.run(under: lease, version: "1")
      }
    }
    let leader = fleet.leader("one")
    let service = try #require(CheckID("all-of-it"))
    let slot = SlotGrid(check: service, interval: .seconds(30)).slot(at: fleet.time.now)
    let run = Run(
      check: service, region: "local", node: "me", slot: slot, started: slot.start, duration: .milliseconds(3),
      verdict: .down, reason: Reason(code: .timeout, message: "shop: no answer"), traceID: "")
    own.record(run)
    own.record(run)
    #expect(await fleet.until { !fleet.told.all.isEmpty })
    #expect(fleet.told.all.map(\.slot) == [slot])
    #expect(fleet.told.all.first?.reason?.message == "shop: no answer")
    #expect(fleet.store.current.runs.values.map(\.region) == [HubDesk.ownRegion])
    writer.cancel()
    leader.cancel()
    await writer.value
    await leader.value
  }

  @Test func `what could not be written before a lease was lost is written in the next term, and by nobody in between`()
    async throws
  {
    let fleet = try await FleetRig(["a"])
    let own = OwnRuns(store: fleet.store, time: fleet.time)
    let writer = Task {
      await LeaseKeeper(store: fleet.store, holder: "one", time: fleet.time).hold(.deciding) { lease in
        try await own.run(under: lease, version: "1")
      }
    }
    #expect(await fleet.until { fleet.store.current.nodes["(hub)"] != nil })
    // Another replica takes over without this one knowing it.
    fleet.store.change { state in
      state.leases[.deciding] = SingletonLease(
        singleton: .deciding, holder: "two", token: 9, until: fleet.time.now + .seconds(10))
      state.tokens[.deciding] = 9
    }
    let service = try #require(CheckID("all-of-it"))
    let slot = SlotGrid(check: service, interval: .seconds(30)).slot(at: fleet.time.now)
    own.record(
      Run(
        check: service, region: "local", node: "me", slot: slot, started: slot.start, duration: .milliseconds(3),
        verdict: .up, reason: nil, traceID: ""))
    _ = await fleet.until(within: .seconds(8)) { false }
    #expect(fleet.store.current.runs.isEmpty)
    #expect(await fleet.until { fleet.store.current.runs.count == 1 })
    #expect(fleet.store.current.leases[.deciding]?.holder == "one")
    writer.cancel()
    await writer.value
  }

  @Test func `what there is no room for is counted`() async throws {
    let fleet = try await FleetRig(["a"])
    let dropped = Mutex(0)
    let own = OwnRuns(store: fleet.store, time: fleet.time) { count in dropped.withLock { $0 += count } }
    let service = try #require(CheckID("all-of-it"))
    let slot = SlotGrid(check: service, interval: .seconds(30)).slot(at: fleet.time.now)
    let run = Run(
      check: service, region: "local", node: "me", slot: slot, started: slot.start, duration: .milliseconds(3),
      verdict: .up, reason: nil, traceID: "")
    for _ in 0..<100_003 { own.record(run) }
    #expect(dropped.withLock { $0 } == 3)
  }

  @Test func `late votes of many slots keep no new one waiting, and one question is asked for those of a check`()
    async throws
  {
    let fleet = try await FleetRig(["a", "b", "c"])
    let history = MemoryHistory(store: fleet.store)
    let leader = fleet.leader("one", history: history)
    #expect(await fleet.until { fleet.store.current.leases[.deciding] != nil })
    // Region c was cut off for an hour, and a and b were not.
    let present = fleet.slot.number
    let grid = FixedSupply.shop.grid
    fleet.store.change { state in
      for back in 4..<62 {
        for region in ["a", "b"] {
          let run = fleet.run(.up, in: region, slot: grid.slot(number: present - Int64(back)))
          state.runs[MemoryFleetStore.RunKey(run.run)] = run.run
        }
      }
    }
    for back in (4..<62).reversed() {
      try await fleet.vote(.degraded, in: "c", slot: grid.slot(number: present - Int64(back)))
    }
    #expect(await fleet.until { fleet.told.all.count { $0.isLate } == 58 })
    #expect(fleet.told.all.filter(\.isLate).allSatisfy { $0.votes.map(\.region) == ["a", "b", "c"] })
    #expect(history.questions == 1)
    leader.cancel()
    await leader.value
  }

  @Test func `votes that cannot be read are told of, and taken out of the queue`() async throws {
    let fleet = try await FleetRig(["a"])
    let faults = Mutex<[String]>([])
    let leader = fleet.leader("one") { fault in faults.withLock { $0.append(fault) } }
    fleet.store.change { state in
      state.queue.append(VoteBatch(id: 1, received: fleet.time.now, runs: [], fault: "version 9"))
      state.nextBatch = 2
    }
    let slot = fleet.slot
    try await fleet.vote(.up, in: "a", slot: slot)
    #expect(await fleet.until { fleet.told.all.contains { $0.slot == slot } })
    #expect(fleet.store.current.queue.isEmpty)
    #expect(faults.withLock { $0 }.count { $0.contains("version 9") } == 1)
    leader.cancel()
    await leader.value
  }

  @Test func `every replica reads what was decided from the feed`() async throws {
    let fleet = try await FleetRig(["a"])
    let decision = SlotDecision(
      check: FixedSupply.shop.id, slot: fleet.slot, verdict: .up, votes: [], decided: fleet.time.now)
    fleet.store.change { $0.feed = [FeedPiece(place: 1, decisions: [decision])] }
    let seen = Told()
    let follower = Task {
      await FeedFollower(store: fleet.store, time: fleet.time, overlap: { .minutes(5) }).run { seen.add($0, by: "") }
    }
    #expect(await fleet.until { seen.all.count == 1 })
    fleet.store.change { $0.fault = "away" }
    _ = await fleet.until(within: .seconds(2)) { false }
    fleet.store.change { state in
      state.fault = nil
      state.feed.append(FeedPiece(place: 2, decisions: [decision]))
    }
    #expect(await fleet.until { seen.all.count == 2 })
    follower.cancel()
    await follower.value
  }
}

import Hub
import Model
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
    let memory = DecisionMemory()
    let first = fleet.leader("one", memory: memory)
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
    let second = fleet.leader("two", memory: memory)
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
    let second = fleet.leader("two", memory: DecisionMemory())
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

  @Test func `every replica reads what was decided from the feed`() async throws {
    let fleet = try await FleetRig(["a"])
    let decision = SlotDecision(
      check: FixedSupply.shop.id, slot: fleet.slot, verdict: .up, votes: [], decided: fleet.time.now)
    fleet.store.change { $0.feed = [FeedPiece(place: 1, decisions: [decision])] }
    let seen = Told()
    let follower = Task {
      await FeedFollower(store: fleet.store, time: fleet.time).run { seen.add($0, by: "") }
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

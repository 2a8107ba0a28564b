import Fleet
import Hub
import Model
import Synchronization
import TestSupport
import Testing

@Suite struct IngestTests {
  @Test func `a batch is stored, voted by and acknowledged`() async throws {
    let rig = try await DeskRig().registered()
    let reply = try await rig.send(rig.batch([rig.run(slot: -1), rig.run()]))
    #expect(reply.acknowledged == 2)
    #expect(reply.added == 2)
    #expect(rig.store.current.runs.count == 2)
    #expect(rig.store.current.queue.map(\.runs.count) == [2])
    #expect(count(rig, .stored) == 2)
  }

  @Test func `a batch that comes twice counts once`() async throws {
    let rig = try await DeskRig().registered()
    let batch = rig.batch([rig.run(slot: -1), rig.run()])
    _ = try await rig.send(batch)
    let again = try await rig.send(batch)
    #expect(
      again == BatchReply(IngestSummary(progress: SpoolProgress(acknowledged: 2), added: 0, duplicates: 0, replayed: 2))
    )
    #expect(rig.store.current.queue.count == 1)
    #expect(count(rig, .replayed) == 2)
  }

  @Test func `a gap is refused with how far everything is stored`() async throws {
    let rig = try await DeskRig().registered()
    _ = try await rig.send(rig.batch([rig.run(slot: -1)]))
    let refused = await refusal { try await rig.send(rig.batch([rig.run()], first: 5)) }
    #expect(refused?.refusal == .gap)
    #expect(refused?.acknowledged == 1)
    #expect(rig.store.current.runs.count == 1)
    #expect(rig.desk.tallies.counts.refused == [.gap: 1])
  }

  @Test func `numbers that a spool had to drop are no gap`() async throws {
    let rig = try await DeskRig().registered()
    let reply = try await rig.send(rig.batch([rig.run()], first: 5, oldest: 5))
    #expect(reply.acknowledged == 5)
  }

  @Test(arguments: [true, false])
  func `a run from the future is refused, whatever it says of its start`(isSlot: Bool) async throws {
    let rig = try await DeskRig().registered()
    let run = rig.run(slot: isSlot ? 2 : 0) { run in
      if !isSlot { run.run.started = rig.time.now + .seconds(60) }
    }
    let refused = await refusal { try await rig.send(rig.batch([rig.run(slot: -1), run])) }
    #expect(refused?.refusal == .future)
    #expect(refused?.detail.contains("run 2 of \"shop\"") == true)
    #expect(rig.store.current.runs.isEmpty)
  }

  @Test func `what is too old to correct anything is let go, and its number is done with`() async throws {
    let rig = try await DeskRig().registered()
    let reply = try await rig.send(rig.batch([rig.run(slot: -1500), rig.run()]))
    #expect(reply.acknowledged == 2)
    #expect(rig.store.current.runs.count == 1)
    #expect(count(rig, .late) == 1)
  }

  @Test func `runs of checks that the configuration does not know are let go`() async throws {
    let rig = try await DeskRig().registered()
    let reply = try await rig.send(
      rig.batch([rig.run(check: "unheard-of"), rig.run(), rig.run(check: "elsewhere")]))
    #expect(reply.acknowledged == 3)
    #expect(rig.store.current.runs.keys.map(\.check.text) == ["shop"])
    #expect(count(rig, .foreign) == 2)
    let nothing = try await rig.send(rig.batch([rig.run(check: "unheard-of")], first: 4))
    #expect(nothing.acknowledged == 4)
  }

  @Test func `runs that are let go use up their numbers ahead of a backlog too`() async throws {
    let rig = try await DeskRig().registered()
    var ahead = rig.batch([rig.run(check: "unheard-of"), rig.run()], first: 9)
    ahead.isAhead = true
    #expect(try await rig.send(ahead).progress == SpoolProgress(ahead: 9...10))
    #expect(rig.store.current.runs.keys.map(\.check.text) == ["shop"])
    #expect(count(rig, .foreign) == 1)
    let late = rig.batch([rig.run(slot: -2), rig.run(slot: -1)], first: 1)
    #expect(try await rig.send(late).progress == SpoolProgress(acknowledged: 2, ahead: 9...10))
  }

  @Test func `a run off the beat of its check is let go`() async throws {
    let rig = try await DeskRig().registered()
    let run = rig.run { $0.run.slotStart = $0.run.slotStart - .milliseconds(7) }
    _ = try await rig.send(rig.batch([run]))
    #expect(rig.store.current.runs.isEmpty)
    // Another version of the configuration may have had another beat.
    var older = run
    older.configuration = 2
    _ = try await rig.send(rig.batch([older], first: 2))
    #expect(rig.store.current.runs.count == 1)
  }

  @Test func `runs of a configuration that this replica does not have are left to another one`() async throws {
    let rig = try await DeskRig().registered()
    let batch = rig.batch([rig.run(slot: -1), rig.run(check: "new") { $0.configuration = 5 }])
    rig.store.change { $0.configuration = StoredConfiguration(version: 5, digest: "e", content: []) }
    let refused = await refusal { try await rig.send(batch) }
    #expect(refused?.refusal == .unavailable)
    #expect(refused?.retryAfter == .seconds(1))
    #expect(rig.store.current.runs.isEmpty)
    // A version that the store does not have, because it is an older backup of itself, will never be had.
    rig.store.change { $0.configuration = StoredConfiguration(version: 4, digest: "d", content: []) }
    #expect(try await rig.send(batch).acknowledged == 2)
    #expect(rig.store.current.runs.count == 1)
  }

  @Test func `runs under an old id are those of the check that bears another one now`() async throws {
    let rig = try await DeskRig().registered()
    let run = rig.run { $0.configuration = 2 }
    var renamed = FixedSupply.check("front")
    renamed.movedFrom = FixedSupply.shop.id
    rig.supply.put(
      HubPlan([renamed], configuration: 3).following(HubPlan([FixedSupply.shop], configuration: 2), at: rig.time.now))
    #expect(try await rig.send(rig.batch([run])).added == 1)
    #expect(rig.store.current.runs.keys.map(\.check.text) == ["front"])
    #expect(rig.store.current.queue.flatMap(\.runs).map(\.run.check.text) == ["front"])
  }

  @Test func `numbers that are missing are missed even where runs are let go`() async throws {
    let rig = try await DeskRig().registered()
    let refused = await refusal { try await rig.send(rig.batch([rig.run(check: "unheard-of")], first: 9)) }
    #expect(refused?.refusal == .gap)
    #expect(refused?.acknowledged == 0)
  }

  @Test func `a node that lies about its region or its name is refused as a whole`() async throws {
    let rig = try await DeskRig().registered()
    for change in [{ $0.run.region = "us-east" }, { $0.run.node = "probe-2" }] as [(inout FleetRun) -> Void] {
      let refused = await refusal { try await rig.send(rig.batch([rig.run(slot: -1), rig.run(change)])) }
      #expect(refused?.refusal == .foreignRegion)
    }
    var foreign = rig.batch([])
    foreign.region = "us-east"
    #expect(await refusal { try await rig.send(foreign) }?.refusal == .foreignRegion)
    let bound = NodePass(name: "eu", proof: .commonName("x"), region: "eu-west", node: "probe-9")
    let body = RunCoding.encode(rig.batch([rig.run()]))
    #expect(await refusal { try await rig.desk.ingest(body, by: bound) }?.refusal == .foreignRegion)
    #expect(rig.store.current.runs.isEmpty)
    #expect(rig.desk.tallies.counts.refused == [.foreignRegion: 4])
  }

  @Test func `runs of a node in quarantine say nothing of the target`() async throws {
    let rig = try await DeskRig().registered()
    rig.store.change { state in
      state.nodes["probe-1"]?.quarantine = Quarantine(since: rig.time.now, reason: "it fails what others pass")
    }
    try await rig.view.refresh()
    _ = try await rig.send(rig.batch([rig.run { $0.run.verdict = .down }]))
    let run = try #require(rig.store.current.runs.values.first)
    #expect(run.verdict == .unknown)
    #expect(run.reason?.code == .nodeSick)
  }

  @Test func `runs under an older membership are stored and counted as stale`() async throws {
    let rig = try await DeskRig().registered()
    rig.store.change { state in
      state.memberships["eu-west"] = Membership(
        region: "eu-west", epoch: 4, since: rig.time.now - .seconds(600), members: [])
    }
    try await rig.view.refresh()
    _ = try await rig.send(rig.batch([rig.run { $0.epoch = 3 }, rig.run(slot: -1) { $0.epoch = 4 }]))
    #expect(rig.store.current.runs.count == 2)
    #expect(count(rig, .stale) == 1)
  }

  @Test func `bytes that are no batch are malformed, and too many of them too large`() async throws {
    let rig = try await DeskRig().registered()
    for body in [[], [1], [9, 9, 9], Array("{}".utf8)] as [[UInt8]] {
      #expect(await refusal { try await rig.desk.ingest(body, by: rig.pass) }?.refusal == .malformed)
    }
    let large = [UInt8](repeating: 1, count: FleetProtocol.batchBytes + 1)
    #expect(await refusal { try await rig.desk.ingest(large, by: rig.pass) }?.refusal == .tooLarge)
    let many = rig.batch(Array(repeating: rig.run(), count: FleetProtocol.batchRuns + 1))
    #expect(await refusal { try await rig.send(many) }?.refusal == .tooLarge)
  }

  @Test func `a node that nobody registered, or another spool, must register first`() async throws {
    let rig = DeskRig()
    #expect(await refusal { try await rig.send(rig.batch([rig.run()])) }?.refusal == .unknownNode)
    let known = try await rig.registered()
    var other = known.batch([known.run()])
    other.spool = 8
    #expect(await refusal { try await known.send(other) }?.refusal == .unknownNode)
  }

  @Test func `a node that registered at another replica a moment ago is known`() async throws {
    let rig = DeskRig()
    try await rig.view.refresh()
    let other = try await DeskRig(over: rig).registered()
    #expect(try await rig.send(other.batch([other.run()])).added == 1)
  }

  @Test func `a store that is away is no fault of the node's`() async throws {
    let rig = try await DeskRig().registered()
    rig.store.change { $0.fault = "connection refused" }
    let refused = await refusal { try await rig.send(rig.batch([rig.run()])) }
    #expect(refused?.refusal == .unavailable)
    #expect(refused?.retryAfter != nil)
    rig.store.change { $0.fault = nil }
    #expect(try await rig.send(rig.batch([rig.run()])).acknowledged == 1)
  }

  @Test func `why the store could not take a batch is told, of one cause once a minute`() async throws {
    let told = Mutex<[HubDesk.StoreTrouble]>([])
    let rig = try await DeskRig(onError: { trouble in told.withLock { $0.append(trouble) } }).registered()
    for cause in ["disk full", "disk full", "a numeric field overflows"] {
      rig.store.change { $0.fault = cause }
      _ = await refusal { try await rig.send(rig.batch([rig.run()])) }
    }
    #expect(told.withLock { $0.map(\.cause) } == ["disk full", "a numeric field overflows"])
    #expect(told.withLock { $0.map(\.node) } == ["probe-1", "probe-1"])
    rig.time.advance(by: .seconds(61))
    _ = await refusal { try await rig.send(rig.batch([rig.run()])) }
    #expect(told.withLock { $0.count } == 3)
  }

  @Test func `who sends too often is told when to go on`() async throws {
    let rig = try await DeskRig().registered()
    for _ in 0..<200 { _ = try await rig.send(rig.batch([])) }
    let refused = await refusal { try await rig.send(rig.batch([])) }
    #expect(refused?.refusal == .tooOften)
    rig.time.advance(by: .seconds(1))
    _ = try await rig.send(rig.batch([]))
  }

  private func count(_ rig: DeskRig, _ outcome: FleetTallies.Outcome) -> Int? {
    rig.desk.tallies.counts.runs.first { $0.key.outcome == outcome && $0.key.region == "eu-west" }?.value
  }
}

/// What was thrown; nil where nothing was.
func refusal(_ work: () async throws -> Any) async -> Refused? {
  do {
    _ = try await work()
    return nil
  } catch {
    return error as? Refused
  }
}

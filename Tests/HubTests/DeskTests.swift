import Fleet
import Hub
import Model
import TestSupport
import Testing

@Suite struct DeskTests {
  // MARK: Registering

  @Test func `a node is taken in, and told how far its spool is stored`() async throws {
    let rig = try await DeskRig().registered()
    _ = try await rig.send(rig.batch([rig.run()]))
    let body = try await rig.desk.register(DeskRig.json(Registration(rig.node)), by: rig.pass)
    let admission = try DeskRig.read(Admission.self, body)
    #expect(admission.acknowledged == 1)
    #expect(admission.hubTime == rig.time.now.millisecondsSinceEpoch)
    #expect(admission.beatEvery == 3000)
  }

  @Test(arguments: [
    ("name", "a b"), ("name", ""), ("name", String(repeating: "n", count: 64)), ("spool", "7"),
    ("version", String(repeating: "v", count: 65)),
  ])
  func `what is no registration is malformed`(field: String, value: String) async throws {
    let rig = DeskRig()
    var registration = Registration(rig.node)
    switch field {
    case "name": registration.name = value
    case "spool": registration.spool = value
    default: registration.version = value
    }
    #expect(
      await refusal { try await rig.desk.register(DeskRig.json(registration), by: rig.pass) }?.refusal == .malformed)
  }

  @Test func `a body that is no registration says where it is wrong`() async throws {
    let rig = DeskRig()
    let body = Array(#"{"protocolVersion":1,"name":4}"#.utf8)
    let refused = await refusal { try await rig.desk.register(body, by: rig.pass) }
    #expect(refused?.refusal == .malformed)
    #expect(refused?.detail.contains("name") == true)
    #expect(await refusal { try await rig.desk.register([0xff], by: rig.pass) }?.refusal == .malformed)
  }

  @Test func `an old version of the protocol is refused`() async throws {
    let rig = DeskRig()
    var registration = Registration(rig.node)
    registration.protocolVersion = 0
    let refused = await refusal { try await rig.desk.register(DeskRig.json(registration), by: rig.pass) }
    #expect(refused?.refusal == .protocolVersion)
    #expect(rig.desk.tallies.counts.refused == [.protocolVersion: 1])
  }

  @Test func `a node of another region than its token, and one of the hub's own, is refused`() async throws {
    let rig = DeskRig()
    var registration = Registration(rig.node)
    registration.region = "us-east"
    #expect(
      await refusal { try await rig.desk.register(DeskRig.json(registration), by: rig.pass) }?.refusal
        == .foreignRegion)
    registration.region = HubDesk.ownRegion
    let other = NodePass(name: "x", proof: .commonName("x"), region: HubDesk.ownRegion)
    #expect(
      await refusal { try await rig.desk.register(DeskRig.json(registration), by: other) }?.refusal == .malformed)
  }

  @Test func `of two nodes with one name the one that is alive stays`() async throws {
    let rig = try await DeskRig().registered()
    var other = rig.node
    other.spool = 8
    let body = try DeskRig.json(Registration(other))
    #expect(await refusal { try await rig.desk.register(body, by: rig.pass) }?.refusal == .nameTaken)
    // The same spool is the same node, which was started again.
    _ = try await rig.desk.register(DeskRig.json(Registration(rig.node)), by: rig.pass)
    rig.time.advance(by: .seconds(10))
    _ = try await rig.desk.register(body, by: rig.pass)
    #expect(rig.store.current.nodes["probe-1"]?.description.spool == 8)
  }

  @Test func `a node that has left in order makes room at once`() async throws {
    let rig = try await DeskRig().registered()
    _ = try await rig.desk.beat(
      DeskRig.json(Beat(NodeBeat(node: "probe-1", region: "eu-west", isLeaving: true))), by: rig.pass)
    var other = rig.node
    other.spool = 8
    _ = try await rig.desk.register(DeskRig.json(Registration(other)), by: rig.pass)
  }

  @Test func `a name is its region's for as long as it is remembered, even when its node is silent or has left`()
    async throws
  {
    let rig = try await DeskRig().registered()
    var other = rig.node
    other.region = "us-east"
    other.spool = 8
    let body = try DeskRig.json(Registration(other))
    let pass = NodePass(name: "us", proof: .commonName("us"), region: "us-east")
    for _ in 0..<2 {
      let refused = await refusal { try await rig.desk.register(body, by: pass) }
      #expect(refused?.refusal == .nameTaken)
      #expect(refused?.detail.contains("of the region \"eu-west\"") == true)
      _ = try await rig.desk.beat(
        DeskRig.json(Beat(NodeBeat(node: "probe-1", region: "eu-west", isLeaving: true))), by: rig.pass)
      rig.time.advance(by: .hours(1))
    }
    rig.time.advance(by: NodeDescription.memory)
    _ = try await rig.desk.register(body, by: pass)
    #expect(rig.store.current.nodes["probe-1"]?.description.region == "us-east")
  }

  // MARK: What one pass may do

  @Test func `another name with each request is no way past what a pass may ask`() async throws {
    let rig = DeskRig()
    func register(_ number: Int) async -> FleetProtocol.Refusal? {
      var node = rig.node
      node.name = "probe-\(number)"
      return await refusal { try await rig.desk.register(DeskRig.json(Registration(node)), by: rig.pass) }?.refusal
    }
    for number in 0..<500 { #expect(await register(number) == nil) }
    #expect(await register(500) == .tooOften)
    // Who has another pass is not kept waiting.
    var other = rig.node
    (other.name, other.region) = ("other", "us-east")
    let pass = NodePass(name: "us", proof: .commonName("us"), region: "us-east")
    _ = try await rig.desk.register(DeskRig.json(Registration(other)), by: pass)
    rig.time.advance(by: .seconds(1))
    #expect(await register(501) == nil)
  }

  @Test func `runs are not even read of a pass that sends too often`() async throws {
    let rig = DeskRig()
    for _ in 0..<4000 { #expect(await refusal { try await rig.desk.ingest([9], by: rig.pass) }?.refusal == .malformed) }
    #expect(await refusal { try await rig.desk.ingest([9], by: rig.pass) }?.refusal == .tooOften)
  }

  @Test func `nodes that nobody has heard of are not looked for without end`() async throws {
    let rig = try await DeskRig().registered()
    var refused: [FleetProtocol.Refusal?] = []
    for number in 0..<201 {
      var batch = rig.batch([])
      batch.node = "probe-\(number + 2)"
      refused.append(await refusal { try await rig.send(batch) }?.refusal)
    }
    #expect(Set(refused.dropLast()) == [.unknownNode])
    #expect(refused.last == .tooOften)
    #expect(try await rig.send(rig.batch([rig.run()])).added == 1)
  }

  @Test(arguments: [
    "", "a b", "-a", String(repeating: "n", count: 64), "a" + String(repeating: "\u{301}", count: 100_000),
  ])
  func `a name that is none is refused wherever it is said, and not repeated at length`(name: String) async throws {
    let rig = try await DeskRig().registered()
    var question = rig.question()
    question.node = name
    var batch = rig.batch([])
    batch.node = name
    let asked = try DeskRig.json(question)
    for refused in [
      await refusal {
        try await rig.desk.beat(DeskRig.json(Beat(NodeBeat(node: name, region: "eu-west"))), by: rig.pass)
      },
      await refusal { try await rig.desk.work(asked, by: rig.pass) }, await refusal { try await rig.send(batch) },
    ] {
      #expect(refused?.refusal == .malformed)
      #expect((refused?.detail.utf8.count ?? 0) < 400)
    }
  }

  @Test func `a region has so many nodes and no more, of which each may come again`() async throws {
    let rig = try await DeskRig().registered()
    rig.store.change { state in
      for number in 1..<NodeDescription.mostOfRegion {
        var node = rig.node
        node.name = "pod-\(number)"
        state.nodes[node.name] = NodeStanding(description: node, registered: rig.time.now, lastSeen: rig.time.now)
      }
    }
    try await rig.view.refresh()
    var other = rig.node
    other.name = "pod-0"
    let body = try DeskRig.json(Registration(other))
    #expect(await refusal { try await rig.desk.register(body, by: rig.pass) }?.refusal == .tooOften)
    _ = try await rig.desk.register(DeskRig.json(Registration(rig.node)), by: rig.pass)
    rig.time.advance(by: .hours(2))
    try await rig.view.refresh()
    _ = try await rig.desk.register(body, by: rig.pass)
  }

  // MARK: Beats

  @Test func `a beat is kept, and told of a quarantine`() async throws {
    let rig = try await DeskRig().registered()
    rig.store.change { state in
      state.nodes["probe-1"]?.quarantine = Quarantine(since: rig.time.now, reason: "sick")
    }
    try await rig.view.refresh()
    let body = try DeskRig.json(Beat(NodeBeat(node: "probe-1", region: "eu-west", spoolLength: 12)))
    let reply = try DeskRig.read(BeatReply.self, try await rig.desk.beat(body, by: rig.pass))
    #expect(reply.quarantine == "sick")
    #expect(rig.store.current.nodes["probe-1"]?.beat?.spoolLength == 12)
  }

  @Test func `a clock that is too wrong is refused, and seen`() async throws {
    let rig = try await DeskRig().registered()
    let body = try DeskRig.json(
      Beat(NodeBeat(node: "probe-1", region: "eu-west", clockOffset: .zero - .seconds(601))))
    #expect(await refusal { try await rig.desk.beat(body, by: rig.pass) }?.refusal == .clock)
    #expect(rig.store.current.nodes["probe-1"]?.beat?.clockOffset == .zero - .seconds(601))
  }

  @Test func `a beat of a node that is not registered is refused`() async throws {
    let rig = DeskRig()
    let body = try DeskRig.json(Beat(NodeBeat(node: "probe-1", region: "eu-west")))
    #expect(await refusal { try await rig.desk.beat(body, by: rig.pass) }?.refusal == .unknownNode)
  }

  @Test func `a token of one region speaks for no node of another`() async throws {
    let rig = try await DeskRig().registered()
    let pass = NodePass(name: "us", proof: .commonName("us"), region: "us-east")
    let beat = try DeskRig.json(Beat(NodeBeat(node: "probe-1", region: "us-east", isLeaving: true)))
    #expect(await refusal { try await rig.desk.beat(beat, by: pass) }?.refusal == .unknownNode)
    #expect(rig.store.current.nodes["probe-1"]?.beat == nil)
    // What a node is asked an opinion of comes with secrets.
    rig.store.change { state in
      state.opinions.append(
        OpinionQuestion(
          number: 1, check: FixedSupply.shop.id, slot: 5, node: "probe-1", region: "eu-west",
          until: rig.time.now + .seconds(30)))
    }
    try await rig.view.refresh()
    var question = rig.question()
    question.region = "us-east"
    let asked = try DeskRig.json(question)
    #expect(await refusal { try await rig.desk.work(asked, by: pass) }?.refusal == .unknownNode)
    var batch = rig.batch([rig.run { $0.run.region = "us-east" }])
    batch.region = "us-east"
    let body = RunCoding.encode(batch)
    #expect(await refusal { try await rig.desk.ingest(body, by: pass) }?.refusal == .unknownNode)
  }

  // MARK: Work

  @Test func `a question is answered at once where something is new`() async throws {
    let rig = try await DeskRig().registered()
    rig.supply.offer(ConfigurationChange(version: 3, digest: "d", roots: ["a.yaml"], files: []))
    let reply = try await rig.work(rig.question(wait: .seconds(20)))
    #expect(reply.configuration?.version == 3)
  }

  @Test func `a question waits for as long as it says, and no longer`() async throws {
    let rig = try await DeskRig().registered()
    async let reply = rig.work(rig.question(wait: .seconds(20)))
    await rig.time.sleepers()
    rig.time.advance(by: .seconds(20))
    #expect(try await reply.isEmpty)
  }

  @Test func `a question is bounded, whatever it asks for`() async throws {
    let rig = try await DeskRig().registered()
    async let reply = rig.work(rig.question(wait: .seconds(4_000_000)))
    await rig.time.sleepers()
    #expect(rig.time.nextDeadline == rig.time.uptime + FleetProtocol.longestWait)
    rig.time.advance(by: FleetProtocol.longestWait)
    #expect(try await reply.isEmpty)
  }

  @Test func `a new configuration, membership or opinion wakes whoever waits`() async throws {
    let rig = try await DeskRig().registered()
    async let first = rig.work(rig.question(wait: .seconds(20)))
    await rig.time.sleepers()
    rig.supply.offer(ConfigurationChange(version: 4, digest: "e", roots: [], files: []))
    rig.view.announce()
    #expect(try await first.configuration?.version == 4)

    async let second = rig.work(rig.question(wait: .seconds(20), configuration: 4))
    await rig.time.sleepers()
    rig.store.change { state in
      state.memberships["eu-west"] = Membership(
        region: "eu-west", epoch: 1, since: rig.time.now, members: [.init(node: "probe-1")])
    }
    try await rig.view.refresh()
    #expect(try await second.memberships?.map(\.epoch) == [1])

    async let third = rig.work(rig.question(wait: .seconds(20), configuration: 4, epoch: 1))
    await rig.time.sleepers()
    rig.store.change { state in
      state.opinions.append(
        OpinionQuestion(
          number: 1, check: FixedSupply.shop.id, slot: 5, node: "probe-1", region: "eu-west",
          until: rig.time.now + .seconds(30)))
    }
    try await rig.view.refresh()
    let opinions = try await third.opinions
    #expect(opinions.map(\.slot) == [5])
    // A node that has another interval sees by it that the number is of none of its slots.
    #expect(opinions.map(\.start) == [FixedSupply.shop.grid.slot(number: 5).start.millisecondsSinceEpoch])
  }

  @Test func `a membership that begins soon comes with the one in force, which is told until its slots have ended`()
    async throws
  {
    let rig = try await DeskRig().registered()
    for (epoch, since) in [(1, Duration.zero), (2, .seconds(5))] as [(Int64, Duration)] {
      rig.store.change { state in
        state.memberships["eu-west"] = Membership(
          region: "eu-west", epoch: epoch, since: rig.time.now + since, members: [])
      }
      try await rig.view.refresh()
    }
    #expect(try await rig.work(rig.question()).memberships?.map(\.epoch) == [1, 2])
    // Runs of the one before may be under way, and need what they were given.
    for passed in [Duration.seconds(6), CheckLease.longest - .seconds(2)] {
      rig.time.advance(by: passed)
      try await rig.view.refresh()
      #expect(try await rig.work(rig.question(epoch: 1)).memberships?.map(\.epoch) == [1, 2])
    }
    rig.time.advance(by: .seconds(1))
    try await rig.view.refresh()
    #expect(try await rig.work(rig.question(epoch: 1)).memberships?.map(\.epoch) == [2])
  }

  // MARK: A store that was replaced

  @Test func `a node that has heard of more than the store holds is told what holds`() async throws {
    let rig = try await DeskRig().registered()
    rig.supply.offer(ConfigurationChange(version: 1, digest: "d", roots: ["a.yaml"], files: []))
    rig.store.change { state in
      state.memberships["eu-west"] = Membership(
        region: "eu-west", epoch: 2, since: rig.time.now, members: [.init(node: "probe-1")])
    }
    try await rig.view.refresh()
    let reply = try await rig.work(rig.question(configuration: 9, epoch: 40))
    #expect(reply.configuration?.version == 1)
    #expect(reply.memberships?.map(\.epoch) == [2])
  }

  @Test func `a node is not contradicted before the store was read again, and then soon`() async throws {
    let rig = try await DeskRig().registered()
    rig.store.change { state in
      state.memberships["eu-west"] = Membership(
        region: "eu-west", epoch: 2, since: rig.time.now, members: [.init(node: "probe-1")])
    }
    try await rig.view.refresh()
    rig.time.advance(by: .milliseconds(100))
    async let reply = rig.work(rig.question(wait: .seconds(20), epoch: 3))
    await rig.time.sleepers()
    #expect(rig.time.nextDeadline == rig.time.uptime + .seconds(1))
    try await rig.view.refresh()
    rig.time.advance(by: .seconds(1))
    #expect(try await reply.memberships?.map(\.epoch) == [2])
  }

  @Test func `a node that has other files under the number in force is told of those in force`() async throws {
    let rig = try await DeskRig().registered()
    rig.supply.offer(ConfigurationChange(version: 3, digest: "d", roots: ["a.yaml"], files: []))
    var question = rig.question(configuration: 3)
    // A node of before, which does not say what it has.
    #expect(try await rig.work(question).isEmpty)
    question.digest = "d"
    #expect(try await rig.work(question).isEmpty)
    question.digest = "e"
    #expect(try await rig.work(question).configuration?.digest == "d")
  }

  @Test func `a node that has other files than this replica knows of is answered soon`() async throws {
    let rig = try await DeskRig().registered()
    rig.supply.put(HubPlan([FixedSupply.shop], configuration: 3, digest: "d"))
    var question = rig.question(wait: .seconds(20), configuration: 3)
    question.digest = "e"
    async let reply = rig.work(question)
    await rig.time.sleepers()
    #expect(rig.time.nextDeadline == rig.time.uptime + .seconds(1))
    rig.supply.offer(ConfigurationChange(version: 3, digest: "d", roots: ["a.yaml"], files: []))
    rig.time.advance(by: .seconds(1))
    #expect(try await reply.configuration?.digest == "d")
  }

  @Test func `a node that follows another membership of the number in force is told who runs what`() async throws {
    let rig = try await DeskRig().registered()
    let since = rig.time.now
    rig.store.change { state in
      state.memberships["eu-west"] = Membership(
        region: "eu-west", epoch: 2, since: since, members: [.init(node: "probe-1")])
    }
    try await rig.view.refresh()
    var question = rig.question(epoch: 2)
    #expect(try await rig.work(question).memberships == nil)
    question.since = since.millisecondsSinceEpoch
    #expect(try await rig.work(question).memberships == nil)
    question.since = since.millisecondsSinceEpoch - 1
    #expect(try await rig.work(question).memberships?.map(\.since) == [since.millisecondsSinceEpoch])

    // This replica may be the one that is behind, until it has read the store again.
    rig.time.advance(by: .milliseconds(100))
    question.wait = 20_000
    async let reply = rig.work(question)
    await rig.time.sleepers()
    #expect(rig.time.nextDeadline == rig.time.uptime + .seconds(1))
    try await rig.view.refresh()
    rig.time.advance(by: .seconds(1))
    #expect(try await reply.memberships?.map(\.epoch) == [2])
  }

  @Test func `a membership with a lower number holds, and one that is gone is forgotten`() async throws {
    let rig = try await DeskRig().registered()
    for epoch: Int64 in [7, 2] {
      rig.store.change { state in
        state.memberships["eu-west"] = Membership(region: "eu-west", epoch: epoch, since: rig.time.now, members: [])
      }
      try await rig.view.refresh()
      #expect(rig.view.picture.memberships["eu-west"]?.map(\.epoch) == [epoch])
    }
    rig.store.change { $0.memberships = [:] }
    try await rig.view.refresh()
    #expect(rig.view.picture.memberships.isEmpty)
  }

  @Test func `nobody is told to stop before it is decided who runs what`() async throws {
    let rig = try await DeskRig().registered()
    var question = rig.question()
    question.values = "those of before"
    #expect(try await rig.work(question).values == nil)
    rig.store.change { state in
      state.memberships["eu-west"] = Membership(region: "eu-west", epoch: 1, since: rig.time.now, members: [])
    }
    try await rig.view.refresh()
    #expect(try await rig.work(question).values != nil)
  }

  @Test func `a feed that begins anew is followed from its beginning`() async throws {
    let rig = DeskRig()
    let slot = FixedSupply.shop.grid.slot(at: rig.time.now)
    func piece(_ place: Int64) -> FeedPiece {
      FeedPiece(
        place: place,
        decisions: [
          SlotDecision(
            check: FixedSupply.shop.id, slot: slot, verdict: .up, isInMaintenance: false, isLate: false, votes: [],
            lastVote: nil, decided: rig.time.now)
        ])
    }
    rig.store.change { $0.feed = [piece(500)] }
    let told = Told()
    let follower = Task {
      await FeedFollower(store: rig.store, time: rig.time, overlap: { .minutes(5) }).run { told.add($0, by: "feed") }
    }
    await rig.time.sleepers()
    #expect(told.all.count == 1)
    rig.store.change { $0.feed = [piece(1)] }
    for _ in 0..<2 {
      rig.time.advance(by: .milliseconds(250))
      await rig.time.sleepers()
    }
    #expect(told.all.count == 2)
    follower.cancel()
    await follower.value
  }

  @Test func `a hub that has not read its store yet tells nobody what to do`() async throws {
    let rig = DeskRig()
    #expect(await refusal { try await rig.work(rig.question()) }?.refusal == .unavailable)
  }
}

import Agent
import Fleet
import Model
import Synchronization
import TestSupport
import Testing
import Transport

@Suite("Agent session")
struct AgentSessionTests {
  @Test("What is spooled reaches the hub, in order and once")
  func pushing() async throws {
    let node = try await Node()
    await node.run {
      for number in 1...50 { node.spool.add(node.fleetRun(number)) }
      await node.until { node.hub.seen.stored.count == 50 && node.spool.status.length == 0 }
    }
    let stored = node.hub.seen.stored.sorted { $0.key < $1.key }
    #expect(stored.map(\.key) == Array(1...50))
    #expect(stored.map(\.value.run.attempts) == Array(1...50))
    #expect(node.session.pushed == 50)
    #expect(node.spool.status.length == 0)
  }

  @Test("Runs of an outage come late and all of them, and answers that were lost double nothing")
  func outage() async throws {
    let node = try await Node()
    await node.run {
      await node.until { node.session.isConnected }
      node.hub.change { $0.losesAnswers = true }
      for number in 1...10 { node.spool.add(node.fleetRun(number)) }
      await node.until { node.hub.seen.stored.count == 10 }
      node.hub.change { state in
        state.isAway = true
        state.losesAnswers = false
      }
      await node.until { !node.session.isConnected }
      for number in 11...500 { node.spool.add(node.fleetRun(number)) }
      await node.until { node.spool.status.length == 500 || node.spool.status.length == 490 }
      node.hub.change { $0.isAway = false }
      await node.until { node.hub.seen.stored.count == 500 && node.spool.status.length == 0 }
    }
    #expect(node.hub.seen.stored.sorted { $0.key < $1.key }.map(\.value.run.attempts) == Array(1...500))
    #expect(node.hub.seen.gaps == 0)
    #expect(node.notices.contains(.session(.away("no route to the hub"))))
  }

  @Test("After a long outage new runs are stored before the backlog is, and everything once")
  func ahead() async throws {
    let node = try await Node()
    node.hub.change { $0.isAway = true }
    await node.run {
      for number in 1...12_000 { node.spool.add(node.fleetRun(number)) }
      await node.until { node.spool.status.length == 12_000 && node.spool.status.oldest != nil }
      node.hub.change { $0.isAway = false }
      await node.until { !node.hub.seen.batches.isEmpty }
      for number in 12_001...12_010 { node.spool.add(node.fleetRun(number)) }
      await node.until { node.hub.seen.stored[12_010] != nil }
      #expect(node.hub.seen.stored.count < 12_010)
      await node.until { node.hub.seen.stored.count == 12_010 && node.spool.status.length == 0 }
    }
    #expect(node.hub.seen.stored.sorted { $0.key < $1.key }.map(\.value.run.attempts) == Array(1...12_010))
    #expect(node.hub.seen.gaps == 0)
    #expect(node.session.pushed == 12_010)
  }

  @Test("What is too old is dropped though nothing new comes and no hub is there")
  func ageing() async throws {
    let node = try await Node()
    node.hub.change { $0.isAway = true }
    await node.run {
      for number in 1...3 { node.spool.add(node.fleetRun(number)) }
      await node.until { node.spool.status.oldest != nil && node.spool.status.length == 3 }
      node.time.advance(by: .hours(25))
      await node.until { node.spool.status.dropped == 3 && node.spool.status.length == 0 }
    }
  }

  @Test("Runs that the hub refuses are given up and told of, and no other one waits for ever")
  func poison() async throws {
    let node = try await Node()
    node.hub.change { $0.poison = [7, 8, 20] }
    await node.run {
      for number in 1...20 { node.spool.add(node.fleetRun(number)) }
      await node.until { node.hub.seen.stored.count == 17 && node.spool.status.dropped == 3 }
      for number in 21...30 { node.spool.add(node.fleetRun(number)) }
      await node.until { node.hub.seen.stored.count == 27 && node.spool.status.length == 0 }
    }
    for number in [7, 8, 20] as [Int64] {
      #expect(
        node.notices.contains(
          .gaveUp(number, "the hub refuses runs (foreign-region): run \(number) is another region's")))
    }
    #expect(node.notices.count { if case .gaveUp = $0 { true } else { false } } == 3)
  }

  @Test("What a hub claims that cannot be is believed by nobody")
  func impossibleNumbers() async throws {
    let node = try await Node()
    node.hub.change { $0.progress = SpoolProgress(acknowledged: .max) }
    await node.run {
      let words = "the hub says that it has runs up to \(Int64.max), which no spool has"
      await node.until { node.notices.contains(.session(.away(words))) }
      node.hub.change { $0.progress = SpoolProgress() }
      await node.until { node.session.isConnected }
      let stretch = BatchReply(IngestSummary(progress: SpoolProgress(acknowledged: 0, ahead: 2...(.max)), added: .max))
      node.hub.change { $0.claim = stretch }
      for number in 1...3 { node.spool.add(node.fleetRun(number)) }
      await node.until { node.notices.contains(.pushing(words)) }
      node.hub.change {
        $0.claim = BatchReply(
          IngestSummary(progress: SpoolProgress(acknowledged: 3), added: .max, duplicates: .max))
      }
      await node.until { node.session.pushed > 0 && node.spool.status.length == 0 }
      #expect(node.session.pushed == 3)
      node.hub.change { state in
        state.claim = nil
        state.progress = SpoolProgress(acknowledged: 3)
      }
      node.spool.add(node.fleetRun(4))
      await node.until { node.hub.seen.stored[4] != nil }
    }
  }

  @Test("A new process goes on where the old one ended")
  func restart() async throws {
    let folder = try Folder()
    let hub: FakeHub
    do {
      let node = try await Node(folder: folder)
      hub = node.hub
      hub.change { $0.isAway = true }
      await node.run {
        for number in 1...20 { node.spool.add(node.fleetRun(number)) }
        await node.until { node.spool.status.oldest != nil && node.spool.status.length == 20 }
      }
    }
    hub.change { $0.isAway = false }
    let node = try await Node(folder: folder, hub: hub)
    await node.run {
      for number in 21...30 { node.spool.add(node.fleetRun(number)) }
      await node.until { hub.seen.stored.count == 30 }
    }
    #expect(hub.seen.stored.sorted { $0.key < $1.key }.map(\.value.run.attempts) == Array(1...30))
    #expect(Set(hub.seen.registrations.map(\.spool)).count == 1)
  }

  @Test("A configuration and a membership from the hub become the schedule")
  func configuration() async throws {
    let node = try await Node()
    node.hub.change { state in
      state.work = [
        WorkReply(
          configuration: ConfigurationChange(version: 3, digest: "d", roots: [], files: []),
          values: SuppliedValues(digest: "v"),
          memberships: [
            MembershipMessage(
              Membership(
                region: "eu", epoch: 8, since: node.time.now - .hours(1), members: [Membership.Member(node: "n1")]))
          ], hubTime: node.time.now.millisecondsSinceEpoch)
      ]
    }
    await node.run {
      await node.until { node.applied.last?.count == 1 && node.hub.seen.beats.last?.configuration == 3 }
      node.loader.fault = ConfigurationFault("unknown key 'new'")
      node.hub.change { state in
        state.work = [
          WorkReply(
            configuration: ConfigurationChange(version: 4, digest: "e", roots: [], files: []),
            hubTime: node.time.now.millisecondsSinceEpoch)
        ]
      }
      await node.until { node.notices.contains(.session(.notConfigured(4, "unknown key 'new'"))) }
      let beats = node.hub.seen.beats.count
      await node.until { node.hub.seen.beats.count > beats + 1 }
    }
    #expect(node.hub.seen.beats.last?.configuration == 3)
    #expect(node.hub.seen.beats.last?.epoch == 8)
    #expect(node.hub.seen.beats.last?.checks == 1)
    #expect(node.hub.seen.questions.last?.configuration == 4)
  }

  @Test("After its autonomy the schedule is empty, and full again when the hub is back")
  func autonomy() async throws {
    let node = try await Node(settings: SessionMachine.Settings(autonomy: .minutes(10)))
    node.hub.change { $0.work = [node.firstWork] }
    await node.run {
      await node.until { node.applied.last?.count == 1 }
      node.hub.change { $0.isAway = true }
      await node.until { node.applied.last?.isEmpty == true }
      #expect(node.notices.contains(.session(.autonomyOver)))
      node.hub.change { $0.isAway = false }
      await node.until { node.applied.last?.count == 1 }
    }
  }

  @Test("The schedule's clock is the hub's")
  func clock() async throws {
    let node = try await Node()
    node.hub.change { $0.ahead = .seconds(90) }
    await node.run {
      await node.until { node.clock.offset != nil }
      let difference = node.clock.now - node.time.now
      #expect(difference >= .seconds(89) && difference <= .seconds(91))
      node.hub.change { $0.ahead = .hours(2) }
      await node.until { node.clock.isRefused }
      // By what was believed before.
      #expect(node.clock.now - node.time.now < .seconds(92))
      await node.until { node.notices.contains { if case .clock(.some) = $0 { true } else { false } } }
      node.hub.change { $0.ahead = .zero }
      await node.until { !node.clock.isRefused && node.notices.contains(.clock(nil)) }
    }
  }

  @Test("Setting the machine's clock moves nothing, with a hub or without one")
  func setClock() async throws {
    let node = try await Node()
    await node.run {
      await node.until { node.clock.offset != nil }
      let before = node.clock.now - node.time.now
      node.time.setClock(by: .minutes(8))
      #expect(node.clock.now - node.time.now == before - .minutes(8))
      await node.until { node.clock.offset.map { $0 > .minutes(7) } ?? false }
      #expect(node.clock.now - node.time.now < before - .minutes(7))
      node.hub.change { $0.isAway = true }
      await node.until { !node.session.isConnected }
      node.time.setClock(by: .hours(25))
      #expect(node.clock.now - node.time.now < .hours(-25))
      #expect(!node.clock.isRefused)
    }
  }

  @Test("Memberships that change all the time leave no timers behind")
  func replanning() async throws {
    let node = try await Node()
    node.hub.change { state in
      state.work = [node.firstWork]
      for epoch in 9...60 as ClosedRange<Int64> {
        let membership = Membership(
          region: "eu", epoch: epoch, since: node.time.now + .milliseconds(100 * epoch),
          members: [Membership.Member(node: "n1")])
        state.work.append(WorkReply(memberships: [MembershipMessage(membership)], hubTime: 0))
      }
    }
    await node.run {
      await node.until { node.plan.epoch(at: .init(nanosecondsSinceEpoch: .max)) == 60 }
      let (count, start) = (node.applied.count, node.time.now)
      await node.until { node.time.now - start > CheckLease.longest * 2 }
      #expect(node.applied.count - count <= 6)
    }
  }

  @Test("Second opinions are given at once, each once, and none that is of no use any more")
  func opinions() async throws {
    let node = try await Node()
    let until = (node.time.now + .hours(1)).millisecondsSinceEpoch
    let requests = [
      OpinionRequest(number: 1, check: "shop", slot: 5, until: until),
      OpinionRequest(number: 2, check: "shop", slot: 6, until: 0),
      OpinionRequest(number: 3, check: "No Check", slot: 6, until: until),
    ]
    node.hub.change { state in
      state.work = [WorkReply(opinions: requests, hubTime: 0), WorkReply(opinions: requests, hubTime: 0)]
    }
    await node.run { await node.until { node.hub.seen.questions.count > 3 && !node.opinions.isEmpty } }
    #expect(node.opinions == [5])
    #expect(node.notices.contains(.opinionNotGiven("shop", .late)))
    #expect(node.notices.contains(.opinionNotGiven("No Check", .unknownCheck)))
  }

  @Test("An opinion of a check that comes with its values is given when they are loaded")
  func opinionWithValues() async throws {
    let node = try await Node()
    let until = (node.time.now + .hours(1)).millisecondsSinceEpoch
    node.loader.isHeld = true
    node.hub.change { state in
      state.work = [
        WorkReply(
          configuration: ConfigurationChange(version: 3, digest: "d", roots: [], files: []),
          values: SuppliedValues(digest: "v"),
          opinions: [OpinionRequest(number: 1, check: "shop", slot: 5, until: until)], hubTime: 0)
      ]
    }
    await node.run {
      await node.until { node.hub.seen.questions.count == 1 }
      let beats = node.hub.seen.beats.count
      await node.until { node.hub.seen.beats.count > beats + 2 }
      #expect(node.opinions.isEmpty)
      node.loader.isHeld = false
      await node.until { node.opinions == [5] }
    }
    #expect(node.session.configuration == 3)
  }

  @Test("Who leaves waits for others to take over, and for nobody where nobody is there")
  func leaving() async throws {
    let node = try await Node()
    node.hub.change { $0.work = [node.firstWork] }
    await node.run {
      await node.until { node.applied.last?.count == 1 }
      let others = [Membership.Member(node: "n1"), Membership.Member(node: "n2")]
      let gone = [Membership.Member(node: "n1", silence: CheckLease.longest), Membership.Member(node: "n2")]
      node.hub.change { state in
        state.work = [
          WorkReply(
            memberships: [
              MembershipMessage(Membership(region: "eu", epoch: 9, since: node.time.now, members: others))
            ], hubTime: 0)
        ]
      }
      await node.until { node.plan.hasOthers }
      let hasLeft = Mutex(false)
      async let left: Void = {
        await node.session.leave(within: .hours(1))
        hasLeft.withLock { $0 = true }
      }()
      await node.until { node.hub.seen.beats.last?.isLeaving == true }
      let since = node.time.now + .seconds(2)
      node.hub.change { state in
        state.work = [
          WorkReply(
            memberships: [
              MembershipMessage(Membership(region: "eu", epoch: 10, since: since, members: gone))
            ], hubTime: 0)
        ]
      }
      await node.until { node.plan.isHandedOver(at: node.clock.now) }
      await node.until { hasLeft.withLock { $0 } }
      await left
      #expect(node.time.now >= since)
    }
  }
}

extension AgentSessionTests {
  @Test("Who is alone leaves when the hub has heard it, and waits for that for two seconds")
  func leavingAlone() async throws {
    for isHeard in [true, false] {
      let node = try await Node()
      node.hub.change { $0.work = [node.firstWork] }
      await node.run {
        await node.until { node.applied.last?.count == 1 }
        node.hub.change { $0.holdsFarewells = true }
        let start = node.time.now
        let hasLeft = Mutex(false)
        async let left: Void = {
          await node.session.leave(within: .hours(1))
          hasLeft.withLock { $0 = true }
        }()
        await node.until { node.hub.seen.beats.last?.isLeaving == true }
        await node.until { node.time.now - start > .seconds(1) }
        #expect(!hasLeft.withLock { $0 })
        if isHeard { node.hub.change { $0.holdsFarewells = false } }
        await node.until { hasLeft.withLock { $0 } }
        await left
        if !isHeard { #expect(node.time.now - start >= .seconds(2)) }
      }
    }
  }
}

/// A node without a schedule: its session, its spool and a hub, on a clock that is turned by hand.
final class Node: Sendable {
  let time = ManualTime()
  let clock: HubClock
  let hub: FakeHub
  let spool: SpoolKeeper
  let plan = WorkPlan(node: "n1", region: "eu")
  let session: AgentSession
  let loader: Loader
  private let loop: EventLoop
  private let folder: Folder
  private let heard = Heard()

  final class Heard: Sendable {
    let state = Mutex<(applied: [[CheckID]], notices: [AgentSession.Notice], opinions: [Int64])>(([], [], []))
  }

  var applied: [[CheckID]] { heard.state.withLock { $0.applied } }
  var notices: [AgentSession.Notice] { heard.state.withLock { $0.notices } }
  var opinions: [Int64] { heard.state.withLock { $0.opinions } }

  init(
    folder: Folder? = nil, hub: FakeHub? = nil, settings: SessionMachine.Settings = SessionMachine.Settings()
  ) async throws {
    self.folder = try folder ?? Folder()
    self.hub = hub ?? FakeHub(time)
    clock = HubClock(time)
    loop = try EventLoop(name: "test-spool")
    let opened = try Spool(at: self.folder.path, identity: 42)
    spool = SpoolKeeper(opened, on: loop, time: clock)
    let check = Check(
      id: try #require(CheckID("shop")), kind: .http,
      location: SourceLocation(file: "shop.yaml", line: 1, column: 1))
    loader = Loader(check: check)
    let heard = heard
    session = AgentSession(
      node: NodeDescription(name: "n1", region: "eu", version: "test", spool: 42), settings: settings, seed: 1,
      parts: AgentSession.Parts(
        link: self.hub, spool: spool, plan: plan, clock: clock, loader: loader,
        apply: { checks in heard.state.withLock { $0.applied.append(checks.map(\.id)) } },
        giveOpinion: { _, request, _ in
          heard.state.withLock { $0.opinions.append(request.slot) }
          return nil
        },
        tell: { notice in heard.state.withLock { $0.notices.append(notice) } }))
  }

  deinit { loop.stop() }

  /// A configuration, and a membership of this node alone.
  var firstWork: WorkReply {
    WorkReply(
      configuration: ConfigurationChange(version: 3, digest: "d", roots: [], files: []),
      values: SuppliedValues(digest: "v"),
      memberships: [
        MembershipMessage(
          Membership(region: "eu", epoch: 8, since: time.now - .hours(1), members: [Membership.Member(node: "n1")]))
      ], hubTime: time.now.millisecondsSinceEpoch)
  }

  func fleetRun(_ number: Int) -> FleetRun {
    FleetRun(
      run: HistoryRun(
        check: loader.check.id, region: "eu", node: "n1", slotStart: time.now, interval: .seconds(60),
        duration: .milliseconds(3), verdict: .up, attempts: number), configuration: 1, epoch: 1)
  }

  /// Lets the session run while something is done.
  func run(_ body: () async -> Void) async {
    let running = Task { await session.run() }
    await body()
    running.cancel()
    await running.value
  }

  /// Lets time pass until something holds.
  func until(_ condition: () -> Bool, sourceLocation: Testing.SourceLocation = #_sourceLocation) async {
    for _ in 0..<200_000 {
      if condition() { return }
      time.advance(by: .milliseconds(20))
      // Time stands still while the disk is busy: a slow machine is no slow hub.
      _ = await spool.last
      await Task.yield()
    }
    Issue.record("it never held", sourceLocation: sourceLocation)
  }
}

final class Loader: ConfigurationLoader {
  let check: Check
  private let state = Mutex<(fault: ConfigurationFault?, version: Int64, isHeld: Bool)>((nil, 0, false))

  init(check: Check) { self.check = check }

  var fault: ConfigurationFault? {
    get { state.withLock { $0.fault } }
    set { state.withLock { $0.fault = newValue } }
  }

  /// Whether loading takes its time.
  var isHeld: Bool {
    get { state.withLock { $0.isHeld } }
    set { state.withLock { $0.isHeld = newValue } }
  }

  func load(
    _ change: ConfigurationChange?, values: SuppliedValues?
  ) async throws(ConfigurationFault) -> LoadedConfiguration {
    while isHeld, !Task.isCancelled { await Task.yield() }
    if let fault { throw fault }
    let version = state.withLock { state in
      state.version = change?.version ?? state.version
      return state.version
    }
    return LoadedConfiguration(version: version, checks: [check])
  }
}

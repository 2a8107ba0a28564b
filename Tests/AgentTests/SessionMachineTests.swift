import Agent
import Fleet
import Model
import Testing

@Suite("Session")
struct SessionMachineTests {
  private static let start = Duration.seconds(1000)
  private static let admission = Admission(SpoolProgress(), hubTime: 0)

  private static func machine(_ settings: SessionMachine.Settings = SessionMachine.Settings()) -> SessionMachine {
    SessionMachine(settings: settings, seed: 3, at: start)
  }

  private static func registration(_ actions: [SessionMachine.Action]) -> Int? {
    for case .register(let number) in actions { return number }
    return nil
  }

  private static func beat(_ actions: [SessionMachine.Action]) -> (number: Int, isLeaving: Bool)? {
    for case .beat(let number, let isLeaving) in actions { return (number, isLeaving) }
    return nil
  }

  private static func question(_ actions: [SessionMachine.Action]) -> (Int, SessionMachine.Question)? {
    for case .ask(let number, let question) in actions { return (number, question) }
    return nil
  }

  private static func wait(_ actions: [SessionMachine.Action]) -> Duration? {
    for case .wait(let uptime) in actions { return uptime }
    return nil
  }

  private static func notices(_ actions: [SessionMachine.Action]) -> [SessionMachine.Notice] {
    actions.compactMap { if case .say(let notice) = $0 { notice } else { nil } }
  }

  /// A machine whose hub has taken the node in.
  private static func connected(
    _ settings: SessionMachine.Settings = SessionMachine.Settings()
  ) throws -> (SessionMachine, [SessionMachine.Action]) {
    var machine = machine(settings)
    let number = try #require(registration(machine.handle(.start, at: start)))
    let actions = machine.handle(.registered(number, admission), at: start)
    return (machine, actions)
  }

  @Test("A node that is taken in beats, asks for work and may send runs")
  func connecting() throws {
    let (machine, actions) = try Self.connected()
    #expect(machine.isConnected)
    #expect(actions.contains(.admitted(SpoolProgress())))
    #expect(Self.notices(actions) == [.connected])
    #expect(Self.beat(actions)?.isLeaving == false)
    let (_, question) = try #require(Self.question(actions))
    #expect(question.configuration == 0 && question.epoch == 0 && question.wait == .seconds(25))
  }

  @Test("Pauses between attempts grow to half a minute, and begin anew only after a healthy session")
  func backoff() throws {
    var machine = Self.machine()
    var uptime = Self.start
    var actions = machine.handle(.start, at: uptime)
    func fail() throws -> Double {
      let number = try #require(Self.registration(actions))
      let failed = machine.handle(.registrationFailed(number, .unreachable("no route")), at: uptime)
      let next = try #require(Self.wait(failed))
      defer { uptime = next }
      actions = machine.handle(.timer, at: next)
      return (next - uptime).seconds
    }
    for step in [1.0, 2, 4, 8, 16, 30, 30] {
      let pause = try fail()
      #expect(pause >= step / 2 && pause <= step)
    }
    // A hub that takes nodes in and falls over at once.
    let number = try #require(Self.registration(actions))
    actions = machine.handle(.registered(number, Self.admission), at: uptime)
    for _ in 0..<2 {
      let beat = try #require(Self.beat(actions))
      let failed = machine.handle(.beatFailed(beat.number, .unreachable("gone")), at: uptime)
      uptime = try #require(Self.wait(failed))
      actions = machine.handle(.timer, at: uptime)
    }
    #expect(!machine.isConnected)
    #expect(try fail() >= 15)
    // One that answers for a while.
    let again = try #require(Self.registration(actions))
    actions = machine.handle(.registered(again, Self.admission), at: uptime)
    for _ in 0..<5 {
      let beat = try #require(Self.beat(actions))
      uptime += .seconds(3)
      actions = machine.handle(.beatAnswered(beat.number, BeatReply(hubTime: 0)), at: uptime)
    }
    for _ in 0..<2 {
      let beat = try #require(Self.beat(actions))
      let failed = machine.handle(.beatFailed(beat.number, .unreachable("gone")), at: uptime)
      let next = try #require(Self.wait(failed))
      if !machine.isConnected { #expect((next - uptime) <= .seconds(1)) }
      uptime = next
      actions = machine.handle(.timer, at: uptime)
    }
    #expect(Self.registration(actions) != nil)
  }

  @Test("One lost beat, or a question that a balancer cut off, is no lost hub")
  func hiccups() throws {
    var (machine, actions) = try Self.connected()
    let (number, _) = try #require(Self.question(actions))
    let beat = try #require(Self.beat(actions))
    actions = machine.handle(.workFailed(number, .unreachable("cut off")), at: Self.start)
    #expect(machine.isConnected && !actions.contains(.lost))
    actions = machine.handle(.beatFailed(beat.number, .unreachable("timed out")), at: Self.start + .seconds(5))
    #expect(machine.isConnected && !actions.contains(.lost))
    let second = try #require(Self.beat(actions))
    actions = machine.handle(.beatFailed(second.number, .unreachable("timed out")), at: Self.start + .seconds(10))
    #expect(!machine.isConnected && actions.contains(.lost))
    #expect(Self.notices(actions) == [.away("timed out")])
  }

  @Test("Answers of a session that has ended change nothing")
  func lateAnswers() throws {
    var (machine, actions) = try Self.connected()
    let (question, _) = try #require(Self.question(actions))
    let beat = try #require(Self.beat(actions))
    actions = machine.handle(.dismissed, at: Self.start)
    #expect(!machine.isConnected)
    let reply = WorkReply(configuration: ConfigurationChange(version: 9, digest: "", roots: [], files: []), hubTime: 0)
    #expect(
      machine.handle(.workArrived(question, reply), at: Self.start).allSatisfy {
        if case .wait = $0 { true } else { false }
      })
    _ = machine.handle(.beatFailed(beat.number, .refused(.wrongToken, "", acknowledged: nil)), at: Self.start)
    #expect(Self.registration(machine.handle(.timer, at: Self.start + .seconds(1))) != nil)
  }

  @Test("The schedule goes on without a hub for its autonomy, then stops, and goes on when the hub is back")
  func autonomy() throws {
    var machine = Self.machine(SessionMachine.Settings(autonomy: .hours(1)))
    var uptime = Self.start
    var actions = machine.handle(.start, at: uptime)
    var pausedAt: Duration?
    while pausedAt == nil, uptime < Self.start + .hours(2) {
      if let number = Self.registration(actions) {
        actions = machine.handle(.registrationFailed(number, .unreachable("no route")), at: uptime)
      } else {
        uptime = try #require(Self.wait(actions))
        actions = machine.handle(.timer, at: uptime)
      }
      if actions.contains(.setPaused(true)) {
        #expect(Self.notices(actions).contains(.autonomyOver))
        pausedAt = uptime
      }
    }
    #expect(try #require(pausedAt) == Self.start + .hours(1))
    while Self.registration(actions) == nil {
      uptime = try #require(Self.wait(actions))
      actions = machine.handle(.timer, at: uptime)
    }
    let number = try #require(Self.registration(actions))
    #expect(machine.handle(.registered(number, Self.admission), at: uptime).contains(.setPaused(false)))
  }

  @Test("A configuration that cannot be loaded is not asked for again, and beats say what is in force")
  func refusedConfiguration() throws {
    var (machine, actions) = try Self.connected()
    func reply(_ version: Int64) -> WorkReply {
      WorkReply(
        configuration: ConfigurationChange(version: version, digest: "d\(version)", roots: [], files: []), hubTime: 0)
    }
    let (first, _) = try #require(Self.question(actions))
    actions = machine.handle(.workArrived(first, reply(4)), at: Self.start)
    #expect(actions.contains(.load(reply(4).configuration, nil)))
    #expect(Self.question(machine.handle(.timer, at: Self.start + .seconds(1))) == nil)
    actions = machine.handle(.loaded(version: 4), at: Self.start + .seconds(1))
    #expect(machine.configuration == 4)
    let (second, _) = try #require(Self.question(actions))
    actions = machine.handle(.workArrived(second, reply(5)), at: Self.start + .seconds(2))
    actions = machine.handle(.notLoaded(version: 5, "unknown key", isIncomplete: false), at: Self.start + .seconds(3))
    #expect(Self.notices(actions) == [.notConfigured(5, "unknown key")])
    #expect(machine.configuration == 4)
    #expect(try #require(Self.question(actions)).1.configuration == 5)
  }

  @Test("A configuration with something missing is asked for as a whole, after a pause")
  func incompleteConfiguration() throws {
    var (machine, actions) = try Self.connected()
    let (number, _) = try #require(Self.question(actions))
    let reply = WorkReply(
      configuration: ConfigurationChange(version: 4, digest: "d", roots: [], files: []),
      values: SuppliedValues(digest: "v"), hubTime: 0)
    _ = machine.handle(.workArrived(number, reply), at: Self.start)
    actions = machine.handle(.notLoaded(version: 4, "missing", isIncomplete: true), at: Self.start + .seconds(1))
    #expect(Self.question(actions) == nil)
    actions = machine.handle(.timer, at: Self.start + .seconds(3))
    let question = try #require(Self.question(actions)).1
    #expect(question.configuration == 0 && question.values.isEmpty)
  }

  @Test("News are taken in their order, and each request for an opinion once")
  func news() throws {
    var (machine, actions) = try Self.connected()
    let (number, _) = try #require(Self.question(actions))
    let member = Membership.Member(node: "n1")
    let memberships = [
      Membership(region: "eu", epoch: 3, since: Timestamp(secondsSinceEpoch: 20), members: [member]),
      Membership(region: "eu", epoch: 2, since: Timestamp(secondsSinceEpoch: 10), members: [member]),
    ]
    let opinions = [5, 6].map { OpinionRequest(number: $0, check: "shop", slot: 1, until: 9) }
    let reply = WorkReply(memberships: memberships.map(MembershipMessage.init), opinions: opinions, hubTime: 0)
    actions = machine.handle(.workArrived(number, reply), at: Self.start)
    #expect(actions.contains(.follow(memberships.reversed())))
    #expect(actions.contains(.giveOpinions(opinions)))
    actions = machine.handle(.timer, at: Self.start + .milliseconds(200))
    let (second, question) = try #require(Self.question(actions))
    #expect(question.epoch == 3 && question.opinion == 6)
    let third = OpinionRequest(number: 7, check: "shop", slot: 1, until: 9)
    actions = machine.handle(
      .workArrived(second, WorkReply(opinions: opinions + [third], hubTime: 0)), at: Self.start + .seconds(1))
    #expect(actions.contains(.giveOpinions([third])))
  }

  @Test("A question says which files the node has and which membership it follows, until all of it is asked for anew")
  func identity() throws {
    var (machine, actions) = try Self.connected()
    let (number, first) = try #require(Self.question(actions))
    #expect(first.digest == nil && first.since == nil)
    let membership = Membership(region: "eu", epoch: 3, since: Timestamp(secondsSinceEpoch: 20), members: [])
    let change = ConfigurationChange(version: 4, digest: "d", roots: [], files: [])
    let reply = WorkReply(configuration: change, memberships: [MembershipMessage(membership)], hubTime: 0)
    _ = machine.handle(.workArrived(number, reply), at: Self.start)
    actions = machine.handle(.loaded(version: 4), at: Self.start + .seconds(1))
    let (second, question) = try #require(Self.question(actions))
    #expect(question.configuration == 4 && question.digest == "d" && question.since == 20_000)
    var changed = change
    changed.digest = "e"
    _ = machine.handle(
      .workArrived(second, WorkReply(configuration: changed, hubTime: 0)), at: Self.start + .seconds(2))
    _ = machine.handle(.notLoaded(version: 4, "missing", isIncomplete: true), at: Self.start + .seconds(2))
    actions = machine.handle(.timer, at: Self.start + .seconds(10))
    let (_, third) = try #require(Self.question(actions))
    #expect(third.configuration == 0 && third.digest == nil && third.since == 20_000)
  }

  @Test(
    "Where the hub takes back what it said, second opinions are counted anew",
    arguments: [
      WorkReply(configuration: ConfigurationChange(version: 4, digest: "e", roots: [], files: []), hubTime: 0),
      WorkReply(
        memberships: [
          MembershipMessage(Membership(region: "eu", epoch: 3, since: Timestamp(secondsSinceEpoch: 21), members: []))
        ], hubTime: 0),
    ])
  func contradiction(_ contradiction: WorkReply) throws {
    var (machine, actions) = try Self.connected()
    let (number, _) = try #require(Self.question(actions))
    let opinion = OpinionRequest(number: 900, check: "shop", slot: 1, until: 9)
    let reply = WorkReply(
      configuration: ConfigurationChange(version: 4, digest: "d", roots: [], files: []),
      memberships: [
        MembershipMessage(Membership(region: "eu", epoch: 3, since: Timestamp(secondsSinceEpoch: 20), members: []))
      ], opinions: [opinion], hubTime: 0)
    _ = machine.handle(.workArrived(number, reply), at: Self.start)
    actions = machine.handle(.loaded(version: 4), at: Self.start + .seconds(1))
    let (second, question) = try #require(Self.question(actions))
    #expect(question.opinion == 900)
    var taken = contradiction
    taken.opinions = [OpinionRequest(number: 12, check: "shop", slot: 2, until: 9)]
    actions = machine.handle(.workArrived(second, taken), at: Self.start + .seconds(2))
    actions += machine.handle(.loaded(version: 4), at: Self.start + .seconds(3))
    #expect(actions.contains(.giveOpinions(taken.opinions)))
  }

  @Test(
    "Opinions wait for the values that came with them, whether they can be loaded or not", arguments: [true, false])
  func heldOpinions(_ isLoaded: Bool) throws {
    var (machine, actions) = try Self.connected()
    let (number, _) = try #require(Self.question(actions))
    let asked = [OpinionRequest(number: 1, check: "shop", slot: 1, until: 9)]
    let reply = WorkReply(values: SuppliedValues(digest: "v"), opinions: asked, hubTime: 0)
    actions = machine.handle(.workArrived(number, reply), at: Self.start)
    #expect(actions.contains(.load(nil, reply.values)))
    #expect(!actions.contains { if case .giveOpinions = $0 { true } else { false } })
    let settled: SessionMachine.Event =
      isLoaded ? .loaded(version: 1) : .notLoaded(version: 1, "unknown key", isIncomplete: false)
    #expect(machine.handle(settled, at: Self.start + .seconds(1)).contains(.giveOpinions(asked)))
    #expect(
      !machine.handle(.loaded(version: 1), at: Self.start + .seconds(2)).contains {
        if case .giveOpinions = $0 { true } else { false }
      })
  }

  @Test("Opinions that wait are asked for again in a new session, and given once")
  func heldOverReconnect() throws {
    var (machine, actions) = try Self.connected()
    let (number, _) = try #require(Self.question(actions))
    let asked = [OpinionRequest(number: 1, check: "shop", slot: 1, until: 9)]
    _ = machine.handle(
      .workArrived(number, WorkReply(values: SuppliedValues(digest: "v"), opinions: asked, hubTime: 0)), at: Self.start)
    _ = machine.handle(.dismissed, at: Self.start)
    actions = machine.handle(.timer, at: Self.start + .seconds(1))
    _ = machine.handle(
      .registered(try #require(Self.registration(actions)), Self.admission), at: Self.start + .seconds(1))
    actions = machine.handle(.loaded(version: 1), at: Self.start + .seconds(2))
    #expect(!actions.contains(.giveOpinions(asked)))
    let (again, question) = try #require(Self.question(actions))
    #expect(question.opinion == 0)
    #expect(
      machine.handle(.workArrived(again, WorkReply(opinions: asked, hubTime: 0)), at: Self.start + .seconds(2))
        .contains(.giveOpinions(asked)))
  }

  @Test("That the node leaves is heard when such a beat was answered, and no other one")
  func farewell() throws {
    var (machine, actions) = try Self.connected()
    let first = try #require(Self.beat(actions))
    _ = machine.handle(.leave, at: Self.start)
    actions = machine.handle(.beatAnswered(first.number, BeatReply(hubTime: 0)), at: Self.start)
    #expect(!machine.hasSaidFarewell)
    let second = try #require(Self.beat(actions))
    _ = machine.handle(.beatFailed(second.number, .unreachable("timed out")), at: Self.start)
    #expect(!machine.hasSaidFarewell)
    actions = machine.handle(.timer, at: Self.start + .seconds(3))
    let third = try #require(Self.beat(actions))
    _ = machine.handle(.beatAnswered(third.number, BeatReply(hubTime: 0)), at: Self.start + .seconds(3))
    #expect(machine.hasSaidFarewell)
  }

  @Test("Who leaves says so at once, in every beat")
  func leaving() throws {
    var (machine, actions) = try Self.connected()
    let first = try #require(Self.beat(actions))
    _ = machine.handle(.beatAnswered(first.number, BeatReply(hubTime: 0)), at: Self.start)
    actions = machine.handle(.leave, at: Self.start + .milliseconds(100))
    let second = try #require(Self.beat(actions))
    #expect(second.isLeaving)
    _ = machine.handle(.beatAnswered(second.number, BeatReply(hubTime: 0)), at: Self.start + .milliseconds(200))
    actions = machine.handle(.timer, at: Self.start + .seconds(4))
    #expect(Self.beat(actions)?.isLeaving == true)
  }

  @Test(
    "A hub that refuses the node is told of once, and tried slowly",
    arguments: [FleetProtocol.Refusal.wrongToken, .protocolVersion])
  func refused(_ refusal: FleetProtocol.Refusal) throws {
    var machine = Self.machine()
    var uptime = Self.start
    var actions = machine.handle(.start, at: uptime)
    var told: [SessionMachine.Notice] = []
    for _ in 0..<5 {
      let number = try #require(Self.registration(actions))
      let failed = machine.handle(.registrationFailed(number, .refused(refusal, "no", acknowledged: nil)), at: uptime)
      told += Self.notices(failed)
      let next = try #require(Self.wait(failed))
      #expect(next - uptime >= .seconds(30))
      uptime = next
      actions = machine.handle(.timer, at: uptime)
    }
    #expect(told == [.refused(refusal, "no")])
  }

  @Test("A quarantine is told when it begins and when it ends")
  func quarantine() throws {
    var (machine, actions) = try Self.connected()
    var told: [SessionMachine.Notice] = []
    var uptime = Self.start
    for reason in [nil, "fails what others pass", "fails what others pass", nil] {
      let beat = try #require(Self.beat(actions))
      let answered = machine.handle(.beatAnswered(beat.number, BeatReply(hubTime: 0, quarantine: reason)), at: uptime)
      told += Self.notices(answered)
      uptime += .seconds(3)
      actions = machine.handle(.timer, at: uptime)
    }
    #expect(told == [.quarantined("fails what others pass"), .quarantined(nil)])
  }
}

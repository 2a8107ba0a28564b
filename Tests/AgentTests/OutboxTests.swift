import Agent
import Fleet
import Model
import Testing

@Suite("Outbox")
struct OutboxTests {
  private static let start = Duration.seconds(1000)

  private static func outbox(_ settings: Outbox.Settings = Outbox.Settings()) -> Outbox {
    Outbox(settings: settings, seed: 7, at: start)
  }

  private static func sent(_ actions: [Outbox.Action]) -> (batch: Int, from: Int64, limit: Int)? {
    for case .send(let batch, let from, let limit, _) in actions { return (batch, from, limit) }
    return nil
  }

  private static func refused(
    _ batch: Int, _ refusal: FleetProtocol.Refusal, of numbers: ClosedRange<Int64> = 1...1, lead: Duration? = nil,
    acknowledged: Int64? = nil
  ) -> Outbox.Event {
    .refused(batch: batch, Outbox.Rejection(refusal, "no", of: numbers, lead: lead, acknowledged: acknowledged))
  }

  private static func wait(_ actions: [Outbox.Action]) -> Duration? {
    for case .wait(let uptime) in actions.reversed() { return uptime }
    return nil
  }

  @Test("A run goes at once, and the next ones together after the pace")
  func pace() throws {
    var outbox = Self.outbox()
    #expect(outbox.handle(.spooled(through: 1), at: Self.start).isEmpty)
    let first = try #require(Self.sent(outbox.handle(.admitted(SpoolProgress(acknowledged: 0)), at: Self.start)))
    #expect(first == (1, 1, 1))
    #expect(Self.sent(outbox.handle(.spooled(through: 5), at: Self.start)) == nil)
    let answer = outbox.handle(.answered(batch: 1, SpoolProgress(acknowledged: 1)), at: Self.start + .milliseconds(10))
    #expect(answer.first == .release(through: 1))
    #expect(Self.wait(answer) == Self.start + .milliseconds(250))
    let second = try #require(Self.sent(outbox.handle(.timer, at: Self.start + .milliseconds(250))))
    #expect(second == (2, 2, 4))
  }

  @Test("A backlog is sent in order, at no more than the rate")
  func rate() throws {
    var outbox = Self.outbox(Outbox.Settings(batchRuns: 1_000, rate: 2_000, pace: .milliseconds(1)))
    var uptime = Self.start
    _ = outbox.handle(.spooled(through: 10_000), at: uptime)
    var actions = outbox.handle(.admitted(SpoolProgress(acknowledged: 0)), at: uptime)
    var next: Int64 = 1
    while outbox.backlog > 0 {
      if let batch = Self.sent(actions) {
        #expect(batch.from == next)
        next += Int64(batch.limit)
        actions = outbox.handle(.answered(batch: batch.batch, SpoolProgress(acknowledged: next - 1)), at: uptime)
      } else {
        uptime = try #require(Self.wait(actions))
        actions = outbox.handle(.timer, at: uptime)
      }
    }
    // The first thousand at once, the others at 2,000 a second.
    #expect(abs((uptime - Self.start).seconds - 4.5) < 0.01)
  }

  /// A backlog of 10,000 runs and a hub that takes everything; `arriving` are spooled with every batch that is sent.
  private static func drain(
    _ outbox: inout Outbox, arriving: Int64, answer: (inout SpoolProgress, SpoolBatch) -> Outbox.Event?
  ) throws -> [(isAhead: Bool, from: Int64, limit: Int)] {
    var hub = SpoolProgress()
    var uptime = start
    var spooled: Int64 = 10_000
    _ = outbox.handle(.spooled(through: spooled), at: uptime)
    var actions = outbox.handle(.admitted(hub), at: uptime)
    var sent: [(isAhead: Bool, from: Int64, limit: Int)] = []
    let run = FleetRun(
      run: HistoryRun(
        check: try #require(CheckID("shop")), region: "eu", slotStart: Timestamp(millisecondsSinceEpoch: 0),
        interval: .seconds(60), duration: nil, verdict: .up), configuration: 1, epoch: 1)
    while outbox.backlog > 0, sent.count < 200 {
      guard case .send(let batch, let from, let limit, let isAhead) = actions.first(where: \.isSend) else {
        uptime = try #require(wait(actions))
        actions = outbox.handle(.timer, at: uptime)
        continue
      }
      sent.append((isAhead, from, limit))
      let runs = SpoolBatch(
        node: "n", region: "eu", spool: 1, first: from, oldest: 1, isAhead: isAhead,
        runs: Array(repeating: run, count: limit))
      if outbox.acknowledged < 9_000 {
        spooled += arriving
        _ = outbox.handle(.spooled(through: spooled), at: uptime)
      }
      if let event = answer(&hub, runs) {
        actions = outbox.handle(event, at: uptime)
      } else {
        _ = try hub.take(runs)
        actions = outbox.handle(.answered(batch: batch, hub), at: uptime)
      }
    }
    #expect(hub == SpoolProgress(acknowledged: spooled))
    return sent
  }

  @Test("New runs go ahead of a long backlog, which goes on in its order")
  func ahead() throws {
    var outbox = Self.outbox(Outbox.Settings(batchRuns: 1_000, rate: 2_000, pace: .milliseconds(1)))
    let sent = try Self.drain(&outbox, arriving: 50) { _, _ in nil }
    #expect(sent.prefix(5).map(\.isAhead) == [false, true, false, true, false])
    var late: Int64 = 1
    var fresh: Int64 = 10_001
    for batch in sent {
      #expect(batch.from == (batch.isAhead ? fresh : late))
      if batch.isAhead { fresh += Int64(batch.limit) } else { late += Int64(batch.limit) }
    }
    #expect(late == 10_001)
    // A short backlog is not worth it: the next runs go in order again.
    let before = sent.count
    #expect(before < 30)
    _ = outbox.handle(.spooled(through: fresh + 500), at: Self.start + .hours(1))
    #expect(
      outbox.handle(.timer, at: Self.start + .hours(2)).contains {
        if case .send(_, _, _, true) = $0 { true } else { false }
      } == false)
  }

  @Test("A hub that takes nothing ahead is sent everything in order")
  func refusedAhead() throws {
    var outbox = Self.outbox(Outbox.Settings(batchRuns: 1_000, rate: 2_000, pace: .milliseconds(1)))
    var number = 0
    let sent = try Self.drain(&outbox, arriving: 50) { hub, batch in
      number += 1
      return batch.isAhead ? Self.refused(number, .gap, acknowledged: hub.acknowledged) : nil
    }
    #expect(sent.count { $0.isAhead } == 1)
  }

  @Test("A hole in what goes ahead is told in order")
  func holeAhead() throws {
    var outbox = Self.outbox(Outbox.Settings(batchRuns: 1_000, rate: 2_000, pace: .milliseconds(1)))
    var number = 0
    let sent = try Self.drain(&outbox, arriving: 50) { _, batch in
      number += 1
      return batch.isAhead && number > 4 ? .notAhead(batch: number) : nil
    }
    #expect(sent.count { $0.isAhead } == 3)
  }

  @Test("A node that is admitted again goes on ahead of its backlog where it was")
  func admittedAgain() throws {
    var outbox = Self.outbox()
    _ = outbox.handle(.spooled(through: 20_000), at: Self.start)
    let known = SpoolProgress(acknowledged: 4_000, ahead: 18_001...19_000)
    let first = outbox.handle(.admitted(known), at: Self.start)
    #expect(first.contains(.send(batch: 1, from: 19_001, limit: 1_000, isAhead: true)))
    #expect(outbox.backlog == 15_000)
    let next = outbox.handle(
      .answered(batch: 1, SpoolProgress(acknowledged: 4_000, ahead: 18_001...20_000)), at: Self.start + .seconds(1))
    #expect(next.contains(.send(batch: 2, from: 4_001, limit: 2_500, isAhead: false)))
    // The answer to a batch that was given up says less than is known.
    _ = outbox.handle(.answered(batch: 0, known), at: Self.start + .seconds(1))
    #expect(outbox.backlog == 14_000)
  }

  @Test("What is not answered is sent again, after pauses that grow to their bound")
  func resending() throws {
    var outbox = Self.outbox()
    var uptime = Self.start
    _ = outbox.handle(.spooled(through: 3), at: uptime)
    var actions = outbox.handle(.admitted(SpoolProgress(acknowledged: 0)), at: uptime)
    var pauses: [Double] = []
    for number in 1...8 {
      let batch = try #require(Self.sent(actions))
      #expect(batch == (number, 1, 3))
      uptime = try #require(Self.wait(actions))
      let pause = try #require(Self.wait(outbox.handle(.timer, at: uptime)))
      pauses.append((pause - uptime).seconds)
      uptime = pause
      actions = outbox.handle(.timer, at: uptime)
    }
    for (index, pause) in pauses.enumerated() {
      let step = min(30, Double(1 << index))
      #expect(pause >= step / 2 && pause <= step, "pause \(index)")
    }
  }

  @Test("The answer to a batch that was given up counts, and does not end the one under way")
  func lateAnswer() throws {
    var outbox = Self.outbox()
    _ = outbox.handle(.spooled(through: 3), at: Self.start)
    _ = outbox.handle(.admitted(SpoolProgress(acknowledged: 0)), at: Self.start)
    let pause = try #require(Self.wait(outbox.handle(.failed(batch: 1, "cut off"), at: Self.start)))
    _ = outbox.handle(.spooled(through: 9), at: Self.start)
    #expect(try #require(Self.sent(outbox.handle(.timer, at: pause))) == (2, 1, 9))
    let late = outbox.handle(.answered(batch: 1, SpoolProgress(acknowledged: 3)), at: pause)
    #expect(late.first == .release(through: 3))
    #expect(Self.sent(late) == nil)
    #expect(outbox.handle(.answered(batch: 2, SpoolProgress(acknowledged: 9)), at: pause) == [.release(through: 9)])
    #expect(outbox.backlog == 0)
  }

  @Test("After a gap it goes on from where the hub says")
  func gap() throws {
    var outbox = Self.outbox()
    _ = outbox.handle(.spooled(through: 100), at: Self.start)
    _ = outbox.handle(.admitted(SpoolProgress(acknowledged: 50)), at: Self.start)
    let actions = outbox.handle(Self.refused(1, .gap, acknowledged: 20), at: Self.start)
    let again = outbox.handle(.timer, at: try #require(Self.wait(actions)))
    #expect(try #require(Self.sent(again)) == (2, 21, 80))
  }

  @Test("A batch that is too large is halved until it fits, and grows again")
  func tooLarge() throws {
    var outbox = Self.outbox(Outbox.Settings(rate: 1_000_000, pace: .zero))
    _ = outbox.handle(.spooled(through: 2_000), at: Self.start)
    var actions = outbox.handle(.admitted(SpoolProgress(acknowledged: 0)), at: Self.start)
    var limits: [Int] = []
    var uptime = Self.start
    while let batch = Self.sent(actions) {
      limits.append(batch.limit)
      uptime += .seconds(1)
      actions =
        batch.limit > 600
        ? outbox.handle(
          Self.refused(batch.batch, .tooLarge, of: batch.from...(batch.from + Int64(batch.limit) - 1)), at: uptime)
        : outbox.handle(
          .answered(batch: batch.batch, SpoolProgress(acknowledged: batch.from + Int64(batch.limit) - 1)), at: uptime)
      if Self.sent(actions) == nil, outbox.backlog > 0 {
        uptime = try #require(Self.wait(actions))
        actions = outbox.handle(.timer, at: uptime)
      }
    }
    #expect(limits == [2_000, 1_000, 500, 1_000, 500, 1_000, 500, 500])
    #expect(outbox.backlog == 0)
  }

  @Test(
    "Runs that the hub does not take are found, and given up alone",
    arguments: [
      (FleetProtocol.Refusal.malformed, nil), (.tooLarge, nil), (.foreignRegion, nil),
      (.future, Duration.days(20_000)),
    ] as [(FleetProtocol.Refusal, Duration?)])
  func poison(_ refusal: FleetProtocol.Refusal, _ lead: Duration?) throws {
    var outbox = Self.outbox(Outbox.Settings(rate: 1_000_000, pace: .zero))
    // Two of them side by side, and the last one of all.
    let poison: Set<Int64> = [37, 38, 100]
    _ = outbox.handle(.spooled(through: 100), at: Self.start)
    var actions = outbox.handle(.admitted(SpoolProgress(acknowledged: 0)), at: Self.start)
    var uptime = Self.start
    var givenUp: [Int64] = []
    var said: [String] = []
    var sent = 0
    while outbox.backlog > 0, sent < 200 {
      for case .giveUp(let number, let words) in actions {
        givenUp.append(number)
        said.append(words)
      }
      if let batch = Self.sent(actions) {
        sent += 1
        uptime += .seconds(1)
        // The spool sends what it has, up to the next hole: runs that were given up are passed over.
        let left = (batch.from...100).drop { givenUp.contains($0) }.prefix { !givenUp.contains($0) }.prefix(batch.limit)
        let event: Outbox.Event
        if let first = left.first, let last = left.last {
          event =
            poison.isDisjoint(with: left)
            ? .answered(batch: batch.batch, SpoolProgress(acknowledged: last))
            : Self.refused(batch.batch, refusal, of: first...last, lead: lead)
        } else {
          event = .nothingLeft(batch: batch.batch, through: 100)
        }
        actions = outbox.handle(event, at: uptime)
      } else {
        uptime = try #require(Self.wait(actions))
        actions = outbox.handle(.timer, at: uptime)
      }
    }
    #expect(givenUp == [37, 38, 100])
    #expect(said == Array(repeating: "the hub refuses runs (\(refusal.rawValue)): no", count: 3))
    #expect(outbox.backlog == 0)
    // No more than one a minute or so is lost, should it be the hub that is wrong.
    #expect(uptime - Self.start > .seconds(60))
  }

  @Test("A run whose slot begins soon waits, and so does one where the clock is not believed", arguments: [9, nil])
  func early(_ minutes: Int?) throws {
    var outbox = Self.outbox(Outbox.Settings(pace: .zero))
    _ = outbox.handle(.spooled(through: 2), at: Self.start)
    var uptime = Self.start
    var actions = outbox.handle(.admitted(SpoolProgress(acknowledged: 0)), at: uptime)
    var said: [String?] = []
    let lead = minutes.map { Duration.minutes($0) }
    for number in 1...10 {
      let batch = try #require(Self.sent(actions))
      actions =
        batch.limit == 1 && batch.from == 1
        ? outbox.handle(.answered(batch: number, SpoolProgress(acknowledged: 1)), at: uptime)
        : outbox.handle(Self.refused(number, .future, of: batch.from...2, lead: lead), at: uptime)
      #expect(!actions.contains { if case .giveUp = $0 { true } else { false } })
      for case .say(let words) in actions { said.append(words) }
      guard Self.sent(actions) == nil else { continue }
      uptime = try #require(Self.wait(actions))
      actions = outbox.handle(.timer, at: uptime)
    }
    #expect(outbox.backlog == 1)
    #expect(said == ["the hub refuses runs (future): no"])
  }

  @Test("A token that became another region's gives no run up: the node is refused before")
  func foreignToken() throws {
    var outbox = Self.outbox()
    _ = outbox.handle(.spooled(through: 1), at: Self.start)
    _ = outbox.handle(.admitted(SpoolProgress()), at: Self.start)
    let first = outbox.handle(Self.refused(1, .foreignRegion), at: Self.start)
    #expect(first.first == .say("the hub refuses runs (foreign-region): no"))
    #expect(try #require(Self.wait(first)) >= Self.start + .seconds(30))
    _ = outbox.handle(.dismissed, at: Self.start + .seconds(3))
    let again = outbox.handle(.admitted(SpoolProgress()), at: Self.start + .minutes(5))
    let second = try #require(Self.sent(again)).batch
    let actions = outbox.handle(Self.refused(second, .foreignRegion), at: Self.start + .minutes(5))
    #expect(!actions.contains { if case .giveUp = $0 { true } else { false } })
  }

  @Test("What fails twice in a row is told in its words, and once")
  func failures() throws {
    var outbox = Self.outbox()
    var uptime = Self.start
    _ = outbox.handle(.spooled(through: 1), at: uptime)
    var actions = outbox.handle(.admitted(SpoolProgress()), at: uptime)
    let events: [(Int) -> Outbox.Event] = [
      { .failed(batch: $0, "no route") }, { .failed(batch: $0, "no route") }, { .failed(batch: $0, "no route") },
      { Self.refused($0, .unavailable) }, { Self.refused($0, .tooOften) },
      { .answered(batch: $0, SpoolProgress(acknowledged: 1)) },
    ]
    var said: [String?] = []
    for event in events {
      actions = outbox.handle(event(try #require(Self.sent(actions)).batch), at: uptime)
      for case .say(let words) in actions { said.append(words) }
      guard outbox.backlog > 0 else { break }
      uptime = try #require(Self.wait(actions))
      actions = outbox.handle(.timer, at: uptime)
    }
    #expect(
      said == ["no route", "the hub refuses runs (unavailable): no", "the hub refuses runs (too-often): no", nil])
  }

  @Test("An answer that says nothing of what was sent is a failure")
  func standstill() throws {
    var outbox = Self.outbox()
    _ = outbox.handle(.spooled(through: 20), at: Self.start)
    _ = outbox.handle(.admitted(SpoolProgress(acknowledged: 10)), at: Self.start)
    let first = outbox.handle(.answered(batch: 1, SpoolProgress(acknowledged: 10)), at: Self.start)
    let pause = try #require(Self.wait(first))
    #expect(pause >= Self.start + .milliseconds(500))
    #expect(try #require(Self.sent(outbox.handle(.timer, at: pause))) == (2, 11, 10))
    let second = outbox.handle(.answered(batch: 2, SpoolProgress(acknowledged: 10)), at: pause)
    #expect(second.contains(.say("the hub took nothing of what was sent from run 11 on")))
    #expect(try #require(Self.wait(second)) >= pause + .seconds(1))
    // The answer to an earlier batch comes late and says it all: the next one is no failure.
    let third = try #require(Self.wait(second))
    _ = outbox.handle(.timer, at: third)
    _ = outbox.handle(.answered(batch: 2, SpoolProgress(acknowledged: 20)), at: third)
    #expect(outbox.handle(.answered(batch: 3, SpoolProgress(acknowledged: 20)), at: third).contains(.say(nil)))
  }

  @Test(
    "Who may not send says so once, and tries on at a slow pace",
    arguments: [FleetProtocol.Refusal.wrongToken, .expiredToken, .clock])
  func unauthorised(_ refusal: FleetProtocol.Refusal) throws {
    var outbox = Self.outbox()
    _ = outbox.handle(.spooled(through: 1), at: Self.start)
    _ = outbox.handle(.admitted(SpoolProgress(acknowledged: 0)), at: Self.start)
    let actions = outbox.handle(Self.refused(1, refusal), at: Self.start)
    #expect(actions.first == .say("the hub refuses runs (\(refusal.rawValue)): no"))
    let pause = try #require(Self.wait(actions))
    #expect(pause - Self.start >= .seconds(30) && pause - Self.start <= .seconds(60))
    #expect(try #require(Self.sent(outbox.handle(.timer, at: pause))) == (2, 1, 1))
    let second = outbox.handle(Self.refused(2, refusal), at: pause)
    #expect(!second.contains { if case .say = $0 { true } else { false } })
    let third = try #require(Self.wait(second))
    _ = outbox.handle(.timer, at: third)
    #expect(
      outbox.handle(.answered(batch: 3, SpoolProgress(acknowledged: 1)), at: third) == [
        .release(through: 1), .say(nil),
      ])
  }

  @Test("A hub of another protocol is sent nothing before it admits the node")
  func protocolVersion() throws {
    var outbox = Self.outbox()
    _ = outbox.handle(.spooled(through: 1), at: Self.start)
    _ = outbox.handle(.admitted(SpoolProgress(acknowledged: 0)), at: Self.start)
    let actions = outbox.handle(Self.refused(1, .protocolVersion), at: Self.start)
    #expect(Self.wait(actions) == nil)
    #expect(outbox.handle(.timer, at: Self.start + .hours(1)).isEmpty)
    #expect(outbox.handle(.spooled(through: 5), at: Self.start + .hours(1)).isEmpty)
    let back = outbox.handle(.admitted(SpoolProgress(acknowledged: 0)), at: Self.start + .hours(2))
    #expect(try #require(Self.sent(back)) == (2, 1, 5))
  }

  @Test("A hub that does not know the node is introduced to it again")
  func unknownNode() {
    var outbox = Self.outbox()
    _ = outbox.handle(.spooled(through: 1), at: Self.start)
    _ = outbox.handle(.admitted(SpoolProgress(acknowledged: 0)), at: Self.start)
    #expect(outbox.handle(Self.refused(1, .unknownNode), at: Self.start) == [.register])
  }

  @Test("What was dropped before it could be sent is passed over")
  func nothingLeft() throws {
    var outbox = Self.outbox(Outbox.Settings(pace: .zero))
    _ = outbox.handle(.spooled(through: 3), at: Self.start)
    _ = outbox.handle(.admitted(SpoolProgress(acknowledged: 0)), at: Self.start)
    _ = outbox.handle(.spooled(through: 5), at: Self.start)
    let actions = outbox.handle(.nothingLeft(batch: 1, through: 3), at: Self.start)
    #expect(try #require(Self.sent(actions)) == (2, 4, 2))
  }

  @Test("An acknowledgement beyond the spool lets nothing go, and the hub is asked where to go on")
  func impossible() throws {
    var outbox = Self.outbox()
    _ = outbox.handle(.spooled(through: 3), at: Self.start)
    _ = outbox.handle(.admitted(SpoolProgress(acknowledged: 0)), at: Self.start)
    let actions = outbox.handle(.answered(batch: 1, SpoolProgress(acknowledged: 4_000)), at: Self.start)
    #expect(!actions.contains { if case .release = $0 { true } else { false } })
    #expect(actions.contains(.register))
    #expect(actions.contains(.say("the hub has runs up to 4000 of this spool, which has none above 3")))
    #expect(outbox.backlog == 3)
    // The spool goes on above what the hub has.
    let admitted = outbox.handle(.admitted(SpoolProgress(acknowledged: 4_000)), at: Self.start + .seconds(1))
    #expect(admitted == [.release(through: 4_000)])
    let next = outbox.handle(.spooled(through: 4_001), at: Self.start + .seconds(1))
    #expect(try #require(Self.sent(next)) == (2, 4_001, 1))
    #expect(
      !outbox.handle(.answered(batch: 1, SpoolProgress(acknowledged: 4_000)), at: Self.start + .seconds(1))
        .contains(.register))
  }
}

extension Outbox.Action {
  fileprivate var isSend: Bool { if case .send = self { true } else { false } }
}

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
      return batch.isAhead ? .refused(batch: number, .gap, acknowledged: hub.acknowledged) : nil
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
    let pause = try #require(Self.wait(outbox.handle(.failed(batch: 1), at: Self.start)))
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
    let actions = outbox.handle(.refused(batch: 1, .gap, acknowledged: 20), at: Self.start)
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
        ? outbox.handle(.refused(batch: batch.batch, .tooLarge, acknowledged: nil), at: uptime)
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

  @Test("A run that the hub does not understand is found, and given up alone")
  func poison() throws {
    var outbox = Self.outbox(Outbox.Settings(rate: 1_000_000, pace: .zero))
    _ = outbox.handle(.spooled(through: 100), at: Self.start)
    var actions = outbox.handle(.admitted(SpoolProgress(acknowledged: 0)), at: Self.start)
    var uptime = Self.start
    var givenUp: [Int64] = []
    while outbox.backlog > 0 {
      for case .giveUp(let number) in actions { givenUp.append(number) }
      if let batch = Self.sent(actions) {
        uptime += .seconds(1)
        // The spool sends what it has: a run that was given up is passed over.
        let first = givenUp.contains(batch.from) ? batch.from + 1 : batch.from
        let range = first...max(first, batch.from + Int64(batch.limit) - 1)
        actions =
          range.contains(37) && !givenUp.contains(37)
          ? outbox.handle(.refused(batch: batch.batch, .malformed, acknowledged: nil), at: uptime)
          : outbox.handle(.answered(batch: batch.batch, SpoolProgress(acknowledged: range.upperBound)), at: uptime)
      } else {
        uptime = try #require(Self.wait(actions))
        actions = outbox.handle(.timer, at: uptime)
      }
    }
    #expect(givenUp == [37])
  }

  @Test(
    "Who may not send says so once, and tries on at a slow pace",
    arguments: [FleetProtocol.Refusal.wrongToken, .expiredToken, .foreignRegion, .clock])
  func unauthorised(_ refusal: FleetProtocol.Refusal) throws {
    var outbox = Self.outbox()
    _ = outbox.handle(.spooled(through: 1), at: Self.start)
    _ = outbox.handle(.admitted(SpoolProgress(acknowledged: 0)), at: Self.start)
    let actions = outbox.handle(.refused(batch: 1, refusal, acknowledged: nil), at: Self.start)
    #expect(actions.first == .say("the hub refuses runs: \(refusal.rawValue)"))
    let pause = try #require(Self.wait(actions))
    #expect(pause - Self.start >= .seconds(30) && pause - Self.start <= .seconds(60))
    #expect(try #require(Self.sent(outbox.handle(.timer, at: pause))) == (2, 1, 1))
    let second = outbox.handle(.refused(batch: 2, refusal, acknowledged: nil), at: pause)
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
    let actions = outbox.handle(.refused(batch: 1, .protocolVersion, acknowledged: nil), at: Self.start)
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
    #expect(outbox.handle(.refused(batch: 1, .unknownNode, acknowledged: nil), at: Self.start) == [.register])
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

  @Test("An acknowledgement beyond the spool lets nothing go")
  func impossible() {
    var outbox = Self.outbox()
    _ = outbox.handle(.spooled(through: 3), at: Self.start)
    _ = outbox.handle(.admitted(SpoolProgress(acknowledged: 0)), at: Self.start)
    let actions = outbox.handle(.answered(batch: 1, SpoolProgress(acknowledged: 4_000)), at: Self.start)
    #expect(!actions.contains { if case .release = $0 { true } else { false } })
    #expect(outbox.backlog == 3)
  }
}

extension Outbox.Action {
  fileprivate var isSend: Bool { if case .send = self { true } else { false } }
}

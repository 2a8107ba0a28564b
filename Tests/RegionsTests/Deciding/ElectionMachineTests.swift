import Model
import Regions
import Testing

@Suite("The elections' machine")
struct ElectionMachineTests {
  @Test("decides a slot as soon as every region has voted, and tells who said what")
  func complete() throws {
    var bench = ElectionBench(try .watched(), regions: 3)
    let slot = bench.slot(0)
    #expect(bench.vote("uu", slot).decisions.isEmpty)
    let actions = bench.tell([bench.run(2, .up, slot: slot)])
    let decision = try #require(actions.decisions.first)
    #expect(decision.slot == slot)
    #expect(decision.verdict == .up)
    #expect(!decision.isLate)
    #expect(decision.votes.map(\.region) == ["r0", "r1", "r2"])
    #expect(decision.votes.map(\.node) == ["r0-1", "r1-1", "r2-1"])
    #expect(decision.lastVote == bench.now)
    #expect(decision.decided == bench.now)
    #expect(actions.count == 1)
  }

  @Test("waits for a missing vote until a little after the slot's end, and says then that we are blind, once")
  func missing() throws {
    var bench = ElectionBench(try .watched(), regions: 3)
    #expect(bench.vote("uu-", bench.slot(0)).isEmpty)
    let end = bench.slot(0).end + ElectionMachine.grace
    #expect(bench.pass(to: end - .milliseconds(1)).isEmpty)
    #expect(bench.pass(to: end).summary == ["up"])
    #expect(bench.vote("u--", bench.slot(1), after: .seconds(10)).isEmpty)
    let blind = bench.pass(to: bench.slot(1).end + ElectionMachine.grace)
    #expect(blind.summary == ["unknown blind"])
    #expect(blind.contains(.blind(bench.check.id, from: bench.slot(1))))
    let still = bench.pass(to: bench.slot(2).end + ElectionMachine.grace)
    #expect(still.summary == ["unknown blind"])
    #expect(still.count == 1)
    let seeing = bench.vote("uuu", bench.slot(3), after: .seconds(10))
    #expect(seeing.summary == ["up"])
    #expect(seeing.contains(.sighted(bench.check.id, from: bench.slot(3))))
  }

  @Test("does not wait for a region that is not there, and misses its vote all the same")
  func absentRegions() throws {
    var bench = ElectionBench(try .watched(), regions: 3)
    let regions = (0..<3).map { FleetRegion(name: "r\($0)", isLive: $0 < 2) }
    _ = bench.machine.handle(.regionsChanged(regions), at: bench.now)
    #expect(bench.vote("dd-", bench.slot(0)).summary == ["down"])
    #expect(bench.vote("u--", bench.slot(1)).summary == [])
    let gone = (0..<3).map { FleetRegion(name: "r\($0)", isLive: $0 < 1) }
    // One vote of three regions is too few, so nothing is held before the others could have come.
    #expect(bench.machine.handle(.regionsChanged(gone), at: bench.now).decisions.isEmpty)
    #expect(bench.pass(to: bench.slot(1).end + ElectionMachine.grace).summary == ["unknown blind"])
  }

  @Test("decides a slot whose last region goes away meanwhile")
  func regionGoes() throws {
    var bench = ElectionBench(try .watched(), regions: 3)
    #expect(bench.vote("uu-", bench.slot(0)).isEmpty)
    let regions = (0..<3).map { FleetRegion(name: "r\($0)", isLive: $0 < 2) }
    #expect(bench.machine.handle(.regionsChanged(regions), at: bench.now).summary == ["up"])
  }

  @Test("decides at once what is down whatever else is said, and corrects the votes when they come")
  func certain() throws {
    var bench = ElectionBench(try .watched(), regions: 5)
    #expect(bench.vote("dd", bench.slot(0)).isEmpty)
    #expect(bench.tell([bench.run(2, .down, slot: bench.slot(0))]).summary == ["down"])
    let rest = bench.tell([bench.run(3, .up, slot: bench.slot(0)), bench.run(4, .up, slot: bench.slot(0))])
    #expect(rest.summary == ["down late", "down late"])
    #expect(rest.decisions.last?.votes.count == 5)
    // Held as down already, the next one may take its time.
    #expect(bench.vote("ddd", bench.slot(1)).isEmpty)
    #expect(
      bench.tell([bench.run(3, .up, slot: bench.slot(1)), bench.run(4, .up, slot: bench.slot(1))]).summary == ["down"])
  }

  @Test("counts one vote a region and slot, whatever comes again")
  func duplicates() throws {
    var bench = ElectionBench(try .watched(), regions: 3)
    let slot = bench.slot(0)
    _ = bench.vote("u", slot)
    #expect(bench.tell([bench.run(0, .down, slot: slot), bench.run(0, .up, slot: slot)]).isEmpty)
    #expect(bench.tell([bench.run(1, .up, slot: slot), bench.run(2, .up, slot: slot)]).summary == ["up"])
    #expect(bench.tell([bench.run(2, .down, slot: slot)]).isEmpty)
    #expect(bench.machine.counts.duplicates == 3)
  }

  @Test("decides slots in their order, and lets none wait for one before it")
  func order() throws {
    var bench = ElectionBench(try .watched(), regions: 3)
    _ = bench.vote("uu-", bench.slot(0))
    // Slot 1 is complete before slot 0 has expired.
    let actions = bench.vote("uuu", bench.slot(1), after: .seconds(1))
    #expect(actions.decisions.map(\.slot) == [bench.slot(0), bench.slot(1)])
    // Nobody voted in slot 2.
    let later = bench.vote("uuu", bench.slot(3), after: .seconds(2))
    #expect(later.decisions.map(\.slot) == [bench.slot(2), bench.slot(3)])
    #expect(later.summary == ["unknown blind", "up"])
  }

  @Test("ignores votes of strangers, of the far past and of the future")
  func strangers() throws {
    var bench = ElectionBench(try .watched(in: ["r0", "r1", "r2"]), regions: 4)
    let slot = bench.slot(1500)
    bench.now = slot.start + .seconds(1)
    var foreign = bench.run(0, .down, slot: slot)
    foreign.run.check = try .named("other")
    let runs = [
      foreign, bench.run(3, .down, slot: slot), bench.run(0, .down, slot: bench.slot(1)),
      bench.run(0, .down, slot: bench.slot(1501)),
    ]
    #expect(bench.tell(runs).isEmpty)
    #expect(bench.machine.counts.strangers == 2)
    #expect(bench.machine.counts.stale == 2)
  }

  @Test("keeps what maintenance says, and is not blind in it")
  func maintenance() throws {
    var bench = ElectionBench(try .watched(), regions: 3)
    let slot = bench.slot(0)
    _ = bench.pass(to: slot.start)
    let decision = try #require(
      bench.tell((0..<3).map { bench.run($0, .unknown, slot: slot, isInMaintenance: true) }).decisions.first)
    #expect(decision.isInMaintenance)
    #expect(!decision.isBlind)
    #expect(decision.verdict == .unknown)
  }

  @Test("follows a changed interval, and takes what still comes of the old one")
  func changedInterval() throws {
    var bench = ElectionBench(try .watched(), regions: 3)
    _ = bench.vote("uuu", bench.slot(0))
    let faster = try Check.watched(every: .seconds(30))
    _ = bench.machine.handle(.planChanged([faster]), at: bench.now)
    #expect(bench.vote("uuu", bench.slot(1)).decisions.contains { $0.slot == bench.slot(1) })
    let next = faster.grid.firstSlot(startingFrom: bench.now + .seconds(30))
    _ = bench.pass(to: next.start)
    let runs = (0..<3).map { index in
      var run = bench.run(index, .up, slot: next)
      run.run.interval = .seconds(30)
      return run
    }
    #expect(bench.tell(runs).decisions.last?.slot == next)
  }

  @Test("forgets a check that is planned no more, and begins anew with one that is again")
  func replanned() throws {
    var bench = ElectionBench(try .watched(), regions: 3)
    _ = bench.vote("uu", bench.slot(0))
    _ = bench.machine.handle(.planChanged([]), at: bench.now)
    #expect(bench.pass(to: bench.slot(2).start).isEmpty)
    #expect(bench.tell([bench.run(2, .up, slot: bench.slot(2))]).isEmpty)
    _ = bench.machine.handle(.planChanged([bench.check]), at: bench.now)
    #expect(bench.vote("uuu", bench.slot(3)).summary == ["up"])
  }

  // MARK: Opinions

  @Test("asks a region elsewhere when the only region of a check sees it down, and waits for the answer")
  func opinions() throws {
    let more = [
      FleetRegion(name: "far", labels: ["provider": "b"]), FleetRegion(name: "near", labels: ["provider": "a"]),
      FleetRegion(name: "r0", labels: ["provider": "a"]),
    ]
    var bench = ElectionBench(try .watched(in: ["r0"]), regions: 0, more: more)
    _ = bench.vote("u", bench.slot(0))
    let actions = bench.vote("d", bench.slot(1))
    #expect(actions.wishes.map(\.region) == ["far"])
    #expect(actions.decisions.isEmpty)
    let until = try #require(actions.wishes.first?.until)
    #expect(until == bench.now + .seconds(20))
    var opinion = bench.run(0, .down, slot: bench.slot(1), origin: .opinion)
    opinion.run.region = "far"
    let confirmed = bench.tell([opinion])
    #expect(confirmed.summary == ["down"])
    #expect(confirmed.decisions.first?.votes.map(\.origin) == [.opinion, .scheduled])
    // It is down already: nobody is asked again.
    #expect(bench.vote("d", bench.slot(2)).summary == ["down"])
  }

  @Test("goes on without an opinion that does not come")
  func noOpinion() throws {
    let more = [FleetRegion(name: "r0", labels: ["asn": "1"]), FleetRegion(name: "far", labels: ["asn": "2"])]
    var bench = ElectionBench(try .watched(in: ["r0"]), regions: 0, more: more)
    let asked = bench.vote("d", bench.slot(0))
    let until = try #require(asked.wishes.first?.until)
    #expect(bench.pass(to: until - .milliseconds(1)).isEmpty)
    #expect(bench.pass(to: until).summary == ["down"])
  }

  @Test("asks for a bounded number of opinions when everything fails at once")
  func opinionStorm() throws {
    let checks = try (0..<1000).map { try Check.watched("check-\($0)", in: ["r0"]) }
    var machine = ElectionMachine(at: newYear)
    _ = machine.handle(.planChanged(checks), at: newYear)
    _ = machine.handle(.regionsChanged([FleetRegion(name: "r0"), FleetRegion(name: "far")]), at: newYear)
    let now = newYear + .seconds(70)
    let runs = checks.map { check in
      let slot = check.grid.slot(at: now)
      return FleetRun(
        run: HistoryRun(
          check: check.id, region: "r0", slotStart: slot.start, interval: slot.interval, duration: nil, verdict: .down),
        configuration: 1, epoch: 1)
    }
    let actions = machine.handle(.votes(runs, received: now), at: now)
    #expect(actions.wishes.count == 100)
    #expect(actions.decisions.count == 900)
  }

  // MARK: Late votes

  @Test("decides the last slot anew when a vote comes late, and never says so to incidents")
  func late() throws {
    var bench = ElectionBench(try .watched(), regions: 3)
    _ = bench.vote("u", bench.slot(0))
    #expect(bench.pass(to: bench.slot(0).end + ElectionMachine.grace).summary == ["unknown blind"])
    #expect(bench.tell([bench.run(1, .down, slot: bench.slot(0))]).summary == ["degraded late"])
    #expect(bench.tell([bench.run(2, .down, slot: bench.slot(0))]).summary == ["down late"])
    #expect(bench.machine.counts.late == 2)
  }

  @Test("asks for what is stored of an older slot, all late ones of a check together, and decides it anew")
  func recall() throws {
    var bench = ElectionBench(try .watched(), regions: 3)
    for index in 0..<10 { _ = bench.vote("uu-", bench.slot(Int64(index)), after: .seconds(10)) }
    _ = bench.pass(to: bench.slot(10).start)
    let late = (0..<5).map { bench.run(2, .down, slot: bench.slot(Int64($0))) }
    #expect(bench.tell(late + late).isEmpty)
    let actions = bench.pass(to: bench.now + .seconds(6))
    #expect(actions.recalls == (0..<5).map { bench.slot(Int64($0)) })
    let stored = RecalledSlot(
      check: bench.check.id, slot: bench.slot(3),
      runs: [bench.run(0, .up, slot: bench.slot(3)).run, bench.run(2, .down, slot: bench.slot(3)).run])
    let again = bench.machine.handle(.recalled([stored]), at: bench.now)
    #expect(again.summary == ["degraded late"])
    #expect(again.decisions.first?.slot == bench.slot(3))
  }

  @Test("keeps room for a bounded number of late slots, and says when it has none")
  func lateRoom() throws {
    var bench = ElectionBench(try .watched(every: .milliseconds(250)), regions: 3)
    bench.now = newYear + .hours(24)
    let grid = bench.check.grid
    let first = grid.slot(at: newYear + .seconds(60)).number
    let runs = (0..<10_000).map { bench.run(0, .up, slot: grid.slot(number: first + Int64($0))) }
    _ = bench.tell(runs)
    #expect(bench.machine.hasRoom)
    #expect(bench.machine.counts.late == 10_000)
  }

  // MARK: Stalls and leaders

  @Test("decides nothing for lack of votes before it had time to read them")
  func quiet() throws {
    var bench = ElectionBench(try .watched(), regions: 3)
    _ = bench.vote("uuu", bench.slot(0))
    // Nothing is told for 70 s.
    bench.now = bench.slot(1).end + .seconds(8)
    #expect(bench.machine.handle(.timer, at: bench.now).isEmpty)
    #expect(bench.tell((0..<3).map { bench.run($0, .down, slot: bench.slot(1)) }).summary == ["down"])
  }

  @Test("passes over slots that nobody watched, without a word")
  func unwatched() throws {
    var bench = ElectionBench(try .watched(), regions: 3)
    _ = bench.vote("uuu", bench.slot(0))
    bench.now = bench.slot(60).start
    #expect(bench.machine.handle(.timer, at: bench.now).isEmpty)
    let actions = bench.vote("uuu", bench.slot(60), after: .seconds(1))
    #expect(actions.decisions.last?.slot == bench.slot(60))
    #expect(actions.decisions.count <= 2)
  }

  @Test("goes on from what another leader decided, with the votes that it had taken")
  func restored() throws {
    let check = try Check.watched(quorum: Quorum(consecutive: 3))
    var first = ElectionBench(check, regions: 2)
    var decisions: [SlotDecision] = []
    for index in 0..<3 { decisions += first.vote(index == 0 ? "uu" : "ud", first.slot(Int64(index))).decisions }
    _ = first.vote("u", first.slot(3))
    #expect(decisions.map(\.verdict) == [.up, .degraded, .degraded])
    var stored = (0..<4).map { first.run(0, .up, slot: first.slot($0)).run }
    stored += (0..<3).map { first.run(1, $0 == 0 ? .up : .down, slot: first.slot($0)).run }
    var second = ElectionBench(check, regions: 2, at: first.now)
    let actions = second.machine.restore(decisions: decisions.suffix(1), runs: stored, at: second.now)
    #expect(actions.isEmpty)
    #expect(second.tell([second.run(0, .up, slot: first.slot(2))]).isEmpty)
    #expect(second.machine.counts.duplicates == 1)
    // The third slot in a row, and the vote of r0 is known.
    let third = second.tell([second.run(1, .down, slot: first.slot(3))])
    #expect(third.summary == ["down"])
    #expect(third.decisions.first?.votes.count == 2)
  }

  @Test("does not hold for down what one region said of a slot that nobody could decide, when another leads")
  func restoredBlind() throws {
    var bench = ElectionBench(try .watched(), regions: 3)
    bench.now = bench.slot(2).start
    var runs = (0..<3).map { bench.run($0, .up, slot: bench.slot(0)).run }
    runs.append(bench.run(0, .down, slot: bench.slot(1)).run)
    let blind = SlotDecision(
      check: bench.check.id, slot: bench.slot(1), verdict: .unknown, isBlind: true,
      votes: [.of("r0", .down)], decided: bench.now)
    #expect(bench.machine.restore(decisions: [blind], runs: runs, at: bench.now).isEmpty)
    // Exactly half keeps what was held: it was up.
    #expect(bench.vote("du-", bench.slot(2)).isEmpty)
    #expect(bench.pass(to: bench.slot(2).end + ElectionMachine.grace).summary == ["degraded"])
  }

  @Test("decides at once what was complete when its leader was killed")
  func restoredComplete() throws {
    var bench = ElectionBench(try .watched(), regions: 3)
    bench.now = bench.slot(0).start + .seconds(3)
    let runs = (0..<3).map { bench.run($0, .down, slot: bench.slot(0)).run }
    #expect(bench.machine.restore(decisions: [], runs: runs, at: bench.now).summary == ["down"])
  }
}

import Model
import Scheduling
import Testing

@Suite("The scheduler's machine")
struct SchedulerMachineTests {
  @Test("waits for a check's next slot, runs it, and waits for the one after")
  func rhythm() throws {
    let check = try makeCheck("front-page")
    var bench = Bench()
    // The wall clock is looked at every second at the latest.
    #expect(bench.at(epoch, .planChanged([check])) == [bench.wait(.seconds(1))])
    let first = check.slot(0)
    #expect(bench.at(first.start - .milliseconds(600), .timer) == [bench.wait(.milliseconds(600))])
    #expect(bench.at(first.start, .timer) == [check.start(first), bench.wait(.seconds(1))])
    #expect(bench.machine.inFlight == 1)
    #expect(bench.at(first.start + .milliseconds(30), .runEnded(check.id)) == [])
    #expect(bench.machine.inFlight == 0)
    let second = check.slot(1)
    #expect(bench.at(second.start - .microseconds(300), .timer) == [bench.wait(SchedulerMachine.coalescing)])
    let lag = SchedulerMachine.coalescing - .microseconds(300)
    #expect(bench.at(second.start + lag, .timer) == [check.start(second, lag: lag), bench.wait(.seconds(1))])
  }

  @Test("does not ask again for a wait that is under way")
  func waitsOnce() throws {
    let check = try makeCheck("front-page")
    var bench = Bench()
    #expect(bench.at(epoch, .planChanged([check])).count == 1)
    #expect(bench.at(epoch + .milliseconds(10), .timer) == [])
    #expect(bench.at(epoch + .milliseconds(20), .runEnded(check.id)) == [])
  }

  @Test("does not run the slot that is under way when a check is planned", arguments: [0, 1, 9_999_999_999] as [Int64])
  func beginning(nanoseconds: Int64) throws {
    let check = try makeCheck("front-page")
    var bench = Bench()
    #expect(bench.at(check.slot(0).start + .nanoseconds(nanoseconds), .planChanged([check])).decisions == [])
    #expect(bench.at(check.slot(1).start, .timer).decisions == [check.start(check.slot(1))])
  }

  @Test("counts the slots of a stall as late, and runs the present one while there is time for it")
  func stall() throws {
    let check = try makeCheck("front-page")
    var bench = Bench()
    _ = bench.at(epoch, .planChanged([check]))
    let lag = Duration.milliseconds(4900)
    #expect(
      bench.at(check.slot(3).start + lag, .timer).decisions
        == [check.missed(0, through: 2, .late), check.start(check.slot(3), lag: lag)])
    _ = bench.at(check.slot(3).start + .milliseconds(9900), .runEnded(check.id))
    #expect(
      bench.at(check.slot(5).start + lag + .nanoseconds(1), .timer).decisions
        == [check.missed(4, through: 4, .late), check.missed(5, through: 5, .late)])
    #expect(bench.at(check.slot(6).start, .timer).decisions == [check.start(check.slot(6))])
  }

  @Test("never lets a check meet itself: its next slot waits for the run, and is late when that takes too long")
  func overlap() throws {
    let check = try makeCheck("front-page")
    var bench = Bench()
    _ = bench.at(epoch, .planChanged([check]))
    _ = bench.at(check.slot(0).start, .timer)
    #expect(bench.at(check.slot(1).start, .timer).decisions == [])
    let lag = Duration.milliseconds(200)
    #expect(
      bench.at(check.slot(1).start + lag, .runEnded(check.id)).decisions == [check.start(check.slot(1), lag: lag)])
    #expect(bench.at(check.slot(2).start, .timer).decisions == [])
    #expect(
      bench.at(check.slot(2).start + .milliseconds(4901), .timer).decisions == [check.missed(2, through: 2, .late)])
    #expect(bench.at(check.slot(2).start + .seconds(9), .runEnded(check.id)).decisions == [])
    #expect(bench.at(check.slot(3).start, .timer).decisions == [check.start(check.slot(3))])
  }

  @Test("holds a slot back while its host has no place, and counts it under concurrency when none came in time")
  func placesOfHost() throws {
    let checks = try (0..<3).map { try makeCheck("check-\($0)", every: .seconds(60), host: "shop.example") }
    var bench = Bench(limits: ConcurrencyLimits(global: 10, perHost: 1))
    _ = bench.at(epoch, .planChanged(checks))
    let order = checks.sorted { $0.slot(0) < $1.slot(0) }
    let (first, second, third) = (order[0], order[1], order[2])
    #expect(bench.at(first.slot(0).start, .timer).started == [first.id])
    #expect(bench.at(second.slot(0).start, .timer).started == [])
    let end = second.slot(0).start + .milliseconds(5)
    #expect(bench.at(end, .runEnded(first.id)).decisions == [second.start(second.slot(0), lag: .milliseconds(5))])
    #expect(bench.machine.inFlight == 1)
    #expect(bench.at(third.slot(0).start, .timer).started == [])
    let tooLate = third.slot(0).start + .milliseconds(54_401)
    #expect(bench.at(tooLate, .runEnded(second.id)).decisions.contains(third.missed(0, through: 0, .concurrency)))
  }

  @Test("gives hosts turns when all places are taken, however many checks one of them has")
  func fairness() throws {
    let crowd = try (0..<6).map { try makeCheck("crowd-\($0)", every: .seconds(60), host: "crowd.example") }
    let lone = try makeCheck("lone", every: .seconds(60), host: "lone.example")
    let free = try makeCheck("free", every: .seconds(60))
    let all = crowd + [lone, free]
    var bench = Bench(limits: ConcurrencyLimits(global: 2, perHost: 2))
    let blockers = try (0..<2).map { try makeCheck("blocker-\($0)", every: .seconds(600), timeout: .seconds(300)) }
    _ = bench.at(epoch, .planChanged(blockers))
    let blocked = try #require(blockers.map { $0.slot(0).start }.max())
    #expect(bench.at(blocked, .timer).started.count == 2)
    _ = bench.at(blocked, .planChanged(blockers + all))
    // One waking finds all of them due, and no place.
    let due = all.map { $0.grid.firstSlot(startingFrom: blocked).start }
    let crowdDue = try #require(due.max())
    #expect(bench.at(crowdDue, .timer).started == [])
    var order: [CheckID] = []
    var running = blockers.map(\.id)
    var moment = crowdDue
    while !running.isEmpty && order.count < all.count {
      moment = moment + .milliseconds(1)
      let started = bench.at(moment, .runEnded(running.removeFirst())).started
      order += started
      running += started
      #expect(bench.machine.inFlight <= 2)
    }
    #expect(Set(order) == Set(all.map(\.id)))
    // Each of the three hosts is served in the first round.
    let hosts = order.prefix(3).map { id in all.first { $0.id == id }?.host }
    #expect(Set(hosts) == ["crowd.example", "lone.example", nil])
  }

  @Test("keeps a check's place in line when its slot is over, so that the next slot is served first")
  func lineIsKept() throws {
    let checks = try (0..<3).map { try makeCheck("check-\($0)", timeout: .seconds(1), host: "shop.example") }
    var bench = Bench(limits: ConcurrencyLimits(global: 10, perHost: 1))
    _ = bench.at(epoch, .planChanged(checks))
    let order = checks.sorted { $0.slot(0) < $1.slot(0) }
    #expect(bench.at(order[0].slot(0).start, .timer).started == [order[0].id])
    _ = bench.at(order[1].slot(0).start, .timer)
    _ = bench.at(order[2].slot(0).start, .timer)
    // The first one's run takes far too long; everybody's slot 1 is due when it ends, the first one's too.
    let end = order[2].slot(1).start + .milliseconds(1)
    let after = bench.at(end, .runEnded(order[0].id)).decisions
    #expect(after.contains(order[1].missed(0, through: 0, .concurrency)))
    #expect(after.started == [order[1].id])
    #expect(bench.at(end + .milliseconds(1), .runEnded(order[1].id)).started == [order[2].id])
    #expect(bench.at(end + .milliseconds(2), .runEnded(order[2].id)).started == [order[0].id])
  }

  @Test("starts nothing after a stop, counts what waited as stopped, and has stopped when the last run has")
  func stop() throws {
    let checks = try (0..<2).map { try makeCheck("check-\($0)", every: .seconds(60), host: "shop.example") }
    var bench = Bench(limits: ConcurrencyLimits(global: 10, perHost: 1))
    _ = bench.at(epoch, .planChanged(checks))
    let order = checks.sorted { $0.slot(0) < $1.slot(0) }
    _ = bench.at(order[0].slot(0).start, .timer)
    _ = bench.at(order[1].slot(0).start, .timer)
    let moment = order[1].slot(0).start + .seconds(1)
    #expect(bench.at(moment, .stop) == [order[1].missed(0, through: 0, .stopped)])
    #expect(bench.at(moment + .seconds(200), .timer) == [])
    #expect(bench.at(moment + .seconds(201), .planChanged(checks)) == [])
    #expect(bench.at(moment + .seconds(202), .stop) == [])
    #expect(bench.at(moment + .seconds(203), .runEnded(order[0].id)) == [.stopped])
    #expect(bench.at(moment + .seconds(204), .timer) == [])
  }

  @Test("counts a slot that came due unnoticed before a stop as stopped, and those that were over as late")
  func stopAfterStall() throws {
    let check = try makeCheck("front-page")
    var bench = Bench()
    _ = bench.at(epoch, .planChanged([check]))
    #expect(
      bench.at(check.slot(2).start + .seconds(1), .stop)
        == [check.missed(0, through: 1, .late), check.missed(2, through: 2, .stopped), .stopped])
  }

  @Test("is not confused by the end of a run that it never started")
  func strangeEnd() throws {
    let check = try makeCheck("front-page")
    var bench = Bench()
    _ = bench.at(epoch, .planChanged([check]))
    #expect(bench.at(epoch + .milliseconds(1), .runEnded(check.id)) == [])
    #expect(bench.at(epoch + .milliseconds(2), .runEnded(try makeCheck("stranger").id)) == [])
    #expect(bench.machine.inFlight == 0)
  }
}

import Model
import Scheduling
import Testing

@Suite("A new plan")
struct PlanTests {
  @Test("leaves a check alone whose interval stays as it was")
  func unchanged() throws {
    let check = try makeCheck("front-page", host: "old.example")
    var renamed = try makeCheck("front-page", timeout: .seconds(2), host: "new.example")
    renamed.name = "Front page"
    var bench = Bench()
    _ = bench.at(epoch, .planChanged([check]))
    #expect(bench.at(check.slot(0).start, .timer).started == [check.id])
    #expect(bench.at(check.slot(0).start + .seconds(1), .planChanged([renamed])).decisions == [])
    #expect(bench.machine.inFlight == 1)
    #expect(bench.at(check.slot(0).start + .seconds(2), .runEnded(check.id)).decisions == [])
    #expect(bench.machine.inFlight == 0)
    #expect(bench.at(check.slot(1).start, .timer).decisions == [renamed.start(check.slot(1))])
  }

  @Test("keeps a slot waiting that waited before, in its place in line")
  func waiting() throws {
    let checks = try (0..<3).map { try makeCheck("check-\($0)", every: .seconds(60), host: "shop.example") }
    var bench = Bench(limits: ConcurrencyLimits(global: 10, perHost: 1))
    _ = bench.at(epoch, .planChanged(checks))
    let order = checks.sorted { $0.slot(0) < $1.slot(0) }
    for check in order { _ = bench.at(check.slot(0).start, .timer) }
    let moment = order[2].slot(0).start + .milliseconds(1)
    #expect(bench.at(moment, .planChanged(order.reversed())).decisions == [])
    #expect(bench.at(moment + .milliseconds(1), .runEnded(order[0].id)).started == [order[1].id])
    #expect(bench.at(moment + .milliseconds(2), .runEnded(order[1].id)).started == [order[2].id])
  }

  @Test("counts the limits of a host over runs that were under way before it")
  func limits() throws {
    let checks = try (0..<2).map { try makeCheck("check-\($0)", every: .seconds(60), host: "shop.example") }
    let order = checks.sorted { $0.slot(0) < $1.slot(0) }
    var bench = Bench(limits: ConcurrencyLimits(global: 10, perHost: 1))
    _ = bench.at(epoch, .planChanged(checks))
    _ = bench.at(order[0].slot(0).start, .timer)
    // Gone from the plan, but its run still is a load on the host.
    _ = bench.at(order[0].slot(0).start, .planChanged([order[1]]))
    #expect(bench.machine.inFlight == 1)
    #expect(bench.at(order[1].slot(0).start, .timer).started == [])
    #expect(bench.at(order[1].slot(0).start + .milliseconds(1), .runEnded(order[0].id)).started == [order[1].id])
  }

  @Test("takes a changed interval up with the next slot of the new grid")
  func interval() throws {
    let slow = try makeCheck("front-page", every: .seconds(60))
    let fast = try makeCheck("front-page", every: .seconds(10))
    var bench = Bench()
    _ = bench.at(epoch, .planChanged([slow]))
    let began = slow.slot(0).start
    _ = bench.at(began, .timer)
    #expect(bench.at(began + .seconds(1), .planChanged([fast])).decisions == [])
    let next = fast.grid.firstSlot(startingFrom: began + .seconds(1))
    // The run of the old grid goes on, and the new slot waits for it.
    #expect(bench.at(next.start, .timer).decisions == [])
    let lag = Duration.milliseconds(300)
    #expect(bench.at(next.start + lag, .runEnded(fast.id)).decisions == [fast.start(next, lag: lag)])
  }

  @Test("gives up a slot that waited when the check's interval changes, and when the check goes")
  func givenUp() throws {
    let checks = try (0..<3).map { try makeCheck("check-\($0)", every: .seconds(60), host: "shop.example") }
    let order = checks.sorted { $0.slot(0) < $1.slot(0) }
    var bench = Bench(limits: ConcurrencyLimits(global: 10, perHost: 1))
    _ = bench.at(epoch, .planChanged(checks))
    for check in order { _ = bench.at(check.slot(0).start, .timer) }
    let changed = try makeCheck(order[1].id.text, every: .seconds(30), host: "shop.example")
    #expect(
      bench.at(order[2].slot(0).start + .milliseconds(1), .planChanged([order[0], changed])).decisions
        == [order[1].missed(0, through: 0, .concurrency), order[2].missed(0, through: 0, .concurrency)])
  }

  @Test("gives up a slot that waited when a longer timeout makes it too late for it")
  func longerTimeout() throws {
    let blocker = try makeCheck("blocker", every: .seconds(60), host: "shop.example")
    let check = try makeCheck("check", every: .seconds(60), timeout: .seconds(1), host: "shop.example")
    let slower = try makeCheck("check", every: .seconds(60), timeout: .seconds(30), host: "shop.example")
    var bench = Bench(limits: ConcurrencyLimits(global: 10, perHost: 1))
    _ = bench.at(epoch, .planChanged([blocker]))
    _ = bench.at(blocker.slot(0).start, .timer)
    _ = bench.at(blocker.slot(0).start, .planChanged([blocker, check]))
    let slot = check.grid.firstSlot(startingFrom: blocker.slot(0).start)
    _ = bench.at(slot.start, .timer)
    let missed = MissedSlots(check: check.id, grid: check.grid, numbers: slot.number...slot.number, cause: .concurrency)
    #expect(
      bench.at(slot.start + .milliseconds(29_401), .planChanged([blocker, slower])).decisions.contains(.missed(missed)))
  }

  @Test("lets the run of a removed or disabled check end, and starts no more", arguments: [false, true])
  func removed(isDisabled: Bool) throws {
    let check = try makeCheck("front-page")
    var bench = Bench()
    _ = bench.at(epoch, .planChanged([check]))
    _ = bench.at(check.slot(0).start, .timer)
    let rest = isDisabled ? [try makeCheck("front-page", isEnabled: false)] : []
    #expect(bench.at(check.slot(0).start + .seconds(1), .planChanged(rest)) == [])
    #expect(bench.machine.inFlight == 1)
    #expect(bench.at(check.slot(0).start + .seconds(2), .runEnded(check.id)) == [])
    #expect(bench.machine.inFlight == 0)
    #expect(bench.at(check.slot(4).start, .timer) == [])
  }

  @Test("that brings a removed check back while its run goes on never makes two runs of it")
  func broughtBack() throws {
    let check = try makeCheck("front-page")
    var bench = Bench()
    _ = bench.at(epoch, .planChanged([check]))
    _ = bench.at(check.slot(0).start, .timer)
    _ = bench.at(check.slot(0).start, .planChanged([]))
    _ = bench.at(check.slot(0).start, .planChanged([check]))
    #expect(bench.machine.inFlight == 1)
    #expect(bench.at(check.slot(1).start, .timer).decisions == [])
    #expect(bench.at(check.slot(1).start + .seconds(1), .runEnded(check.id)).started == [check.id])
    #expect(bench.machine.inFlight == 1)
  }

  @Test("counts slots that a stall hid before it by the old plan")
  func stall() throws {
    let check = try makeCheck("front-page")
    var bench = Bench()
    _ = bench.at(epoch, .planChanged([check]))
    #expect(
      bench.at(check.slot(2).start + .seconds(8), .planChanged([])).decisions
        == [check.missed(0, through: 1, .late), check.missed(2, through: 2, .late)])
  }

  @Test("asks for an earlier waking when it brings an earlier slot")
  func wake() throws {
    let late = try makeCheck("late", every: .hours(1))
    let soon = try makeCheck("soon", every: .milliseconds(200), timeout: .milliseconds(50))
    var bench = Bench()
    #expect(bench.at(epoch, .planChanged([late])) == [bench.wait(.seconds(1))])
    let wait = max(.milliseconds(1), soon.slot(0).start - epoch)
    #expect(bench.at(epoch, .planChanged([late, soon])) == [bench.wait(wait)])
  }
}

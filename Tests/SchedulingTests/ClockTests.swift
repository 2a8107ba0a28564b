import Model
import Scheduling
import Testing

@Suite("A wall clock that is set")
struct ClockTests {
  @Test("back a little delays the next slot and repeats none")
  func backALittle() throws {
    let check = try makeCheck("front-page")
    var bench = Bench()
    _ = bench.at(epoch, .planChanged([check]))
    _ = bench.at(check.slot(0).start, .timer)
    _ = bench.at(check.slot(0).start + .seconds(1), .runEnded(check.id))
    #expect(bench.clockSet(to: check.slot(0).start - .seconds(2), .timer).decisions == [])
    #expect(bench.at(check.slot(0).start, .timer).decisions == [])
    #expect(bench.at(check.slot(0).start + .seconds(5), .timer).decisions == [])
    #expect(bench.at(check.slot(1).start, .timer).decisions == [check.start(check.slot(1))])
  }

  @Test("forward counts what it leaps over as late, without a burst")
  func forward() throws {
    let check = try makeCheck("front-page")
    var bench = Bench()
    _ = bench.at(epoch, .planChanged([check]))
    #expect(
      bench.clockSet(to: check.slot(1000).start, .timer).decisions
        == [check.missed(0, through: 999, .late), check.start(check.slot(1000))])
    #expect(bench.at(check.slot(1000).start + .milliseconds(1), .timer).decisions == [])
  }

  @Test("is noticed within a second, because no wait is longer")
  func noticed() throws {
    let check = try makeCheck("front-page", every: .hours(1))
    var bench = Bench()
    #expect(bench.at(epoch, .planChanged([check])) == [bench.wait(.seconds(1))])
  }

  @Test("wrongly by years, and right again, does not silence a check for years, nor run a slot twice")
  func wrongForAMoment() throws {
    let check = try makeCheck("front-page")
    var bench = Bench()
    _ = bench.at(epoch, .planChanged([check]))
    #expect(bench.at(check.slot(0).start, .timer).started == [check.id])
    _ = bench.at(check.slot(0).start, .runEnded(check.id))
    let far: Int64 = 12_614_400  // four years of slots
    #expect(bench.clockSet(to: check.slot(far).start, .timer).started == [check.id])
    _ = bench.at(check.slot(far).start, .runEnded(check.id))
    #expect(bench.at(check.slot(far + 1).start, .timer).started == [check.id])
    _ = bench.at(check.slot(far + 1).start, .runEnded(check.id))

    #expect(bench.clockSet(to: check.slot(0).start + .seconds(2), .timer).decisions == [])
    #expect(bench.at(check.slot(1).start, .timer).decisions == [check.start(check.slot(1))])
    _ = bench.at(check.slot(1).start, .runEnded(check.id))
    // Into the middle of what was lived through before: that is used up, with the minute that led to it.
    #expect(
      bench.clockSet(to: check.slot(far).start + .seconds(1), .timer).decisions
        == [check.missed(2, through: far - 7, .late)])
    #expect(bench.at(check.slot(far + 1).start, .timer).decisions == [])
    #expect(bench.at(check.slot(far + 2).start, .timer).decisions == [check.start(check.slot(far + 2))])
  }

  @Test("back before the beginning goes on with the slots of then, and passes over those that were run")
  func beforeTheBeginning() throws {
    let check = try makeCheck("front-page")
    var bench = Bench()
    _ = bench.at(epoch, .planChanged([check]))
    for index in 0..<3 as Range<Int64> {
      #expect(bench.at(check.slot(index).start, .timer).started == [check.id])
      _ = bench.at(check.slot(index).start, .runEnded(check.id))
    }
    let earlier = check.slot(-2).start - .seconds(1)
    #expect(bench.clockSet(to: earlier, .timer).decisions == [])
    for index in [-2, -1] as [Int64] {
      #expect(bench.at(check.slot(index).start, .timer).decisions == [check.start(check.slot(index))])
      _ = bench.at(check.slot(index).start, .runEnded(check.id))
    }
    for index in 0..<3 as Range<Int64> {
      #expect(bench.at(check.slot(index).start, .timer).decisions == [])
    }
    #expect(bench.at(check.slot(3).start, .timer).decisions == [check.start(check.slot(3))])
  }

  @Test("back while a slot waits neither gives it a negative lag nor a longer run")
  func waiting() throws {
    let check = try makeCheck("front-page")
    var bench = Bench()
    _ = bench.at(epoch, .planChanged([check]))
    _ = bench.at(check.slot(0).start, .timer)
    _ = bench.at(check.slot(1).start, .timer)
    #expect(
      bench.clockSet(to: check.slot(1).start - .seconds(3), .runEnded(check.id)).decisions
        == [check.start(check.slot(1))])
  }

  @Test("to and fro for ever costs bounded memory and still repeats no slot")
  func toAndFro() throws {
    let check = try makeCheck("front-page")
    var bench = Bench()
    _ = bench.at(epoch, .planChanged([check]))
    var seen: Set<Slot> = []
    for round in 0..<200 as Range<Int64> {
      let jump = (round * 7919) % 1000
      for action in bench.clockSet(to: check.slot(jump * 10).start, .timer) {
        guard case .start(let start) = action else { continue }
        #expect(seen.insert(start.slot).inserted)
      }
      _ = bench.at(check.slot(jump * 10).start, .runEnded(check.id))
    }
    #expect(seen.count > 4)
    #expect(bench.clockSet(to: check.slot(20_000).start, .timer).started == [check.id])
  }
}

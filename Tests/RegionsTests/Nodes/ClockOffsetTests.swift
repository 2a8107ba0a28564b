import Model
import Regions
import Testing

@Suite("The offset of a clock")
struct ClockOffsetTests {
  /// An answer after `out` to the hub and `back` from it, with a clock that is ahead by `ahead`.
  private func add(
    _ offset: inout ClockOffset, at true: Timestamp, ahead: Duration, out: Duration, back: Duration
  ) {
    offset.add(sent: reading(at: `true`, ahead: ahead), roundTrip: out + back, hubTime: `true` + out)
  }

  /// What the clocks of a node show that was started at the new year less a thousand seconds.
  private func reading(at true: Timestamp, ahead: Duration) -> ClockOffset.Reading {
    ClockOffset.Reading(wall: `true` + ahead, uptime: `true` - newYear + .seconds(1000))
  }

  @Test("is unknown before the first answer, and corrects nothing then")
  func unmeasured() {
    let offset = ClockOffset()
    #expect(offset.ruling == .unmeasured)
    #expect(offset.offset == nil)
    #expect(offset.corrected(reading(at: newYear, ahead: .hours(3))) == newYear + .hours(3))
  }

  @Test("is found by the shortest round trip, whatever queues the others stood in", arguments: 0..<20)
  func shortest(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    var offset = ClockOffset()
    let ahead = Duration.milliseconds(Int.random(in: -500_000...500_000, using: &random))
    var now = newYear
    for index in 0..<20 {
      let delays = index % 8 == 3 ? 5...6 : 20...900
      add(
        &offset, at: now, ahead: ahead, out: .milliseconds(Int.random(in: delays, using: &random)),
        back: .milliseconds(Int.random(in: delays, using: &random)))
      now = now + .seconds(3)
    }
    let error = (offset.offset ?? .zero) - ahead
    #expect(error < .milliseconds(2))
    #expect(error > .milliseconds(-2))
    let wrong = offset.corrected(reading(at: now, ahead: ahead)) - now
    #expect(wrong < .milliseconds(20))
    #expect(wrong > .milliseconds(-20))
  }

  @Test(
    "says how wrong a clock is that was set, and moves nothing by it",
    arguments: [Duration.seconds(90), .minutes(-8), .hours(25)])
  func step(_ step: Duration) {
    var offset = ClockOffset()
    for index in 0..<8 {
      add(
        &offset, at: newYear + .seconds(3 * index), ahead: .zero, out: .milliseconds(5), back: .milliseconds(5))
    }
    let later = newYear + .seconds(29)
    #expect(offset.corrected(reading(at: later, ahead: step)) == later)
    #expect(offset.ruling == .corrected(.zero))
    add(&offset, at: newYear + .seconds(30), ahead: step, out: .milliseconds(200), back: .milliseconds(200))
    #expect(offset.ruling == (step > .minutes(10) ? .refused(step) : .corrected(step)))
    #expect(offset.corrected(reading(at: later, ahead: step)) == later)
  }

  @Test("follows a hub whose clock is set, and a machine that slept, at once")
  func hubStep() {
    var offset = ClockOffset()
    for index in 0..<8 {
      add(
        &offset, at: newYear + .seconds(3 * index), ahead: .zero, out: .milliseconds(5), back: .milliseconds(5))
    }
    // Uptime has missed five minutes, and the wall clock has not.
    let now = newYear + .minutes(6)
    let reading = ClockOffset.Reading(wall: now, uptime: .seconds(1000) + .minutes(1))
    #expect(offset.corrected(reading) == now - .minutes(5))
    offset.add(sent: reading, roundTrip: .milliseconds(10), hubTime: now + .milliseconds(5))
    #expect(offset.corrected(reading) == now)
  }

  @Test("is not that of a hub whose clock is too wrong")
  func wrongHub() {
    var offset = ClockOffset()
    add(&offset, at: newYear, ahead: .zero, out: .milliseconds(5), back: .milliseconds(5))
    let later = newYear + .seconds(3)
    for hubTime in [later + .hours(2), Timestamp(nanosecondsSinceEpoch: .max), Timestamp(nanosecondsSinceEpoch: .min)] {
      offset.add(sent: reading(at: later, ahead: .zero), roundTrip: .zero, hubTime: hubTime)
      let isRefused = if case .refused = offset.ruling { true } else { false }
      #expect(isRefused)
      #expect(offset.corrected(reading(at: later, ahead: .zero)) == later)
    }
    add(&offset, at: newYear + .seconds(6), ahead: .zero, out: .milliseconds(5), back: .milliseconds(5))
    #expect(offset.ruling == .corrected(.zero))
  }

  @Test("does not tremble with the network")
  func calm() {
    var offset = ClockOffset()
    add(&offset, at: newYear, ahead: .milliseconds(100), out: .milliseconds(5), back: .milliseconds(5))
    let before = offset.corrected(reading(at: newYear, ahead: .zero))
    for index in 1..<40 {
      let uneven = Duration.milliseconds(index % 9)
      add(
        &offset, at: newYear + .seconds(3 * index), ahead: .milliseconds(100), out: .milliseconds(5) + uneven,
        back: .milliseconds(5))
      #expect(offset.corrected(reading(at: newYear, ahead: .zero)) == before)
    }
  }

  @Test("is corrected up to ten minutes, and refused beyond", arguments: [600, -600, 601, -601])
  func bound(seconds: Int) {
    var offset = ClockOffset()
    add(&offset, at: newYear, ahead: .seconds(seconds), out: .zero, back: .zero)
    let expected: ClockOffset.Ruling =
      abs(seconds) <= 600 ? .corrected(.seconds(seconds)) : .refused(.seconds(seconds))
    #expect(offset.ruling == expected)
    let local = reading(at: newYear, ahead: .seconds(seconds))
    #expect(offset.corrected(local) == (abs(seconds) <= 600 ? newYear : local.wall))
  }

  @Test("learns nothing from an answer that took too long, or came before it was asked for")
  func useless() {
    var offset = ClockOffset()
    let sent = reading(at: newYear, ahead: .zero)
    offset.add(sent: sent, roundTrip: .seconds(11), hubTime: newYear)
    offset.add(sent: sent, roundTrip: .seconds(-1), hubTime: newYear)
    #expect(offset.ruling == .unmeasured)
  }
}

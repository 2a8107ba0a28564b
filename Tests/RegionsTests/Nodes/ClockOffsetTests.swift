import Model
import Regions
import Testing

@Suite("The offset of a clock")
struct ClockOffsetTests {
  /// An answer after `out` to the hub and `back` from it, with a clock that is ahead by `ahead`.
  private func add(
    _ offset: inout ClockOffset, at true: Timestamp, ahead: Duration, out: Duration, back: Duration
  ) {
    offset.add(sent: `true` + ahead, roundTrip: out + back, hubTime: `true` + out)
  }

  @Test("is unknown before the first answer, and corrects nothing then")
  func unmeasured() {
    let offset = ClockOffset()
    #expect(offset.ruling == .unmeasured)
    #expect(offset.offset == nil)
    #expect(offset.corrected(newYear) == newYear)
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
    let wrong = offset.corrected(now + ahead) - now
    #expect(wrong < .milliseconds(20))
    #expect(wrong > .milliseconds(-20))
  }

  @Test("is followed when the clock is set, at once")
  func step() {
    var offset = ClockOffset()
    for index in 0..<8 {
      add(
        &offset, at: newYear + .seconds(3 * index), ahead: .zero, out: .milliseconds(5), back: .milliseconds(5))
    }
    add(&offset, at: newYear + .seconds(30), ahead: .seconds(90), out: .milliseconds(200), back: .milliseconds(200))
    #expect(offset.ruling == .corrected(.seconds(90)))
  }

  @Test("does not tremble with the network")
  func calm() {
    var offset = ClockOffset()
    add(&offset, at: newYear, ahead: .milliseconds(100), out: .milliseconds(5), back: .milliseconds(5))
    let before = offset.ruling
    for index in 1..<40 {
      let uneven = Duration.milliseconds(index % 9)
      add(&offset, at: newYear + .seconds(3 * index), ahead: .milliseconds(100), out: .milliseconds(5) + uneven, back: .milliseconds(5))
      #expect(offset.ruling == before)
    }
  }

  @Test("is corrected up to ten minutes, and refused beyond", arguments: [600, -600, 601, -601])
  func bound(seconds: Int) {
    var offset = ClockOffset()
    add(&offset, at: newYear, ahead: .seconds(seconds), out: .zero, back: .zero)
    let expected: ClockOffset.Ruling =
      abs(seconds) <= 600 ? .corrected(.seconds(seconds)) : .refused(.seconds(seconds))
    #expect(offset.ruling == expected)
    let local = newYear + .seconds(seconds)
    #expect(offset.corrected(local) == (abs(seconds) <= 600 ? newYear : local))
  }

  @Test("learns nothing from an answer that took too long, or came before it was asked for")
  func useless() {
    var offset = ClockOffset()
    offset.add(sent: newYear, roundTrip: .seconds(11), hubTime: newYear)
    offset.add(sent: newYear, roundTrip: .seconds(-1), hubTime: newYear)
    #expect(offset.ruling == .unmeasured)
  }
}

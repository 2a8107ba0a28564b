import Model
import Testing

@Suite("The arithmetic of moments")
struct TimestampArithmeticTests {
  private let first = Timestamp(nanosecondsSinceEpoch: .min)
  private let last = Timestamp(nanosecondsSinceEpoch: .max)

  @Test("stops at the ends of what a moment can be, and traps at neither")
  func saturates() {
    #expect(last + .nanoseconds(1) == last)
    #expect(last + .seconds(Int64.max) == last)
    #expect(first + .nanoseconds(-1) == first)
    #expect(first - .days(200) == first)
    #expect(first - .seconds(Int64.max) == first)
    #expect(last - .days(-1) == last)
    #expect(last - first == .nanoseconds(Int64.max))
    #expect(first - last == .nanoseconds(Int64.min))
    #expect(Timestamp(secondsSinceEpoch: .max) == last)
    #expect(Timestamp(secondsSinceEpoch: .min) == first)
    #expect(Timestamp(millisecondsSinceEpoch: .max) == last)
    #expect(Timestamp(millisecondsSinceEpoch: .min) == first)
  }

  @Test("gives ends that can be written, numbered and read like any other moment")
  func ends() throws {
    #expect(first.rfc3339(fractionDigits: 9) == "1677-09-21T00:12:43.145224192Z")
    #expect(last.rfc3339(fractionDigits: 9) == "2262-04-11T23:47:16.854775807Z")
    let grid = SlotGrid(check: try #require(CheckID("front-page")), interval: .days(365))
    #expect(grid.slot(at: first).start <= last && grid.slot(at: last).start <= last)
    #expect(grid.firstSlot(startingFrom: last).start <= last)
  }

  @Test("is exact everywhere else")
  func exact() {
    let moment = Timestamp(secondsSinceEpoch: 1_767_225_600)
    #expect(moment + .milliseconds(1500) - moment == .milliseconds(1500))
    #expect((moment - .days(20_454)).nanosecondsSinceEpoch == 0)
    #expect((moment - last) + (last - moment) == .zero)
    #expect(Timestamp(millisecondsSinceEpoch: -1).nanosecondsSinceEpoch == -1_000_000)
  }
}

@Suite("A moment as RFC 3339")
struct TimestampTests {
  @Test(
    "is read in all forms that the RFC allows",
    arguments: [
      ("1970-01-01T00:00:00Z", 0), ("2026-11-21T10:56:00Z", 1_795_258_560_000_000_000),
      ("2026-11-21t10:56:00z", 1_795_258_560_000_000_000), ("2026-11-21 10:56:00Z", 1_795_258_560_000_000_000),
      ("2026-11-21T12:56:00+02:00", 1_795_258_560_000_000_000),
      ("2026-11-21T05:26:00-05:30", 1_795_258_560_000_000_000),
      ("2026-11-21T10:56:00-00:00", 1_795_258_560_000_000_000), ("1970-01-01T00:00:00.5Z", 500_000_000),
      ("1970-01-01T00:00:00.123456789Z", 123_456_789), ("1970-01-01T00:00:00.1234567899Z", 123_456_789),
      ("1969-12-31T23:59:59.999Z", -1_000_000), ("2024-02-29T00:00:00Z", 1_709_164_800_000_000_000),
      ("2016-12-31T23:59:60Z", 1_483_228_800_000_000_000), ("1900-03-01T00:00:00Z", -2_203_891_200_000_000_000),
    ] as [(String, Int64)])
  func reads(text: String, nanoseconds: Int64) {
    #expect(Timestamp(rfc3339: text)?.nanosecondsSinceEpoch == nanoseconds)
  }

  @Test(
    "is nothing else",
    arguments: [
      "", "2026-11-21", "2026-11-21T10:56Z", "2026-11-21T10:56:00", "2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z",
      "2026-02-29T00:00:00Z", "1900-02-29T00:00:00Z", "2026-04-31T00:00:00Z", "2026-01-00T00:00:00Z",
      "2026-01-01T24:00:00Z", "2026-01-01T00:60:00Z", "2026-01-01T00:00:61Z", "2026-01-01T00:00:00.Z",
      "2026-01-01T00:00:00+0200", "2026-01-01T00:00:00+24:00", "2026-01-01T00:00:00+02:60", "2026-01-01T00:00:00Zx",
      " 2026-01-01T00:00:00Z", "26-01-01T00:00:00Z", "2026-1-1T00:00:00Z", "+026-01-01T00:00:00Z",
      "1677-12-31T23:59:59Z", "2262-01-01T00:00:00Z", "٢٠٢٦-01-01T00:00:00Z",
    ])
  func refuses(text: String) {
    #expect(Timestamp(rfc3339: text) == nil)
  }

  @Test(
    "is written with as many digits as are asked for, cut and not rounded",
    arguments: [
      (0, "2026-11-21T10:56:00Z"), (1, "2026-11-21T10:56:00.9Z"), (3, "2026-11-21T10:56:00.999Z"),
      (9, "2026-11-21T10:56:00.999999999Z"), (12, "2026-11-21T10:56:00.999999999Z"),
    ])
  func writes(digits: Int, text: String) {
    let moment = Timestamp(nanosecondsSinceEpoch: 1_795_258_560_999_999_999)
    #expect(moment.rfc3339(fractionDigits: digits) == text)
  }

  @Test("comes back as it was, before 1970 too, on every day of a leap year and at the ends")
  func roundTrip() {
    var moments = (0..<366).map { Timestamp(secondsSinceEpoch: 1_704_067_200 + $0 * 86_400 + $0 * 61) }
    moments += (0..<366).map { Timestamp(secondsSinceEpoch: -9_000_000_000 + $0 * 86_400 * 40) }
    for moment in moments {
      #expect(Timestamp(rfc3339: moment.rfc3339(fractionDigits: 9)) == moment)
    }
  }

  @Test("counts in milliseconds floored, as history stores it")
  func milliseconds() {
    #expect(Timestamp(nanosecondsSinceEpoch: 1_999_999).millisecondsSinceEpoch == 1)
    #expect(Timestamp(nanosecondsSinceEpoch: -1).millisecondsSinceEpoch == -1)
    #expect(Timestamp(millisecondsSinceEpoch: 1_500) - Timestamp(secondsSinceEpoch: 1) == .milliseconds(500))
  }
}

import Model
import Testing

@Suite("Units as people write them")
struct UnitsTests {
  @Test(
    "durations are numbers with units, from large to small",
    arguments: [
      ("250ms", .milliseconds(250)), ("1h30m", .seconds(5400)), ("1.5s", .milliseconds(1500)), ("2w", .days(14)),
      ("7d", .days(7)), ("0s", .zero), ("3us", .microseconds(3)), ("3µs", .microseconds(3)), ("9ns", .nanoseconds(9)),
      ("1w1d1h1m1s1ms1us1ns", .nanoseconds(694_861_001_001_001)), ("0.000000001s", .nanoseconds(1)),
      ("0.0000000001s", .zero), ("106751d", .days(106_751)),
    ] as [(String, Duration)])
  func durations(text: String, duration: Duration) {
    #expect(Units.duration(text) == duration)
  }

  @Test(
    "durations are nothing else, and no more than 64 bits of nanoseconds hold",
    arguments: [
      "", "5", "s", "5 s", "-5s", "5S", "1m1h", "1s1s", "1..5s", "1.s", ".5s", "5sec", "٣s", "106752d", "15251w",
      "106751d86400000s", "9999999999999999999s", "999999999999999999w", "1e3s",
    ])
  func noDurations(text: String) {
    #expect(Units.duration(text) == nil)
  }

  @Test(
    "sizes are bytes, by 1000 or by 1024",
    arguments: [
      ("512", 512), ("7B", 7), ("10MB", 10_000_000), ("1.5KiB", 1536), ("2GiB", 2 << 30), ("1kB", 1000), ("1 KB", 1000),
      ("0", 0), ("8589934591GiB", 9_223_372_035_781_033_984),
    ])
  func sizes(text: String, bytes: Int) {
    #expect(Units.size(text) == bytes)
  }

  @Test(
    "sizes are nothing else",
    arguments: ["", "B", "-1", "1TB", "1kib", "9999999999GiB", "9999999999999999999", "1,5KiB"])
  func noSizes(text: String) {
    #expect(Units.size(text) == nil)
  }

  @Test(
    "percentages are the very number that a ratio is",
    arguments: [("99.5%", 0.995), ("100%", 1), ("0%", 0), ("99.95%", 0.9995), ("0.1%", 0.001)])
  func percentages(text: String, ratio: Double) {
    #expect(Units.percentage(text) == ratio)
  }

  @Test("percentages are nothing else", arguments: ["", "%", "99.5", "-1%", "9 %", "1.2.3%", "1e2%"])
  func noPercentages(text: String) {
    #expect(Units.percentage(text) == nil)
  }

  @Test(
    "a duration is written so that it is read as itself",
    arguments: ["0s", "1ns", "250ms", "1h30m", "2w", "365d", "1d1h1m1s1ms1µs1ns", "106751d23h47m16s854ms775µs807ns"])
  func roundTrip(text: String) throws {
    #expect(Units.text(of: try #require(Units.duration(text))) == text)
  }

  @Test(
    "a size is written in the largest unit that it is whole in",
    arguments: [(0, "0B"), (1023, "1023B"), (1024, "1KiB"), (1536, "1536B"), (10 << 20, "10MiB"), (3 << 30, "3GiB")])
  func sizeText(bytes: Int, text: String) {
    #expect(Units.text(ofBytes: bytes) == text)
    #expect(Units.size(text) == bytes)
  }
}

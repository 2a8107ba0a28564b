import Model
import Testing

@Suite("A latency histogram")
struct LatencyHistogramTests {
  /// Durations over nine orders of magnitude, the same for the same seed.
  private func durations(seed: UInt64, count: Int) -> [Int64] {
    var state = seed
    return (0..<count).map { _ in
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int64((state >> 33) >> (state >> 59 & 31))
    }
  }

  private func histogram(_ durations: some Sequence<Int64>) -> LatencyHistogram {
    var histogram = LatencyHistogram()
    for duration in durations { histogram.add(microseconds: duration) }
    return histogram
  }

  @Test("is within five percent of the nearest rank", arguments: 1...20 as ClosedRange<UInt64>)
  func isWithinFivePercent(seed: UInt64) throws {
    let durations = durations(seed: seed, count: 200)
    let sorted = durations.sorted()
    let histogram = histogram(durations)
    for percent in [0, 1, 25, 50, 95, 99, 100] {
      let rank = max(1, (percent * sorted.count + 99) / 100)
      let exact = Double(sorted[rank - 1])
      let found = try #require(histogram.percentile(Double(percent) / 100)).milliseconds * 1000
      #expect(abs(found - exact) <= exact * 0.05, "p\(percent): \(found) for \(exact)")
    }
  }

  @Test("has the exact mean")
  func hasTheExactMean() {
    #expect(histogram([1, 2, 6]).mean == .microseconds(3))
    #expect(histogram([1, 2]).mean == .nanoseconds(1500))
  }

  @Test("of nothing has no figures")
  func nothingHasNoFigures() {
    #expect(LatencyHistogram().percentile(0.5) == nil)
    #expect(LatencyHistogram().mean == nil)
  }

  @Test("of one duration gives it for every percentile", arguments: [0, 1, 15] as [Int64])
  func oneDuration(microseconds: Int64) {
    for fraction in [0, 0.5, 1] {
      #expect(histogram([microseconds]).percentile(fraction) == .microseconds(microseconds))
    }
  }

  @Test("merged from parts equals the whole", arguments: 1...20 as ClosedRange<UInt64>)
  func mergesToTheWhole(seed: UInt64) {
    let durations = durations(seed: seed, count: 300)
    var merged = LatencyHistogram()
    for start in stride(from: 0, to: durations.count, by: 70) {
      merged.merge(histogram(durations[start..<min(start + 70, durations.count)]))
    }
    #expect(merged == histogram(durations))
  }

  @Test("reads back what it wrote", arguments: 1...20 as ClosedRange<UInt64>)
  func readsBack(seed: UInt64) {
    let histogram = histogram(durations(seed: seed, count: Int(seed) * 10))
    #expect(
      LatencyHistogram(encoded: histogram.encoded, sumMicroseconds: histogram.sumMicroseconds) == histogram)
  }

  @Test(
    "refuses bytes that it never wrote",
    arguments: [
      [0x80], [1], [1, 0], [0x80, 0x08], [0x80, 0x08, 0x00], [0x80, 0x10, 0x80], [0x80, 0x08, 0xa0],
      [0x80, 0x08, 0, 0, 0, 0, 0, 0, 0, 0xff], [0xff, 0x0f, 0xff], [0x80, 0x08, 0x80, 0x00],
      [5, 1, 0, 1], [0xff, 0xff, 0x7f, 1],
      [1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f],
    ] as [[UInt8]])
  func refusesOtherBytes(bytes: [UInt8]) {
    #expect(LatencyHistogram(encoded: bytes, sumMicroseconds: 0) == nil)
  }

  @Test("reads what older versions wrote: two LEB128 numbers a bucket")
  func readsTheOlderForm() throws {
    let older: [UInt8] = [0xa9, 0x01, 1, 4, 2, 9, 1]
    let histogram = try #require(LatencyHistogram(encoded: older, sumMicroseconds: 107_150))
    #expect(histogram.count == 4)
    #expect(LatencyHistogram(encoded: histogram.encoded, sumMicroseconds: 107_150) == histogram)
    #expect(histogram.encoded.count == 5)
    #expect(LatencyHistogram(encoded: [] as [UInt8], sumMicroseconds: 0) == LatencyHistogram())
  }

  @Test("reads bytes of any origin without harm", arguments: 1...20 as ClosedRange<UInt64>)
  func readsNoise(seed: UInt64) {
    for length in 0..<40 {
      let bytes = durations(seed: seed &+ UInt64(length) &* 977, count: length).map { UInt8(truncatingIfNeeded: $0) }
      for start in [[], [0x80, 0x08], [0xa5, 0x0a]] as [[UInt8]] {
        if let read = LatencyHistogram(encoded: start + bytes, sumMicroseconds: 1) {
          #expect(LatencyHistogram(encoded: read.encoded, sumMicroseconds: 1) == read)
        }
      }
    }
  }

  @Test("takes few bytes for a check that mostly takes alike")
  func isCompact() {
    #expect(histogram((0..<8640).map { 120_000 + Int64($0 % 40) * 1000 }).encoded.count < 40)
  }

  @Test("bears durations that are negative or far too long")
  func bearsOddDurations() throws {
    var histogram = LatencyHistogram()
    histogram.add(.seconds(-1))
    histogram.add(.seconds(Int64.max))
    #expect(histogram.percentile(0) == .zero)
    #expect(try #require(histogram.percentile(1)) > .days(365))
  }
}

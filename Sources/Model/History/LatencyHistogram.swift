/// How long runs took, kept so that any number of histograms can be merged: counts in buckets that are at most 1/16 of
/// their value wide, beside the exact count and sum.
///
/// A percentile is nearest-rank and within 1/32 (3.2 %) of the true duration; below 16 µs it is exact. Durations are
/// rounded to whole microseconds, and those above 2^47 µs (four years) count as that.
package struct LatencyHistogram: Hashable, Sendable {
  private struct Bucket: Hashable, Sendable {
    var index: Int
    var count: Int
  }

  /// Only buckets that hold something, in order: a check mostly fills a handful.
  private var buckets: [Bucket] = []
  /// How many durations were added.
  package private(set) var count = 0
  /// All durations together.
  package private(set) var sumMicroseconds: Int64 = 0

  /// A histogram of nothing.
  package init() {}

  /// Exact; nil when nothing was added.
  package var mean: Duration? {
    count == 0 ? nil : .nanoseconds(Int64((Double(sumMicroseconds) * 1000 / Double(count)).rounded()))
  }

  /// Adds one duration; a negative one counts as zero.
  package mutating func add(_ duration: Duration) {
    add(microseconds: duration.roundedMicroseconds)
  }

  /// Adds one duration in whole microseconds.
  package mutating func add(microseconds: Int64) {
    let value = min(max(0, microseconds), Self.largest)
    add(1, at: Self.index(of: value))
    count += 1
    addToSum(value)
  }

  /// Adds everything that another histogram holds.
  package mutating func merge(_ other: LatencyHistogram) {
    guard other.count > 0 else { return }
    // In place, for the days of one check mostly fill the same buckets.
    var position = 0
    for bucket in other.buckets {
      while position < buckets.count, buckets[position].index < bucket.index { position += 1 }
      if position < buckets.count, buckets[position].index == bucket.index {
        buckets[position].count += bucket.count
      } else {
        buckets.insert(bucket, at: position)
      }
    }
    count += other.count
    addToSum(other.sumMicroseconds)
  }

  /// Imports may say years for each of many runs; their sum stops at the largest number there is.
  private mutating func addToSum(_ microseconds: Int64) {
    let (sum, overflows) = sumMicroseconds.addingReportingOverflow(microseconds)
    sumMicroseconds = overflows ? .max : sum
  }

  /// The nearest-rank percentile: the smallest duration that at least `fraction` of all durations do not exceed.
  ///
  /// - Parameter fraction: 0.95 for the 95th percentile; clamped to 0...1.
  /// - Returns: nil when nothing was added.
  package func percentile(_ fraction: Double) -> Duration? {
    guard count > 0 else { return nil }
    let rank = max(1, Int((min(max(0, fraction), 1) * Double(count)).rounded(.up)))
    var seen = 0
    for bucket in buckets {
      seen += bucket.count
      if seen >= rank { return .microseconds(Self.middle(of: bucket.index)) }
    }
    return nil
  }

  /// How many durations are below `limit`, to the bucket that it falls into.
  package func count(below limit: Duration) -> Int {
    let index = Self.index(of: min(max(0, limit.roundedMicroseconds), Self.largest))
    return buckets.reduce(0) { $1.index < index ? $0 + $1.count : $0 }
  }

  private mutating func add(_ count: Int, at index: Int) {
    // Runs of one check take alike, so the place is nearly always found at once from the end.
    var position = buckets.count
    while position > 0, buckets[position - 1].index > index { position -= 1 }
    if position > 0, buckets[position - 1].index == index {
      buckets[position - 1].count += count
    } else {
      buckets.insert(Bucket(index: index, count: count), at: position)
    }
  }

  // MARK: Buckets

  /// 2^47 − 1 µs: whatever is longer is no latency.
  private static let largest: Int64 = (1 << 47) - 1

  /// Values to 15 have a bucket each; above, each power of two is cut into 16.
  private static func index(of value: Int64) -> Int {
    guard value >= 16 else { return Int(value) }
    let exponent = 63 - value.leadingZeroBitCount
    return (exponent - 3) * 16 + Int((value >> (exponent - 4)) & 15)
  }

  private static func middle(of index: Int) -> Int64 {
    guard index >= 16 else { return Int64(index) }
    let shift = index / 16 - 1
    return (Int64(16 + index % 16) << shift) + (Int64(1) << shift) / 2
  }

  // MARK: Bytes

  /// The bits after the first number: for every bucket but the first its distance from the one before, and for all of them
  /// the count, each in Elias' gamma code (IEEE Trans. Inf. Theory 21, 1975), where small numbers take a bit or three.
  /// The first number is the index of the first bucket, with 1024 added to it: without, the bytes are of the older form, of
  /// two LEB128 numbers a bucket. Count and sum are kept beside by whoever stores it.
  package var encoded: [UInt8] {
    guard let first = buckets.first else { return [] }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(buckets.count)
    bytes.appendVarint(UInt64(Self.indexCount + first.index))
    var bits = BitWriter(after: bytes)
    bits.append(gamma: UInt64(first.count))
    for (before, bucket) in zip(buckets, buckets.dropFirst()) {
      bits.append(gamma: UInt64(bucket.index - before.index))
      bits.append(gamma: UInt64(bucket.count))
    }
    return bits.bytes
  }

  /// Reads what `encoded` wrote, now or ever. Of one type of bytes, as in `SlotSet`.
  ///
  /// - Returns: nil for bytes that are nothing of the kind; they never make it trap.
  package init?(encoded bytes: [UInt8], sumMicroseconds: Int64) {
    var reader = VarintReader(bytes)
    if let first = reader.next(), first >= Self.indexCount {
      guard first < 2 * Self.indexCount else { return nil }
      var bits = BitReader(reader.rest)
      var index = Int(first) - Self.indexCount
      guard let count = bits.gamma(), append(count, at: index) else { return nil }
      while let distance = bits.gamma() {
        guard distance < Self.indexCount, let count = bits.gamma() else { return nil }
        index += Int(distance)
        guard append(count, at: index) else { return nil }
      }
      guard bits.isAtEnd else { return nil }
    } else {
      reader = VarintReader(bytes)
      var index = 0
      while !reader.isAtEnd {
        guard let distance = reader.next(), let count = reader.next(), distance < Self.indexCount else { return nil }
        index += Int(distance)
        guard buckets.isEmpty || distance > 0, append(count, at: index) else { return nil }
      }
    }
    self.sumMicroseconds = max(0, sumMicroseconds)
  }

  /// No bucket has an index as high: a count below 2^47 is below (47 − 3) × 16.
  private static let indexCount = 1024

  /// Takes in the next bucket as it was read; false for one that cannot be.
  private mutating func append(_ count: UInt64, at index: Int) -> Bool {
    guard index < Self.indexCount, count > 0, count < 1 << 48 else { return false }
    buckets.append(Bucket(index: index, count: Int(count)))
    self.count += Int(count)
    return true
  }
}

extension Duration {
  /// The duration in whole microseconds, rounded to the nearest; the unit that history stores.
  package var roundedMicroseconds: Int64 {
    let (quotient, remainder) = nanoseconds.quotientAndRemainder(dividingBy: 1000)
    return quotient + (remainder >= 500 ? 1 : 0) - (remainder <= -500 ? 1 : 0)
  }
}

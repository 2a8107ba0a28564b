/// A moment of wall time, for stamping runs and numbering slots: whole nanoseconds since 1970-01-01T00:00:00Z without
/// leap seconds, good from year 1678 to 2262.
///
/// Arithmetic stops at those ends instead of going beyond: moments come out of certificates, requests and files of any
/// origin, and none of them may end the process.
package struct Timestamp: Hashable, Comparable, Sendable {
  /// Nanoseconds since the Unix epoch; negative before it.
  package var nanosecondsSinceEpoch: Int64

  /// A moment given as nanoseconds since the Unix epoch.
  package init(nanosecondsSinceEpoch: Int64) {
    self.nanosecondsSinceEpoch = nanosecondsSinceEpoch
  }

  /// A moment given as whole seconds since the Unix epoch.
  package init(secondsSinceEpoch seconds: Int64) {
    self.init(nanosecondsSinceEpoch: seconds.saturatingProduct(1_000_000_000))
  }

  /// Seconds since the Unix epoch as Prometheus wants them.
  package var secondsSinceEpoch: Double { Double(nanosecondsSinceEpoch) / 1e9 }

  /// Milliseconds since the Unix epoch, floored; the unit that history stores.
  package var millisecondsSinceEpoch: Int64 { nanosecondsSinceEpoch.flooredQuotient(by: 1_000_000) }

  /// A moment given as milliseconds since the Unix epoch.
  package init(millisecondsSinceEpoch milliseconds: Int64) {
    self.init(nanosecondsSinceEpoch: milliseconds.saturatingProduct(1_000_000))
  }

  package static func < (left: Timestamp, right: Timestamp) -> Bool {
    left.nanosecondsSinceEpoch < right.nanosecondsSinceEpoch
  }

  /// The moment that lies `duration` later (earlier when it is negative).
  package static func + (moment: Timestamp, duration: Duration) -> Timestamp {
    let nanoseconds = duration.nanoseconds
    let (sum, overflow) = moment.nanosecondsSinceEpoch.addingReportingOverflow(nanoseconds)
    return Timestamp(nanosecondsSinceEpoch: overflow ? (nanoseconds < 0 ? .min : .max) : sum)
  }

  /// The moment that lies `duration` earlier.
  package static func - (moment: Timestamp, duration: Duration) -> Timestamp {
    let nanoseconds = duration.nanoseconds
    let (difference, overflow) = moment.nanosecondsSinceEpoch.subtractingReportingOverflow(nanoseconds)
    return Timestamp(nanosecondsSinceEpoch: overflow ? (nanoseconds < 0 ? .max : .min) : difference)
  }

  /// The time that passed from `right` to `left`.
  package static func - (left: Timestamp, right: Timestamp) -> Duration {
    let (difference, overflow) = left.nanosecondsSinceEpoch.subtractingReportingOverflow(right.nanosecondsSinceEpoch)
    return .nanoseconds(overflow ? (left < right ? .min : .max) : difference)
  }
}

extension Int64 {
  /// Division that rounds towards negative infinity, so that times before 1970 fall into the right slot.
  package func flooredQuotient(by divisor: Int64) -> Int64 {
    let quotient = self / divisor
    return self % divisor < 0 ? quotient - 1 : quotient
  }

  /// What is left over by `flooredQuotient`: never negative. The product of quotient and divisor may lie beyond 64 bits.
  package func flooredRemainder(by divisor: Int64) -> Int64 {
    let remainder = self % divisor
    return remainder < 0 ? remainder + divisor : remainder
  }

  /// The product with a factor above zero, or the end of the range that it lies beyond.
  func saturatingProduct(_ factor: Int64) -> Int64 {
    let (product, overflow) = multipliedReportingOverflow(by: factor)
    return overflow ? (self < 0 ? .min : .max) : product
  }
}

extension Timestamp: Codable {
  package init(from decoder: any Decoder) throws {
    self.init(nanosecondsSinceEpoch: try decoder.singleValueContainer().decode(Int64.self))
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(nanosecondsSinceEpoch)
  }
}

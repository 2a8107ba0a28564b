extension Duration {
  /// The whole duration in nanoseconds, cut off below and saturated at 64 bits (about 292 years).
  package var nanoseconds: Int64 {
    let (seconds, attoseconds) = components
    let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
    guard !overflow else { return seconds < 0 ? .min : .max }
    let (sum, sumOverflow) = product.addingReportingOverflow(attoseconds / 1_000_000_000)
    guard !sumOverflow else { return seconds < 0 ? .min : .max }
    return sum
  }

  /// The whole duration in seconds, as Prometheus wants it.
  package var seconds: Double { Double(nanoseconds) / 1e9 }

  /// The whole duration in milliseconds, with its fraction.
  package var milliseconds: Double { Double(nanoseconds) / 1e6 }

  /// A duration given in minutes.
  package static func minutes(_ count: Int) -> Duration { .seconds(count * 60) }

  /// A duration given in hours.
  package static func hours(_ count: Int) -> Duration { .seconds(count * 3600) }

  /// A duration given in days of 24 hours.
  package static func days(_ count: Int) -> Duration { .seconds(count * 86_400) }
}

import Model

/// A pair of windows that together say whether a budget burns: the long one that it is worth a word, the short one that it
/// still does (Google, "The Site Reliability Workbook", chapter 5).
package struct BurnWindow: Hashable, Sendable {
  package let long: Duration
  package let short: Duration
  /// The share of the whole budget that is used up in the long window when the pair speaks up.
  package let share: Ratio

  /// The four pairs, quickest first.
  package static let all = [
    BurnWindow(long: .hours(1), short: .minutes(5), share: Ratio(2, of: 100)),
    BurnWindow(long: .hours(6), short: .minutes(30), share: Ratio(5, of: 100)),
    BurnWindow(long: .days(1), short: .hours(2), share: Ratio(10, of: 100)),
    BurnWindow(long: .days(3), short: .hours(6), share: Ratio(10, of: 100)),
  ]

  /// Every window of the pairs once, shortest first.
  package static let lengths = Set(all.flatMap { [$0.long, $0.short] }).sorted()

  /// The burn rate that uses up the share within the long window: share × period / long window, 14.4 for the first pair
  /// over 30 days.
  ///
  /// - Parameter period: over how long the promise is kept.
  package func factor(over period: Duration) -> Ratio {
    Ratio(
      wide: Int128(share.numerator) * Int128(max(0, period.nanoseconds)),
      of: Int128(share.denominator) * Int128(long.nanoseconds))
  }
}

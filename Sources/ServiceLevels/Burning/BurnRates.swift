package import Model

/// How fast a budget is used up now: the burn rates of all window pairs, and when nothing will be left.
package struct BurnRates: Hashable, Sendable {
  /// So many bad slots must be in the long window before a pair speaks up: one blip never pages.
  package static let leastFailures = 3

  /// The burn rate of one window that ends now.
  package struct Rate: Hashable, Sendable {
    package let window: Duration
    /// 1 uses up just the whole budget over the objective's window. Nil without availability, and for a target of 100 %.
    package let rate: Ratio?
    /// Bad slots in it.
    package let failures: Int
  }

  /// What one pair of windows says.
  package struct Pair: Hashable, Sendable {
    package let window: BurnWindow
    package let long: Rate
    package let short: Rate
    /// The burn rate from which on the pair speaks up.
    package let factor: Ratio
    /// Whether both windows burn at that rate or faster, with enough failures in the long one. A pair whose long window is
    /// longer than the objective's is silent.
    package let isBurning: Bool
  }

  /// One for each of `BurnWindow.lengths`.
  package let rates: [Rate]
  /// One for each of `BurnWindow.all`.
  package let pairs: [Pair]
  /// When the budget will be used up at the pace of the last hour; zero when it is, nil when at that pace it never will be,
  /// and when there is no budget.
  package let timeToEmpty: Duration?

  /// The burn rates of an objective.
  ///
  /// - Parameters:
  ///   - recent: the tallies of `BurnWindow.lengths`, all of which end now.
  ///   - tally: that of the objective's window.
  ///   - objective: the promised share of good slots, 0 to 1.
  ///   - period: how long the objective's window is, as a whole.
  package init(recent: [SlotTally], tally: SlotTally, objective: Double, period: Duration) {
    let known = Dictionary(zip(BurnWindow.lengths, recent)) { first, _ in first }
    func rate(_ window: Duration) -> Rate {
      let tally = known[window] ?? SlotTally()
      return Rate(
        window: window, rate: Availability(tally, objective: objective).burnRate, failures: tally.down)
    }
    rates = BurnWindow.lengths.map(rate)
    pairs = BurnWindow.all.map { window in
      let (long, short, factor) = (rate(window.long), rate(window.short), window.factor(over: period))
      let isBurning =
        window.long <= period && long.failures >= Self.leastFailures && long.rate?.isAtLeast(factor) == true
        && short.rate?.isAtLeast(factor) == true
      return Pair(window: window, long: long, short: short, factor: factor, isBurning: isBurning)
    }
    timeToEmpty = Self.timeToEmpty(
      tally, pace: known[.hours(1)] ?? SlotTally(), objective: objective, period: period)
  }

  /// What is left of the budget / the burn rate of the last hour × the period, rounded down to milliseconds.
  private static func timeToEmpty(
    _ tally: SlotTally, pace: SlotTally, objective: Double, period: Duration
  ) -> Duration? {
    guard let left = Availability(tally, objective: objective).budgetRemaining?.reduced else { return nil }
    guard left.numerator > 0 else { return .zero }
    guard let rate = Availability(pace, objective: objective).burnRate?.reduced, rate.numerator > 0 else { return nil }
    let above = Int128(left.numerator).multipliedReportingOverflow(by: Int128(rate.denominator))
    let below = Int128(left.denominator).multipliedReportingOverflow(by: Int128(rate.numerator))
    let (product, overflows) = above.partialValue.multipliedReportingOverflow(
      by: Int128(period.nanoseconds / 1_000_000))
    guard !above.overflow, !below.overflow, !overflows else {
      let days = left.value / rate.value * period.seconds / 86_400
      // Beyond a thousand years nobody counts.
      return .milliseconds(Int64(min(days, 365_000) * 86_400_000))
    }
    return .milliseconds(min(product / below.partialValue, 365_000 * 86_400_000))
  }
}

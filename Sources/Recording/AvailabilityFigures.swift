package import Model

/// What was kept of a check's promise over a window, as plain numbers for the gauges.
package struct AvailabilityFigures: Hashable, Sendable {
  /// Which check.
  package var check: CheckID
  /// The window as people write it: "30d".
  package var window: String
  /// The share of good slots, 0 to 1; nil without any slot to speak of.
  package var availability: Double?
  /// The share of expected slots that can be spoken of, 0 to 1; nil when none was expected.
  package var coverage: Double?
  /// 1 is the whole budget, 0 none of it, below zero overdrawn; nil without an availability.
  package var budgetRemaining: Double?
  /// What was promised, 0 to 1.
  package var objective: Double
  /// How fast the budget was used up over each of the windows: 1 uses up just all of it. Nil where there is no budget.
  package var burnRates: [BurnRate]
  /// The share of good runs below the bound of the latency objective; nil without one, and while it is not known.
  package var latencyRatio: Double?

  /// How fast a budget was used up over one window.
  package struct BurnRate: Hashable, Sendable {
    /// The window as people write it: "1h".
    package var window: String
    package var rate: Double?

    /// The burn rate of one window.
    package init(window: String, rate: Double?) {
      self.window = window
      self.rate = rate
    }
  }

  /// Figures with everything said.
  package init(
    check: CheckID, window: String, availability: Double?, coverage: Double?, budgetRemaining: Double?,
    objective: Double, burnRates: [BurnRate] = [], latencyRatio: Double? = nil
  ) {
    self.check = check
    self.window = window
    self.availability = availability
    self.coverage = coverage
    self.budgetRemaining = budgetRemaining
    self.objective = objective
    self.burnRates = burnRates
    self.latencyRatio = latencyRatio
  }
}

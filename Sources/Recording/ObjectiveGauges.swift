import Exposition
import Model

/// The series that show what was kept of one check's promise.
struct ObjectiveGauges {
  /// The objective's window, as people write it.
  let window: String
  private let check: String
  private let availability: Gauge
  private let coverage: Gauge
  private let budgetRemaining: Gauge
  private let objective: Gauge
  /// By window, in the order in which they are published.
  private var burnRates: [(window: String, gauge: Gauge)] = []
  /// There only where a latency objective is.
  private var latencyRatio: Gauge?

  private var labels: Labels { ["check": check, "window": window] }

  init(_ figures: AvailabilityFigures, _ families: MetricFamilies) {
    window = figures.window
    check = figures.check.text
    let labels: Labels = ["check": figures.check.text, "window": figures.window]
    availability = families.availability.child(labels)
    coverage = families.coverage.child(labels)
    budgetRemaining = families.budgetRemaining.child(labels)
    objective = families.objective.child(labels)
  }

  mutating func show(_ figures: AvailabilityFigures, _ families: MetricFamilies) {
    Self.show(figures.availability, by: availability)
    Self.show(figures.coverage, by: coverage)
    Self.show(figures.budgetRemaining, by: budgetRemaining)
    objective.set(figures.objective)
    if burnRates.map(\.window) != figures.burnRates.map(\.window) {
      burnRates = figures.burnRates.map { rate in
        (rate.window, families.burnRate.child(["check": check, "window": rate.window]))
      }
    }
    for (rate, shown) in zip(figures.burnRates, burnRates) { Self.show(rate.rate, by: shown.gauge) }
    if let ratio = figures.latencyRatio {
      let gauge = latencyRatio ?? families.latencyRatio.child(labels)
      latencyRatio = gauge
      gauge.set(ratio)
    } else {
      latencyRatio?.clear()
    }
  }

  /// Takes the series of the objective's window away; those of burn rates have windows of their own.
  func remove(from families: MetricFamilies) {
    for family in [
      families.availability, families.coverage, families.budgetRemaining, families.objective, families.latencyRatio,
    ] {
      family.remove(labels)
    }
  }

  private static func show(_ value: Double?, by gauge: Gauge) {
    if let value { gauge.set(value) } else { gauge.clear() }
  }
}

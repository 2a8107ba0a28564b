import Model
import ServiceLevels

/// What was kept of every promise, as it stood at one moment.
struct BoardSnapshot: Sendable {
  /// The end of every window.
  var at: Timestamp
  /// The checks it speaks of.
  var edition: CheckCatalogue.Edition
  /// One for each check of the edition, in its order.
  var figures: [CheckFigures]
  /// The newest stored run of each region: what is known of a check that has not run since this process began.
  var storedRuns: [CheckID: [HistoryRun]]

  /// The figures of one check; nil for one that came later than the snapshot.
  subscript(id: CheckID) -> CheckFigures? { edition.places[id].map { figures[$0] } }
}

/// What was kept of one check's promise, over the window of its objective.
struct CheckFigures: Sendable {
  var objective: Objective
  var from: Timestamp
  var to: Timestamp
  /// Of its own slots, exclusions taken out.
  var tally: SlotTally
  /// Of its slots, or of those of its members for a service that weighs them.
  var availability: Availability
  /// The same without exclusions.
  var unadjusted: Availability
  /// How many slots exclusions took out.
  var excludedSlots: Int
  var burning: BurnRates
  /// How long incidents made it unusable; nil where nobody keeps incidents.
  var incidentDowntime: Duration?
  /// What is known of its speed; nil until it was asked for the first time.
  var latency: LatencyFigures?
}

/// How fast the good runs of one check were, over the window of its objective.
struct LatencyFigures: Hashable, Sendable {
  /// Nil without any good run.
  var p95: Duration?
  /// The share of good runs under the limit of the objective; nil without any, and without such an objective.
  var ratioBelowLimit: Ratio?

  init(_ histogram: LatencyHistogram, objective: LatencyObjective?) {
    p95 = histogram.percentile(0.95)
    ratioBelowLimit = objective.flatMap { objective in
      histogram.count == 0 ? nil : Ratio(histogram.count(below: objective.below), of: histogram.count)
    }
  }
}

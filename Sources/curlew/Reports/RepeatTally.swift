package import Model

/// The figures over all runs of one check under `--repeat`.
package struct RepeatTally: Sendable {
  private var counts: [Verdict: Int] = [:]
  /// Of the good runs alone, as everywhere: how long a failure took says nothing about speed.
  private var durations: [Duration] = []

  /// No runs yet.
  package init() {}

  /// Counts a run.
  package mutating func add(_ run: Run) {
    counts[run.verdict, default: 0] += 1
    if run.verdict.isGood { durations.append(run.duration) }
  }

  /// How many runs there were.
  package var runs: Int { counts.values.reduce(0, +) }

  /// How many runs had the verdict.
  package func count(of verdict: Verdict) -> Int { counts[verdict] ?? 0 }

  /// The duration that this percentage of the good runs did not exceed (nearest rank); nil without any.
  package func percentile(_ percentage: Int) -> Duration? {
    guard !durations.isEmpty else { return nil }
    let rank = (durations.count * percentage + 99) / 100
    return durations.sorted()[max(0, rank - 1)]
  }
}

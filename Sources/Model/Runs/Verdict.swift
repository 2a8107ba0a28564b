/// What is held of a check, or of one step, after a run.
package enum Verdict: String, Hashable, Sendable, CaseIterable {
  /// Everything that must hold did, and everything that should hold too.
  case up
  /// What must hold did; a warning did not, or only a later attempt held.
  case degraded
  /// The target failed.
  case down
  /// We cannot speak of the target: the fault was ours. Never counts as its downtime.
  case unknown

  /// Whether availability counts it as good.
  package var isGood: Bool { self == .up || self == .degraded }

  /// From best to worst, for the verdict over rows and steps: down is worse than unknown, because it is known.
  package var severity: Int {
    switch self {
    case .up: 0
    case .degraded: 1
    case .unknown: 2
    case .down: 3
    }
  }

  /// The worst of several; up when there are none.
  package static func worst(_ verdicts: some Sequence<Verdict>) -> Verdict {
    verdicts.max { $0.severity < $1.severity } ?? .up
  }
}

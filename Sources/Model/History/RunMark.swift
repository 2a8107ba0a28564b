/// What counts of one run.
package struct RunMark: Hashable, Sendable {
  /// When its slot began, in milliseconds since the epoch.
  package var slot: Int64
  /// What is held of it.
  package var verdict: Verdict
  /// Whether it fell into planned maintenance.
  package var isInMaintenance: Bool
  /// Nil where it is not known.
  package var microseconds: Int64?

  /// A mark with everything said.
  package init(slot: Int64, verdict: Verdict, isInMaintenance: Bool, microseconds: Int64?) {
    self.slot = slot
    self.verdict = verdict
    self.isInMaintenance = isInMaintenance
    self.microseconds = microseconds
  }

  /// Reads `mark`.
  package init(slot: Int64, mark: Int64, microseconds: Int64?) {
    self.init(
      slot: slot, verdict: Verdict(mark: mark & 3), isInMaintenance: mark & 4 != 0, microseconds: microseconds)
  }

  /// What stands for verdict and maintenance in the tables.
  package var mark: Int64 { verdict.mark + (isInMaintenance ? 4 : 0) }

  /// Whether latency speaks of it.
  package var isTimed: Bool { verdict.isGood && !isInMaintenance && microseconds != nil }

  /// One slot from its runs in several regions. It has no duration: latency is that of runs, not of slots.
  ///
  /// - Parameter judged: what is held of the slot, where somebody said so.
  package static func overRegions(_ marks: some Collection<RunMark>, slot: Int64, judged: Verdict?) -> RunMark {
    RunMark(
      slot: slot, verdict: judged ?? .overRegions(marks.map(\.verdict)),
      isInMaintenance: marks.contains { $0.isInMaintenance }, microseconds: nil)
  }
}

extension Verdict {
  /// The number that stands for it in the tables.
  package var mark: Int64 {
    switch self {
    case .up: 0
    case .degraded: 1
    case .down: 2
    case .unknown: 3
    }
  }

  /// The verdict of the lowest two bits.
  package init(mark: Int64) {
    switch mark & 3 {
    case 0: self = .up
    case 1: self = .degraded
    case 2: self = .down
    default: self = .unknown
    }
  }
}

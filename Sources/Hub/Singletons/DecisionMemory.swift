package import Model
import Synchronization

/// The newest decision of each check, as the feed told it: from here a new leader goes on.
package final class DecisionMemory: Sendable {
  private let decisions = Mutex<[CheckID: SlotDecision]>([:])

  /// Nothing is remembered yet.
  package init() {}

  /// Takes decisions in, in any order.
  package func keep(_ more: [SlotDecision]) {
    decisions.withLock { decisions in
      for decision in more where !decision.isLate {
        if let known = decisions[decision.check], known.slot.start > decision.slot.start { continue }
        decisions[decision.check] = decision
      }
    }
  }

  /// Forgets all but these checks.
  package func apply(_ checks: Set<CheckID>) {
    decisions.withLock { decisions in decisions = decisions.filter { checks.contains($0.key) } }
  }

  /// What was decided last of each check.
  package var all: [SlotDecision] { decisions.withLock { Array($0.values) } }

  /// Whether the slot of a run is decided, as far as anybody told.
  package func knows(_ run: HistoryRun) -> Bool {
    // Its start travels in milliseconds.
    decision(of: run.check).map { run.slotStart + run.interval / 2 < $0.slot.end } ?? false
  }

  /// What was decided last of one.
  package func decision(of check: CheckID) -> SlotDecision? { decisions.withLock { $0[check] } }
}

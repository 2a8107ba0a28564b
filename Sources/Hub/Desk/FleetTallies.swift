package import Fleet
import Synchronization

/// What a replica counts of what nodes send, since it was started.
package final class FleetTallies: Sendable {
  /// What became of one run.
  package enum Outcome: String, Hashable, Sendable, CaseIterable {
    case stored
    /// Its slot had a run already.
    case duplicate
    /// It had come before.
    case replayed
    /// Its slot is so old that it corrects nothing any more; it is let go.
    case late
    /// It was made under an older membership than its slot's; it is stored all the same.
    case stale
    /// No check of the configuration has such a slot in that region; it is let go.
    case foreign
  }

  /// Runs of one region with one outcome.
  package struct Runs: Hashable, Sendable {
    package var region: String
    package var outcome: Outcome
  }

  /// Everything that was counted.
  package struct Counts: Sendable {
    package fileprivate(set) var runs: [Runs: Int] = [:]
    package fileprivate(set) var refused: [FleetProtocol.Refusal: Int] = [:]
  }

  private let state = Mutex(Counts())

  /// Nothing is counted yet.
  package init() {}

  /// What was counted by now.
  package var counts: Counts { state.withLock { $0 } }

  /// One more request was refused, here or at the door.
  package func count(_ refusal: FleetProtocol.Refusal) {
    state.withLock { $0.refused[refusal, default: 0] += 1 }
  }

  /// What became of the runs of one batch.
  func count(_ outcomes: [(Outcome, Int)], in region: String) {
    state.withLock { state in
      for (outcome, count) in outcomes where count > 0 {
        state.runs[Runs(region: region, outcome: outcome), default: 0] += count
      }
    }
  }
}

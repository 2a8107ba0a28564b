package import Model
import Synchronization

/// The last runs of each check in each region, and how it stands: what pages and the API show even when history is down.
///
/// Bounded: so many entries a check and region, and only checks that are in the plan.
package final class RecentRuns: RunSink {
  /// The runs of one check in one region, the oldest overwritten by the newest.
  private struct Ring {
    var runs: [RecentRun] = []
    /// Where the oldest is, once the ring is full.
    var head = 0
    var state: CurrentState

    /// From the oldest to the newest.
    var ordered: [RecentRun] { Array(runs[head...] + runs[..<head]) }

    mutating func append(_ run: RecentRun, capacity: Int) {
      guard runs.count == capacity else { return runs.append(run) }
      runs[head] = run
      head = (head + 1) % capacity
    }
  }

  private let capacity: Int
  /// By check, then by region.
  private let rings = Mutex<[CheckID: [String: Ring]]>([:])

  /// Keeps nothing before `apply(_:)` has named the checks.
  ///
  /// - Parameter capacity: how many runs are kept of each check in each region.
  /// - Precondition: `capacity` is above zero.
  package init(capacity: Int = 20) {
    precondition(capacity > 0, "a ring holds at least one run")
    self.capacity = capacity
  }

  /// Makes these the checks whose runs are kept: others are forgotten, and what is known of these stays.
  package func apply(_ checks: [Check]) {
    rings.withLock { rings in
      let before = rings
      rings = Dictionary(checks.map { ($0.id, before[$0.id] ?? [:]) }) { first, _ in first }
    }
  }

  package func record(_ run: Run) {
    let recent = RecentRun(run)
    rings.withLock { rings in
      // A check that left the plan while it ran.
      guard rings[run.check] != nil else { return }
      let capacity = capacity
      let fresh = CurrentState(verdict: run.verdict, since: run.started, reason: run.reason, latest: recent)
      func add(to ring: inout Ring) {
        let since = ring.state.verdict == run.verdict ? ring.state.since : run.started
        ring.state = CurrentState(verdict: run.verdict, since: since, reason: run.reason, latest: recent)
        ring.append(recent, capacity: capacity)
      }
      add(to: &rings[run.check, default: [:]][run.region, default: Ring(state: fresh)])
    }
  }

  /// Nothing: a slot without a run changes neither the runs nor the state.
  package func record(_ missed: MissedSlot) {}

  /// The last runs of a check in a region, oldest first.
  package func history(of check: CheckID, in region: String) -> [RecentRun] {
    rings.withLock { $0[check]?[region]?.ordered ?? [] }
  }

  /// How a check stands in a region; nil before its first run.
  package func state(of check: CheckID, in region: String) -> CurrentState? {
    rings.withLock { $0[check]?[region]?.state }
  }

  /// The regions that a check was run in, in order.
  package func regions(of check: CheckID) -> [String] {
    rings.withLock { $0[check].map { $0.keys.sorted() } ?? [] }
  }
}

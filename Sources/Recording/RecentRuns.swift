package import Model
import Synchronization

/// The last runs of each check in each region, and how it stands: what pages and the API show even when history is down.
///
/// Bounded: so many entries a check and region, and only checks that are in the plan.
package final class RecentRuns: RunSink {
  /// The runs of one check in one region, the oldest overwritten by the newest.
  private struct Ring {
    let region: String
    var runs: [RecentRun] = []
    /// Where the oldest is, once the ring is full.
    var head = 0
    /// How the check stands; nil while this process has not run it.
    var standing: Standing?

    /// From the oldest to the newest.
    var ordered: [RecentRun] { Array(runs[head...] + runs[..<head]) }

    var newest: RecentRun? { head > 0 ? runs[head - 1] : runs.last }

    mutating func append(_ run: RecentRun, capacity: Int) {
      guard runs.count == capacity else {
        // Not beyond the capacity, as an array grows by itself.
        if runs.count == runs.capacity { runs.reserveCapacity(min(capacity, max(4, runs.count * 2))) }
        return runs.append(run)
      }
      runs[head] = run
      head = (head + 1) % capacity
    }
  }

  /// What `CurrentState` says beside the newest run. The reason stands apart, because hardly any check has one.
  private struct Standing {
    var verdict: Verdict
    var since: Timestamp
    var reason: [Reason]
  }

  /// How many runs are kept of each check in each region.
  package let capacity: Int
  /// By check; few regions each, so they are searched one by one.
  private let rings = Mutex<[CheckID: [Ring]]>([:])
  /// What was held over all regions, where that is decided by their votes.
  private let decided = Mutex<[CheckID: Ring]>([:])

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
      rings = Dictionary(checks.map { ($0.id, before[$0.id] ?? []) }) { first, _ in first }
    }
    let inForce = Set(checks.map(\.id))
    decided.withLock { decided in decided = decided.filter { inForce.contains($0.key) } }
  }

  package func record(_ run: Run) {
    let recent = RecentRun(run)
    rings.withLock { rings in
      // A check that left the plan while it ran.
      guard let index = rings.index(forKey: run.check) else { return }
      let capacity = capacity
      Self.change(run.region, in: &rings.values[index]) { ring in
        let since = ring.standing.flatMap { $0.verdict == run.verdict ? $0.since : nil } ?? run.started
        ring.standing = Standing(verdict: run.verdict, since: since, reason: run.reason.map { [$0] } ?? [])
        ring.append(recent, capacity: capacity)
      }
    }
  }

  /// Takes in what was decided of a slot over all regions, as a run that says so.
  package func decide(_ run: Run) {
    guard rings.withLock({ $0[run.check] != nil }) else { return }
    let recent = RecentRun(run)
    decided.withLock { decided in
      var ring = decided[run.check] ?? Ring(region: run.region)
      if let newest = ring.newest, newest.slotStart >= recent.slotStart { return }
      let since = ring.standing.flatMap { $0.verdict == run.verdict ? $0.since : nil } ?? run.slot.start
      ring.standing = Standing(verdict: run.verdict, since: since, reason: run.reason.map { [$0] } ?? [])
      ring.append(recent, capacity: capacity)
      decided[run.check] = ring
    }
  }

  /// What is held of a check over all regions; nil where nobody decides by votes, and before the first decision.
  package func decision(of check: CheckID) -> CurrentState? {
    decided.withLock { decided in
      guard let ring = decided[check], let standing = ring.standing, let latest = ring.newest else { return nil }
      return CurrentState(
        verdict: standing.verdict, since: standing.since, reason: standing.reason.first, latest: latest)
    }
  }

  /// The last decisions of a check, oldest first.
  package func decisions(of check: CheckID) -> [RecentRun] {
    decided.withLock { $0[check]?.ordered ?? [] }
  }

  /// Nothing: slots without a run change neither the runs nor the state.
  package func record(_ missed: MissedSlots, in region: String) {}

  /// Puts runs of one check from the time before this process before its own. They say nothing of how the check stands.
  package func restore(_ runs: [HistoryRun]) {
    let byOrigin = Dictionary(grouping: runs) { [$0.check.text, $0.region] }
    rings.withLock { rings in
      for runs in byOrigin.values {
        guard let first = runs.first, rings[first.check] != nil else { continue }
        let capacity = capacity
        Self.change(first.region, in: &rings[first.check, default: []]) { ring in
          let own = ring.ordered
          let older = runs.compactMap { RecentRun($0) }.sorted { $0.slotStart < $1.slotStart }
            .prefix { run in own.first.map { run.slotStart < $0.slotStart } ?? true }
          ring.runs = Array((older + own).suffix(capacity))
          ring.head = 0
        }
      }
    }
  }

  /// The last runs of a check in a region, oldest first.
  package func history(of check: CheckID, in region: String) -> [RecentRun] {
    rings.withLock { Self.ring(of: check, in: region, $0)?.ordered ?? [] }
  }

  /// How a check stands in a region; nil before its first run.
  package func state(of check: CheckID, in region: String) -> CurrentState? {
    rings.withLock { rings in
      guard let ring = Self.ring(of: check, in: region, rings), let standing = ring.standing, let latest = ring.newest
      else { return nil }
      return CurrentState(
        verdict: standing.verdict, since: standing.since, reason: standing.reason.first, latest: latest)
    }
  }

  /// The verdict of the latest run; nil before the first.
  package func verdict(of check: CheckID, in region: String) -> Verdict? {
    rings.withLock { Self.ring(of: check, in: region, $0)?.standing?.verdict }
  }

  /// The regions that a check was run in, in order.
  package func regions(of check: CheckID) -> [String] {
    rings.withLock { $0[check].map { $0.map(\.region).sorted() } ?? [] }
  }

  private static func ring(of check: CheckID, in region: String, _ rings: [CheckID: [Ring]]) -> Ring? {
    rings[check]?.first { $0.region == region }
  }

  /// Changes the ring of a region where it stands, made when it is new.
  private static func change(_ region: String, in rings: inout [Ring], _ body: (inout Ring) -> Void) {
    if let index = rings.firstIndex(where: { $0.region == region }) {
      body(&rings[index])
    } else {
      var ring = Ring(region: region)
      body(&ring)
      rings.append(ring)
    }
  }
}

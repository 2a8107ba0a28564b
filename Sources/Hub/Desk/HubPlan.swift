import Fleet
package import Model
import Regions

/// The checks in force, as far as the runs of nodes are held against them, and those of the versions before: nodes that were cut
/// off bring runs of a day ago.
package struct HubPlan: Sendable {
  /// What a check's runs look like.
  private struct Entry {
    /// In milliseconds, as runs travel.
    var interval: Duration
    var grid: SlotGrid
    /// Nil is every region.
    var regions: [String]?
    /// Whether regions vote on it; nobody does on what the hub records itself.
    var isProbed: Bool

    init(_ check: Check) {
      interval = check.interval
      grid = check.grid
      regions = check.regions
      isProbed = check.kind.isProbed
    }

    /// Whether the check could have made a run; a second opinion comes from any region.
    func canBe(of run: FleetRun) -> Bool {
      if run.origin == .scheduled, let regions, !regions.contains(run.run.region) { return false }
      // Slots travel to the millisecond.
      let start = grid.slot(at: run.run.slotStart + .nanoseconds(999_999)).start
      return interval == run.run.interval
        && start.millisecondsSinceEpoch == run.run.slotStart.millisecondsSinceEpoch
    }
  }

  /// A version that was in force here before.
  private struct Past {
    var configuration: Int64
    var entries: [CheckID: Entry]
    var ended: Timestamp
  }

  /// Of so many versions before the one in force it is known what was in them.
  private static let mostPast = 8
  /// Intervals that a run may have of a version that is not known here. Each slot counts as expected, so that a hostile interval
  /// would spoil the figures of a day.
  private static let likelyIntervals = Duration.seconds(1)...Duration.days(1)

  /// The version of the configuration that it is of; 0 before the first one.
  package let configuration: Int64
  /// The digest of the configuration that it is of; empty before the first one.
  package let digest: String
  /// All of them.
  package let checks: [Check]
  private let entries: [CheckID: Entry]
  /// Every check of the files, disabled ones too.
  private let known: Set<CheckID>
  /// What checks are called now that had another id.
  private var names: [CheckID: CheckID]
  private var past: [Past] = []
  /// When the first configuration of this process was put in force; nil where nobody said.
  private var began: Timestamp?

  /// A plan of these checks.
  package init(_ checks: [Check] = [], configuration: Int64 = 0, digest: String = "") {
    self.configuration = configuration
    self.digest = digest
    self.checks = checks
    entries = Dictionary(
      checks.filter(\.isEnabled).map { ($0.id, Entry($0)) }, uniquingKeysWith: { first, _ in first })
    known = Set(checks.map(\.id))
    names = Dictionary(
      checks.compactMap { check in check.movedFrom.map { ($0, check.id) } }, uniquingKeysWith: { first, _ in first })
  }

  /// Which configuration it is of.
  package var identity: ConfigurationIdentity { ConfigurationIdentity(version: configuration, digest: digest) }

  /// So far back the feed has the newest decision of every check, as long as the feed goes back so far.
  package var feedOverlap: Duration {
    let longest = checks.lazy.filter(\.isEnabled).map(\.interval).max() ?? .zero
    return min(longest + ElectionMachine.grace + ElectionMachine.patience, .hours(1))
  }

  /// Whether regions vote on a check; nobody does on what the hub records itself.
  func isVotedOn(_ check: CheckID) -> Bool { entries[check]?.isProbed ?? false }

  /// The plan as it is put in force after another one, whose runs are known for as long as they may come.
  package func following(_ before: HubPlan, at now: Timestamp) -> HubPlan {
    var plan = self
    guard before.configuration > 0, before.configuration < configuration || before.identity == identity else {
      // The first one, or one of another database.
      plan.began = now
      return plan
    }
    plan.began = before.began
    plan.past = before.past.filter { $0.ended > now - FleetProtocol.latenessBound }
    if before.configuration < configuration {
      plan.past.append(Past(configuration: before.configuration, entries: before.entries, ended: now))
      plan.past = plan.past.suffix(Self.mostPast)
    }
    for (old, new) in before.names where names[old] == nil { plan.names[old] = names[new] ?? new }
    plan.names = plan.names.filter { known.contains($0.value) && !known.contains($0.key) }
    return plan
  }

  /// The check that a run is of, as it is called now; nil where none could have made it.
  package func check(of run: FleetRun, at now: Timestamp) -> CheckID? {
    let id = run.run.check
    if run.configuration == configuration { return entries[id]?.canBe(of: run) == true ? id : nil }
    let name = known.contains(id) ? id : names[id]
    guard let name, known.contains(name) else { return nil }
    if let past = past.last(where: { $0.configuration == run.configuration }) {
      return past.entries[id]?.canBe(of: run) == true ? name : nil
    }
    // A version from before this process, or of another database: runs of it come for a day at most.
    if let began, began < now - FleetProtocol.latenessBound { return nil }
    let entry = entries[name]
    if run.origin == .scheduled, let regions = entry?.regions, !regions.contains(run.run.region) { return nil }
    return Self.likelyIntervals.contains(run.run.interval) || run.run.interval == entry?.interval ? name : nil
  }
}

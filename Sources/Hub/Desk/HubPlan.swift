package import Model

/// The checks in force, as far as the runs of nodes are held against them.
package struct HubPlan: Sendable {
  private struct Entry {
    /// In milliseconds, as runs travel.
    var interval: Duration
    var grid: SlotGrid
    /// Nil is every region.
    var regions: [String]?
  }

  /// The version of the configuration that it is of; 0 before the first one.
  package let configuration: Int64
  /// The digest of the configuration that it is of; empty before the first one.
  package let digest: String
  /// All of them.
  package let checks: [Check]
  private let entries: [CheckID: Entry]

  /// A plan of these checks.
  package init(_ checks: [Check] = [], configuration: Int64 = 0, digest: String = "") {
    self.configuration = configuration
    self.digest = digest
    self.checks = checks
    entries = Dictionary(
      checks.filter(\.isEnabled).map {
        ($0.id, Entry(interval: $0.interval, grid: $0.grid, regions: $0.regions))
      }, uniquingKeysWith: { first, _ in first })
  }

  /// Which configuration it is of.
  package var identity: ConfigurationIdentity { ConfigurationIdentity(version: configuration, digest: digest) }

  /// Whether a check of the configuration could have made a run. What was made by another version may lie off the beat of
  /// this one; a second opinion comes from any region.
  func knows(_ run: FleetRun) -> Bool {
    guard let entry = entries[run.run.check] else { return false }
    if run.origin == .scheduled, let regions = entry.regions, !regions.contains(run.run.region) { return false }
    guard run.configuration == configuration else { return true }
    // Slots travel to the millisecond.
    let start = entry.grid.slot(at: run.run.slotStart + .nanoseconds(999_999)).start
    return entry.interval == run.run.interval
      && start.millisecondsSinceEpoch == run.run.slotStart.millisecondsSinceEpoch
  }
}

package import Fleet
package import Model

/// What nodes are given to work by: the composition of the program knows files and secrets, and this target does not.
package protocol WorkSupply: Sendable {
  /// The checks in force.
  var plan: HubPlan { get }

  /// The configuration in force, as different from the one that a node has.
  ///
  /// - Parameters:
  ///   - digest: of the configuration that the node has; nil where it did not say.
  ///   - asked: when the node said so, by this machine's uptime. A version above the one in force, or the same with another
  ///     digest, may be news that this replica has not heard of: it is contradicted only where the store was looked at since.
  /// - Returns: nil when that is the one in force, or none is.
  func change(since version: Int64, digest: String?, asked: Duration) -> ConfigurationChange?

  /// Secrets and environment of the checks that a node runs or may have to run.
  ///
  /// - Parameters:
  ///   - memberships: of its region, the oldest first.
  ///   - opinions: the checks that it is asked about beside its own.
  func values(for node: String, in region: String, memberships: [Membership], opinions: [CheckID]) -> SuppliedValues
}

/// Who runs the checks of one region, as the leader decided it: checks are spread over the members by rendezvous hashing
/// (`Assignment` in Regions), so that everybody who knows the membership knows who runs what.
package struct Membership: Hashable, Sendable {
  /// One node of the region.
  package struct Member: Hashable, Sendable {
    /// The node's name.
    package var node: String
    /// For how long at least it has been silent; zero while it is heard of. A check whose lease is not longer goes to
    /// another node.
    package var silence: Duration

    /// A member with everything said.
    package init(node: String, silence: Duration = .zero) {
      self.node = node
      self.silence = silence
    }
  }

  /// Which region.
  package var region: String
  /// Rises with every change: the fencing number of leases. A run that was made under an older one than its slot's is
  /// counted as stale.
  package var epoch: Int64
  /// Slots that start here or later are run by these members; those before, by the ones of the epoch before.
  package var since: Timestamp
  /// By name.
  package var members: [Member]

  /// A membership with everything said.
  package init(region: String, epoch: Int64, since: Timestamp, members: [Member]) {
    self.region = region
    self.epoch = epoch
    self.since = since
    self.members = members
  }
}

/// For how long a silent node keeps a check: three intervals, within bounds.
package enum CheckLease {
  /// Shorter leases would end with every lost packet.
  package static let shortest = Duration.seconds(10)
  /// Longer ones would leave rare checks alone for too long.
  package static let longest = Duration.seconds(180)

  /// The lease of a check that is run at an interval.
  package static func duration(interval: Duration) -> Duration {
    min(max(interval * 3, shortest), longest)
  }
}

/// A node as it introduces itself to a hub: one agent, in one region.
package struct NodeDescription: Hashable, Sendable {
  /// Its name, unique in the fleet; what `Run.node` says.
  package var name: String
  /// The region that it runs checks for. A region is a set of nodes.
  package var region: String
  /// What else is told of its place: `provider`, `asn`, `continent` are the labels of failure domains.
  package var labels: [String: String]
  /// The version of its program.
  package var version: String
  /// The identity of its spool: sequence numbers of runs are counted within it, across restarts.
  package var spool: UInt64

  /// A node with everything said.
  package init(name: String, region: String, labels: [String: String] = [:], version: String, spool: UInt64) {
    self.name = name
    self.region = region
    self.labels = labels
    self.version = version
    self.spool = spool
  }

  /// Whether a text can be the name of a node, a replica or a region: it stands in metrics and paths without quotes.
  package static func isName(_ text: String) -> Bool {
    func isLetter(_ byte: UInt8) -> Bool {
      (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
    }
    return (1...63).contains(text.utf8.count) && text.utf8.first.map(isLetter) == true
      && text.utf8.allSatisfy { isLetter($0) || "._-".utf8.contains($0) }
  }

  /// A node that was not heard of for so long is forgotten. Its name is its region's until then.
  package static let memory = Duration.seconds(7 * 86_400)

  /// A region has at most so many nodes. Of those that fell silent more than an hour ago no more are remembered either.
  package static let mostOfRegion = 1_000

  /// The labels whose values are shared by nodes that fail together.
  package static let failureDomains = ["provider", "asn", "continent"]
}

/// What a node says of itself every few seconds.
package struct NodeBeat: Hashable, Sendable {
  /// Which node.
  package var node: String
  /// Its region.
  package var region: String
  /// The version of the configuration that it runs; 0 before the first one.
  package var configuration: Int64
  /// The number of the membership that it follows; 0 before the first one.
  package var epoch: Int64
  /// How far its clock is ahead of the hub's; nil before it was measured.
  package var clockOffset: Duration?
  /// Runs that wait in its spool.
  package var spoolLength: Int
  /// How long the oldest of them has waited; nil without any.
  package var oldestWait: Duration?
  /// Runs that its spool had to drop, since it was made.
  package var dropped: Int
  /// Checks that it runs.
  package var checks: Int
  /// Whether it is about to leave in order: its checks go to others at once.
  package var isLeaving: Bool

  /// A beat with everything said.
  package init(
    node: String, region: String, configuration: Int64 = 0, epoch: Int64 = 0, clockOffset: Duration? = nil,
    spoolLength: Int = 0, oldestWait: Duration? = nil, dropped: Int = 0, checks: Int = 0, isLeaving: Bool = false
  ) {
    self.node = node
    self.region = region
    self.configuration = configuration
    self.epoch = epoch
    self.clockOffset = clockOffset
    self.spoolLength = spoolLength
    self.oldestWait = oldestWait
    self.dropped = dropped
    self.checks = checks
    self.isLeaving = isLeaving
  }
}

/// A node as the fleet knows it.
package struct NodeStanding: Hashable, Sendable {
  /// How it introduced itself.
  package var description: NodeDescription
  /// When it was heard of first.
  package var registered: Timestamp
  /// When it was heard of last, by the clock of the store.
  package var lastSeen: Timestamp
  /// What it said of itself last; nil before the first beat.
  package var beat: NodeBeat?
  /// How far its spool is stored.
  package var progress: SpoolProgress
  /// Why its runs are not believed; nil while they are.
  package var quarantine: Quarantine?

  /// A standing with everything said.
  package init(
    description: NodeDescription, registered: Timestamp, lastSeen: Timestamp, beat: NodeBeat? = nil,
    progress: SpoolProgress = SpoolProgress(), quarantine: Quarantine? = nil
  ) {
    self.description = description
    self.registered = registered
    self.lastSeen = lastSeen
    self.beat = beat
    self.progress = progress
    self.quarantine = quarantine
  }
}

/// Why a node's runs are not believed, and since when.
package struct Quarantine: Hashable, Sendable {
  /// Since when.
  package var since: Timestamp
  /// In one line.
  package var reason: String

  /// A quarantine with everything said.
  package init(since: Timestamp, reason: String) {
    self.since = since
    self.reason = reason
  }
}

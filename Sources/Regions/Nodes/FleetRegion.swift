package import Model

/// A region as it stands: whether its vote can be expected, and where it is.
package struct FleetRegion: Hashable, Sendable {
  /// Its name.
  package var name: String
  /// The labels that all its nodes share.
  package var labels: [String: String]
  /// Whether a node of it is heard of: nobody waits for the vote of a region that is not.
  package var isLive: Bool

  /// A region with everything said.
  package init(name: String, labels: [String: String] = [:], isLive: Bool = true) {
    self.name = name
    self.labels = labels
    self.isLive = isLive
  }

  /// A region whose last node was heard of so long ago is forgotten: until then its vote is missed, and so a majority of
  /// regions that are cut off from the hub does not make one of those that are left.
  package static let memory = Duration.hours(1)
  /// A node that was not heard of for this long is not there at present: four beats.
  package static let presence = Duration.seconds(12)

  /// The regions of a fleet, by name.
  ///
  /// - Parameters:
  ///   - nodes: the nodes that were seen within `memory`, or more.
  ///   - now: by the store's clock.
  package static func regions(of nodes: [NodeStanding], at now: Timestamp) -> [FleetRegion] {
    let remembered = nodes.filter { now - $0.lastSeen <= memory && $0.beat?.isLeaving != true }
    return Dictionary(grouping: remembered, by: \.description.region).map { name, nodes in
      var shared = nodes.first?.description.labels ?? [:]
      for node in nodes { shared = shared.filter { node.description.labels[$0.key] == $0.value } }
      return FleetRegion(name: name, labels: shared, isLive: nodes.contains { now - $0.lastSeen <= presence })
    }
    .sorted { $0.name < $1.name }
  }
}

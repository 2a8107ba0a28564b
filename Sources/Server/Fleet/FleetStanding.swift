import Hub
import Model

/// How the nodes and regions of a fleet stand, for people: a node that is sick, a region that is cut off, and a check that we are
/// blind for are told apart.
struct FleetStanding: Sendable {
  /// How a node stands.
  enum NodeState: String, Sendable, CaseIterable {
    /// It is heard of, and believed.
    case up
    /// It is heard of, and not believed: its runs say nothing of targets.
    case sick
    /// It has said that it goes.
    case leaving
    /// It is not heard of.
    case silent
  }

  /// How a region stands.
  enum RegionState: String, Sendable, CaseIterable {
    /// A node of it is heard of and believed.
    case up
    /// Nodes are heard of, and none is believed: what they see is not what others see.
    case sick
    /// No node of it is heard of: it is cut off from us, or gone.
    case cutOff = "cut-off"
  }

  /// One node.
  struct Node: Sendable {
    var standing: NodeStanding
    var state: NodeState
    var name: String { standing.description.name }
    var region: String { standing.description.region }
  }

  /// One region.
  struct Region: Sendable {
    var name: String
    var state: RegionState
    var nodes: [Node]
    /// The number of the membership in force.
    var epoch: Int64?
    /// The labels that all its nodes share.
    var labels: [String: String]
  }

  /// A node that was not heard of for so long is silent: four beats.
  static let presence = Duration.seconds(12)
  /// A silent node that was not heard of for so long is not shown any more.
  private static let memory = Duration.days(1)

  var at: Timestamp
  /// By region and name.
  var nodes: [Node]
  /// By name.
  var regions: [Region]

  init(_ view: FleetView) {
    let now = view.clock.now
    let picture = view.picture
    at = now
    nodes = picture.nodes.filter { now - $0.lastSeen <= Self.memory }.map { standing in
      Node(standing: standing, state: Self.state(of: standing, at: now))
    }
    regions = Dictionary(grouping: nodes, by: \.region).map { name, nodes in
      var labels = nodes.first?.standing.description.labels ?? [:]
      for node in nodes { labels = labels.filter { node.standing.description.labels[$0.key] == $0.value } }
      let present = nodes.filter { $0.state != .silent }
      return Region(
        name: name,
        state: present.isEmpty ? .cutOff : present.allSatisfy { $0.state == .sick } ? .sick : .up,
        nodes: nodes.sorted { $0.name < $1.name }, epoch: picture.membership(of: name, at: now)?.epoch, labels: labels)
    }
    .sorted { $0.name < $1.name }
  }

  private static func state(of standing: NodeStanding, at now: Timestamp) -> NodeState {
    if now - standing.lastSeen > presence { return .silent }
    if standing.quarantine != nil { return .sick }
    return standing.beat?.isLeaving == true ? .leaving : .up
  }
}

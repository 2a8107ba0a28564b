package import Model

/// Which regions slots are expected in: those that nodes stand for, and the hub's own.
package struct KeptRegions: Sendable {
  /// What history is to be told.
  package struct Changes: Hashable, Sendable {
    /// The checks are expected in these.
    package var expected: [String] = []
    /// Nothing is expected in these any more.
    package var letGo: [String] = []

    /// Changes with everything said.
    package init(expected: [String] = [], letGo: [String] = []) {
      self.expected = expected
      self.letGo = letGo
    }
  }

  /// A node may need so long to be heard of by a fleet whose store was replaced.
  static let patience = Duration.hours(1)

  private let began: Duration
  private var expected: Set<String> = []
  private var gone: Set<String> = []

  /// - Parameter uptime: when this replica began to look.
  package init(at uptime: Duration) {
    began = uptime
  }

  /// Other checks are in force: all is to be said again.
  package mutating func forget() {
    expected = []
  }

  /// - Parameters:
  ///   - nodes: those that are not forgotten.
  ///   - known: every region that history was ever told of.
  package mutating func changes(nodes: [NodeStanding], known: [String], at uptime: Duration) -> Changes {
    let present = Set(nodes.map(\.description.region)).union([HubDesk.ownRegion])
    var changes = Changes(expected: present.subtracting(expected).sorted())
    expected = present
    gone.subtract(present)
    guard uptime - began >= Self.patience else { return changes }
    changes.letGo = Set(known).subtracting(present).subtracting(gone).sorted()
    gone.formUnion(changes.letGo)
    return changes
  }
}

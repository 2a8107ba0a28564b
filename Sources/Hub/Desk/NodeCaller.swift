import Fleet

/// For whom a request was let in: what its token or its certificate is bound to. Whatever the request itself says of its
/// region and node must be the same.
package struct NodeCaller: Hashable, Sendable {
  /// What the entry is called in the service file.
  package var name: String
  package var region: String
  /// The one node that may use it; nil for any of the region.
  package var node: String?

  /// A caller with everything said.
  package init(name: String, region: String, node: String? = nil) {
    self.name = name
    self.region = region
    self.node = node
  }

  /// Refuses what is said in another's name.
  func check(node: String, region: String) throws(Refused) {
    guard region == self.region else {
      throw Refused(
        .foreignRegion,
        "the request is of the region \"\(region.prefix(80))\", and the token \"\(name)\" is of \"\(self.region)\"")
    }
    guard self.node == nil || self.node == node else {
      throw Refused(
        .foreignRegion,
        "the request is of the node \"\(node.prefix(80))\", and the token \"\(name)\" is of \"\(self.node ?? "")\"")
    }
  }
}

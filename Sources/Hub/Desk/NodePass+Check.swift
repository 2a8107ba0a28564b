import Fleet
import Model

extension NodePass {
  /// Refuses what is said in another's name: whatever a request says of its region and node must be what its pass is for.
  func check(node: String, region: String) throws(Refused) {
    guard region == self.region else {
      throw Refused(
        .foreignRegion,
        "the request is of the region \"\(region.prefix(80))\", and the pass \"\(name)\" is for \"\(self.region)\"")
    }
    guard self.node == nil || self.node == node else {
      throw Refused(
        .foreignRegion,
        "the request is of the node \"\(node.prefix(80))\", and the pass \"\(name)\" is for \"\(self.node ?? "")\"")
    }
  }
}

import Fleet
import Model

extension NodePass {
  /// Refuses what is said in another's name: whatever a request says of its region and node must be what its pass is for.
  func check(node: String, region: String) throws(Refused) {
    guard region == self.region else {
      throw Refused(
        .foreignRegion,
        "the request is of the region \"\(region.bounded)\", and the pass \"\(name)\" is for \"\(self.region)\"")
    }
    guard NodeDescription.isName(node) else {
      throw Refused(
        .malformed,
        "the node is \"\(node.bounded)\": names are 1 to 63 letters, digits, '.', '_' and '-', a letter or digit first")
    }
    guard self.node == nil || self.node == node else {
      throw Refused(
        .foreignRegion,
        "the request is of the node \"\(node)\", and the pass \"\(name)\" is for \"\(self.node ?? "")\"")
    }
  }
}

extension String {
  /// Its first 80 bytes or so, to be shown: one character may have megabytes of marks, so that characters bound nothing.
  var bounded: String { String(decoding: utf8.prefix(80), as: UTF8.self) }
}

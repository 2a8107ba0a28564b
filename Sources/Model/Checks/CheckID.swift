/// The identity of a check and of its history: `[a-z0-9][a-z0-9-]{0,62}`.
package struct CheckID: Hashable, Comparable, Sendable, CustomStringConvertible {
  /// The id as written in the scenario file.
  package let text: String

  /// An id, if the text is one.
  package init?(_ text: String) {
    let bytes = text.utf8
    guard let first = bytes.first, first != UInt8(ascii: "-"), bytes.count <= 63,
      bytes.allSatisfy({ (97...122).contains($0) || (48...57).contains($0) || $0 == UInt8(ascii: "-") })
    else { return nil }
    self.text = text
  }

  /// An id that was made of nothing that an id may not hold.
  init(made text: String) {
    self.text = text
  }

  package var description: String { text }

  package static func < (left: CheckID, right: CheckID) -> Bool { left.text < right.text }

  /// FNV-1a (64 bit, finished by a multiply-xorshift so that ids alike but for their last digit spread too): the same
  /// in every process and version, because phases are derived from it.
  package var stableHash: UInt64 {
    var hash = StableHash.unfinished(text)
    hash = (hash ^ (hash >> 33)) &* 0xff51_afd7_ed55_8ccd
    hash = (hash ^ (hash >> 33)) &* 0xc4ce_b9fe_1a85_ec53
    return hash ^ (hash >> 33)
  }
}

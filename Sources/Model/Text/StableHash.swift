/// Hashes that are the same in every process and version: phases of slots, who runs what and what was copied are reckoned by
/// them. Nobody who wants to is kept from making two texts that are alike.
package struct StableHash: Sendable {
  /// FNV-1a in 64 bits (RFC 9923 section 2) of what was added.
  package private(set) var value: UInt64 = 0xcbf2_9ce4_8422_2325

  /// The hash of nothing.
  package init() {}

  /// Adds bytes.
  package mutating func add(_ bytes: [UInt8]) {
    for byte in bytes { add(word: UInt64(byte)) }
  }

  /// Adds a text in UTF-8.
  package mutating func add(_ text: String) {
    for byte in text.utf8 { add(word: UInt64(byte)) }
  }

  /// Adds a word as a byte is added.
  mutating func add(word: UInt64) {
    value = (value ^ word) &* 0x100_0000_01b3
  }

  /// Lets high bits count too, which words have and bytes have not.
  mutating func fold() {
    value ^= value >> 32
  }

  /// The hash of a text, finished so that names alike but for their last digit spread too.
  package static func of(_ text: String) -> UInt64 {
    mixed(unfinished(text))
  }

  /// FNV-1a of a text.
  static func unfinished(_ text: String) -> UInt64 {
    var hash = StableHash()
    hash.add(text)
    return hash.value
  }

  /// Every bit of the answer depends on every bit of the number: one step of SplitMix64 (Steele, Lea, Flood 2014).
  package static func mixed(_ number: UInt64) -> UInt64 {
    var hash = number &+ increment
    hash = (hash ^ (hash >> 30)) &* 0xbf58_476d_1ce4_e5b9
    hash = (hash ^ (hash >> 27)) &* 0x94d0_49bb_1331_11eb
    return hash ^ (hash >> 31)
  }

  /// From one number to the next that `mixed` makes look like chance.
  package static let increment: UInt64 = 0x9e37_79b9_7f4a_7c15
}

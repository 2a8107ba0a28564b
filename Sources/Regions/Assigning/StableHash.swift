/// Hashes that are the same in every process and version: hubs and nodes reckon by them who runs what.
enum StableHash {
  /// The hash of a text: FNV-1a, finished so that names alike but for their last digit spread too.
  static func of(_ text: String) -> UInt64 {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    return mixed(hash)
  }

  /// Every bit of the answer depends on every bit of the number (the finish of SplitMix64).
  static func mixed(_ number: UInt64) -> UInt64 {
    var hash = number &+ 0x9e37_79b9_7f4a_7c15
    hash = (hash ^ (hash >> 30)) &* 0xbf58_476d_1ce4_e5b9
    hash = (hash ^ (hash >> 27)) &* 0x94d0_49bb_1331_11eb
    return hash ^ (hash >> 31)
  }
}

/// The cyclic redundancy check of iSCSI and of many file formats (RFC 3720 appendix B.4): finds every burst of errors of up to 32
/// bits, and what a torn write leaves behind.
enum CRC32C {
  private static let table: [UInt32] = (0..<256).map { byte in
    (0..<8).reduce(UInt32(byte)) { value, _ in value & 1 == 1 ? (value >> 1) ^ 0x82f6_3b78 : value >> 1 }
  }

  /// The check of some bytes, or of bytes that follow others.
  static func checksum(_ bytes: some Sequence<UInt8>, after previous: UInt32 = 0) -> UInt32 {
    let table = table
    return table.withUnsafeBufferPointer { table in
      ~bytes.reduce(~previous) { value, byte in
        (value >> 8) ^ table[Int(UInt8(truncatingIfNeeded: value) ^ byte)]
      }
    }
  }
}

/// Encodings in which a secret looks like something else altogether.
enum SecretForms {
  /// Hex in both cases, and base64 in both alphabets.
  static func encoded(_ bytes: [UInt8]) -> [[UInt8]] {
    // Those of a very short secret would mask innocent text everywhere.
    guard bytes.count >= 4 else { return [] }
    var forms = [
      hex(bytes, digits: Array("0123456789abcdef".utf8)), hex(bytes, digits: Array("0123456789ABCDEF".utf8)),
    ]
    for alignment in 0..<3 {
      for alphabet in [Base64.standard, Base64.urlSafe] {
        let form = Base64.inner(of: bytes, alignment: alignment, alphabet: alphabet)
        if form.count >= 4 { forms.append(form) }
      }
    }
    return forms
  }

  private static func hex(_ bytes: [UInt8], digits: [UInt8]) -> [UInt8] {
    bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
  }
}

/// Base64 (RFC 4648) as it appears inside a longer text.
private enum Base64 {
  static let standard = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
  static let urlSafe = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

  /// The characters that `bytes` alone decide when `alignment` other bytes (modulo three) come before them and any after.
  static func inner(of bytes: [UInt8], alignment: Int, alphabet: [UInt8]) -> [UInt8] {
    var bits: [UInt8] = []
    bits.reserveCapacity(bytes.count * 8)
    for byte in bytes {
      for shift in (0..<8).reversed() { bits.append((byte >> UInt8(shift)) & 1) }
    }
    // The first character that holds none of the bits before begins at the next multiple of six.
    let offset = alignment * 8
    let skipped = (6 - offset % 6) % 6
    var result: [UInt8] = []
    var index = skipped
    while index + 6 <= bits.count {
      let value = bits[index..<index + 6].reduce(0) { $0 << 1 | Int($1) }
      result.append(alphabet[value])
      index += 6
    }
    return result
  }
}

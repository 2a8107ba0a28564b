extension [UInt8] {
  /// Appends a number as LEB128: seven bits a byte, lowest first, the high bit set on all but the last.
  package mutating func appendVarint(_ number: UInt64) {
    var rest = number
    while rest >= 0x80 {
      append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    append(UInt8(rest))
  }

  /// The LEB128 number at a place, which moves behind it; nil, and the place stays, when the bytes end within it, or when it does
  /// not fit 64 bits.
  package func varint(at place: inout Int) -> UInt64? {
    var reader = VarintReader(self[place...])
    guard let number = reader.next() else { return nil }
    place = reader.rest.startIndex
    return number
  }
}

/// Reads LEB128 numbers off bytes of any origin.
package struct VarintReader<Bytes: Collection<UInt8>> {
  /// What was not read yet.
  package private(set) var rest: Bytes.SubSequence

  /// A reader that starts at the first byte.
  package init(_ bytes: Bytes) {
    rest = bytes[...]
  }

  /// Whether every byte was read.
  package var isAtEnd: Bool { rest.isEmpty }

  /// The next number; nil when the bytes end within it, or when it does not fit 64 bits.
  package mutating func next() -> UInt64? {
    var value: UInt64 = 0
    var shift: UInt64 = 0
    while let byte = rest.popFirst() {
      guard shift < 63 || byte <= 1 else { return nil }
      value |= UInt64(byte & 0x7f) << shift
      if byte < 0x80 { return value }
      shift += 7
    }
    return nil
  }
}

extension FunctionTable {
  /// `base64.encode` and `base64.decode`.
  mutating func addEncoders() {
    one("base64.encode", [(.bytes, .string), (.string, .string)]) {
      (value: Value, frame: inout Frame) throws(EvaluationError) -> Value in
      let bytes = try value.octets(for: "base64.encode")
      try frame.charge(bytes: bytes.count)
      return .string(Base64.encode(bytes))
    }
    one("base64.decode", [(.string, .bytes)]) {
      (value: Value, frame: inout Frame) throws(EvaluationError) -> Value in
      guard case .string(let text) = value else { throw .noSuchOverload("base64.decode", value) }
      try frame.charge(bytes: text.utf8.count)
      guard let bytes = Base64.decode(text) else {
        throw EvaluationError(.invalidArgument, "\(value.brief()) is no Base64")
      }
      return .bytes(bytes)
    }
  }
}

extension Value {
  /// The octets of text or bytes.
  func octets(for function: String) throws(EvaluationError) -> [UInt8] {
    switch self {
    case .bytes(let bytes): return bytes
    case .string(let text): return Array(text.utf8)
    default: throw .noSuchOverload(function, self)
    }
  }
}

/// RFC 4648 section 4; padding is written, and not asked for when reading.
package enum Base64 {
  private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

  private static let values: [UInt8] = {
    var table = [UInt8](repeating: 0xFF, count: 256)
    for (value, letter) in alphabet.enumerated() { table[Int(letter)] = UInt8(value) }
    return table
  }()

  /// Text of the octets, padded.
  package static func encode(_ bytes: [UInt8]) -> String {
    var result: [UInt8] = []
    result.reserveCapacity((bytes.count + 2) / 3 * 4)
    var index = 0
    while index < bytes.count {
      let count = min(3, bytes.count - index)
      var group = UInt32(bytes[index]) << 16
      if count > 1 { group |= UInt32(bytes[index + 1]) << 8 }
      if count > 2 { group |= UInt32(bytes[index + 2]) }
      for position in 0..<4 {
        let letter = alphabet[Int(group >> UInt32(18 - 6 * position)) & 63]
        result.append(position <= count ? letter : UInt8(ascii: "="))
      }
      index += 3
    }
    return String(decoding: result, as: UTF8.self)
  }

  /// The octets of a text; nil where it is no Base64.
  package static func decode(_ text: String) -> [UInt8]? {
    var letters = Array(text.utf8)[...]
    var padding = 0
    while letters.last == UInt8(ascii: "=") {
      letters.removeLast()
      padding += 1
    }
    guard letters.count % 4 != 1, padding == 0 || (padding <= 2 && (letters.count + padding) % 4 == 0) else {
      return nil
    }
    var result: [UInt8] = []
    result.reserveCapacity(letters.count / 4 * 3 + 2)
    var group: UInt32 = 0
    var bits = 0
    for letter in letters {
      let value = values[Int(letter)]
      guard value != 0xFF else { return nil }
      group = group << 6 | UInt32(value)
      bits += 6
      if bits >= 8 {
        bits -= 8
        result.append(UInt8(truncatingIfNeeded: group >> UInt32(bits)))
      }
    }
    return result
  }
}

extension FunctionTable {
  /// What checks need beyond CEL: identities, hashes, URL encoding. Randomness is the system's.
  mutating func addCurlewFunctions() {
    many("uuid", count: 0, [], .string) {
      (_: [Value], _: inout Frame) throws(EvaluationError) -> Value in .string(CurlewFunction.uuid())
    }
    two("random", [(.int, .int, .int)]) {
      (low: Value, high: Value, _: inout Frame) throws(EvaluationError) -> Value in
      guard case .int(let a) = low, case .int(let b) = high else { throw .noSuchOverload("random", low, high) }
      guard a <= b else { throw EvaluationError(.invalidArgument, "random(\(a), \(b)): the first is the larger") }
      return .int(Int64.random(in: a...b))
    }
    let digests: [(ValueType, ValueType)] = [(.string, .bytes), (.bytes, .bytes)]
    one("sha256", digests) { (value: Value, frame: inout Frame) throws(EvaluationError) -> Value in
      let bytes = try value.octets(for: "sha256")
      try frame.charge(bytes: bytes.count)
      return .bytes(Digest.sha256(bytes))
    }
    let pairs: [(ValueType, ValueType, ValueType)] = [
      (.string, .string, .bytes), (.bytes, .string, .bytes), (.string, .bytes, .bytes), (.bytes, .bytes, .bytes),
    ]
    two("hmac_sha256", pairs) { (key: Value, text: Value, frame: inout Frame) throws(EvaluationError) -> Value in
      let bytes = try text.octets(for: "hmac_sha256")
      try frame.charge(bytes: bytes.count)
      return .bytes(Digest.hmacSHA256(bytes, key: try key.octets(for: "hmac_sha256")))
    }
    one("hex", [(.bytes, .string), (.string, .string)]) {
      (value: Value, frame: inout Frame) throws(EvaluationError) -> Value in
      let bytes = try value.octets(for: "hex")
      try frame.charge(bytes: bytes.count)
      return .string(CurlewFunction.hex(bytes))
    }
    one("url.encode", [(.string, .string)]) {
      (value: Value, frame: inout Frame) throws(EvaluationError) -> Value in
      guard case .string(let text) = value else { throw .noSuchOverload("url.encode", value) }
      try frame.charge(bytes: text.utf8.count)
      return .string(PercentEncoding.encode(text))
    }
    one("url.decode", [(.string, .string)]) {
      (value: Value, frame: inout Frame) throws(EvaluationError) -> Value in
      guard case .string(let text) = value else { throw .noSuchOverload("url.decode", value) }
      try frame.charge(bytes: text.utf8.count)
      guard let decoded = PercentEncoding.decode(text) else {
        throw EvaluationError(.invalidArgument, "\(value.brief()) is not percent-encoded UTF-8")
      }
      return .string(decoded)
    }
  }
}

private enum CurlewFunction {
  /// RFC 9562 version 4.
  static func uuid() -> String {
    var generator = SystemRandomNumberGenerator()
    let (high, low) = (generator.next(), generator.next())
    var bytes = (0..<8).map { UInt8(truncatingIfNeeded: high >> (56 - 8 * UInt64($0))) }
    bytes += (0..<8).map { UInt8(truncatingIfNeeded: low >> (56 - 8 * UInt64($0))) }
    bytes[6] = bytes[6] & 0x0F | 0x40
    bytes[8] = bytes[8] & 0x3F | 0x80
    let text = Array(hex(bytes).utf8)
    let parts = [0..<8, 8..<12, 12..<16, 16..<20, 20..<32]
    return parts.map { String(decoding: text[$0], as: UTF8.self) }.joined(separator: "-")
  }

  /// Lower-case hexadecimal.
  static func hex(_ bytes: [UInt8]) -> String {
    let digits = Array("0123456789abcdef".utf8)
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count * 2)
    for byte in bytes {
      result.append(digits[Int(byte >> 4)])
      result.append(digits[Int(byte & 15)])
    }
    return String(decoding: result, as: UTF8.self)
  }
}

/// RFC 3986 section 2: only unreserved characters stay.
package enum PercentEncoding {
  private static let digits = Array("0123456789ABCDEF".utf8)

  /// Every octet but letters, digits, `-`, `.`, `_` and `~` as `%XX`.
  package static func encode(_ text: String) -> String {
    var result: [UInt8] = []
    result.reserveCapacity(text.utf8.count)
    for byte in text.utf8 {
      if byte.isLetterOrUnderscore || byte.isDigit || byte == 0x2D || byte == 0x2E || byte == 0x7E {
        result.append(byte)
      } else {
        result += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
      }
    }
    return String(decoding: result, as: UTF8.self)
  }

  /// The text behind `%XX`; a plus stays one. Nil for a broken escape or what is no UTF-8.
  package static func decode(_ text: String) -> String? {
    var result: [UInt8] = []
    var bytes = Array(text.utf8)[...]
    while let byte = bytes.popFirst() {
      guard byte == UInt8(ascii: "%") else {
        result.append(byte)
        continue
      }
      guard let high = bytes.popFirst(), let low = bytes.popFirst(), high.isHexDigit, low.isHexDigit else { return nil }
      result.append(UInt8(high.hexDigitValue * 16 + low.hexDigitValue))
    }
    return String(validating: result, as: UTF8.self)
  }
}

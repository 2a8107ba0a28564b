/// One pass over the bytes; the only recursion is bounded by the limits.
struct JSONParser {
  /// A number of more digits is refused rather than read at length.
  private static let longestNumber = 4096

  private let bytes: UnsafeRawBufferPointer
  private let limits: JSON.Limits
  private let dialect: JSON.Dialect
  private var position = 0
  private var depth = 0
  private var valuesLeft: Int

  init(_ bytes: UnsafeRawBufferPointer, limits: JSON.Limits, dialect: JSON.Dialect) {
    self.bytes = bytes
    self.limits = limits
    self.dialect = dialect
    valuesLeft = limits.values
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }
  }

  mutating func document() throws(JSONError) -> Value {
    let value = try value()
    skipBlanks()
    guard position == bytes.count else { throw error("text after the end of the JSON value") }
    return value
  }

  private func error(_ message: String, at offset: Int? = nil) -> JSONError {
    JSONError(message, at: offset ?? position, in: bytes)
  }

  private func unexpected(_ wanted: String) -> JSONError {
    guard position < bytes.count else { return error("expected \(wanted), but the text ends here") }
    let byte = bytes[position]
    let shown = 0x21...0x7E ~= byte ? "'\(UnicodeScalar(byte))'" : "byte 0x" + String(byte, radix: 16)
    return error("expected \(wanted), found \(shown)")
  }

  private mutating func skipBlanks() {
    while position < bytes.count, bytes[position] <= 0x20,
      bytes[position] == 0x20 || bytes[position] == 0x0A || bytes[position] == 0x0D || bytes[position] == 0x09
    {
      position += 1
    }
  }

  private mutating func take(_ byte: UInt8) -> Bool {
    guard position < bytes.count, bytes[position] == byte else { return false }
    position += 1
    return true
  }

  private mutating func value() throws(JSONError) -> Value {
    skipBlanks()
    guard position < bytes.count else { throw unexpected("a value") }
    valuesLeft -= 1
    guard valuesLeft >= 0 else { throw error("there are more than \(limits.values) values") }
    switch bytes[position] {
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "{"): return try object()
    case UInt8(ascii: "["): return try array()
    case UInt8(ascii: "t"): return try word("true", .bool(true))
    case UInt8(ascii: "f"): return try word("false", .bool(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    case UInt8(ascii: "-"), 0x30...0x39: return try number()
    default: throw unexpected("a value")
    }
  }

  private mutating func word(_ text: StaticString, _ value: Value) throws(JSONError) -> Value {
    let word = UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
    guard bytes[position...].starts(with: word) else { throw unexpected("a value") }
    position += word.count
    return value
  }

  private mutating func descend() throws(JSONError) {
    depth += 1
    guard depth <= limits.depth else {
      throw error("arrays and objects are nested more than \(limits.depth) levels deep")
    }
    position += 1
    skipBlanks()
  }

  private mutating func array() throws(JSONError) -> Value {
    try descend()
    defer { depth -= 1 }
    var elements: [Value] = []
    if take(UInt8(ascii: "]")) { return .list(elements) }
    while true {
      elements.append(try value())
      skipBlanks()
      if take(UInt8(ascii: ",")) { continue }
      guard take(UInt8(ascii: "]")) else { throw unexpected("',' or ']'") }
      return .list(elements)
    }
  }

  private mutating func object() throws(JSONError) -> Value {
    try descend()
    defer { depth -= 1 }
    var builder = MapValue.Builder()
    if take(UInt8(ascii: "}")) { return .map(builder.map) }
    while true {
      skipBlanks()
      let start = position
      guard position < bytes.count, bytes[position] == UInt8(ascii: "\"") else { throw unexpected("a key in quotes") }
      let key = try string()
      skipBlanks()
      guard take(UInt8(ascii: ":")) else { throw unexpected("':'") }
      let value = try value()
      if dialect == .go {
        builder.set(.string(key), to: value)
      } else if !builder.insert(.string(key), value) {
        throw error("the key \(Value.string(key).brief()) stands twice", at: start)
      }
      skipBlanks()
      if take(UInt8(ascii: ",")) { continue }
      guard take(UInt8(ascii: "}")) else { throw unexpected("',' or '}'") }
      return .map(builder.map)
    }
  }

  /// A string whose opening quote is at the position.
  private mutating func string() throws(JSONError) -> String {
    let opening = position
    position += 1
    let start = position
    var seen: UInt8 = 0
    while position < bytes.count {
      let byte = bytes[position]
      if byte == UInt8(ascii: "\"") {
        let content = UnsafeRawBufferPointer(rebasing: bytes[start..<position])
        position += 1
        // ASCII needs no validation, which is most of the time for short texts.
        if seen < 0x80 { return String(decoding: content, as: UTF8.self) }
        return try text(content.assumingMemoryBound(to: UInt8.self), at: start)
      }
      if byte == UInt8(ascii: "\\") { return try escapedString(from: start, opening: opening) }
      if byte < 0x20 { throw error("a control character in a string must be escaped") }
      seen |= byte
      position += 1
    }
    throw error("the string is not closed", at: opening)
  }

  private func text(_ slice: some Collection<UInt8>, at offset: Int) throws(JSONError) -> String {
    guard let text = String(validating: slice, as: UTF8.self) else {
      throw error("the string is no valid UTF-8", at: offset)
    }
    return text
  }

  private mutating func escapedString(from start: Int, opening: Int) throws(JSONError) -> String {
    var result = Array(bytes[start..<position])
    while position < bytes.count {
      let byte = bytes[position]
      switch byte {
      case UInt8(ascii: "\""):
        position += 1
        return try text(result, at: start)
      case UInt8(ascii: "\\"):
        position += 1
        try escape(into: &result)
      case 0..<0x20: throw error("a control character in a string must be escaped")
      default:
        result.append(byte)
        position += 1
      }
    }
    throw error("the string is not closed", at: opening)
  }

  private mutating func escape(into result: inout [UInt8]) throws(JSONError) {
    guard position < bytes.count else { throw unexpected("an escape sequence") }
    let letter = bytes[position]
    switch letter {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): result.append(letter)
    case UInt8(ascii: "b"): result.append(0x08)
    case UInt8(ascii: "f"): result.append(0x0C)
    case UInt8(ascii: "n"): result.append(0x0A)
    case UInt8(ascii: "r"): result.append(0x0D)
    case UInt8(ascii: "t"): result.append(0x09)
    case UInt8(ascii: "u"):
      position += 1
      let scalar = try unicodeEscape()
      result.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
      return
    default: throw error("unknown escape sequence in a string", at: position - 1)
    }
    position += 1
  }

  /// The scalar of `\uXXXX`, or of two of them; a lone surrogate, which stands for nothing, is U+FFFD.
  private mutating func unicodeEscape() throws(JSONError) -> Unicode.Scalar {
    let high = try hexDigits()
    if let scalar = Unicode.Scalar(high) { return scalar }
    let rest = bytes[position...]
    guard high < 0xDC00, rest.starts(with: [UInt8(ascii: "\\"), UInt8(ascii: "u")]) else { return "\u{FFFD}" }
    let before = position
    position += 2
    let low = try hexDigits()
    guard 0xDC00..<0xE000 ~= low, let scalar = Unicode.Scalar(0x10000 + (high - 0xD800) << 10 + (low - 0xDC00)) else {
      position = before
      return "\u{FFFD}"
    }
    return scalar
  }

  private mutating func hexDigits() throws(JSONError) -> UInt32 {
    var code: UInt32 = 0
    for _ in 0..<4 {
      guard position < bytes.count, bytes[position].isHexDigit else { throw unexpected("four hexadecimal digits") }
      code = code << 4 | bytes[position].hexDigitValue
      position += 1
    }
    return code
  }

  private mutating func digits() throws(JSONError) {
    guard position < bytes.count, bytes[position].isDigit else { throw unexpected("a digit") }
    while position < bytes.count, bytes[position].isDigit { position += 1 }
  }

  private mutating func number() throws(JSONError) -> Value {
    let start = position
    let isNegative = take(UInt8(ascii: "-"))
    let first = position
    if take(UInt8(ascii: "0")) {
      if position < bytes.count, bytes[position].isDigit { throw error("a number does not begin with 0", at: first) }
    } else {
      try digits()
    }
    let wholeEnd = position
    if take(UInt8(ascii: ".")) { try digits() }
    if position < bytes.count, bytes[position] | 0x20 == UInt8(ascii: "e") {
      position += 1
      if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
      try digits()
    }
    guard position - start <= Self.longestNumber else {
      throw error("a number of \(position - start) characters is too long", at: start)
    }
    if dialect == .exact, wholeEnd == position, let whole = Self.whole(bytes[first..<wholeEnd], isNegative: isNegative)
    {
      return whole
    }
    let text = String(decoding: bytes[start..<position], as: UTF8.self)
    guard let double = Double(text), double.isFinite else {
      throw error("the number is too large for a double", at: start)
    }
    return .double(double)
  }

  /// The digits as int, or uint where that is too small; nil beyond 64 bits.
  private static func whole(_ digits: Slice<UnsafeRawBufferPointer>, isNegative: Bool) -> Value? {
    var magnitude: UInt64 = 0
    for digit in digits {
      let (scaled, overflow) = magnitude.multipliedReportingOverflow(by: 10)
      let (sum, carried) = scaled.addingReportingOverflow(UInt64(digit - 0x30))
      if overflow || carried { return nil }
      magnitude = sum
    }
    if isNegative {
      return magnitude <= UInt64(Int64.max) + 1 ? .int(Int64(truncatingIfNeeded: 0 &- magnitude)) : nil
    }
    return Int64(exactly: magnitude).map { .int($0) } ?? .uint(magnitude)
  }
}

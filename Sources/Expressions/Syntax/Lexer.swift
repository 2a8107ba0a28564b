/// Cuts a source into words, one at a time, by the grammar of
/// https://github.com/google/cel-spec/blob/master/doc/langdef.md#syntax.
struct Lexer {
  let bytes: [UInt8]
  private(set) var position: Int

  init(_ bytes: [UInt8], from position: Int = 0) {
    self.bytes = bytes
    self.position = position
  }

  private func peek(_ distance: Int = 0) -> UInt8 {
    position + distance < bytes.count ? bytes[position + distance] : 0
  }

  /// The next word; `.end` for ever after the last.
  mutating func next() throws(Issue.Thrown) -> Token {
    skipBlanks()
    let start = position
    guard position < bytes.count else { return Token(kind: .end, range: start..<start) }
    let kind = try kind()
    return Token(kind: kind, range: start..<position)
  }

  private mutating func skipBlanks() {
    while position < bytes.count {
      switch bytes[position] {
      case 0x20, 0x09, 0x0A, 0x0C, 0x0D: position += 1
      case UInt8(ascii: "/") where peek(1) == UInt8(ascii: "/"):
        while position < bytes.count, bytes[position] != 0x0A { position += 1 }
      default: return
      }
    }
  }

  private mutating func kind() throws(Issue.Thrown) -> Token.Kind {
    let byte = bytes[position]
    if byte.isLetterOrUnderscore { return try word() }
    if byte.isDigit || (byte == UInt8(ascii: ".") && peek(1).isDigit) { return try number() }
    if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") {
      return try quoted(from: position, isRaw: false, isBytes: false)
    }
    if byte == UInt8(ascii: "`") { return try backticked() }
    return .symbol(try symbol())
  }

  private mutating func symbol() throws(Issue.Thrown) -> Symbol {
    let start = position
    let byte = bytes[position]
    if position + 1 < bytes.count, bytes[position + 1] < 0x80, byte < 0x80,
      let double = Symbol(rawValue: String(decoding: bytes[position..<position + 2], as: UTF8.self))
    {
      position += 2
      return double
    }
    if byte < 0x80, let single = Symbol(rawValue: String(UnicodeScalar(byte))) {
      position += 1
      return single
    }
    let hint: String? =
      switch byte {
      case UInt8(ascii: "="): "=="
      case UInt8(ascii: "&"): "&&"
      case UInt8(ascii: "|"): "||"
      default: nil
      }
    position += 1
    while position < bytes.count, bytes[position] & 0xC0 == 0x80 { position += 1 }
    let text = String(decoding: bytes[start..<position], as: UTF8.self)
    throw Issue.Thrown("unexpected character '\(text.escapedForDisplay)'", start..<position, suggestion: hint)
  }

  /// A name, or the prefix of a string.
  private mutating func word() throws(Issue.Thrown) -> Token.Kind {
    let start = position
    var (isRaw, isBytes, length) = (false, false, 0)
    if peek() | 0x20 == UInt8(ascii: "b") {
      isBytes = true
      length = 1
    }
    if peek(length) | 0x20 == UInt8(ascii: "r") {
      isRaw = true
      length += 1
    }
    if length > 0, peek(length) == UInt8(ascii: "\"") || peek(length) == UInt8(ascii: "'") {
      position += length
      return try quoted(from: start, isRaw: isRaw, isBytes: isBytes)
    }
    while position < bytes.count, bytes[position].isLetterOrUnderscore || bytes[position].isDigit { position += 1 }
    switch String(decoding: bytes[start..<position], as: UTF8.self) {
    case "true": return .literal(.bool(true))
    case "false": return .literal(.bool(false))
    case "null": return .literal(.null)
    case let name: return .identifier(name)
    }
  }

  private mutating func backticked() throws(Issue.Thrown) -> Token.Kind {
    let start = position
    position += 1
    while position < bytes.count, bytes[position] != UInt8(ascii: "`") {
      let byte = bytes[position]
      guard byte.isLetterOrUnderscore || byte.isDigit || [0x2E, 0x2D, 0x2F, 0x20].contains(byte) else { break }
      position += 1
    }
    guard peek() == UInt8(ascii: "`"), position > start + 1 else {
      throw Issue.Thrown("a name in backticks holds letters, digits, '_', '.', '-', '/' and blanks", start..<position)
    }
    position += 1
    return .quotedIdentifier(String(decoding: bytes[start + 1..<position - 1], as: UTF8.self))
  }

  private mutating func number() throws(Issue.Thrown) -> Token.Kind {
    let start = position
    var digits: ArraySlice<UInt8>
    var radix = 10
    if peek() == UInt8(ascii: "0"), peek(1) | 0x20 == UInt8(ascii: "x"), peek(2).isHexDigit {
      radix = 16
      position += 2
      let first = position
      while peek().isHexDigit { position += 1 }
      digits = bytes[first..<position]
    } else {
      while peek().isDigit { position += 1 }
      digits = bytes[start..<position]
      var isDouble = false
      if peek() == UInt8(ascii: "."), peek(1).isDigit {
        isDouble = true
        position += 1
        while peek().isDigit { position += 1 }
      }
      if peek() | 0x20 == UInt8(ascii: "e") {
        let sign = peek(1) == UInt8(ascii: "+") || peek(1) == UInt8(ascii: "-") ? 1 : 0
        if peek(1 + sign).isDigit {
          isDouble = true
          position += 1 + sign
          while peek().isDigit { position += 1 }
        }
      }
      if isDouble {
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        guard let value = Double(text.utf8.first == UInt8(ascii: ".") ? "0" + text : text), value.isFinite else {
          throw Issue.Thrown("'\(text)' is too large for a double", start..<position)
        }
        return .literal(.double(value))
      }
    }
    let magnitude = UInt64(String(decoding: digits, as: UTF8.self), radix: radix)
    let isUnsigned = peek() | 0x20 == UInt8(ascii: "u") && !(peek(1).isLetterOrUnderscore || peek(1).isDigit)
    if isUnsigned { position += 1 }
    if peek().isLetterOrUnderscore {
      while peek().isLetterOrUnderscore || peek().isDigit { position += 1 }
      let text = String(decoding: bytes[start..<position], as: UTF8.self)
      let hint = "a duration is written duration(\"\(text)\")"
      throw Issue.Thrown(
        "'\(text)' is no number" + (Duration(goNotation: text) == nil ? "" : "; \(hint)"), start..<position)
    }
    guard let magnitude, isUnsigned || magnitude <= UInt64(Int64.max) + 1 else {
      let text = String(decoding: bytes[start..<position], as: UTF8.self)
      throw Issue.Thrown("'\(text)' does not fit into 64 bits", start..<position)
    }
    return isUnsigned ? .literal(.uint(magnitude)) : .int(magnitude)
  }

  /// A quoted literal whose opening quote is at the position; `start` is where its prefix began.
  private mutating func quoted(from start: Int, isRaw: Bool, isBytes: Bool) throws(Issue.Thrown) -> Token.Kind {
    let quote = peek()
    let isTriple = peek(1) == quote && peek(2) == quote
    position += isTriple ? 3 : 1
    let first = position
    var hasEscapes = false
    while true {
      guard position < bytes.count else {
        throw Issue.Thrown("the text that starts here is not closed", start..<first)
      }
      let byte = bytes[position]
      if byte == quote, !isTriple || (peek(1) == quote && peek(2) == quote) { break }
      if !isTriple, byte == 0x0A || byte == 0x0D {
        throw Issue.Thrown("the text that starts here is not closed on its line", start..<position)
      }
      if byte == UInt8(ascii: "\\"), !isRaw {
        hasEscapes = true
        position += 1
      }
      position += 1
    }
    let content = bytes[first..<min(position, bytes.count)]
    position += isTriple ? 3 : 1
    let decoded = hasEscapes ? try EscapeDecoder.decode(content, isBytes: isBytes) : Array(content)
    return .literal(isBytes ? .bytes(decoded) : .string(String(decoding: decoded, as: UTF8.self)))
  }
}

extension Issue {
  /// An issue on its way out of the lexer or parser.
  struct Thrown: Error {
    let issue: Issue

    init(_ message: String, _ range: Range<Int>, suggestion: String? = nil, allowed: [String] = []) {
      issue = Issue(message, range: range, suggestion: suggestion, allowed: allowed)
    }
  }
}

extension UInt8 {
  var isDigit: Bool { 0x30...0x39 ~= self }
  var isHexDigit: Bool { isDigit || 0x61...0x66 ~= self | 0x20 }
  var isLetterOrUnderscore: Bool { 0x61...0x7A ~= self | 0x20 || self == UInt8(ascii: "_") }
  var hexDigitValue: UInt32 { isDigit ? UInt32(self - 0x30) : UInt32((self | 0x20) - 0x61 + 10) }
}

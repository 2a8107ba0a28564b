/// A secret, to be found in text however each of its characters is written there: as it is or escaped, in URLs
/// (`%5E`, `+`), JSON (`\u00f6`, `\/`), HTML (`&lt;`, `&#39;`) and in our own messages (`\"`, `\u{1b}`).
///
/// Every writer escapes other characters in another way, and many texts mix escaped and plain ones, so no list of forms would
/// hold them all; reading the text back does.
struct SpelledSecret: Hashable, Sendable {
  /// The secret itself.
  let bytes: [UInt8]
  /// Whether it holds anything that somebody escapes.
  let mayBeEscaped: Bool

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
    mayBeEscaped = !bytes.allSatisfy(Self.isUnreserved)
  }

  /// Letters, digits and `-._~`, which nobody escapes (RFC 3986 section 2.3).
  private static func isUnreserved(_ byte: UInt8) -> Bool {
    switch byte {
    case 48...57, 65...90, 97...122, UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"): true
    default: false
    }
  }

  /// The bytes that it may begin with in a text.
  var firstBytes: [UInt8] {
    guard let first = bytes.first else { return [] }
    guard !Self.isUnreserved(first) else { return [first] }
    return [first] + Array("%+\\&".utf8).filter { $0 != first }
  }

  /// How much of it stands in a text from a place on.
  ///
  /// - Returns: where that ends, and how many bytes of the secret it is.
  func match(in text: [UInt8], at start: Int) -> (end: Int, count: Int) {
    // A secret may itself look like an escape: "%41" is written as it is, or as "%2541".
    let plain = match(in: text, at: start, prefersEscapes: false)
    let escaped = match(in: text, at: start, prefersEscapes: true)
    return (escaped.count, escaped.end) > (plain.count, plain.end) ? escaped : plain
  }

  private func match(in text: [UInt8], at start: Int, prefersEscapes: Bool) -> (end: Int, count: Int) {
    var end = start
    var count = 0
    while count < bytes.count, end < text.count {
      let isPlain = text[end] == bytes[count]
      if isPlain, !prefersEscapes || !Escape.isLead(text[end]) {
        end += 1
        count += 1
      } else if let escape = Escape(in: text, at: end),
        escape.bytes.elementsEqual(bytes[count...].prefix(escape.bytes.count))
      {
        end += escape.length
        count += escape.bytes.count
      } else if isPlain {
        end += 1
        count += 1
      } else {
        break
      }
    }
    return (end, count)
  }
}

/// One escaped character in a text.
private struct Escape {
  /// What it means, in UTF-8.
  var bytes: [UInt8]
  /// How long it is in the text.
  var length: Int

  /// Whether an escape may begin with this byte.
  static func isLead(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: "%") || byte == UInt8(ascii: "\\") || byte == UInt8(ascii: "&") || byte == UInt8(ascii: "+")
  }

  /// Reads the escape that begins there; nil where none does.
  init?(in text: [UInt8], at index: Int) {
    switch text[index] {
    case UInt8(ascii: "+"): self.init(bytes: [32], length: 1)
    case UInt8(ascii: "%"):
      guard let value = Self.number(text[(index + 1)...].prefix(2), radix: 16, digits: 2) else { return nil }
      self.init(bytes: [UInt8(value)], length: 3)
    case UInt8(ascii: "\\"): self.init(backslashIn: text, at: index)
    case UInt8(ascii: "&"): self.init(referenceIn: text, at: index)
    default: return nil
    }
  }

  private init(bytes: [UInt8], length: Int) {
    self.bytes = bytes
    self.length = length
  }

  private init?(_ value: UInt32, length: Int) {
    guard let scalar = Unicode.Scalar(value) else { return nil }
    self.init(bytes: Array(UTF8.encode(scalar) ?? .init()), length: length)
  }

  private static let letters: [UInt8: UInt8] = [
    UInt8(ascii: "n"): 10, UInt8(ascii: "r"): 13, UInt8(ascii: "t"): 9, UInt8(ascii: "b"): 8, UInt8(ascii: "f"): 12,
    UInt8(ascii: "\""): 34, UInt8(ascii: "'"): 39, UInt8(ascii: "\\"): 92, UInt8(ascii: "/"): 47,
  ]

  private init?(backslashIn text: [UInt8], at index: Int) {
    guard index + 1 < text.count else { return nil }
    if let meant = Self.letters[text[index + 1]] {
      self.init(bytes: [meant], length: 2)
      return
    }
    guard text[index + 1] == UInt8(ascii: "u") else { return nil }
    let rest = text[(index + 2)...]
    if rest.first == UInt8(ascii: "{") {
      let digits = rest.dropFirst().prefix(9).prefix { $0 != UInt8(ascii: "}") }
      guard digits.endIndex < text.count, text[digits.endIndex] == UInt8(ascii: "}"),
        let value = Self.number(digits, radix: 16, digits: 1...8)
      else { return nil }
      self.init(value, length: digits.count + 4)
      return
    }
    guard let unit = Self.number(rest.prefix(4), radix: 16, digits: 4) else { return nil }
    // A character beyond 16 bits is written as two surrogates (RFC 8259 section 7).
    let tail = rest.dropFirst(4)
    if (0xd800..<0xdc00).contains(unit), tail.starts(with: Array("\\u".utf8)),
      let low = Self.number(tail.dropFirst(2).prefix(4), radix: 16, digits: 4), (0xdc00..<0xe000).contains(low)
    {
      self.init(0x10000 + (unit - 0xd800) << 10 + (low - 0xdc00), length: 12)
    } else {
      self.init(unit, length: 6)
    }
  }

  private static let names: [String: UInt32] = ["amp": 38, "lt": 60, "gt": 62, "quot": 34, "apos": 39]

  private init?(referenceIn text: [UInt8], at index: Int) {
    let name = text[(index + 1)...].prefix(9).prefix { $0 != UInt8(ascii: ";") }
    guard name.endIndex < text.count, text[name.endIndex] == UInt8(ascii: ";"), let first = name.first else {
      return nil
    }
    let value: UInt32?
    if first == UInt8(ascii: "#") {
      let digits = name.dropFirst()
      let isHex = digits.first.map { $0 | 32 == UInt8(ascii: "x") } ?? false
      value = Self.number(isHex ? digits.dropFirst() : digits, radix: isHex ? 16 : 10, digits: 1...7)
    } else {
      value = Self.names[String(decoding: name, as: UTF8.self)]
    }
    guard let value else { return nil }
    self.init(value, length: name.count + 2)
  }

  private static func number(_ digits: ArraySlice<UInt8>, radix: Int, digits count: Int) -> UInt32? {
    number(digits, radix: radix, digits: count...count)
  }

  /// Digits alone, as many as are allowed.
  private static func number(_ digits: ArraySlice<UInt8>, radix: Int, digits count: ClosedRange<Int>) -> UInt32? {
    guard count.contains(digits.count), let first = digits.first, first != UInt8(ascii: "+"), first != UInt8(ascii: "-")
    else { return nil }
    return UInt32(String(decoding: digits, as: UTF8.self), radix: radix)
  }
}

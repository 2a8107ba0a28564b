/// Escape sequences of string and bytes literals
/// (https://github.com/google/cel-spec/blob/master/doc/langdef.md#string-and-bytes-values).
enum EscapeDecoder {
  /// The octets of a literal. `\x` and octal escapes are code points in text and octets in bytes, which have no `\u`.
  static func decode(_ content: ArraySlice<UInt8>, isBytes: Bool) throws(Issue.Thrown) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(content.count)
    var position = content.startIndex
    while position < content.endIndex {
      let byte = content[position]
      position += 1
      guard byte == UInt8(ascii: "\\") else {
        result.append(byte)
        continue
      }
      let start = position - 1
      guard position < content.endIndex else { throw Issue.Thrown("an escape sequence ends early", start..<position) }
      let letter = content[position]
      position += 1
      if let plain = simple(letter) {
        result.append(plain)
        continue
      }
      let (digits, radix): (Int, UInt32)
      switch letter {
      case UInt8(ascii: "x"), UInt8(ascii: "X"): (digits, radix) = (2, 16)
      case UInt8(ascii: "u") where !isBytes: (digits, radix) = (4, 16)
      case UInt8(ascii: "U") where !isBytes: (digits, radix) = (8, 16)
      case UInt8(ascii: "0")...UInt8(ascii: "3"):
        (digits, radix) = (3, 8)
        position -= 1
      default:
        while position < content.endIndex, content[position] & 0xC0 == 0x80 { position += 1 }
        let text = String(decoding: content[start..<position], as: UTF8.self)
        throw Issue.Thrown("unknown escape sequence '\(text)'", start..<position)
      }
      var code: UInt32 = 0
      for _ in 0..<digits {
        guard position < content.endIndex, content[position].isHexDigit, content[position].hexDigitValue < radix else {
          throw Issue.Thrown("this escape sequence wants \(digits) digits", start..<position)
        }
        code = code &* radix &+ content[position].hexDigitValue
        position += 1
      }
      if isBytes {
        result.append(UInt8(truncatingIfNeeded: code))
      } else {
        guard let scalar = Unicode.Scalar(code) else {
          let text = String(decoding: content[start..<position], as: UTF8.self)
          throw Issue.Thrown("'\(text)' is no Unicode code point", start..<position)
        }
        result.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
      }
    }
    return result
  }

  private static func simple(_ letter: UInt8) -> UInt8? {
    switch letter {
    case UInt8(ascii: "a"): 0x07
    case UInt8(ascii: "b"): 0x08
    case UInt8(ascii: "f"): 0x0C
    case UInt8(ascii: "n"): 0x0A
    case UInt8(ascii: "r"): 0x0D
    case UInt8(ascii: "t"): 0x09
    case UInt8(ascii: "v"): 0x0B
    case UInt8(ascii: "\\"), UInt8(ascii: "?"), UInt8(ascii: "\""), UInt8(ascii: "'"), UInt8(ascii: "`"): letter
    default: nil
    }
  }
}

extension String {
  /// The text with control characters as escapes, so that it cannot move a terminal's cursor or break a line.
  package var escapedForDisplay: String {
    guard unicodeScalars.contains(where: \.isUnsafeForDisplay) else { return self }
    var result = ""
    for scalar in unicodeScalars {
      switch scalar {
      case "\n": result += "\\n"
      case "\r": result += "\\r"
      case "\t": result += "\\t"
      case _ where scalar.isUnsafeForDisplay:
        let digits = String(scalar.value, radix: 16)
        result += "\\u" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}

extension Unicode.Scalar {
  /// Controls, line separators and the marks that turn the direction of text.
  package var isUnsafeForDisplay: Bool {
    switch value {
    case 0..<0x20, 0x7F..<0xA0, 0x061C, 0x200E...0x200F, 0x2028...0x202E, 0x2066...0x2069: true
    default: false
    }
  }
}

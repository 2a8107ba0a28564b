/// Finds the place in a file of a place in a scalar's text: quotes, escapes and folding lie between the two.
package enum ScalarMap {
  /// The excerpt of `range`, which is in UTF-8 offsets of the scalar's text; the whole scalar when the two cannot be
  /// matched, as for one that a template made.
  package static func span(of range: Range<Int>, in node: YAMLNode) -> SourceSpan {
    guard let text = node.text, !node.isRendered else { return node.span }
    let source = node.source
    let raw = source.offset(of: node.span.start)..<source.offset(of: node.span.end)
    let decoded = Array(text.utf8)
    let lower = min(range.lowerBound, decoded.count)
    let upper = max(lower, min(range.upperBound, decoded.count))
    var walk = Walk(raw: source.bytes[raw])
    guard walk.advance(over: decoded[..<lower]) else { return node.span }
    if lower < decoded.count { walk.settle(on: decoded[lower]) }
    let start = walk.index
    guard walk.advance(over: decoded[lower..<upper]) else { return node.span }
    return SourceSpan(start: source.position(of: start), end: source.position(of: max(walk.index, start)))
  }

  /// Walks along the raw text as far as a piece of the decoded text reaches.
  private struct Walk {
    private let raw: ArraySlice<UInt8>
    private(set) var index: Int
    private let quote: UInt8?

    init(raw: ArraySlice<UInt8>) {
      self.raw = raw
      index = raw.startIndex
      switch raw.first {
      case UInt8(ascii: "'"), UInt8(ascii: "\""):
        quote = raw.first
        index += 1
      case UInt8(ascii: "|"), UInt8(ascii: ">"):
        quote = nil
        while index < raw.endIndex, raw[index] != 0x0A { index += 1 }
      default:
        quote = nil
      }
    }

    /// Skips the white space that folding or indentation put before `byte`.
    mutating func settle(on byte: UInt8) {
      guard !Self.isBlank(byte) else { return }
      while index < raw.endIndex, Self.isBlank(raw[index]) { index += 1 }
    }

    /// False when the raw text turns out to be something else.
    mutating func advance(over decoded: ArraySlice<UInt8>) -> Bool {
      var next = decoded.startIndex
      while next < decoded.endIndex {
        let byte = decoded[next]
        if Self.isBlank(byte), index < raw.endIndex, Self.isBlank(raw[index]) {
          index += 1
          next += 1
          continue
        }
        settle(on: byte)
        guard index < raw.endIndex else { return false }
        if quote == UInt8(ascii: "\""), raw[index] == UInt8(ascii: "\\") {
          guard let count = skipEscape() else { return false }
          next += count
        } else if quote == UInt8(ascii: "'"), byte == UInt8(ascii: "'") {
          index += 2
          next += 1
        } else if Self.isBlank(byte) {
          // A line end that folding took away, already passed.
          next += 1
        } else {
          guard raw[index] == byte else { return false }
          index += 1
          next += 1
        }
      }
      return true
    }

    /// How many bytes of the decoded text the escape sequence stands for (YAML 1.2 section 5.7); nil for a broken one.
    private mutating func skipEscape() -> Int? {
      guard index + 1 < raw.endIndex else { return nil }
      let letter = raw[index + 1]
      let digits: Int
      switch letter {
      case UInt8(ascii: "x"): digits = 2
      case UInt8(ascii: "u"): digits = 4
      case UInt8(ascii: "U"): digits = 8
      case 0x0A, 0x0D:
        index += 2
        while index < raw.endIndex, Self.isBlank(raw[index]) { index += 1 }
        return 0
      case UInt8(ascii: "N"), UInt8(ascii: "_"):
        index += 2
        return 2
      case UInt8(ascii: "L"), UInt8(ascii: "P"):
        index += 2
        return 3
      default:
        index += 2
        return 1
      }
      guard index + 2 + digits <= raw.endIndex,
        let code = UInt32(String(decoding: raw[(index + 2)..<(index + 2 + digits)], as: UTF8.self), radix: 16),
        let scalar = Unicode.Scalar(code)
      else { return nil }
      index += 2 + digits
      return UTF8.width(scalar)
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D }
  }
}

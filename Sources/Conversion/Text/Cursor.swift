/// A place in an input that moves forward.
struct Cursor: Sendable {
  let source: SourceText
  /// The offset of the next byte.
  var position: Int
  /// Where the part that is read ends.
  let end: Int

  init(_ source: SourceText, in range: Range<Int>? = nil) {
    self.source = source
    position = range?.lowerBound ?? 0
    end = range?.upperBound ?? source.bytes.count
  }

  var isAtEnd: Bool { position >= end }

  /// The line of the next byte, counted from 1.
  var line: Int { source.line(of: position) }

  /// The next byte, nil at the end.
  var peek: UInt8? { position < end ? source.bytes[position] : nil }

  /// The byte after the next, nil at the end.
  func peek(after count: Int) -> UInt8? { position + count < end ? source.bytes[position + count] : nil }

  /// Whether the text goes on with these words.
  func starts(with text: String) -> Bool {
    source.bytes[min(position, end)..<end].starts(with: text.utf8)
  }

  /// Goes past these words, if the text goes on with them.
  mutating func take(_ text: String) -> Bool {
    guard starts(with: text) else { return false }
    position += text.utf8.count
    return true
  }

  /// Goes past all bytes that fit, and gives them.
  mutating func take(while fits: (UInt8) -> Bool) -> String {
    let start = position
    while position < end, fits(source.bytes[position]) { position += 1 }
    return source.text(start..<position)
  }

  /// Goes past blanks and tabs.
  mutating func skipBlanks() {
    while position < end, source.bytes[position].isBlank { position += 1 }
  }

  /// Goes past blanks, tabs and line ends.
  mutating func skipSpace() {
    while position < end, source.bytes[position].isBlank || source.bytes[position].isLineEnd { position += 1 }
  }

  /// What is wrong at the next byte, or at another.
  func failure(_ message: String, at offset: Int? = nil) -> ConversionFailure {
    source.failure(message, at: offset ?? position)
  }

  /// The next character as a message shows it.
  var found: String {
    guard let byte = peek else { return "the end" }
    if byte.isLineEnd { return "the end of the line" }
    guard byte > 0x20, byte != 0x7F else { return "byte 0x" + String(byte, radix: 16) }
    let rest = String(decoding: source.bytes[position..<min(end, position + 4)], as: UTF8.self)
    return "'\(rest.unicodeScalars.first.map(String.init) ?? "")'"
  }
}

extension UInt8 {
  var isBlank: Bool { self == UInt8(ascii: " ") || self == UInt8(ascii: "\t") }
  var isLineEnd: Bool { self == UInt8(ascii: "\n") || self == UInt8(ascii: "\r") }
  var isDigit: Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self) }
  var isLetter: Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(self | 0x20) }
  /// The value of a hexadecimal digit, nil for all else.
  var hexValue: UInt8? {
    switch self {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): self - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): self - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): self - UInt8(ascii: "A") + 10
    default: nil
    }
  }
}

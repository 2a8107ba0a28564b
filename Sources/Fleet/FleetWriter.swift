import Model

/// Writes numbers and texts, each text once: runs of one batch share checks, regions and messages.
struct FleetWriter {
  /// The most bytes of one text; what is behind is cut off. A batch refers to one text as often as it likes, so each is short.
  static let longestText = 4096

  private var texts: [String: UInt64] = [:]
  private var table: [UInt8] = []
  private var body: [UInt8] = []

  mutating func write(_ number: UInt64) {
    body.appendVarint(number)
  }

  mutating func write(_ number: Int) {
    body.appendVarint(UInt64(max(0, number)))
  }

  /// A number of either sign, small ones short (zigzag).
  mutating func write(signed number: Int64) {
    body.appendVarint(UInt64(bitPattern: (number << 1) ^ (number >> 63)))
  }

  mutating func write(_ text: String) {
    body.appendVarint(index(of: text))
  }

  mutating func write(_ text: String?) {
    body.appendVarint(text.map { index(of: $0) + 1 } ?? 0)
  }

  mutating func write(bytes: some Collection<UInt8>) {
    body.append(contentsOf: bytes)
  }

  private mutating func index(of text: String) -> UInt64 {
    if let index = texts[text] { return index }
    let index = UInt64(texts.count)
    texts[text] = index
    let written = Self.cut(text)
    table.appendVarint(UInt64(written.count))
    table.append(contentsOf: written)
    return index
  }

  /// The text within its bound, without half of a scalar at the end.
  private static func cut(_ text: String) -> Substring.UTF8View {
    guard text.utf8.count > longestText else { return Substring(text).utf8 }
    var end = text.utf8.index(text.startIndex, offsetBy: longestText)
    while end.samePosition(in: text.unicodeScalars) == nil { end = text.utf8.index(before: end) }
    return text[..<end].utf8
  }

  /// Everything: a version, the texts, and what refers to them.
  func finished(version: UInt8) -> [UInt8] {
    var bytes: [UInt8] = [version]
    bytes.reserveCapacity(table.count + body.count + 16)
    bytes.appendVarint(UInt64(texts.count))
    bytes.append(contentsOf: table)
    bytes.append(contentsOf: body)
    return bytes
  }
}

/// Writes HTML into bytes. Only literals of this program go in as they are: everything else is escaped.
package struct HTMLWriter: Sendable {
  /// What was written.
  package private(set) var bytes: [UInt8] = []

  /// Nothing is written yet.
  package init() {}

  /// Nothing is written yet, and so many bytes are expected.
  package init(expected count: Int) {
    bytes.reserveCapacity(count)
  }

  /// Markup, which can only be a literal.
  package mutating func markup(_ literal: StaticString) {
    literal.withUTF8Buffer { bytes.append(contentsOf: $0) }
  }

  /// Text of any origin, for element content and quoted attributes alike.
  package mutating func text(_ text: String) {
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "&"): markup("&amp;")
      case UInt8(ascii: "<"): markup("&lt;")
      case UInt8(ascii: ">"): markup("&gt;")
      case UInt8(ascii: "\""): markup("&quot;")
      case UInt8(ascii: "'"): markup("&#39;")
      // What HTML has no place for: NUL and the other control characters.
      case 0..<0x09, 0x0b, 0x0c, 0x0e..<0x20, 0x7f: markup("\u{fffd}")
      default: bytes.append(byte)
      }
    }
  }

  /// What another writer wrote: it is escaped already.
  package mutating func append(_ fragment: HTMLWriter) {
    bytes.append(contentsOf: fragment.bytes)
  }

  /// A whole number.
  package mutating func number(_ number: Int) {
    bytes.append(contentsOf: String(number).utf8)
  }

  /// ` name="value"`, the value escaped.
  package mutating func attribute(_ name: StaticString, _ value: String) {
    markup(" ")
    markup(name)
    markup("=\"")
    text(value)
    markup("\"")
  }

  /// Text that is set apart, so that a name in a right-to-left script, or one with direction marks, cannot turn its
  /// surroundings around.
  package mutating func isolated(_ text: String) {
    markup("<bdi>")
    self.text(text)
    markup("</bdi>")
  }

  /// A moment that shows its age, and itself when pointed at.
  package mutating func time(_ text: String, title: String, datetime: String) {
    markup("<time")
    attribute("datetime", datetime)
    attribute("title", title)
    markup(">")
    self.text(text)
    markup("</time>")
  }
}

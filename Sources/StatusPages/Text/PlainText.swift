/// Words of any origin, made fit to stand among words of ours.
package enum PlainText {
  /// Leaves out what could turn the writing direction of its surroundings, and what is no character at all: controls but tab and
  /// line end, direction marks, embeddings, overrides and isolates (UAX #9), and noncharacters, which XML forbids.
  package static func clean(_ text: String) -> String {
    // Most names have none of them.
    if text.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7f }) { return text }
    var cleaned = String.UnicodeScalarView()
    for scalar in text.unicodeScalars where !isUnfit(scalar) { cleaned.append(scalar) }
    return String(cleaned)
  }

  /// As `clean`, on one line and at most so many characters, the last of which says that there was more.
  package static func line(_ text: String, limit: Int = 300) -> String {
    // Spaces in a row are one on a page.
    if text.utf8.count <= limit, text.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7f }) { return text }
    let words = clean(text).split(whereSeparator: \.isWhitespace).joined(separator: " ")
    return words.count > limit ? words.prefix(limit - 1) + "…" : words
  }

  /// A name inside of a sentence that is plain text: set apart by isolates, when its letters could run the other way.
  package static func isolated(_ name: String) -> String {
    let name = line(name)
    return name.unicodeScalars.allSatisfy { $0.value < 0x590 } ? name : "\u{2068}\(name)\u{2069}"
  }

  private static func isUnfit(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x09, 0x0a: false
    case 0..<0x20, 0x7f..<0xa0, 0x061c, 0x200e, 0x200f, 0x2028...0x202e, 0x2066...0x2069, 0xfdd0...0xfdef, 0xfeff: true
    default: scalar.value & 0xfffe == 0xfffe
    }
  }
}

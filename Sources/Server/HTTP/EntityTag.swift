import Expressions

/// Strong validators of answers (RFC 9110 section 8.8.3): the same bytes, the same tag.
enum EntityTag {
  /// What the tag of the gzip coding of the same bytes ends in: it is another representation.
  private static let codedSuffix = "-gzip"

  /// The tag of bytes, with its quotes.
  static func of(_ bytes: [UInt8]) -> String { "\"" + TokenText.hex(Array(Digest.sha256(bytes).prefix(16))) + "\"" }

  /// The tag of the same bytes with the gzip coding.
  static func coded(_ tag: String) -> String { tag.dropLast() + codedSuffix + "\"" }

  /// Whether an `If-None-Match` names the tag, in either coding (RFC 9110 section 13.1.2: compared weakly).
  static func isNamed(_ tag: String, in ifNoneMatch: String?) -> Bool {
    guard let ifNoneMatch else { return false }
    let both = [tag, coded(tag)]
    return ifNoneMatch.split(separator: ",").contains { item in
      var text = item[...]
      while text.first == " " || text.first == "\t" { text.removeFirst() }
      while text.last == " " || text.last == "\t" { text.removeLast() }
      if text == "*" { return true }
      if text.hasPrefix("W/") { text.removeFirst(2) }
      return both.contains(String(text))
    }
  }
}

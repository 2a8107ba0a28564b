/// A regular expression with one group that stands between literals, as most that take a value out of a page.
struct RegexCut: Sendable {
  /// The literal before the group.
  let prefix: String
  /// The literal that the group ends at; nil for the end of the text.
  let end: String?

  /// Nil for every other regular expression.
  init?(_ pattern: String) {
    let bytes = Array(pattern.utf8)
    guard let opening = Self.literalEnd(of: bytes, from: 0), opening.next < bytes.count,
      bytes[opening.next] == UInt8(ascii: "("), !opening.text.isEmpty
    else { return nil }
    prefix = opening.text
    let inside = bytes[(opening.next + 1)...]
    guard let closing = inside.firstIndex(of: UInt8(ascii: ")")) else { return nil }
    let group = String(decoding: inside[..<closing], as: UTF8.self)
    guard let suffix = Self.literalEnd(of: bytes, from: closing + 1), suffix.next == bytes.count else { return nil }
    if group.hasPrefix("[^"), group.hasSuffix("]+") || group.hasSuffix("]*") {
      // The group ends at the first of its excluded characters, which only one can name.
      let excluded = group.dropFirst(2).dropLast(2)
      let text = excluded.hasPrefix("\\") ? excluded.dropFirst() : excluded
      guard text.unicodeScalars.count == 1, suffix.text.isEmpty || suffix.text.hasPrefix(String(text)) else {
        return nil
      }
      end = String(text)
    } else if [".*?", ".+?", ".*", ".+"].contains(group), !suffix.text.isEmpty {
      end = suffix.text
    } else {
      return nil
    }
  }

  /// The literal that begins at an offset, and where it ends: at a special character or the end.
  private static func literalEnd(of bytes: [UInt8], from start: Int) -> (text: String, next: Int)? {
    var text: [UInt8] = []
    var position = start
    while position < bytes.count {
      let byte = bytes[position]
      if byte == UInt8(ascii: "\\") {
        guard position + 1 < bytes.count, !bytes[position + 1].isLetter, !bytes[position + 1].isDigit else {
          return nil
        }
        text.append(bytes[position + 1])
        position += 2
      } else if byte == UInt8(ascii: "(") {
        break
      } else if ".*+?[]{}|^$)".utf8.contains(byte) {
        return nil
      } else {
        text.append(byte)
        position += 1
      }
    }
    return (String(decoding: text, as: UTF8.self), position)
  }
}

/// How the texts of users and peers stand in our sentences: on one line, in quotes, and not without end.
enum Words {
  private static let maxBytes = 160

  /// `"220 mail ready"`: a peer's bytes in double quotes, control characters escaped, cut where they are long.
  static func quoted(_ bytes: some Collection<UInt8>) -> String {
    let isCut = bytes.count > maxBytes
    var text = "\""
    for scalar in String(decoding: isCut ? beginning(of: bytes) : Array(bytes), as: UTF8.self).unicodeScalars {
      switch scalar {
      case "\r": text += "\\r"
      case "\n": text += "\\n"
      case "\t": text += "\\t"
      case "\"": text += "\\\""
      case _ where scalar.properties.generalCategory == .control:
        text += "\\u{\(String(scalar.value, radix: 16))}"
      default: text.unicodeScalars.append(scalar)
      }
    }
    return text + (isCut ? "…\"" : "\"")
  }

  /// The first bytes, without a character that the cut goes through: half of one would stand between a secret that was cut
  /// and the mark of the cut, by which it is known.
  private static func beginning(of bytes: some Collection<UInt8>) -> [UInt8] {
    var shown = Array(bytes.prefix(maxBytes))
    let tail = shown.suffix(4)
    if let lead = tail.lastIndex(where: { !UTF8.isContinuation($0) }), shown[lead] >= 0xc0 {
      let width = shown[lead] >= 0xf0 ? 4 : shown[lead] >= 0xe0 ? 3 : 2
      if shown.count - lead < width { shown.removeSubrange(lead...) }
    }
    return shown
  }

  /// A user's text in double quotes.
  static func quoted(_ text: String) -> String {
    quoted(Array(text.utf8))
  }

  /// `2.5s`, `250ms`: a duration as it is written in a scenario.
  static func duration(_ duration: Duration) -> String {
    let milliseconds = duration / .milliseconds(1)
    guard milliseconds < 1000 else { return "\(trimmed(milliseconds / 1000))s" }
    return "\(trimmed(milliseconds))ms"
  }

  private static func trimmed(_ number: Double) -> String {
    let rounded = (number * 1000).rounded() / 1000
    return rounded == rounded.rounded() ? String(Int(rounded)) : String(rounded)
  }
}

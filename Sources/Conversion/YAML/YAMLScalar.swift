/// Scalars of YAML 1.2 in the quietest style that keeps them what they are.
enum YAMLScalar {
  /// The text on one line: without quotes where YAML would read the same text, else in single or double ones.
  static func inline(_ text: String) -> String {
    if isPlain(text) { return text }
    let scalars = text.unicodeScalars
    guard scalars.allSatisfy(isPrintable) else { return doubleQuoted(text) }
    // Double quotes where only they need no doubling.
    if scalars.contains("'"), !scalars.contains("\""), !scalars.contains("\\") { return "\"\(text)\"" }
    var quoted = "'"
    for scalar in scalars {
      if scalar == "'" { quoted += "'" }
      quoted.unicodeScalars.append(scalar)
    }
    return quoted + "'"
  }

  /// The lines of a block scalar with the header before them, or nil where the text is none: one line, characters that
  /// need escapes, or blanks at the end of a line, which editors take away.
  static func block(_ text: String) -> (header: String, lines: [Substring.UnicodeScalarView])? {
    let scalars = text.unicodeScalars
    guard scalars.contains("\n"), scalars.allSatisfy({ $0 == "\n" || $0 == "\t" || isPrintable($0) }) else {
      return nil
    }
    var lines = scalars.split(separator: "\n", omittingEmptySubsequences: false).map { Substring($0).unicodeScalars }
    let endsInLine = lines.last?.isEmpty == true
    if endsInLine { lines.removeLast() }
    guard let first = lines.first(where: { !$0.isEmpty }), lines.last?.isEmpty == false,
      lines.allSatisfy({ $0.last != " " && $0.last != "\t" })
    else { return nil }
    // YAML takes the first line's indentation for the block's, unless it is told (YAML 1.2.2 section 8.1.1.1).
    let needsIndicator = first.first == " " || first.first == "\t" || lines[0].isEmpty
    return ("|" + (needsIndicator ? "2" : "") + (endsInLine ? "" : "-"), lines)
  }

  /// Characters that need no escape: printable ones (YAML 1.2.2 section 5.1) but for those that some reader takes for
  /// the end of a line.
  static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x20...0x7E, 0xA0...0x2027, 0x202F...0x2065, 0x206A...0xD7FF, 0xE000...0xFEFE, 0xFF00...0xFFFD,
      0x10000...0x10FFFF:
      true
    default: false
    }
  }

  /// Words that another reader, of YAML 1.1, takes for booleans.
  private static let words: Set<String> = [
    "null", "true", "false", "yes", "no", "on", "off", "y", "n", "~", "<<", "=",
  ]

  private static func isPlain(_ text: String) -> Bool {
    let scalars = text.unicodeScalars
    guard let first = scalars.first, let last = scalars.last, first != " ", last != " ", last != ":" else {
      return false
    }
    guard scalars.allSatisfy(isPrintable), !words.contains(text.lowercased()) else { return false }
    switch first {
    case "-", "?", ":", ",", "[", "]", "{", "}", "#", "&", "*", "!", "|", ">", "'", "\"", "%", "@", "`", "=", "<":
      return false
    // Whatever could be a number, a time or a version is quoted, without asking which.
    case "0"..."9", "+", ".": return mayBeText(scalars)
    default: break
    }
    var before: Unicode.Scalar = " "
    for scalar in scalars {
      if scalar == "#", before == " " { return false }
      if before == ":", scalar == " " { return false }
      before = scalar
    }
    return true
  }

  /// Whether a text that begins like a number is none for certain: it has a letter that no number has.
  private static func mayBeText(_ scalars: String.UnicodeScalarView) -> Bool {
    let ordinary = scalars.allSatisfy {
      $0.isASCII && ($0.properties.isAlphabetic || "0123456789/-_".unicodeScalars.contains($0))
    }
    return ordinary && scalars.contains { $0.properties.isAlphabetic && !"abcdefxoABCDEF".unicodeScalars.contains($0) }
  }

  private static func doubleQuoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\r": result += "\\r"
      case "\t": result += "\\t"
      case _ where isPrintable(scalar): result.unicodeScalars.append(scalar)
      default:
        let digits = String(scalar.value, radix: 16, uppercase: true)
        let (letter, width) = scalar.value > 0xFFFF ? ("U", 8) : scalar.value > 0xFF ? ("u", 4) : ("x", 2)
        result += "\\\(letter)" + String(repeating: "0", count: width - digits.count) + digits
      }
    }
    return result + "\""
  }
}

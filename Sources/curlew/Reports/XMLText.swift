/// Text of any origin in an XML 1.0 document.
enum XMLText {
  /// The text for element content and quoted attributes alike.
  ///
  /// Characters that XML 1.0 has no place for (section 2.2), such as NUL and U+FFFF, become U+FFFD; line ends and tabs
  /// are written as references, since a reader would turn them into blanks in an attribute (section 3.3.3).
  static func escaped(_ text: String, keepsLines: Bool = false) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      // The end of a CDATA section may not stand in text either.
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "\n" where keepsLines: result += "\n"
      case "\t", "\n", "\r": result += "&#\(scalar.value);"
      case "\u{FFFE}", "\u{FFFF}": result += "\u{FFFD}"
      case _ where scalar.value < 32 || scalar.value == 127: result += "\u{FFFD}"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}

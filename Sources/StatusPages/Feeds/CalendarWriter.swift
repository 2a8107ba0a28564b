/// Writes content lines of RFC 5545: escaped, folded at 75 octets and ended by CR LF.
struct CalendarWriter {
  /// What was written.
  private(set) var bytes: [UInt8] = []

  /// A line whose value is no text: a date, a URL, a word of the standard. What could end the line is left out.
  mutating func line(_ name: StaticString, _ value: String) {
    fold("\(name):" + String(value.unicodeScalars.filter { $0.value >= 0x20 && $0.value != 0x7f }.map(Character.init)))
  }

  /// A line whose value is text of any origin (section 3.3.11).
  mutating func line(_ name: StaticString, text: String) {
    var escaped = "\(name):"
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\\": escaped += "\\\\"
      case ";": escaped += "\\;"
      case ",": escaped += "\\,"
      case "\n": escaped += "\\n"
      default: if scalar.value >= 0x20 && scalar.value != 0x7f { escaped.unicodeScalars.append(scalar) }
      }
    }
    fold(escaped)
  }

  /// Section 3.1: a line of more than 75 octets goes on in the next one after a space. No letter is cut in two.
  private mutating func fold(_ line: String) {
    var width = 0
    for scalar in line.unicodeScalars {
      let letter = Array(String(Character(scalar)).utf8)
      if width + letter.count > 75 {
        bytes += Array("\r\n ".utf8)
        width = 1
      }
      bytes += letter
      width += letter.count
    }
    bytes += Array("\r\n".utf8)
  }
}

/// A word of a shell's command line.
enum ShellWord {
  /// The bytes as one word that bash, zsh and ksh read back: bare where nothing is special, in single quotes, or, where a
  /// control character or a byte that is no text is among them, in `$'…'`. A NUL cannot be in a word at all.
  static func quoted(_ bytes: [UInt8]) -> String {
    guard let text = String(validating: bytes, as: UTF8.self), !text.unicodeScalars.contains(where: HumanText.isControl)
    else { return "$'" + escaped(bytes) + "'" }
    if !bytes.isEmpty, bytes.allSatisfy(isPlain) { return text }
    return "'" + text.replacing("'", with: "'\\''") + "'"
  }

  static func quoted(_ text: String) -> String { quoted(Array(text.utf8)) }

  /// For `$'…'`, and for the format of printf(1) when `isFormat` is set.
  static func escaped(_ bytes: [UInt8], isFormat: Bool = false) -> String {
    var word = ""
    for byte in bytes {
      switch byte {
      case UInt8(ascii: "\n"): word += "\\n"
      case UInt8(ascii: "\r"): word += "\\r"
      case UInt8(ascii: "\t"): word += "\\t"
      case UInt8(ascii: "\\"): word += "\\\\"
      case UInt8(ascii: "%") where isFormat: word += "%%"
      // Octal, of three digits, ends by itself; and `'` needs no form of its own in either place.
      case 0..<32, 127..., UInt8(ascii: "'"):
        let digits = String(byte, radix: 8)
        word += "\\" + String(repeating: "0", count: 3 - digits.count) + digits
      default: word.unicodeScalars.append(Unicode.Scalar(byte))
      }
    }
    return word
  }

  private static func isPlain(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"):
      true
    default: "-_./:@%+,".utf8.contains(byte)
    }
  }
}

/// Texts quoted as Go's strconv.Quote does it, which is how blackbox_exporter's answers and log lines quote.
enum GoQuote {
  /// In double quotes, with what cannot be printed escaped.
  static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\r": result += "\\r"
      case "\t": result += "\\t"
      default:
        if scalar.value < 0x20 || scalar.value == 0x7f {
          let digits = String(scalar.value, radix: 16)
          result += "\\x" + (digits.count < 2 ? "0" : "") + digits
        } else if scalar.properties.isDefaultIgnorableCodePoint || scalar.properties.generalCategory == .control {
          let digits = String(scalar.value, radix: 16)
          result += scalar.value > 0xffff ? "\\U" : "\\u"
          result += String(repeating: "0", count: (scalar.value > 0xffff ? 8 : 4) - digits.count) + digits
        } else {
          result.unicodeScalars.append(scalar)
        }
      }
    }
    return result + "\""
  }
}

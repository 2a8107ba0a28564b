/// Texts and names as the expression language writes them.
enum CELText {
  /// Words that are no names in CEL (https://github.com/google/cel-spec/blob/master/doc/langdef.md#syntax), and those
  /// that facts, fixed names, types and functions have taken.
  private static let taken: Set<String> = [
    "true", "false", "null", "in", "as", "break", "const", "continue", "else", "for", "function", "if", "import", "let",
    "loop", "package", "namespace", "return", "var", "void", "while",
    "elapsed", "phases", "ip", "attempt", "status", "headers", "header_values", "cookies", "body", "body_bytes", "size",
    "json", "url", "redirects", "version", "protocol", "cipher", "alpn", "verified", "verify_error", "certificate",
    "chain", "ocsp", "vars", "env", "secrets", "steps", "now", "run", "int", "uint", "double", "string", "bool",
    "bytes",
    "list", "map", "null_type", "type", "dyn", "duration", "timestamp", "google", "has", "all", "exists", "exists_one",
    "filter", "matches", "contains", "startsWith", "endsWith", "uuid", "random", "base64", "hex", "sha256",
    "hmac_sha256", "html", "xml", "cel", "math", "strings", "optional",
  ]

  /// Words that are not even a field after a dot.
  private static let keywords: Set<String> = ["true", "false", "null", "in"]

  /// A string literal.
  static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\r": result += "\\r"
      case "\t": result += "\\t"
      case _ where YAMLScalar.isPrintable(scalar): result.unicodeScalars.append(scalar)
      default:
        let digits = String(scalar.value, radix: 16)
        let width = scalar.value > 0xFFFF ? 8 : 4
        result += (width == 8 ? "\\U" : "\\u") + String(repeating: "0", count: width - digits.count) + digits
      }
    }
    return result + "\""
  }

  /// A regular expression as a literal: raw where that is possible, since backslashes are common.
  static func pattern(_ text: String) -> String {
    let isRaw =
      text.contains("\\")
      && text.unicodeScalars.allSatisfy { $0 != "\"" && $0 != "\n" && YAMLScalar.isPrintable($0) }
      && !text.hasSuffix("\\")
    return isRaw ? "r\"\(text)\"" : quoted(text)
  }

  /// Whether a word is a field's name as it is.
  static func isField(_ name: String) -> Bool { isIdentifier(name) && !keywords.contains(name) }

  /// How a variable is referred to.
  static func variable(_ name: String) -> String { taken.contains(name) ? "vars.\(name)" : name }

  /// A word made into a variable's name: `x-csrf` becomes `x_csrf`.
  static func name(_ text: String) -> String {
    var name = ""
    for scalar in text.unicodeScalars {
      let fits = scalar.isASCII && (UInt8(scalar.value).isLetter || UInt8(scalar.value).isDigit)
      if fits { name.unicodeScalars.append(scalar) } else if !name.hasSuffix("_") { name += "_" }
    }
    name = String(name.prefix(40))
    guard let first = name.utf8.first else { return "value" }
    if first.isDigit { name = "_" + name }
    return name == "_" ? "value" : keywords.contains(name) ? name + "_" : name
  }

  /// `name` or `["name"]` after a value.
  static func member(_ name: String) -> String { isField(name) ? ".\(name)" : "[\(quoted(name))]" }

  private static func isIdentifier(_ name: String) -> Bool {
    guard let first = name.utf8.first, first.isLetter || first == UInt8(ascii: "_") else { return false }
    return name.utf8.allSatisfy { $0.isLetter || $0.isDigit || $0 == UInt8(ascii: "_") }
  }
}

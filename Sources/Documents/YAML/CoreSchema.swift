package import Expressions

/// Which type a plain scalar has in YAML 1.2 (section 10.3.2, the core schema): `no`, `off` and `12:30` are text.
package enum CoreSchema {
  /// The value of a scalar in no quotes.
  package static func value(ofPlain text: String) -> Value {
    guard let first = text.utf8.first else { return .null }
    switch first {
    case UInt8(ascii: "~") where text == "~": return .null
    case UInt8(ascii: "n"), UInt8(ascii: "N"):
      return text == "null" || text == "Null" || text == "NULL" ? .null : .string(text)
    case UInt8(ascii: "t"), UInt8(ascii: "T"):
      return text == "true" || text == "True" || text == "TRUE" ? .bool(true) : .string(text)
    case UInt8(ascii: "f"), UInt8(ascii: "F"):
      return text == "false" || text == "False" || text == "FALSE" ? .bool(false) : .string(text)
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."):
      return number(text) ?? .string(text)
    default: return .string(text)
    }
  }

  /// A number, or nil when the text is none.
  private static func number(_ text: String) -> Value? {
    if text.hasPrefix("0x") { return prefixed(text, radix: 16) }
    if text.hasPrefix("0o") { return prefixed(text, radix: 8) }
    let unsigned = text.hasPrefix("-") || text.hasPrefix("+") ? text.dropFirst() : text[...]
    if !unsigned.isEmpty, unsigned.utf8.allSatisfy(isDigit) {
      if let int = Int64(text) { return .int(int) }
      if let uint = UInt64(text) { return .uint(uint) }
      return Double(text).map(Value.double)
    }
    switch unsigned {
    case ".inf", ".Inf", ".INF": return .double(text.hasPrefix("-") ? -.infinity : .infinity)
    case ".nan", ".NaN", ".NAN": return unsigned.count == text.count ? .double(.nan) : nil
    default: return isFloat(unsigned) ? Double(text).map(Value.double) : nil
    }
  }

  private static func prefixed(_ text: String, radix: Int) -> Value? {
    let digits = text.dropFirst(2)
    guard let first = digits.utf8.first, first != UInt8(ascii: "-"), first != UInt8(ascii: "+") else { return nil }
    if let int = Int64(digits, radix: radix) { return .int(int) }
    return UInt64(digits, radix: radix).map(Value.uint)
  }

  /// `(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`
  private static func isFloat(_ text: Substring) -> Bool {
    var rest = text.utf8
    func digits() -> Int {
      let count = rest.prefix(while: isDigit).count
      rest = rest.dropFirst(count)
      return count
    }
    let whole = digits()
    var fraction = 0
    if rest.first == UInt8(ascii: ".") {
      rest = rest.dropFirst()
      fraction = digits()
    }
    guard whole + fraction > 0 else { return false }
    if rest.first == UInt8(ascii: "e") || rest.first == UInt8(ascii: "E") {
      rest = rest.dropFirst()
      if rest.first == UInt8(ascii: "-") || rest.first == UInt8(ascii: "+") { rest = rest.dropFirst() }
      guard digits() > 0 else { return false }
    }
    return rest.isEmpty
  }

  private static func isDigit(_ byte: UInt8) -> Bool { (48...57).contains(byte) }
}

extension YAMLNode {
  /// The node as a value of expressions; a template that waits for the run counts as null.
  package var value: Value {
    switch content {
    case .scalar(let text, let isPlain): isPlain ? CoreSchema.value(ofPlain: text) : .string(text)
    case .sequence(let items): .list(items.map(\.value))
    case .mapping(let entries): .map(MapValue(entries.map { ($0.name, $0.value.value) }))
    case .value(let value): value
    case .pending: .null
    }
  }

  /// A node that stands for what a template gave, in the template's place.
  package func rendered(_ value: Value) -> YAMLNode {
    switch value {
    case .string(let text):
      return replacing(.scalar(text, isPlain: false), isRendered: true)
    case .list(let items):
      return replacing(.sequence(items.map(rendered)), isRendered: true)
    case .map(let map):
      guard let entries = try? map.entries() else { return replacing(.value(value), isRendered: true) }
      return replacing(
        .mapping(
          entries.map { entry in
            let name = replacing(.scalar(entry.key.text, isPlain: false), isRendered: true)
            return Entry(key: name, value: rendered(entry.value))
          }), isRendered: true)
    default:
      return replacing(.value(value), isRendered: true)
    }
  }
}

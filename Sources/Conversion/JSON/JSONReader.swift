/// Reads JSON (RFC 8259) out of an input.
struct JSONReader {
  private static let deepest = 256
  private static let mostValues = 2_000_000

  private(set) var cursor: Cursor
  private let allowsTemplates: Bool
  private var depth = 0
  private var values = 0

  /// - Parameter allowsTemplates: whether `{{name}}` may stand for a value, as Hurl has it.
  init(_ cursor: Cursor, allowsTemplates: Bool = false) {
    self.cursor = cursor
    self.allowsTemplates = allowsTemplates
  }

  /// The value of a text, or nil when it is no JSON.
  static func value(of text: String) -> JSONValue? {
    guard let source = try? SourceText(Array(text.utf8)) else { return nil }
    var reader = JSONReader(Cursor(source))
    return try? reader.document()
  }

  /// One value and nothing after it.
  mutating func document() throws(ConversionFailure) -> JSONValue {
    let value = try value()
    cursor.skipSpace()
    guard cursor.isAtEnd else { throw cursor.failure("text after the end of the JSON value") }
    return value
  }

  /// One value; the cursor stands after it.
  mutating func value() throws(ConversionFailure) -> JSONValue {
    cursor.skipSpace()
    values += 1
    guard values <= Self.mostValues else { throw cursor.failure("there are more than \(Self.mostValues) JSON values") }
    let offset = cursor.position
    switch cursor.peek {
    case UInt8(ascii: "\"")?: return JSONValue(content: .string(try string()), offset: offset)
    case UInt8(ascii: "{")? where allowsTemplates && cursor.peek(after: 1) == UInt8(ascii: "{"):
      return JSONValue(content: .template(try template()), offset: offset)
    case UInt8(ascii: "{")?: return JSONValue(content: try object(), offset: offset)
    case UInt8(ascii: "[")?: return JSONValue(content: try array(), offset: offset)
    case let byte? where byte == UInt8(ascii: "-") || byte.isDigit:
      return JSONValue(content: .number(try number()), offset: offset)
    default:
      if cursor.take("true") { return JSONValue(content: .bool(true), offset: offset) }
      if cursor.take("false") { return JSONValue(content: .bool(false), offset: offset) }
      if cursor.take("null") { return JSONValue(content: .null, offset: offset) }
      throw cursor.failure("expected a JSON value, found \(cursor.found)")
    }
  }

  private mutating func descend() throws(ConversionFailure) {
    depth += 1
    guard depth <= Self.deepest else {
      throw cursor.failure("JSON is nested more than \(Self.deepest) levels deep")
    }
    cursor.position += 1
    cursor.skipSpace()
  }

  private mutating func array() throws(ConversionFailure) -> JSONValue.Content {
    try descend()
    defer { depth -= 1 }
    var elements: [JSONValue] = []
    if cursor.take("]") { return .array(elements) }
    while true {
      elements.append(try value())
      cursor.skipSpace()
      if cursor.take(",") { continue }
      guard cursor.take("]") else { throw cursor.failure("expected ',' or ']' in JSON, found \(cursor.found)") }
      return .array(elements)
    }
  }

  private mutating func object() throws(ConversionFailure) -> JSONValue.Content {
    try descend()
    defer { depth -= 1 }
    var members: [JSONValue.Member] = []
    if cursor.take("}") { return .object(members) }
    while true {
      cursor.skipSpace()
      guard cursor.peek == UInt8(ascii: "\"") else {
        throw cursor.failure("expected a JSON key in quotes, found \(cursor.found)")
      }
      let key = try string()
      cursor.skipSpace()
      guard cursor.take(":") else { throw cursor.failure("expected ':' in JSON, found \(cursor.found)") }
      members.append(JSONValue.Member(key: key, value: try value()))
      cursor.skipSpace()
      if cursor.take(",") { continue }
      guard cursor.take("}") else { throw cursor.failure("expected ',' or '}' in JSON, found \(cursor.found)") }
      return .object(members)
    }
  }

  private mutating func template() throws(ConversionFailure) -> String {
    let start = cursor.position
    cursor.position += 2
    let name = cursor.take { $0 != UInt8(ascii: "}") && !$0.isLineEnd }
    guard cursor.take("}}") else {
      throw cursor.failure("the template that starts here is not closed by '}}'", at: start)
    }
    return name
  }

  private mutating func number() throws(ConversionFailure) -> String {
    let start = cursor.position
    _ = cursor.take("-")
    if !cursor.take("0") { try digits() }
    if cursor.take(".") { try digits() }
    if cursor.take("e") || cursor.take("E") {
      if !cursor.take("+") { _ = cursor.take("-") }
      try digits()
    }
    return cursor.source.text(start..<cursor.position)
  }

  private mutating func digits() throws(ConversionFailure) {
    guard !cursor.take(while: \.isDigit).isEmpty else {
      throw cursor.failure("expected a digit, found \(cursor.found)")
    }
  }

  private mutating func string() throws(ConversionFailure) -> String {
    let opening = cursor.position
    cursor.position += 1
    var bytes: [UInt8] = []
    while true {
      let start = cursor.position
      while let byte = cursor.peek, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\"), byte >= 0x20 {
        cursor.position += 1
      }
      bytes += cursor.source.bytes[start..<cursor.position]
      switch cursor.peek {
      case nil: throw cursor.failure("the JSON string that starts here is not closed", at: opening)
      case UInt8(ascii: "\"")?:
        cursor.position += 1
        return String(decoding: bytes, as: UTF8.self)
      case UInt8(ascii: "\\")?:
        cursor.position += 1
        try escape(into: &bytes)
      default: throw cursor.failure("a control character in a JSON string must be escaped")
      }
    }
  }

  private mutating func escape(into bytes: inout [UInt8]) throws(ConversionFailure) {
    let letter = cursor.peek
    cursor.position += 1
    switch letter {
    case UInt8(ascii: "\"")?, UInt8(ascii: "\\")?, UInt8(ascii: "/")?: bytes.append(letter ?? 0)
    case UInt8(ascii: "b")?: bytes.append(0x08)
    case UInt8(ascii: "f")?: bytes.append(0x0C)
    case UInt8(ascii: "n")?: bytes.append(0x0A)
    case UInt8(ascii: "r")?: bytes.append(0x0D)
    case UInt8(ascii: "t")?: bytes.append(0x09)
    case UInt8(ascii: "u")?:
      let scalar = try scalar()
      bytes += Array(String(Character(scalar)).utf8)
    default: throw cursor.failure("unknown escape sequence in a JSON string", at: cursor.position - 2)
    }
  }

  /// The scalar of `\uXXXX`, or of two of them; half a pair stands for nothing and becomes U+FFFD.
  private mutating func scalar() throws(ConversionFailure) -> Unicode.Scalar {
    let high = try unit()
    guard 0xD800..<0xDC00 ~= high, cursor.starts(with: "\\u") else { return Unicode.Scalar(high) ?? "\u{FFFD}" }
    let before = cursor.position
    cursor.position += 2
    let low = try unit()
    if 0xDC00..<0xE000 ~= low { return Unicode.Scalar(0x10000 + (high - 0xD800) << 10 + (low - 0xDC00)) ?? "\u{FFFD}" }
    cursor.position = before
    return "\u{FFFD}"
  }

  private mutating func unit() throws(ConversionFailure) -> UInt32 {
    var unit: UInt32 = 0
    for _ in 0..<4 {
      guard let value = cursor.peek?.hexValue else {
        throw cursor.failure("expected four hexadecimal digits, found \(cursor.found)")
      }
      unit = unit << 4 | UInt32(value)
      cursor.position += 1
    }
    return unit
  }
}

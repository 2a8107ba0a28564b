/// `format()` of the strings extension: `%s %d %f %e %b %o %x %X %%`, with a precision as in `%.3f`.
enum Formatter {
  /// More decimals than any double has.
  private static let highestPrecision = 1100

  static func format(_ pattern: String, _ arguments: [Value], _ frame: inout Frame) throws(EvaluationError) -> String {
    try frame.charge(bytes: pattern.utf8.count)
    var result: [UInt8] = []
    var bytes = Array(pattern.utf8)[...]
    var used = 0
    while let byte = bytes.popFirst() {
      guard byte == UInt8(ascii: "%") else {
        result.append(byte)
        continue
      }
      if bytes.first == UInt8(ascii: "%") {
        result.append(bytes.removeFirst())
        continue
      }
      guard used < arguments.count else {
        throw EvaluationError(.index, "the format asks for more values than the \(arguments.count) given")
      }
      let precision = try precision(&bytes)
      guard let clause = bytes.popFirst() else {
        throw EvaluationError(.invalidArgument, "the format ends in the middle of a clause")
      }
      let text = try clauseText(clause, precision: precision, arguments[used], &frame)
      used += 1
      result += text.utf8
    }
    return String(decoding: result, as: UTF8.self)
  }

  private static func precision(_ bytes: inout ArraySlice<UInt8>) throws(EvaluationError) -> Int {
    guard bytes.first == UInt8(ascii: ".") else { return 6 }
    bytes.removeFirst()
    let digits = bytes.prefix { $0.isDigit }
    bytes = bytes.dropFirst(digits.count)
    guard let number = Int(String(decoding: digits, as: UTF8.self)), number <= highestPrecision else {
      throw EvaluationError(.invalidArgument, "the precision of a format is a number up to \(highestPrecision)")
    }
    return number
  }

  private static func clauseText(
    _ clause: UInt8, precision: Int, _ value: Value, _ frame: inout Frame
  ) throws(EvaluationError) -> String {
    switch (clause, value) {
    case (UInt8(ascii: "s"), _): return try text(value, &frame)
    case (UInt8(ascii: "d"), .int(let number)): return String(number)
    case (UInt8(ascii: "d"), .uint(let number)): return String(number)
    case (UInt8(ascii: "d"), .double(let number)): return NumberText.plain(number)
    case (UInt8(ascii: "f"), _):
      if let number = value.asDouble { return NumberText.rounded(number, decimals: precision, isScientific: false) }
    case (UInt8(ascii: "e"), _):
      if let number = value.asDouble { return NumberText.rounded(number, decimals: precision, isScientific: true) }
    case (UInt8(ascii: "b"), .bool(let flag)): return flag ? "1" : "0"
    case (UInt8(ascii: "b"), .int(let number)): return String(number, radix: 2)
    case (UInt8(ascii: "b"), .uint(let number)): return String(number, radix: 2)
    case (UInt8(ascii: "o"), .int(let number)): return String(number, radix: 8)
    case (UInt8(ascii: "o"), .uint(let number)): return String(number, radix: 8)
    case (UInt8(ascii: "x"), _), (UInt8(ascii: "X"), _):
      let isUpper = clause == UInt8(ascii: "X")
      switch value {
      case .int(let number): return String(number, radix: 16, uppercase: isUpper)
      case .uint(let number): return String(number, radix: 16, uppercase: isUpper)
      case .string, .bytes:
        let bytes = try value.octets(for: "format")
        try frame.charge(bytes: bytes.count * 2)
        return bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16, uppercase: isUpper) }.joined()
      default: break
      }
    case (UInt8(ascii: "d"), _), (UInt8(ascii: "b"), _), (UInt8(ascii: "o"), _): break
    default:
      let letter = String(UnicodeScalar(clause)).escapedForDisplay
      throw EvaluationError(.invalidArgument, "'%\(letter)' is no clause of a format; use %s %d %f %e %b %o %x %X %%")
    }
    throw EvaluationError(
      .invalidArgument, "'%\(UnicodeScalar(clause))' of a format does not take a value of type \(value.kind)")
  }

  /// The form of `%s`: text as it is, lists and maps with their elements, maps in the order of their keys' texts.
  private static func text(_ value: Value, _ frame: inout Frame) throws(EvaluationError) -> String {
    switch value {
    case .null: return "null"
    case .double(let number): return NumberText.plain(number)
    case .bytes(let bytes):
      try frame.charge(bytes: bytes.count)
      return String(decoding: bytes, as: UTF8.self)
    case .string(let text):
      try frame.charge(bytes: text.utf8.count)
      return text
    case .list(let elements):
      var parts: [String] = []
      for element in elements {
        try frame.charge(1)
        parts.append(try text(element, &frame))
      }
      return "[" + parts.joined(separator: ", ") + "]"
    case .map(let map):
      var parts: [(key: String, value: String)] = []
      for (key, value) in try map.entries() {
        try frame.charge(1)
        parts.append((key.text, try text(value, &frame)))
      }
      parts.sort { $0.key.precedesByCodePoint($1.key) }
      return "{" + parts.map { "\($0.key): \($0.value)" }.joined(separator: ", ") + "}"
    default:
      guard case .string(let text) = try Conversion.string(value, &frame) else { return "" }
      return text
    }
  }
}

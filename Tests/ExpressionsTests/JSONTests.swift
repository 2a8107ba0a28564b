import Expressions
import Testing

@Suite struct JSONTests {
  @Test(
    "JSON text becomes the values it means",
    arguments: [
      ("null", nil), (" true\n", true), ("-0", 0), ("9223372036854775807", 9_223_372_036_854_775_807),
      ("-9223372036854775808", -9_223_372_036_854_775_808), ("9223372036854775808", .uint(9_223_372_036_854_775_808)),
      ("18446744073709551615", .uint(.max)), ("18446744073709551616", 18446744073709551616.0), ("1.0", 1.0),
      ("1e2", 100.0), ("-1.5E-3", -0.0015), ("\"\"", ""), ("\"a\\n\\u00e9\\ud83d\\ude00\\/\"", "a\né😀/"),
      ("\"\\ud800\"", "\u{FFFD}"), ("\"\\ud800\\u0041\"", "\u{FFFD}A"), ("[]", []), ("[1, [2], {}]", [1, [2], [:]]),
      ("{\"a\": {\"b\": null}}", ["a": ["b": nil]]), ("\u{FEFF}1", 1), ("\"\u{7f}\u{2028}\"", "\u{7f}\u{2028}"),
    ] as [(String, Value)])
  func valid(text: String, expected: Value) throws {
    let value = try JSON.parse(text)
    #expect(value == expected)
    #expect(value.typeName == expected.typeName)
    #expect(try JSON.parse(JSON.write(value)) == expected)
  }

  @Test(
    "what is no JSON is refused with its place",
    arguments: [
      ("", "1:1: expected a value, but the text ends here"), ("NaN", "1:1: expected a value, found 'N'"),
      ("{\"a\": 1,\n \"b\": 2, \"a\": 3}", "2:10: the key \"a\" stands twice"),
      ("1 2", "1:3: text after the end of the JSON value"), ("[1,]", "1:4: expected a value, found ']'"),
      ("{\"a\":1,}", "1:8: expected a key in quotes, found '}'"), ("{a:1}", "1:2: expected a key in quotes, found 'a'"),
      ("01", "1:1: a number does not begin with 0"), ("-", "1:2: expected a digit, but the text ends here"),
      ("1.", "1:3: expected a digit, but the text ends here"), (".5", "1:1: expected a value, found '.'"),
      ("+1", "1:1: expected a value, found '+'"), ("1e999", "1:1: the number is too large for a double"),
      ("\"a\nb\"", "1:3: a control character in a string must be escaped"), ("\"abc", "1:1: the string is not closed"),
      ("\"\\x\"", "1:2: unknown escape sequence in a string"),
      ("\"\\u12g4\"", "1:6: expected four hexadecimal digits, found 'g'"), ("'a'", "1:1: expected a value, found '''"),
      ("tru", "1:1: expected a value, found 't'"), ("[1 2]", "1:4: expected ',' or ']', found '2'"),
      ("{\"a\" 1}", "1:6: expected ':', found '1'"), ("// x\n1", "1:1: expected a value, found '/'"),
    ])
  func invalid(text: String, expected: String) {
    let error = #expect(throws: JSONError.self) { try JSON.parse(text) }
    #expect(error?.description == expected)
  }

  @Test(
    "as Go reads it every number is a double, and the last of equal keys stays",
    arguments: [
      ("1", .double(1)), ("-0.5", .double(-0.5)), ("18446744073709551616", .double(18446744073709551616.0)),
      ("{\"a\": 1, \"a\": true}", .map(MapValue([("a", .bool(true))]))), ("[2]", .list([.double(2)])),
    ] as [(String, Value)])
  func goDialect(text: String, value: Value) throws {
    #expect(try JSON.parse(Array(text.utf8), dialect: .go) == value)
  }

  @Test("bytes that are no UTF-8 are refused")
  func invalidUTF8() {
    let error = #expect(throws: JSONError.self) { try JSON.parse([0x22, 0xFF, 0x22]) }
    #expect(error?.description == "1:2: the string is no valid UTF-8")
  }

  @Test("deep nesting is refused, whatever its depth")
  func depth() throws {
    let deep = [UInt8](repeating: UInt8(ascii: "["), count: 1_000_000)
    let error = #expect(throws: JSONError.self) { try JSON.parse(deep) }
    #expect(error?.message == "arrays and objects are nested more than 256 levels deep")
    let allowed = String(repeating: "[", count: 256) + String(repeating: "]", count: 256)
    #expect(try JSON.write(JSON.parse(allowed)) == allowed)
  }

  @Test("hostile texts take linear time", .timeLimit(.minutes(1)))
  func hostile() throws {
    let keys = "{" + (0..<100_000).map { "\"k\($0)\":\($0)" }.joined(separator: ",") + "}"
    #expect(try JSON.parse(keys).asMap?.count == 100_000)
    let escapes = "\"" + String(repeating: "\\u0041", count: 200_000) + "\""
    #expect(try JSON.parse(escapes).asString?.utf8.count == 200_000)
    #expect(throws: JSONError.self) { try JSON.parse(String(repeating: "9", count: 1_000_000)) }
    // A few bytes of text are a hundred and more of values.
    for piece in ["{\"\":0}", "[0]", "0", "\"\""] {
      let many = "[" + Array(repeating: piece, count: 1000).joined(separator: ",") + "]"
      let error = #expect(throws: JSONError.self) { try JSON.parse(many, limits: JSON.Limits(values: 1000)) }
      #expect(error?.message == "there are more than 1000 values")
    }
    #expect(JSON.Limits.standard == JSON.Limits(depth: 256, values: 500_000))
    let whole = "[" + Array(repeating: "0", count: 999).joined(separator: ",") + "]"
    #expect(try JSON.parse(whole, limits: JSON.Limits(values: 1000)).asList?.count == 999)
    // Canonically equivalent keys: equal to String, different to JSON.
    #expect(try JSON.parse("{\"é\":1,\"e\u{301}\":2}").asMap?.count == 2)
  }

  @Test("values that JSON lacks are written as text")
  func writing() throws {
    let value: Value = [
      "d": .duration(.milliseconds(-1500)), "t": .timestamp(.epoch), "b": .bytes([0xFF]), "n": .double(.nan),
      "i": .double(-.infinity), "u": .uint(7), "f": 100.0, "large": 1e300, "q": "a\"\\\n\u{1}",
    ]
    #expect(
      try JSON.write(value)
        == #"{"d":"-1.5s","t":"1970-01-01T00:00:00Z","b":"/w==","n":"NaN","i":"-Infinity","u":7,"f":100.0,"large":1e+300,"q":"a\"\\\n\u0001"}"#
    )
  }

  @Test("random documents survive a round trip")
  func roundTrip() throws {
    var generator = SystemRandomNumberGenerator()
    for _ in 0..<300 {
      let value = Self.random(depth: 4, &generator)
      let text = try JSON.write(value)
      #expect(try JSON.parse(text) == value, "\(text)")
    }
  }

  private static func random(depth: Int, _ generator: inout SystemRandomNumberGenerator) -> Value {
    switch Int.random(in: 0..<(depth > 0 ? 8 : 6), using: &generator) {
    case 0: return nil
    case 1: return .bool(.random(using: &generator))
    case 2: return .int(.random(in: .min ... .max, using: &generator))
    case 3: return .uint(.random(in: (1 << 63) ... .max, using: &generator))
    case 4: return .double(Double(bitPattern: .random(in: 0..<0x7FE0_0000_0000_0000, using: &generator)))
    case 5:
      let scalars = (0..<Int.random(in: 0..<12, using: &generator)).compactMap { _ in
        Unicode.Scalar(UInt32.random(in: 0..<0x11_0000, using: &generator))
      }
      return .string(String(String.UnicodeScalarView(scalars)))
    case 6:
      return .list(
        (0..<Int.random(in: 0..<12, using: &generator)).map { _ in random(depth: depth - 1, &generator) })
    default:
      let pairs = (0..<Int.random(in: 0..<14, using: &generator)).map { position in
        ("k\(position)", random(depth: depth - 1, &generator))
      }
      return .map(MapValue(pairs))
    }
  }
}

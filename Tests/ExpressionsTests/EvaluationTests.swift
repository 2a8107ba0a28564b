import Expressions
import Synchronization
import Testing

@Suite struct EvaluationTests {
  static let environment = Environment(variables: ["x": .dyn, "y": .dyn, "m": .dyn, "text": .string])

  static func evaluate(_ source: String, _ bindings: [String: Value] = [:]) throws -> Value {
    try environment.compile(source).evaluate(bindings)
  }

  @Test(
    "Curlew's own functions compute what they say",
    arguments: [
      ("hex(sha256('abc'))", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
      ("hex(sha256(b'abc'))", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
      (
        "hex(hmac_sha256('key', 'The quick brown fox jumps over the lazy dog'))",
        "f7bc83f430538424b13298e6aa6fb143ef4d59a14946175997479dbc2d1a3cd8"
      ),
      ("url.encode('a b/ä~-._')", "a%20b%2F%C3%A4~-._"), ("url.decode('a%20b%2f%C3%A4+')", "a b/ä+"),
      ("hex('az')", "617a"), ("base64.encode('hello')", "aGVsbG8="),
    ] as [(String, Value)])
  func ownFunctions(source: String, expected: Value) throws {
    #expect(try Self.evaluate(source) == expected)
  }

  @Test(
    "what the conformance cases leave open follows the reference implementation",
    arguments: [
      ("1e-400", 0.0), ("2.0 * 1.7e308", .double(.infinity)), (".5", 0.5), ("string(1000000.0)", "1e+06"),
      ("string(123456.0)", "123456"), ("string(1.0e-7)", "1e-07"), ("'%d'.format([-5])", "-5"),
      ("'%x'.format([-31])", "-1f"), ("'%s'.format([type(1)])", "int"), ("'%.2e'.format([12345])", "1.23e+04"),
      ("'%s'.format([1e21])", "1000000000000000000000"), ("'abc'.indexOf('c', 99)", -1),
      ("'abc'.lastIndexOf('a', 99)", -1), ("'abc'.lastIndexOf('c')", 2), ("'aXbX'.replace('X', '', 1)", "abX"),
      ("'añb'.split('')", ["a", "ñ", "b"]), ("'a,b,c'.split(',', 2)", ["a", "b,c"]), ("''.split(',')", [""]),
      ("'ab'.replace('', '-')", "-a-b-"), ("'añb'.reverse()", "bña"), ("'añb'.charAt(3)", ""),
      ("duration('-1.5s').getMilliseconds()", -500), ("string(duration('1h0.000000001s'))", "3600.000000001s"),
      ("timestamp('2024-02-29T12:00:00+23:59') < timestamp('2024-02-29T00:00:00Z')", true),
      ("timestamp('2023-07-01T12:00:00Z').getHours('Europe/Berlin')", 14), ("math.sign(-0.5)", -1.0),
      ("math.round(-2.5)", -3.0), ("math.sqrt(81)", 9.0), ("[1, 2u, 3.0] == [1.0, 2, 3u]", true),
      ("{1: 'a'}[1.0]", "a"), ("1.0 in {1u: true}", true), ("-1.5 < -1", true), ("[[1]].exists(a, a == [1.0])", true),
      ("{'a': 1}.transformMap(k, v, v == 1, k + 'b')", ["a": "ab"]), ("has({'a': null}.a)", true),
      ("[1, 2].map(x, x > 1, x * 2)", [4]), ("b'\\377\\x41' == b'\\xffA'", true), ("r'\\n'.size()", 2),
    ] as [(String, Value)])
  func reference(source: String, expected: Value) throws {
    #expect(try Self.evaluate(source) == expected)
  }

  @Test("uuid() gives version 4, another one each time; random() stays in its bounds")
  func randomness() throws {
    let uuid = try Self.environment.compile("uuid()")
    let (first, second) = (try uuid.evaluate(NoBindings()), try uuid.evaluate(NoBindings()))
    #expect(first != second)
    let pattern = try RegularExpression("^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$")
    #expect(pattern.matches(try #require(first.asString)))
    let dice = try Self.environment.compile("random(1, 2)")
    var seen: Set<Int64> = []
    for _ in 0..<200 { seen.insert(try #require(try dice.evaluate(NoBindings()).asInt)) }
    #expect(seen == [1, 2])
    #expect(throws: EvaluationError.self) { try Self.evaluate("random(2, 1)") }
  }

  @Test(
    "an evaluation that fails says how and where",
    arguments: [
      ("1 / x", EvaluationError.Code.divisionByZero, "division by zero", 0..<5),
      ("m.a.b", .noSuchKey, "no such key 'b'", 0..<5),
      ("m['z'] == 1", .noSuchKey, "no such key \"z\"", 0..<6),
      ("x.y", .noSuchField, "a value of type int has no field 'y'", 0..<3),
      ("[1, 2][x + 5]", .index, "index 5 is out of range; the list has 2 elements", 0..<13),
      ("text + text == '' && y", .noSuchName, "'text' has no value", 0..<4),
      ("x + 'a'", .noSuchOverload, "no matching overload for '_+_' applied to (int, string)", 0..<7),
      ("9223372036854775807 + (x + 1)", .overflow, "integer overflow", 0..<29),
      ("int('x' + string(x))", .invalidArgument, "\"x0\" is no int", 0..<20),
      ("url.decode('%zz')", .invalidArgument, "\"%zz\" is not percent-encoded UTF-8", 0..<17),
    ])
  func failure(source: String, code: EvaluationError.Code, message: String, range: Range<Int>) {
    let bindings: [String: Value] = ["x": 0, "y": true, "m": ["a": [:]]]
    let error = #expect(throws: EvaluationError.self) { try Self.evaluate(source, bindings) }
    #expect(error == EvaluationError(code, message, range: range))
  }

  @Test(
    "what decides absorbs errors on either side",
    arguments: [
      "x.a == 1 || true", "true || x.a == 1", "!(x.a == 1 && false)", "!(false && x.a == 1)",
      "[0, 1].exists(i, 1 / i == 1)", "![0, 2].all(i, 1 / i == 1)",
    ])
  func absorption(source: String) throws {
    #expect(try Self.evaluate(source, ["x": 1]).isTrue)
  }

  @Test("a variable is asked for once an evaluation, and only when it is needed")
  func laziness() throws {
    final class Facts: Bindings {
      let asked = Mutex<[String]>([])
      func value(of name: String) throws(EvaluationError) -> Value? {
        asked.withLock { $0.append(name) }
        return 1
      }
    }
    let facts = Facts()
    let expression = try Self.environment.compile("x == 2 && y == 1 || x + x == 2")
    #expect(try expression.evaluate(facts).isTrue)
    #expect(facts.asked.withLock { $0 } == ["x"])
  }

  @Test("a lazy map builds only the members that are read")
  func lazyMembers() throws {
    final class Members: LazyMembers {
      let built = Mutex<[String]>([])
      var names: [String] { ["body", "json"] }
      func member(_ name: String) throws(EvaluationError) -> Value? {
        built.withLock { $0.append(name) }
        return name == "body" ? "hello" : nil
      }
    }
    let members = Members()
    let bindings: [String: Value] = ["m": .map(MapValue(lazy: members))]
    #expect(try Self.evaluate("has(m.json) && !has(m.x) && 'body' in m && size(m) == 2", bindings).isTrue)
    #expect(members.built.withLock { $0 }.isEmpty)
    #expect(try Self.evaluate("m.body == 'hello' && m['body'].size() == 5", bindings).isTrue)
    #expect(members.built.withLock { $0 } == ["body", "body"])
  }

  @Test("text is compared by code point, not by canonical equivalence")
  func codePoints() throws {
    #expect(try Self.evaluate("'é' == 'e\\u0301'") == false)
    #expect(try Self.evaluate("size('e\\u0301')") == 2)
    #expect(try Self.evaluate("{'é': 1, 'e\\u0301': 2}.size()") == 2)
    #expect(try Self.evaluate("'\\r\\n'.contains('\\n')").isTrue)
    #expect(try Self.evaluate("'e\\u0301'.startsWith('e')").isTrue)
  }

  @Test(
    "string(double) reads back as the same number",
    arguments: [
      0.1, 1e6, 123456789.0, -0.0, .leastNonzeroMagnitude, .greatestFiniteMagnitude, 1e21, 1e-5, 100.0, 2.5e-7,
    ])
  func numbers(number: Double) throws {
    let text = try Self.evaluate("string(x)", ["x": .double(number)])
    #expect(try Self.evaluate("double(x)", ["x": text]) == .double(number))
  }

  @Test(
    "durations are written briefly for people",
    arguments: [
      (Duration.milliseconds(512), "512ms"), (.microseconds(1_240_000), "1.24s"), (.seconds(60), "60s"),
      (.seconds(561_600), "6d12h"), (.zero, "0s"), (.nanoseconds(-1500), "-1.5µs"), (.nanoseconds(7), "7ns"),
    ])
  func briefDurations(span: Duration, expected: String) {
    #expect(Value.duration(span).brief() == expected)
  }

  @Test("random pairs of numbers are ordered alike in all kinds")
  func order() throws {
    let less = try Self.environment.compile("x < y")
    for _ in 0..<500 {
      let (a, b) = (Int64.random(in: -100...100), Int64.random(in: -100...100))
      let kinds: (Int64) -> [Value] = { number in
        [.int(number), .double(Double(number))] + (number < 0 ? [] : [.uint(UInt64(number))])
      }
      for left in kinds(a) {
        for right in kinds(b) {
          #expect(try less.evaluate(["x": left, "y": right] as [String: Value]) == .bool(a < b))
        }
      }
    }
  }

  @Test("a batch answers every line, whatever it holds")
  func batch() {
    let batch = BatchEvaluator()
    #expect(
      batch.answer(to: #"{"id":"a","expr":"x + 1","bindings":{"x":{"int64Value":"41"}}}"#)
        == #"{"id":"a","value":{"int64Value":"42"}}"#)
    #expect(
      batch.answer(to: #"{"id":7,"expr":"duration('1.5s')"}"#)
        == #"{"id":7,"value":{"objectValue":{"@type":"type.googleapis.com/google.protobuf.Duration","value":"1.500s"}}}"#
    )
    #expect(batch.answer(to: #"{"id":"b","expr":"y","bindings":{}}"#) == #"{"id":"b","error":"unknown name 'y'"}"#)
    #expect(
      batch.answer(to: #"{"id":"c","expr":"x","bindings":{"x":{"int64Value":"a"}}}"#)
        == #"{"id":"c","error":"binding 'x': \"a\" is no int64Value"}"#)
    #expect(batch.answer(to: "{") == #"{"id":null,"error":"1:2: expected a key in quotes, but the text ends here"}"#)
    #expect(batch.answer(to: "[]") == #"{"id":null,"error":"1:1: a line is an object"}"#)
    #expect(batch.answer(to: #"{"id":"d"}"#) == #"{"id":"d","error":"the line has no text 'expr'"}"#)
  }
}

import Expressions
import Testing

/// The language case by case (https://github.com/google/cel-spec/blob/master/doc/langdef.md): operators, conversions,
/// errors and macros, so that a copy of the package alone shows whether an operator still means what it should.
@Suite struct SemanticsTests {
  /// One line of the table: `expression => type JSON`, `expression => error code`, or `expression => issue` for one
  /// that does not compile.
  struct Case: Sendable, CustomTestStringConvertible {
    let source: String
    let expected: String

    var testDescription: String { "\(source) => \(expected)" }
  }

  static let cases: [Case] = table.split(separator: "\n").compactMap { line in
    let parts = line.split(separator: " => ", maxSplits: 1)
    guard !line.hasPrefix("#"), parts.count == 2 else { return nil }
    return Case(source: String(parts[0]), expected: String(parts[1]))
  }

  @Test("an expression means what the language says", arguments: cases)
  func everyCase(entry: Case) throws {
    #expect(Self.outcome(of: entry.source) == entry.expected)
  }

  @Test("the table is read whole")
  func tableIsRead() {
    #expect(Self.cases.count >= 250)
  }

  /// What comes of a source for which nothing is declared: errors of names and types are those of the evaluation.
  private static func outcome(of source: String) -> String {
    guard let expression = try? Environment(variables: [:], isLenient: true).compile(source) else { return "issue" }
    do throws(EvaluationError) {
      let value = try expression.evaluate(NoBindings())
      return "\(value.typeName.rawValue) \(try JSON.write(value))"
    } catch {
      return "error \(error.code)"
    }
  }

  private static let table = #"""
    # Arithmetic: int, uint and double, which never mix.
    1 + 2 * 3 - 4 => int 3
    (1 + 2) * 3 => int 9
    7 / 2 => int 3
    -7 / 2 => int -3
    7 % 3 => int 1
    -7 % 3 => int -1
    7 % -3 => int 1
    7u / 2u => uint 3
    7u % 4u => uint 3
    7.0 / 2.0 => double 3.5
    -(3 - 5) => int 2
    1.0 / 0.0 => double "Infinity"
    -1.0 / 0.0 => double "-Infinity"
    0.0 / 0.0 => double "NaN"
    9223372036854775807 => int 9223372036854775807
    -9223372036854775808 => int -9223372036854775808
    18446744073709551615u => uint 18446744073709551615
    0xff => int 255
    -0x10 => int -16
    0xFFu => uint 255
    1e3 => double 1000.0
    9223372036854775807 + 1 => error overflow
    -9223372036854775808 - 1 => error overflow
    9223372036854775807 * 2 => error overflow
    -(-9223372036854775807 - 1) => error overflow
    (-9223372036854775807 - 1) / -1 => error overflow
    1u - 2u => error overflow
    18446744073709551615u + 1u => error overflow
    1 / 0 => error divisionByZero
    1 % 0 => error divisionByZero
    1u / 0u => error divisionByZero
    1 + 1u => error noSuchOverload
    1 + 1.0 => error noSuchOverload
    1.5 % 1.0 => error noSuchOverload
    -1u => error noSuchOverload
    'a' - 'b' => error noSuchOverload
    'a' + 'b' => string "ab"
    b'a' + b'b' => bytes "YWI="
    [1] + [2, 3] => list [1,2,3]
    'a' + 1 => error noSuchOverload

    # Comparison: numbers across their kinds by value, text by code points.
    1 == 1u => bool true
    1 == 1.0 => bool true
    1u == 1.5 => bool false
    1 < 1.5 => bool true
    2u > 1 => bool true
    -1 < 0u => bool true
    9223372036854775807 < 1e19 => bool true
    -9223372036854775808 > -1e19 => bool true
    0.0 == -0.0 => bool true
    0.0 / 0.0 == 0.0 / 0.0 => bool false
    0.0 / 0.0 != 1.0 => bool true
    0.0 / 0.0 < 1.0 => bool false
    'a' < 'b' => bool true
    'a' < 'B' => bool false
    '' < 'a' => bool true
    'Z' < 'a' => bool true
    '\u00e9' == 'e\u0301' => bool false
    b'a' < b'b' => bool true
    b'\xff' > b'a' => bool true
    false < true => bool true
    1 == '1' => bool false
    null == null => bool true
    null == 0 => bool false
    [1, 2] == [1.0, 2u] => bool true
    [1, 2] == [2, 1] => bool false
    [] == [] => bool true
    {'a': 1, 'b': 2} == {'b': 2u, 'a': 1.0} => bool true
    {'a': 1} == {'a': 1, 'b': 2} => bool false
    {1: 'a'} == {1u: 'a'} => bool true
    1 < 'a' => error noSuchOverload
    [1] < [2] => error noSuchOverload
    null < 1 => error noSuchOverload
    duration('60s') == duration('1m') => bool true
    duration('59s') < duration('1m') => bool true
    timestamp('2024-01-01T00:00:00Z') == timestamp('2024-01-01T01:00:00+01:00') => bool true

    # Logic: an error is absorbed by an operand that decides, on either side.
    true && false => bool false
    true || false => bool true
    !true => bool false
    !!true => bool true
    false && 1 / 0 == 1 => bool false
    1 / 0 == 1 && false => bool false
    true || 1 / 0 == 1 => bool true
    1 / 0 == 1 || true => bool true
    true && 1 / 0 == 1 => error divisionByZero
    1 / 0 == 1 || false => error divisionByZero
    false || false || true => bool true
    true && true && false => bool false
    1 && true => error noSuchOverload
    false && 1 => bool false
    true ? 1 : 2 => int 1
    false ? 1 / 0 : 2 => int 2
    true ? 1 : 1 / 0 => int 1
    1 / 0 == 1 ? 1 : 2 => error divisionByZero
    true ? (false ? 1 : 2) : 3 => int 2
    false ? 1 : true ? 2 : 3 => int 2
    !1 => error noSuchOverload
    1 ? 2 : 3 => error noSuchOverload

    # Membership and lookup.
    1 in [1, 2] => bool true
    1.0 in [1, 2] => bool true
    3 in [1, 2] => bool false
    1 in [] => bool false
    'a' in {'a': 1} => bool true
    'b' in {'a': 1} => bool false
    1u in {1: 'a'} => bool true
    '1' in {1: 'a'} => bool false
    1 in 1 => error noSuchOverload
    [10, 20, 30][1] => int 20
    [10, 20, 30][1.0] => int 20
    [10, 20, 30][3] => error index
    [10, 20, 30][-1] => error index
    [][0] => error index
    {'a': {'b': 7}}.a.b => int 7
    {'a': {'b': 7}}['a']['b'] => int 7
    {'a': 1}.b => error noSuchKey
    {'a': 1}['b'] => error noSuchKey
    {1: 'x', true: 'y', 2u: 'z'}[2] => string "z"
    {'a': 1, 'a': 2} => error duplicateKey
    {1: 'a', 1u: 'b'} => error duplicateKey
    has({'a': 1}.a) => bool true
    has({'a': 1}.b) => bool false
    has({'a': null}.a) => bool true
    has({'a': 1}.b.c) => error noSuchKey
    has(1 .a) => error noSuchField

    # Macros.
    [1, 2, 3].all(x, x > 0) => bool true
    [1, 2, 3].all(x, x > 1) => bool false
    [].all(x, false) => bool true
    [1, 2, 3].exists(x, x == 2) => bool true
    [].exists(x, true) => bool false
    [1, 2, 3].exists_one(x, x > 2) => bool true
    [1, 2, 3].exists_one(x, x > 1) => bool false
    [1, 2, 3].map(x, x * x) => list [1,4,9]
    [1, 2, 3].map(x, x > 1, x * 10) => list [20,30]
    [1, 2, 3].filter(x, x % 2 == 1) => list [1,3]
    {'a': 1, 'b': 2}.all(k, k != 'c') => bool true
    {'a': 1, 'b': 2}.exists(k, k == 'b') => bool true
    {'a': 1, 'b': 2}.map(k, k) => list ["a","b"]
    {'a': 1, 'b': 2}.filter(k, k == 'b') => list ["b"]
    [[1, 2], [3]].map(x, x.map(y, y + 1)) => list [[2,3],[4]]
    [1, 2].map(x, [3, 4].map(x, x)) => list [[3,4],[3,4]]
    [0, 1].exists(x, 1 / x == 1) => bool true
    [0, 1].all(x, 1 / x == 2) => bool false
    [0, 1].all(x, 1 / x == 1) => error divisionByZero
    [0, 2].exists(x, 1 / x == 1) => error divisionByZero
    [0, 1].exists_one(x, 1 / x == 1) => error divisionByZero
    [0, 1].map(x, 1 / x) => error divisionByZero
    1.all(x, true) => error noSuchOverload
    [1, 2].transformList(i, v, i * 10 + v) => list [1,12]
    {'a': 1}.transformMap(k, v, v + 1) => map {"a":2}
    cel.bind(x, 2 + 3, x * x) => int 25

    # Text.
    size('') => int 0
    size('a\u00e4\U0001F600') => int 3
    'abc'.size() => int 3
    '\x41\101\t' => string "AA\t"
    r'\n' => string "\\n"
    """a"b""" => string "a\"b"
    'abc'.contains('b') => bool true
    'abc'.contains('') => bool true
    'abc'.startsWith('ab') => bool true
    'abc'.startsWith('b') => bool false
    'abc'.endsWith('bc') => bool true
    'abc'.matches('^a.c$') => bool true
    'abc'.matches('b') => bool true
    'abc'.matches('^b') => bool false
    matches('abc', '[x-z]') => bool false
    'abc'.matches('(') => error invalidArgument
    'a,b,c'.split(',') => list ["a","b","c"]
    ['a', 'b'].join('-') => string "a-b"
    ['a', 'b'].join() => string "ab"
    'abc'.substring(1) => string "bc"
    'abc'.substring(1, 2) => string "b"
    'abc'.substring(4) => error index
    'abc'.charAt(1) => string "b"
    'abcb'.indexOf('b') => int 1
    'abcb'.lastIndexOf('b') => int 3
    'abc'.indexOf('z') => int -1
    'abab'.replace('a', 'x') => string "xbxb"
    '  a '.trim() => string "a"
    'aBc'.lowerAscii() => string "abc"
    'aBc'.upperAscii() => string "ABC"
    '%s is %d'.format(['a', 1]) => string "a is 1"
    '%.2f'.format([1.005]) => string "1.00"
    '%d'.format(['a']) => error invalidArgument
    '%s'.format([]) => error index
    strings.quote('a"b') => string "\"a\\\"b\""

    # Bytes.
    b'abc'.size() => int 3
    size(b'\u00e4') => issue
    size(b'ä') => int 2
    b'\xff' == b'\377' => bool true
    bytes('ä') => bytes "w6Q="
    string(b'abc') => string "abc"
    string(b'\xff') => error invalidArgument

    # Conversions.
    int('42') => int 42
    int('-42') => int -42
    int('4.2') => error invalidArgument
    int('') => error invalidArgument
    int(4.9) => int 4
    int(-4.9) => int -4
    int(1e19) => error overflow
    int(0.0 / 0.0) => error overflow
    int(18446744073709551615u) => error overflow
    int(timestamp('1970-01-01T00:01:00Z')) => int 60
    uint('7') => uint 7
    uint(-1) => error overflow
    uint(3.7) => uint 3
    uint('-1') => error invalidArgument
    double('1.5') => double 1.5
    double('x') => error invalidArgument
    double(3) => double 3.0
    string(1) => string "1"
    string(1u) => string "1"
    string(1.5) => string "1.5"
    string(true) => string "true"
    string(duration('90s')) => string "90s"
    string(timestamp('2024-02-29T12:00:00Z')) => string "2024-02-29T12:00:00Z"
    bool('true') => bool true
    bool('maybe') => error invalidArgument
    type(1) == int => bool true
    type('a') == string => bool true
    type(null) == null_type => bool true
    type(type(1)) == type => bool true
    type([]) == list => bool true
    type({}) == map => bool true
    dyn(1) == 1u => bool true

    # Durations and timestamps.
    duration('1h30m') => google.protobuf.Duration "5400s"
    duration('1.5s') => google.protobuf.Duration "1.5s"
    duration('-1s') => google.protobuf.Duration "-1s"
    duration('1') => error invalidArgument
    duration('x') => error invalidArgument
    duration('1m') + duration('1s') => google.protobuf.Duration "61s"
    duration('1m') - duration('1s') => google.protobuf.Duration "59s"
    duration('90s').getMinutes() => int 1
    duration('90s').getSeconds() => int 90
    duration('3600s').getHours() => int 1
    timestamp('2024-02-29T12:30:15Z') + duration('24h') => google.protobuf.Timestamp "2024-03-01T12:30:15Z"
    timestamp('2024-03-01T00:00:00Z') - timestamp('2024-02-28T00:00:00Z') => google.protobuf.Duration "172800s"
    timestamp('2024-02-29T12:30:15Z').getFullYear() => int 2024
    timestamp('2024-02-29T12:30:15Z').getMonth() => int 1
    timestamp('2024-02-29T12:30:15Z').getDate() => int 29
    timestamp('2024-02-29T12:30:15Z').getDayOfMonth() => int 28
    timestamp('2024-02-29T12:30:15Z').getDayOfWeek() => int 4
    timestamp('2024-02-29T12:30:15Z').getDayOfYear() => int 59
    timestamp('2024-02-29T12:30:15Z').getHours() => int 12
    timestamp('2024-02-29T12:30:15Z').getHours('+05:30') => int 18
    timestamp('2024-02-29T12:30:15Z').getMinutes() => int 30
    timestamp('2024-02-29T12:30:15.25Z').getMilliseconds() => int 250
    timestamp('2023-02-29T00:00:00Z') => error invalidArgument
    timestamp('yesterday') => error invalidArgument
    timestamp('9999-12-31T23:59:59Z') + duration('1s') => error overflow
    timestamp('2024-01-01T00:00:00Z') + 1 => error noSuchOverload

    # Math and encodings.
    math.greatest(1, 3, 2) => int 3
    math.least([3, 1, 2]) => int 1
    math.ceil(1.2) => double 2.0
    math.floor(-1.2) => double -2.0
    math.round(1.5) => double 2.0
    math.trunc(-1.9) => double -1.0
    math.abs(-5) => int 5
    math.sign(-5) => int -1
    math.isNaN(0.0 / 0.0) => bool true
    math.bitAnd(6, 3) => int 2
    math.bitOr(6, 3) => int 7
    math.bitXor(6, 3) => int 5
    math.bitShiftLeft(1, 4) => int 16
    math.bitShiftRight(16, 4) => int 1
    math.bitShiftLeft(1, -1) => error invalidArgument
    base64.encode(b'hello') => string "aGVsbG8="
    base64.decode('aGVsbG8=') => bytes "aGVsbG8="
    base64.decode('%') => error invalidArgument

    # Names that are not there.
    x => error noSuchName
    x.y => error noSuchName
    nope(1) => error noSuchFunction
    'a'.nope() => error noSuchFunction
    false && x => bool false

    # What is no expression.
    1 + => issue
    (1 => issue
    1 2 => issue
    'a => issue
    [1, => issue
    {1 => issue
    a b => issue
    1 = 1 => issue
    true ? false ? 1 : 2 : 3 => issue
    1 ? 2 => issue
    [1, 2].all(1, true) => issue
    has(1) => issue
    "\q" => issue
    0x => issue
    99999999999999999999 => issue
    """#
}

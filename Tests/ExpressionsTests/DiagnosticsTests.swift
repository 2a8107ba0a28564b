import Expressions
import Testing

@Suite struct DiagnosticsTests {
  static let environment = Environment(
    variables: [
      "status": .int, "body": .string, "json": .dyn, "elapsed": .duration, "url": .string, "secure": .bool,
      "headers": .map(key: .string, value: .string), "flags": .list(.string),
      "certificate": .record(name: "certificate", fields: ["expires_in": .duration, "subject": .string]),
    ])

  /// The issues as text, each with the part of the source that it points at.
  static func issues(_ source: String) -> [String] {
    do throws(CompilationFailure) {
      _ = try environment.compile(source)
      return []
    } catch {
      return error.issues.map { issue in
        let bytes = Array(source.utf8)[issue.range]
        return "[\(String(decoding: bytes, as: UTF8.self))] \(issue.description)"
      }
    }
  }

  @Test(
    "what is wrong is said with its place and what was meant",
    arguments: [
      ("statu == 200", "[statu] unknown name 'statu'; did you mean 'status'?"),
      (
        "certificate.expires > duration('1h')",
        "[expires] certificate has no field 'expires'; allowed: expires_in, subject"
      ),
      (
        "certificate.expire_in > duration('1h')",
        "[expire_in] certificate has no field 'expire_in'; did you mean 'expires_in'?"
      ),
      ("has(certificate.subjekt)", "[subjekt] certificate has no field 'subjekt'; did you mean 'subject'?"),
      ("certificate['subjekt'] == ''", "['subjekt'] certificate has no field 'subjekt'; did you mean 'subject'?"),
      ("body.contain('x')", "[contain] unknown function 'contain'; did you mean 'contains'?"),
      ("json.exist(i, i)", "[exist] unknown function 'exist'; did you mean 'exists'?"),
      ("math.flor(1.5)", "[math.flor] unknown function 'math.flor'; did you mean 'math.floor'?"),
      (
        "contains(body, 'x')",
        "[contains] 'contains' is called in another way: string.contains(string)"
      ),
      (
        "body.contains(1)",
        "[body.contains(1)] no matching overload for 'contains' applied to (string, int); allowed: string.contains(string)"
      ),
      ("status + 'x'", "[status + 'x'] no matching overload for '_+_' applied to (int, string)"),
      ("status == '200'", "[status == '200'] no matching overload for '_==_' applied to (int, string)"),
      ("elapsed < 400", "[elapsed < 400] no matching overload for '_<_' applied to (duration, int)"),
      ("!status", "[!status] no matching overload for '!_' applied to (int)"),
      ("secure && status", "[status] '&&' takes bool on both sides, not int"),
      ("status ? 1 : 2", "[status] a condition before '?' must be bool, not int"),
      ("status.code", "[code] a value of type int has no field 'code'"),
      ("flags.all(f, f.size())", "[f.size()] the condition of a macro must be bool, not int"),
      ("status.all(f, true)", "[status] a value of type int cannot be iterated; use a list or a map"),
      ("flags.all(f.x, true)", "[f.x] a variable of a macro is a plain name"),
      ("has(status)", "[status] has() takes a field, as in has(a.b)"),
      ("body.matches('(ab')", "['(ab'] bad regular expression \"(ab\": missing ): (ab"),
      (
        "elapsed < duration('400 ms')",
        "[duration('400 ms')] \"400 ms\" is no duration; write it like \"1h30m\", \"1.5s\" or \"250ms\""
      ),
      (
        "timestamp('yesterday') < timestamp(0)",
        "[timestamp('yesterday')] \"yesterday\" is no timestamp from year 1 to 9999; write it like \"2026-01-31T09:30:00Z\""
      ),
      ("{'a': 1, 'a': 2}", "['a'] the key \"a\" stands twice"),
      ("status = 200", "[=] unexpected character '='; did you mean '=='?"),
      ("elapsed < 400ms", "[400ms] '400ms' is no number; a duration is written duration(\"400ms\")"),
      ("status ==", "[] expected a value, but the expression ends here"),
      ("(status", "[] expected ')', but the expression ends here"),
      ("status status", "[status] expected an operator or the end, found 'status'"),
      ("'abc", "['] the text that starts here is not closed"),
      ("'a\\qb'", "[\\q] unknown escape sequence '\\q'"),
      ("while", "[while] 'while' is a reserved word; it can only be the name of a field"),
      ("99999999999999999999", "[99999999999999999999] '99999999999999999999' does not fit into 64 bits"),
      ("size", "[size] 'size' is a function; call it with parentheses"),
    ])
  func issue(source: String, expected: String) {
    #expect(Self.issues(source) == [expected])
  }

  @Test("all issues of a source are reported, in its order")
  func allIssues() {
    #expect(
      Self.issues("statu == 200 && bdy.contains('x') && certificate.serial == ''") == [
        "[statu] unknown name 'statu'; did you mean 'status'?",
        "[bdy] unknown name 'bdy'; did you mean 'body'?",
        "[serial] certificate has no field 'serial'; allowed: expires_in, subject",
      ])
  }

  @Test(
    "what is right compiles to its type",
    arguments: [
      ("status == 200", ValueType.bool), ("status in [200, 204]", .bool), ("json.a.b", .dyn), ("body + 'x'", .string),
      ("size(body) > 1.5", .bool), ("url.encode(url)", .string), ("url.contains('x')", .bool),
      ("flags.map(f, size(f))", .list(.int)), ("headers['a']", .string), ("headers.`content-type`", .string),
      ("certificate.expires_in > duration('72h')", .bool), ("json.items.filter(i, i.ok)", .list(.dyn)),
      ("elapsed + elapsed", .duration), ("json + 1", .int), ("secure ? 1 : 'a'", .dyn), ("json == null", .bool),
      ("base64.encode(sha256(body))", .string), ("flags.transformMap(i, f, size(f))", .map(key: .int, value: .int)),
    ])
  func type(source: String, expected: ValueType) throws {
    #expect(try Self.environment.compile(source).type == expected)
  }

  @Test("references are the longest paths written out, and has() guards its own")
  func references() throws {
    let environment = Environment(variables: ["steps": .dyn, "env": .map(key: .string, value: .string), "x": .dyn])
    let expression = try environment.compile(
      "has(env.HOME) && steps['login'].json.items[0].id == x && [1].exists(x, x == 1) && steps[x].a == env.PATH")
    #expect(
      expression.references == [
        Reference(path: ["env", "HOME"], isGuarded: true),
        Reference(path: ["steps", "login", "json", "items", "id"], isGuarded: false),
        Reference(path: ["x"], isGuarded: false),
        Reference(path: ["steps"], isGuarded: false),
        Reference(path: ["env", "PATH"], isGuarded: false),
      ])
    #expect(expression.isGuarded(["env", "HOME"]))
    #expect(!expression.isGuarded(["env", "PATH"]))
  }

  @Test("columns count code points, not bytes")
  func columns() {
    #expect((6..<9).scalarColumns(in: "'äö' + x") == 4..<7)
  }

  @Test("functions of the host are checked and called like the library's")
  func hostFunctions() throws {
    let shout = Function("shout", isMember: true, parameters: [.string, .int], result: .string) {
      (arguments: [Value]) throws(EvaluationError) -> Value in
      .string((arguments[0].asString ?? "") + String(repeating: "!", count: Int(arguments[1].asInt ?? 0)))
    }
    let environment = Environment(variables: ["x": .dyn], functions: [shout])
    #expect(try environment.compile("'hey'.shout(2)").evaluate(NoBindings()) == "hey!!")
    #expect(throws: CompilationFailure.self) { try environment.compile("'hey'.shout('2')") }
    let wrong = try environment.compile("'hey'.shout(x)")
    let error = #expect(throws: EvaluationError.self) { try wrong.evaluate(["x": "2"] as [String: Value]) }
    #expect(error?.code == .noSuchOverload)
  }
}

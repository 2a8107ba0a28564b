import Expressions
import Foundation
import Synchronization
import Testing

@Suite struct LimitsTests {
  /// Runs on a thread with a stack of that size, as the engines of other floors have.
  private static func onThread<Result: Sendable>(
    stackKiB: Int, _ body: @escaping @Sendable () -> Result
  ) async -> Result {
    await withCheckedContinuation { continuation in
      let thread = Thread { continuation.resume(returning: body()) }
      thread.stackSize = stackKiB << 10
      thread.start()
    }
  }

  private static let environment = Environment(variables: ["x": .dyn, "s": .dyn])

  private static func message(_ source: String) -> String? {
    do throws(CompilationFailure) {
      _ = try environment.compile(source)
      return nil
    } catch {
      return error.issues.first?.message
    }
  }

  @Test(
    "hostile nesting is an issue, also on a small stack",
    arguments: [
      ("(", ")", "1"), ("[", "]", ""), ("{1:", "}", "1"), ("size(", ")", "x"), ("x[", "]", "1"),
      ("true?1:", "", "1"), ("[1].all(i,", ")", "true"), ("!", "", "true"), ("-", "", "x"), ("x.", "", "x"),
      ("1+", "", "1"), ("x==", "", "1"),
    ])
  func nesting(open: String, close: String, inner: String) async {
    for depth in [300, 20_000] {
      let source = String(repeating: open, count: depth) + inner + String(repeating: close, count: depth)
      let message = await Self.onThread(stackKiB: 1024) { Self.message(source) }
      #expect(message?.contains("levels deep") == true, "\(depth) × \(open): \(message ?? "compiled")")
    }
  }

  @Test("a source that is too long is refused before it is read")
  func length() {
    #expect(
      Self.message(String(repeating: "(", count: 300_000))
        == "an expression of 300000 bytes is too long; at most 262144")
  }

  @Test("the deepest expression that compiles also evaluates and explains itself on a small stack")
  func deepest() async throws {
    let source = String(repeating: "(!", count: 63) + "x" + String(repeating: ")", count: 63)
    let summary = await Self.onThread(stackKiB: 1024) {
      (try? Self.environment.compile(source))?.explain(["x": true] as [String: Value]).summary
    }
    #expect(summary == "x is true, expected false")
  }

  @Test("long chains of && are wide, not deep")
  func chains() throws {
    let source = Array(repeating: "x", count: 5000).joined(separator: " && ")
    #expect(try Self.environment.compile(source).evaluate(["x": true] as [String: Value]).isTrue)
  }

  @Test(
    "an evaluation stops at its cost",
    arguments: [
      "x.all(a, x.all(b, x.all(c, x.all(d, a + b + c + d >= 0))))",
      "x.map(a, x.map(b, x.map(c, x))).size() == 0",
      "x.all(a, x == x && s.contains('z') == false)",
      "x.map(a, s + s).size() == 0",
      "x.all(a, !s.matches('(a|aa)+z'))",
      "x.all(a, s.matches(string(a) + '.{900}') || true)",
      "x.map(a, s.replace('', s)).size() == 1",
      "x.exists(a, a < 0 || x.map(b, x + x).size() == 0)",
    ])
  func cost(source: String) throws {
    let bindings: [String: Value] = [
      "x": .list((0..<1000).map { .int($0) }), "s": .string(String(repeating: "a", count: 10_000)),
    ]
    let expression = try Self.environment.compile(source)
    let error = #expect(throws: EvaluationError.self) {
      try expression.evaluate(bindings, limits: Limits(cost: 100_000))
    }
    #expect(error?.code == .cost)
    #expect(!expression.explain(bindings, limits: Limits(cost: 100_000)).summary.isEmpty)
  }

  @Test("a pattern that stays the same is compiled once, in a macro and from one evaluation to the next")
  func patterns() throws {
    let expression = try Self.environment.compile("x.all(a, !s.matches(string(x[0]) + 'z'))")
    var bindings: [String: Value] = ["x": .list(Array(repeating: 1, count: 1000)), "s": "short"]
    // A thousand compilations would cost two hundred thousand.
    #expect(try expression.evaluate(bindings, limits: Limits(cost: 20_000)).isTrue)
    #expect(try expression.evaluate(bindings, limits: Limits(cost: 20_000)).isTrue)
    bindings["s"] = "1z"
    #expect(try !expression.evaluate(bindings).isTrue)
    bindings["x"] = .list([2])
    #expect(try expression.evaluate(bindings).isTrue)
    bindings["x"] = .list(["("])
    let error = #expect(throws: EvaluationError.self) { try expression.evaluate(bindings) }
    #expect(error?.code == .invalidArgument)
    bindings["x"] = .list([2])
    bindings["s"] = "2z"
    #expect(try !expression.evaluate(bindings).isTrue)
  }

  @Test("an expression that is false, but too dear to be looked at again, is not said to be too dear itself")
  func explanationCost() throws {
    let expression = try Self.environment.compile("x.all(a, a >= 0) && x.exists(a, a < 0)")
    let bindings: [String: Value] = ["x": .list((0..<1000).map { .int($0) })]
    #expect(try !expression.evaluate(bindings, limits: Limits(cost: 2500)).isTrue)
    #expect(
      expression.explain(bindings, limits: Limits(cost: 2500)).summary
        == "x.all(a, a >= 0) && x.exists(a, a < 0) is false; it is too costly to say why")
    #expect(expression.explain(bindings).summary == "no item of x matched; it has 1000 items")
    #expect(
      expression.explain(bindings, limits: Limits(cost: 10)).summary.hasSuffix(
        "the evaluation takes more work than its limit allows"))
  }

  @Test("a cancelled task ends its evaluation")
  func cancellation() async throws {
    let expression = try Self.environment.compile("x.all(a, a >= 0)")
    let bindings: [String: Value] = ["x": .list(Array(repeating: 1, count: 5000))]
    let code = await withTaskGroup(of: EvaluationError.Code?.self) { group in
      group.cancelAll()
      group.addTask {
        do throws(EvaluationError) {
          _ = try expression.evaluate(bindings)
          return nil
        } catch {
          return error.code
        }
      }
      return await group.next() ?? nil
    }
    #expect(code == .cancelled)
  }

  @Test("random bytes as a source give an issue or an expression, never a crash")
  func fuzz() {
    let words = [
      "x", "s", "1", "1u", "2.5", "'a'", "b'\\xff'", "(", ")", "[", "]", "{", "}", ".", ",", ":", "?", "+", "-", "*",
      "/",
      "%", "!", "&&", "||", "==", "<", " in ", "has(", "x.all(i,", "size(", "matches(", "`a`", "\\", "\"", "'''",
      "\u{e9}", "//",
      "\n", "0x", "1e", "null", "cel.bind(a,", "r'",
    ]
    for _ in 0..<3000 {
      let source = (0..<Int.random(in: 1..<14)).map { _ in words.randomElement() ?? "" }.joined()
      if let expression = try? Self.environment.compile(source) {
        _ = expression.explain(["x": [1, 2], "s": "text"] as [String: Value])
        _ = try? Template("${\(source)}")
      }
    }
  }
}

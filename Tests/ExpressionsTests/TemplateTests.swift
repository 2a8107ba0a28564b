import Expressions
import Testing

@Suite struct TemplateTests {
  static let bindings: [String: Value] = [
    "base": "https://shop.example", "order": 17, "ratio": 2.5, "ok": true, "items": ["a", 1, nil], "m": ["k": "v"],
    "span": .duration(.milliseconds(1500)), "nothing": nil,
  ]
  static let environment = Environment(variables: bindings.mapValues { _ in .dyn })

  static func render(_ text: String) throws -> Value {
    try Template(text).compile(in: environment).render(bindings)
  }

  @Test(
    "a template renders to text, or to the value of the one expression that it is",
    arguments: [
      ("plain", "plain"), ("", ""), ("${base}/orders/${order}", "https://shop.example/orders/17"), ("${order}", 17),
      (" ${order}", " 17"), ("${items}", ["a", 1, nil]), ("x${items}", "x[\"a\",1,null]"), ("${m}!", "{\"k\":\"v\"}!"),
      ("${ratio} ${ok} ${nothing}", "2.5 true null"), ("${span} ", "\"1.5s\" "), ("$${base}", "${base}"),
      ("cost: $5", "cost: $5"), ("$", "$"), ("$$", "$$"), ("$$${order}", "$${order}"), ("${{'a': '}'}.a}", "}"),
      ("${{'a': {'b': 2}}.a.b}", 2), ("${\"${\"}x", "${x"), ("${'''}'''}", "}"), ("${ order + 1 }", 18),
      ("ä${order}ö", "ä17ö"),
    ] as [(String, Value)])
  func rendering(text: String, expected: Value) throws {
    #expect(try Self.render(text) == expected)
  }

  @Test("what expressions give may be escaped, what the template says stays")
  func escaping() throws {
    let bindings: [String: Value] = ["pay": "$5", "n": 5]
    let environment = Environment(variables: bindings.mapValues { _ in .dyn })
    for (text, expected) in [
      ("$1 ${pay}", "$1 $$5"), ("${pay}", "$$5"), ("${n}", 5), ("$${x} ${[pay]}", "${x} [\"$$5\"]"),
    ]
      as [(String, Value)]
    {
      let template = try Template(text).compile(in: environment)
      #expect(try template.render(bindings, escaping: { $0.replacing("$", with: "$$") }) == expected)
    }
  }

  @Test(
    "the beginning of a template is known up to the first expression that is not",
    arguments: [
      ("${base}/a/${order}/${base}", "https://shop.example/a/"), ("${order}", ""),
      ("x${base}", "xhttps://shop.example"),
      ("a${1 / 0}b", "a"), ("plain", "plain"),
    ])
  func beginning(text: String, expected: String) throws {
    let template = try Template(text).compile(in: Self.environment)
    #expect(template.leadingText(Self.bindings) { !$0.source.contains("order") } == expected)
  }

  @Test("a long text with few expressions is cut quickly", .timeLimit(.minutes(1)))
  func long() throws {
    let half = String(repeating: "ä$x$$", count: 1 << 17)
    #expect(try Self.render("\(half) ${order}\(half)") == .string("\(half) 17\(half)"))
  }

  @Test("a template knows what it is made of")
  func structure() throws {
    let template = try Template("é${base}/${ order }")
    #expect(!template.isLiteral)
    #expect(!template.isSingleExpression)
    #expect(
      template.expressions == [
        Template.Part(source: "base", range: 4..<8), Template.Part(source: " order ", range: 12..<19),
      ])
    #expect(try Template("a $${b}").literal == "a ${b}")
    #expect(try Template("${base}").isSingleExpression)
    let compiled = try template.compile(in: Self.environment)
    #expect(compiled.references.map(\.path).sorted { $0[0] < $1[0] } == [["base"], ["order"]])
  }

  @Test(
    "what is wrong with a template is told with its place in the text",
    arguments: [
      ("a ${base", "2..<4 the template that starts here is not closed by '}'"),
      ("a ${bse}!", "4..<7 unknown name 'bse'; did you mean 'base'?"),
      ("${ } x", "3..<3 expected a value, but the expression ends here"),
      ("${base}${'x}", "9..<10 the text that starts here is not closed"),
      ("${a}${b}", "2..<3 unknown name 'a'; allowed: base, items, m, nothing, ok, order, ratio, span"),
    ])
  func issues(text: String, expected: String) {
    do {
      _ = try Template(text).compile(in: Self.environment)
      Testing.Issue.record("no issue found")
    } catch {
      let first = error.issues[0]
      #expect("\(first.range) \(first)" == expected)
    }
  }

  @Test("issues of all expressions come together, errors of evaluation with their place in the text")
  func places() throws {
    let failure = #expect(throws: CompilationFailure.self) {
      try Template("${bse} ${ordr}").compile(in: Self.environment)
    }
    #expect(failure?.issues.map(\.range) == [2..<5, 9..<13])
    let template = try Template("x ${m.missing}").compile(in: Self.environment)
    let error = #expect(throws: EvaluationError.self) { try template.render(Self.bindings) }
    #expect(error?.code == .noSuchKey)
    #expect(error?.range == 4..<13)
  }
}

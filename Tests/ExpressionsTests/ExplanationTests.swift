import Expressions
import Testing

@Suite struct ExplanationTests {
  static let bindings: [String: Value] = [
    "status": 503, "elapsed": .duration(.milliseconds(512)), "verified": false, "url": "http://shop.example/",
    "body": .string("<html>\n" + String(repeating: "x", count: 1300)), "sku": "A-1", "flags": ["ad", "rd"],
    "json": ["items": [], "orders": [["id": 1, "price": 5], ["id": 2, "price": 0]], "state": "NEW"],
    "headers": ["content-type": "text/html"], "answers": [["name": "a."]],
  ]
  static let environment = Environment(variables: bindings.mapValues { _ in .dyn })

  static func explain(_ source: String) throws -> Explanation {
    try environment.compile(source).explain(bindings)
  }

  @Test(
    "a failed expression is explained by the values of its parts",
    arguments: [
      ("status == 201", "status is 503, expected 201"),
      ("(status == 201)", "status is 503, expected 201"),
      ("200 == status", "status is 503, expected 200"),
      ("status != 503", "status is 503, expected another value"),
      ("status >= 200 && status < 400", "status is 503, expected less than 400"),
      ("500 > status", "status is 503, expected less than 500"),
      ("!(status >= 500)", "status is 503, expected less than 500"),
      ("status in [200, 204]", "status is 503, expected one of [200, 204]"),
      ("!(status in [503])", "status is 503, expected none of [503]"),
      ("'aa' in flags", "flags does not contain \"aa\"; flags is [\"ad\", \"rd\"]"),
      ("'etag' in headers", "headers has no key \"etag\"; has keys: content-type"),
      ("json.items.size() >= 1", "json.items.size() is 0, expected at least 1"),
      ("elapsed < duration(\"400ms\")", "elapsed is 512ms, expected less than 400ms"),
      (
        "json.state == 'SHIPPED' || status == 200",
        "json.state is \"NEW\", expected \"SHIPPED\" and status is 503, expected 200"
      ),
      ("sku == json.state", "sku is \"A-1\", expected \"NEW\" (json.state)"),
      ("verified", "verified is false, expected true"),
      ("url.startsWith('https:')", "url does not start with \"https:\"; url is \"http://shop.example/\""),
      ("!url.contains('shop')", "url contains \"shop\"; url is \"http://shop.example/\""),
      ("url.matches('^https')", "url does not match \"^https\"; url is \"http://shop.example/\""),
      ("json.items.exists(i, i.id == 1)", "no item of json.items matched; it is empty"),
      ("json.orders.exists(o, o.id == 3)", "no item of json.orders matched; it has 2 items"),
      ("json.orders.all(o, o.price > 0)", "item 1 of json.orders did not match: o.price is 0, expected more than 0"),
      ("json.orders.exists_one(o, o.id > 0)", "2 items of json.orders matched, expected exactly one"),
      ("has(json.error)", "json has no 'error'; has keys: items, orders, state"),
      ("json.itmes.size() == 0", "json.itmes: no such key 'itmes'; json has keys: items, orders, state"),
      ("json.items[0] == 1", "json.items[0]: index 0 is out of range; the list has 0 elements"),
      ("status / 0 == 1", "status / 0: division by zero"),
      ("status", "status is 503, expected true"),
      ("status == 503 ? verified : true", "verified is false, expected true"),
      ("cel.bind(s, status, s == 200)", "s is 503, expected 200"),
    ])
  func summary(source: String, expected: String) throws {
    #expect(try Self.explain(source).summary == expected)
  }

  @Test("long text is cut, its size told and its line ends escaped")
  func longText() throws {
    let summary = try Self.explain("body.contains(\"Welcome\")").summary
    let shown = "<html>\\n" + String(repeating: "x", count: 73) + "…"
    #expect(summary == "body does not contain \"Welcome\"; body is \"\(shown)\" (1.2 KiB)")
  }

  @Test("a summary is bounded, however much is wrong")
  func bounded() throws {
    let source = (0..<60).map { "json.state == '\(String(repeating: "y", count: 50))\($0)'" }.joined(separator: " || ")
    let explanation = try Self.explain(source)
    #expect(explanation.summary.unicodeScalars.count == Explanation.longestSummary)
    #expect(explanation.summary.hasSuffix("…"))
  }

  @Test("the parts are listed with their places and values")
  func parts() throws {
    let explanation = try Self.explain("status == 201")
    #expect(explanation.parts == [Explanation.Part(range: 0..<6, source: "status", value: "503")])
  }

  @Test("what the expression did not need is not asked for by its explanation")
  func frugal() throws {
    struct Facts: Bindings {
      func value(of name: String) throws(EvaluationError) -> Value? {
        if name == "status" { return 503 }
        throw EvaluationError(.host, "asked for \(name)")
      }
    }
    let expression = try Self.environment.compile("status == 200 && json.state == 'NEW'")
    #expect(expression.explain(Facts()).summary == "status is 503, expected 200")
    let failed = try Self.environment.compile("status == 503 && json.state == 'NEW'")
    #expect(failed.explain(Facts()).summary == "json: asked for json")
  }
}

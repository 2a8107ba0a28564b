import Expressions
import Testing

@Suite("Hostile HTML, XML and XPath")
struct HostileMarkupTests {
  private static let environment = Environment(variables: ["body": .string, "path": .string])

  /// The error of an evaluation, which must come soon.
  private static func failure(_ source: String, _ body: String, path: String = "/") throws -> EvaluationError {
    let bindings: [String: Value] = ["body": .string(body), "path": .string(path)]
    let expression = try environment.compile(source)
    var error: EvaluationError?
    let time = ContinuousClock().measure {
      error = #expect(throws: EvaluationError.self) { try expression.evaluate(bindings) }
    }
    // Far more than it takes on a busy machine, and far less than what is kept from happening.
    #expect(time < .seconds(10))
    return try #require(error)
  }

  private static func times(_ count: Int, _ text: String) -> String { String(repeating: text, count: count) }

  /// A document that is made when it is wanted: a test's arguments are written to its log, and these are too long for that.
  struct Document: Sendable, CustomTestStringConvertible {
    var function: String
    /// What it begins with, what comes again and again (`#` is the number of the time), how often, and the end.
    var head = ""
    var piece: String
    var count: Int
    var tail = ""
    /// What the refusal says.
    var words: String

    var text: String {
      guard piece.contains("#") else { return head + times(count, piece) + tail }
      return head + (0..<count).map { piece.replacing("#", with: "\($0)") }.joined() + tail
    }

    var testDescription: String { "\(function): \(head)\(count) × \(piece)\(tail)" }
  }

  @Test(
    "a document that would take too long or too much is refused in words",
    arguments: [
      Document(function: "html", piece: "<div>", count: 1_000_000, words: "nested more than 256 levels"),
      Document(function: "xml", piece: "<a>", count: 1_000_000, words: "256"),
      Document(
        function: "xml", head: "<a ", piece: "a#='' ", count: 300_000, tail: "/>", words: "more than 1000 attributes"),
      Document(
        function: "html", head: "<a ", piece: "a#='' ", count: 300_000, tail: ">", words: "more than 1000 attributes"),
      Document(
        function: "xml", head: "<a ", piece: "xmlns:a#='u' ", count: 100_000, tail: "/>",
        words: "more than 256 namespaces"),
      Document(
        function: "xml", head: "<a>", piece: "x<!---->", count: 300_000, tail: "</a>", words: "stand in a row"),
      Document(function: "html", head: "<p>", piece: "<!---->x", count: 200_000, words: "stand in a row"),
      Document(
        function: "xml", head: "<a>", piece: "<a/>", count: 3_000_000, tail: "</a>", words: "too many elements"),
      Document(function: "html", piece: "x", count: 20_000_000, words: "too long"),
    ])
  func document(_ document: Document) throws {
    let error = try Self.failure("\(document.function)(body).xpath('count(//a)')", document.text)
    #expect(error.message.contains(document.words), "\(error.message)")
  }

  @Test(
    "an XPath that would take too long ends, and says so",
    arguments: [
      "//*[//*[//*[//*]]]", "//a[count(//a[count(//a) > 1]) > 1]", "//a[string(/) = 'x']", "//a | //a/@i | //b",
      "//a//text()", "//a = //a/@i", "//a/preceding::a", "//a/..", "//a[//a/@i = @i]",
      "//a[contains(string(/), 'zz')]", "//a/following-sibling::a[1]",
    ])
  func path(path: String) throws {
    let body = "<r>" + Self.times(40_000, "<a i='1'>x</a>") + "</r>"
    let error = try Self.failure("xml(body).xpath(path)", body, path: path)
    #expect(error.code == .cost)
    #expect(
      error.message.contains("takes more work") || error.message.contains("joins sets of nodes"), "\(error.message)")
  }

  @Test("a text that is looked for in another one is paid by the product of both")
  func needles() throws {
    let body = "<r><a>" + Self.times(2_000_000, "a") + "</a><b>" + Self.times(1_000_000, "a") + "b</b></r>"
    for path in [
      "contains(//a, //b)", "substring-before(//a, //b)", "substring-after(//a, //b)", "translate(//a, //b, '')",
    ] {
      #expect(try Self.failure("xml(body).xpath(path)", body, path: path).code == .cost)
    }
  }

  @Test("texts of nodes inside one another are bounded as a whole")
  func nestedTexts() throws {
    let body = Self.times(250, "<a>") + Self.times(1_000_000, "x") + Self.times(250, "</a>")
    #expect(try Self.failure("xml(body).xpath('//a')", body).code == .cost)
  }

  @Test("many questions pay together")
  func together() throws {
    let body = "<r>" + Self.times(5000, "<a/>") + "</r>"
    let bindings: [String: Value] = ["body": .string(body), "path": "//a | //b"]
    let source = "body.split('').all(c, xml(body).xpath(path).size() >= 0)"
    let error = #expect(throws: EvaluationError.self) { try Self.environment.compile(source).evaluate(bindings) }
    #expect(error?.code == .cost)
  }

  @Test("a large document answers what goes straight to its nodes")
  func large() throws {
    let body = "<r>" + Self.times(150_000, "<a i='1'>x</a>") + "</r>"
    let bindings: [String: Value] = ["body": .string(body), "path": ""]
    for path in [
      "count(//a)", "count(//a[@i = '1'])", "count(/r/a/text())", "//a[150000]/@i", "count(//a[contains(., 'x')])",
    ] {
      let value = try Self.environment.compile("xml(body).xpath('\(path.replacing("'", with: "\\'"))')").evaluate(
        bindings)
      #expect(value == ["150000"] || value == ["1"], "\(path)")
    }
  }

  @Test("random bytes between tags are read or refused, and nothing else")
  func noise() throws {
    let pieces = [
      "<", ">", "</", "/>", "a", "b", " x='", "\"", "&", ";", "<!--", "-->", "<![CDATA[", "]]>", "<?", "?>", "&#x", "é",
      "\n",
    ]
    let html = try Self.environment.compile("html(body).xpath('//a')")
    let xml = try Self.environment.compile("xml(body).xpath('//a')")
    for _ in 0..<2000 {
      let text = (0..<Int.random(in: 0..<60)).map { _ in pieces.randomElement() ?? "" }.joined()
      let bindings: [String: Value] = ["body": .string(text)]
      #expect((try? html.evaluate(bindings))?.asList != nil, "\(text)")
      _ = try? xml.evaluate(bindings)
    }
  }
}

import Expressions
import Foundation
import Testing

@Suite("HTML and XML by XPath")
struct MarkupTests {
  private static let environment = Environment(variables: [
    "body": .string, "bytes": .bytes, "path": .string, "x": .dyn,
  ])

  private static func evaluate(
    _ source: String, body: String = "", bytes: [UInt8] = [], path: String = "", limits: Limits = .standard
  ) throws -> Value {
    let bindings: [String: Value] = ["body": .string(body), "bytes": .bytes(bytes), "path": .string(path), "x": 1]
    return try environment.compile(source).evaluate(bindings, limits: limits)
  }

  private static func failure(
    _ source: String, body: String = "", bytes: [UInt8] = [], path: String = ""
  ) -> EvaluationError? {
    #expect(throws: EvaluationError.self) { try evaluate(source, body: body, bytes: bytes, path: path) }
  }

  private static let page = """
    <!doctype html><html lang=en><head><title>Shop &amp; Caf\u{E9}</title><meta name="csrf" content='a"b'>
    <meta name=empty content><body class="x y"><h1>Wel<b>come</b></h1><ul><li>one<li>two<li hidden>three</ul>
    <article><p>un<i>closed<p>next</article><a href=/cart?a=1&amp;b=2&copy=3>Cart</A><!-- build 7 -->
    <script>if (1 < 2) { document.write("<b>no</b>") }</script><table><tr><td>1<td>2</table>
    """

  @Test(
    "HTML is read as it comes: unclosed tags, bare attributes, entities, any case",
    arguments: [
      ("//title", ["Shop & Café"]), ("//meta[@name=\"csrf\"]/@content", ["a\"b"]), ("//h1", ["Welcome"]),
      ("//li", ["one", "two", "three"]), ("//li[2]", ["two"]), ("count(//li)", ["3"]), ("count(//li) = 3", ["true"]),
      ("string(//h1)", ["Welcome"]), ("//li[@hidden]", ["three"]), ("//nothing", []), ("1 div 2", ["0.5"]),
      ("//a[contains(@href, 'cart')]", ["Cart"]), ("//comment()", [" build 7 "]), ("//td[last()]", ["2"]),
      ("//*[contains(concat(' ', @class, ' '), ' y ')]/h1/b/text()", ["come"]), ("not(//b)", ["false"]),
      ("//li[1] | //td[1]", ["one", "1"]), ("//script/text()", ["if (1 < 2) { document.write(\"<b>no</b>\") }"]),
      ("//li[. = 'two']/following-sibling::li", ["three"]), ("normalize-space('  a  b ')", ["a b"]),
      ("translate('abc', 'b', 'B')", ["aBc"]), ("substring-after('a=b', '=')", ["b"]), ("//html/@lang", ["en"]),
    ] as [(String, [String])])
  func html(path: String, expected: [String]) throws {
    let expected = Value.list(expected.map { .string($0) })
    #expect(try Self.evaluate("html(body).xpath(path)", body: Self.page, path: path) == expected)
  }

  @Test(
    "every text is an HTML document",
    arguments: ["", " ", "plain", "<", "<p", "</p>", "<!--", "<![CDATA[x", "&", "\u{FEFF}"])
  func anyHTML(text: String) throws {
    #expect(try Self.evaluate("html(body).xpath('//h1')", body: text) == [])
  }

  private static let feed = """
    <?xml version="1.0" encoding="Shift_JIS"?>
    <feed xmlns="http://www.w3.org/2005/Atom" xmlns:s="urn:shop"><title>Neu\u{E9}s</title>
    <s:item s:sku="A-1"><s:price>129.50</s:price></s:item><s:item s:sku="B-2"><![CDATA[a < b]]></s:item></feed>
    """

  @Test(
    "XML has the prefixes of its root, and '_' for the default namespace",
    arguments: [
      ("//_:title", ["Neués"]), ("//title", []), ("//*[local-name() = 'title']", ["Neués"]),
      ("/_:feed/s:item/@s:sku", ["A-1", "B-2"]), ("//s:price", ["129.50"]), ("sum(//s:price)", ["129.5"]),
      ("//s:item[2]", ["a < b"]), ("//s:item[s:price > 100]/@s:sku", ["A-1"]), ("string(//s:none)", [""]),
    ] as [(String, [String])])
  func xml(path: String, expected: [String]) throws {
    let expected = Value.list(expected.map { .string($0) })
    #expect(try Self.evaluate("xml(body).xpath(path)", body: Self.feed, path: path) == expected)
  }

  @Test(
    "what is no XML is an error with its place",
    arguments: [
      ("", "the text is empty"), ("plain", "1:1: Start tag expected"),
      ("<a>\n<b></a>", "2:8: Opening and ending tag mismatch"),
      ("<a/><b/>", "1:5: Extra content"), ("<a x=1/>", "1:6: AttValue"),
      ("<a>&nbsp;</a>", "the entity &nbsp; is not expanded"),
      ("<p:a/>", "Namespace prefix p on a is not defined"), ("<a x='1' x='2'/>", "Attribute x redefined"),
      ("<a>\u{1}</a>", "1:4: "), ("<a\0/>", "NUL"), ("<a>", "1:4: "), ("<?xml version='1.0'", "1:"),
      ("<!DOCTYPE a [<!ATTLIST a b CDATA 'x'>]><a/>", "<!ATTLIST>"),
    ])
  func malformed(text: String, words: String) throws {
    let error = try #require(Self.failure("xml(body).xpath('/')", body: text))
    #expect(error.message.contains(words), "\(error.message)")
    #expect(error.code == .invalidArgument)
    #expect(!error.message.contains("\n"))
  }

  @Test(
    "entities are not expanded, and nothing is fetched",
    arguments: [
      "<!DOCTYPE a [<!ENTITY x 'lol'>]><a>&x;</a>",
      "<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><a>&x;</a>",
      "<!DOCTYPE a [<!ENTITY x SYSTEM 'http://127.0.0.1:9/'>]><a b='&x;'/>",
      "<!DOCTYPE a [<!ENTITY % x SYSTEM 'file:///etc/passwd'> %x;]><a/>",
      """
      <!DOCTYPE a [<!ENTITY a "lol"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;">
      <!ENTITY d "&c;&c;&c;&c;&c;&c;&c;&c;"><!ENTITY e "&d;&d;&d;&d;&d;&d;&d;&d;">]><a>&e;</a>
      """,
    ])
  func entities(text: String) throws {
    let error = try #require(Self.failure("xml(body).xpath('string(/)')", body: text))
    #expect(error.message.contains("is not expanded"), "\(error.message)")
  }

  @Test("a document type that is only named is not fetched, and no reason to fail")
  func documentType() throws {
    let text = "<!DOCTYPE a PUBLIC '-//X//EN' 'http://127.0.0.1:9/a.dtd'><a>&lt;&#x41;</a>"
    #expect(try Self.evaluate("xml(body).xpath('/a')", body: text) == ["<A"])
  }

  @Test(
    "bytes are decoded by what they say of themselves",
    arguments: [
      ("xml", Array("<?xml version='1.0' encoding='ISO-8859-1'?><a>caf".utf8) + [0xE9] + Array("</a>".utf8), "café"),
      ("xml", Array("<a>caf\u{E9}</a>".utf8), "café"),
      ("xml", [0xFE, 0xFF] + "<a>é</a>".utf16.flatMap { [UInt8($0 >> 8), UInt8($0 & 255)] }, "é"),
      ("html", Array("<meta charset=gb18030><a>".utf8) + [0xC4, 0xE3, 0xBA, 0xC3], "你好"),
      ("html", Array("<a>caf".utf8) + [0xE9], "caf\u{FFFD}"),
    ] as [(String, [UInt8], String)])
  func bytes(function: String, bytes: [UInt8], expected: String) throws {
    #expect(try Self.evaluate("\(function)(bytes).xpath('string(//a)')[0]", bytes: bytes) == .string(expected))
  }

  @Test(
    "an XPath that is wrong is found when the expression is compiled",
    arguments: [
      ("//a[", "at its end"), ("//a b", "at 'b'"), ("", "at its end"), ("foo()", "unknown XPath function 'foo'"),
      ("//a[cont(., 'x')]", "unknown XPath function 'cont'"), ("//a[contain(., 'x')]", "did you mean 'contains'?"),
      ("$x", "an XPath has no variables"), ("'abc", "no closing quote"), ("//a[1]]", "at ']'"), ("a\0b", "NUL"),
      (String(repeating: "(", count: 1000) + "1" + String(repeating: ")", count: 1000), "more work than its limit"),
      (String(repeating: "a/", count: 2000) + "a", "too long"),
    ])
  func badPath(path: String, words: String) throws {
    let literal = try JSON.write(.string(path)).replacingOccurrences(of: "\\u0000", with: "\\000")
    let source = "html(body).xpath(\(literal)) == []"
    let failure = try #require(throws: CompilationFailure.self) { try Self.environment.compile(source) }
    let issue = try #require(failure.issues.first)
    #expect(issue.message.contains(words), "\(issue.message)")
    #expect(issue.range.lowerBound == "html(body).xpath(".utf8.count)
    // The same one out of a variable is an error when it is evaluated.
    let error = try #require(Self.failure("html(body).xpath(path)", body: "<p>", path: path))
    #expect(error.message.contains(words), "\(error.message)")
  }

  @Test(
    "an XPath that does not fit the document says so when it is evaluated",
    arguments: [
      ("//x:a", "'_' is its default namespace"), ("count(1)", "wrong type"), ("count()", "number of arguments"),
      ("1 | 2", "wrong type"),
    ])
  func unfitting(path: String, words: String) throws {
    let error = try #require(Self.failure("xml(body).xpath(path)", body: "<a/>", path: path))
    #expect(error.message.contains(words), "\(error.message)")
  }

  @Test(
    "a document is a value of its own kind: not compared, not indexed, printed briefly",
    arguments: [
      ("html(body) == html(body)", "no matching overload for '_==_' applied to (document, document)"),
      ("html(body).title", "has no field 'title'"), ("html(body)[0]", "_[_]"), ("html(1)", "html(string)"),
      ("body.xpath('//a')", "document.xpath(string)"), ("xpath(html(body), '//a')", "document.xpath(string)"),
      ("html(body).xpath(1)", "document.xpath(string)"),
    ])
  func opaque(source: String, words: String) throws {
    let failure = try #require(throws: CompilationFailure.self) { try Self.environment.compile(source) }
    #expect(failure.description.contains(words), "\(failure.description)")
  }

  @Test("a document that comes as a dynamic value equals nothing, and has a type and a text")
  func dynamic() throws {
    #expect(try Self.evaluate("dyn(html(body)) == dyn(html(body))") == false)
    #expect(try Self.evaluate("type(html(body)) == type(xml('<a/>'))") == true)
    #expect(try Self.evaluate("xml('<a b=\"1\"><c/></a>')").brief() == "xml document of 3 nodes")
    #expect(try JSON.write(try Self.evaluate("[xml('<a/>')]")) == "[\"xml document of 1 node\"]")
    #expect(try Self.evaluate("[html(body)].map(d, d.xpath('//h1')[0])[0]", body: Self.page) == "Welcome")
  }

  @Test("an expectation on what was found says what it was")
  func explanation() throws {
    let expression = try Self.environment.compile("html(body).xpath('//h1')[0] == 'Hello'")
    let explanation = expression.explain(["body": .string(Self.page)] as [String: Value])
    #expect(explanation.summary == "html(body).xpath('//h1')[0] is \"Welcome\", expected \"Hello\"")
    let empty = try Self.environment.compile("html(body).xpath('//h7')[0] == 'Hello'")
    #expect(empty.explain(["body": .string(Self.page)] as [String: Value]).summary.contains("the list has 0 elements"))
  }
}

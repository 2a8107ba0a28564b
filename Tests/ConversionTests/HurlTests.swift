import Conversion
import Testing

@Suite struct HurlTests {
  /// What becomes of one assert; its note where it cannot be said.
  private func assertion(_ text: String) throws -> String {
    let conversion = try convert("GET https://a.example/\nHTTP *\n[Asserts]\n\(text)\n", as: .hurl)
    _ = try load(conversion.scenario)
    if let note = conversion.notes.first { return "note: \(note.message)" }
    let lines = conversion.scenario.split(separator: "\n")
    let expression = String(try #require(lines.last).dropFirst("        - ".count))
    guard expression.hasPrefix("'") else { return expression }
    return String(expression.dropFirst().dropLast()).replacing("''", with: "'")
  }

  @Test(
    "asserts become expressions",
    arguments: [
      ("status == 200", "status == 200"), ("status not == 200", "status != 200"),
      ("version == \"2\"", "version == \"2\""),
      ("header \"X-A\" exists", "\"x-a\" in headers"), ("header \"X-A\" not exists", "!(\"x-a\" in headers)"),
      ("header \"X-A\" == \"b\"", "headers[\"x-a\"] == \"b\""),
      ("header \"X-A\" count == 2", "size(header_values[\"x-a\"]) == 2"),
      ("cookie \"s[Secure]\" exists", "\"s\" in cookies && cookies[\"s\"].secure"),
      ("body contains \"a\\\"b\"", "body.contains(\"a\\\"b\")"), ("body not contains \"x\"", "!body.contains(\"x\")"),
      ("jsonpath \"$.a.b[0]\" == \"x\"", "json.a.b[0] == \"x\""),
      ("jsonpath \"$.a[-1].b\" > 2", "json.a[size(json.a) - 1].b > 2"),
      ("jsonpath \"$['a b']\" exists", "\"a b\" in json"), ("jsonpath \"$.a.b\" exists", "has(json.a.b)"),
      ("jsonpath \"$.a.b\" not exists", "!(has(json.a) && has(json.a.b))"),
      ("jsonpath \"$.a\" isEmpty", "size(json.a) == 0"),
      ("jsonpath \"$.a[*].b\" includes \"x\"", "\"x\" in json.a.map(i, i.b)"),
      ("jsonpath \"$[*]\" count == 3", "size(json) == 3"),
      (
        "jsonpath \"$.a[?(@.b == 'x' && @.c > 2)].d\" == 1",
        "json.a.filter(i, has(i.b) && i.b == \"x\" && has(i.c) && i.c > 2).map(i, i.d)[0] == 1"
      ),
      ("jsonpath \"$.a[0:2]\" count == 2", "size(json.a.transformList(i, v, i < 2, v)) == 2"),
      ("jsonpath \"$.a\" isInteger", "type(json.a) == int"),
      ("jsonpath \"$.a\" isCollection", "type(json.a) in [list, map]"),
      ("jsonpath \"$.a\" matches /^\\d+$/", "json.a.matches(r\"^\\d+$\")"),
      ("jsonpath \"$.a\" != null", "json.a != null"),
      ("jsonpath \"$.a\" split \",\" nth 1 == \"x\"", "json.a.split(\",\")[1] == \"x\""),
      ("jsonpath \"$.a\" toInt >= 3", "int(json.a) >= 3"), ("duration < 800", "elapsed < duration(\"800ms\")"),
      ("certificate \"Expire-Date\" daysAfterNow > 7", "certificate.expires_in > duration(\"168h\")"),
      ("sha256 == hex,00ff;", "hex(sha256(body_bytes)) == \"00ff\""), ("bytes count == 4", "size == 4"),
      ("bytes startsWith hex,efbb;", "hex(body_bytes).startsWith(\"efbb\")"),
      ("header \"Age\" == 5", "dyn(headers[\"age\"]) == 5"),
      ("regex \"id=([^&]+)&\" == \"x\"", "body.split(\"id=\")[1].split(\"&\")[0] == \"x\""),
      ("regex /v(\\d+)/ exists", "body.matches(r\"v(\\d+)\")"), ("redirects count == 1", "redirects == 1"),
      ("url endsWith \"/b\"", "url.endsWith(\"/b\")"),
    ])
  func saysAsserts(text: String, expected: String) throws {
    #expect(try assertion(text) == expected)
  }

  @Test(
    "what has no counterpart is told of, and the step stays",
    arguments: [
      "jsonpath \"$..a\" == 1", "body htmlEscape == \"x\"", "md5 == hex,00;", "regex /v(\\d+)/ == \"1\"", "status is 1",
    ])
  func tellsOfTheRest(text: String) throws {
    #expect(try assertion(text).hasPrefix("note: '\(text)' is not carried over"))
  }
}

import Conversion
import Documents
import Model
import Scenarios
import Testing

@Suite("The configuration of Gatus")
struct GatusTests {
  /// The scenario of one endpoint with one condition.
  private func expectation(_ condition: String, url: String = "https://a.example", more: String = "") throws -> String?
  {
    let text = "endpoints:\n  - name: a\n    url: '\(url)'\n\(more)    conditions: ['\(condition)']\n"
    let conversion = try convert(text, as: .gatus)
    _ = try load(conversion.scenario)
    let lines = conversion.scenario.split(separator: "\n").map(String.init)
    guard let start = lines.firstIndex(where: { $0.hasSuffix("expect:") }), start + 1 < lines.count else { return nil }
    let line = lines[start + 1].drop { $0 == " " }.dropFirst(2)
    return line.hasPrefix("'") ? String(line.dropFirst().dropLast().replacing("''", with: "'")) : String(line)
  }

  @Test(
    "has conditions that become expressions",
    arguments: [
      ("[STATUS] == 200", "status == 200"), ("[status] != 500", "status != 500"),
      ("[STATUS] == any(200, 429)", "status in [200, 429]"),
      ("[STATUS] == pat(2*)", #"string(status).startsWith("2")"#),
      ("[RESPONSE_TIME] < 500", #"elapsed < duration("500ms")"#),
      ("[RESPONSE_TIME] <= 2s", #"elapsed <= duration("2s")"#),
      ("[IP] == pat(10.*.1)", #"ip.matches(r"^(?s:10\..*\.1)$")"#),
      ("[BODY] == UP", #"body.trim() == "UP""#), ("[BODY] == pat(*<div*)", #"body.trim().contains("<div")"#),
      ("[BODY].status == UP", #"json.status == "UP""#), ("[BODY].a.b > 5", "json.a.b > 5"),
      ("[BODY][0].id == 1", "json[0].id == 1"), ("[BODY].ok == true", "json.ok == true"),
      ("[BODY].ttl < 5m", "json.ttl < 300000"), ("len([BODY].items) >= 5", "size(json.items) >= 5"),
      ("len([BODY]) == 3", "size(json) == 3"), ("has([BODY].errors) == false", "!(has(json.errors))"),
      ("has([BODY].a.b) == true", "has(json.a) && has(json.a.b)"),
      ("[BODY].a == [BODY].b", "json.a == json.b"),
      ("[BODY].name == any(a, b)", #"json.name in ["a", "b"]"#),
      ("[HEADER].X-Id != 7", #"headers["x-id"] != "7""#),
      ("[CERTIFICATE_EXPIRATION] > 336h", #"certificate.expires_in > duration("336h")"#),
      ("1000 > [RESPONSE_TIME]", #"elapsed < duration("1000ms")"#),
      ("[CONNECTED] == true", "status > 0"),
    ])
  func conditions(condition: String, expression: String) throws {
    #expect(try expectation(condition) == expression)
  }

  @Test("has conditions on other checks than those of HTTP")
  func others() throws {
    #expect(try expectation("[RESPONSE_TIME] < 5", url: "icmp://192.0.2.1") == #"rtt.avg < duration("5ms")"#)
    let dns = "    dns: {query-name: a.example, query-type: A}\n"
    #expect(
      try expectation("[BODY] == 192.0.2.1", url: "192.0.2.2", more: dns)
        == #"answers.exists(i, i.data == "192.0.2.1")"#)
    #expect(try expectation("[BODY].status == SERVING", url: "grpc://a.example:1") == #"serving == "SERVING""#)
    #expect(
      try expectation("[BODY] == pong", url: "tcp://a.example:1", more: "    body: ping\n")
        == #"received.trim() == "pong""#)
  }

  @Test(
    "has conditions that nothing stands for, which are said",
    arguments: [
      ("[DOMAIN_EXPIRATION] > 720h", "when a domain expires"), ("[CONNECTED] == false", "wants no connection"),
      ("a == b", "texts that never change"), ("[STATUS]==200", "no operator with blanks"),
      ("[STATUS] == ok", "compares a number with 'ok'"), ("[CONTEXT].a == 1", "no step stores"),
      ("[DNS_RCODE] == NOERROR", "this kind of check does not give"),
    ])
  func losses(condition: String, message: String) throws {
    let conversion = try convert(
      "endpoints: [{name: a, url: 'https://a.example', conditions: ['\(condition)']}]", as: .gatus)
    #expect(conversion.notes.contains { $0.isLoss && $0.message.contains(message) }, "\(conversion.notes)")
    _ = try load(conversion.scenario)
  }

  @Test("may be a folder: maps are merged, lists appended, and a value that stands twice is refused")
  func folder() throws {
    func merge(_ texts: String...) throws(ConversionFailure) -> Conversion {
      try Conversion(gatus: texts.enumerated().map { ("\($0.offset).yaml", Array($0.element.utf8)) })
    }
    let one = "ui: {title: a}\nendpoints: [{name: a, url: 'https://a.example', conditions: ['[STATUS] == 200']}]\n"
    let two =
      "ui: {link: 'https://b'}\nendpoints: [{name: b, url: 'tcp://b.example:1', conditions: ['[CONNECTED] == true']}]\n"
    let conversion = try merge(one, two)
    #expect(try load(conversion.scenario).checks.map(\.check.id.text) == ["a", "b"])
    #expect(conversion.serviceFile?.contains("home: https://b") == true)
    let failure = #expect(throws: ConversionFailure.self) { try merge(one, "ui: {title: b}") }
    #expect(failure?.message == "1.yaml: 'b' stands for what another file says too")
  }

  @Test("is refused where it is none", arguments: ["", "a: [", "endpoints: []", "[]", "7"])
  func refused(text: String) {
    #expect(throws: ConversionFailure.self) { try convert(text, as: .gatus) }
  }

  @Test("takes variables of the environment from there, and secret ones as secrets")
  func environment() throws {
    let conversion = try convert(
      """
      endpoints:
        - name: a
          url: "https://$HOST/${PATH_PART}/$$x"
          headers: {Authorization: "Bearer ${API_TOKEN}"}
          conditions: ["[STATUS] == 200"]
      """, as: .gatus)
    #expect(conversion.scenario.contains("https://${env.HOST}/${env.PATH_PART}/$x"))
    #expect(conversion.scenario.contains("env: API_TOKEN"))
    #expect(conversion.scenario.contains("bearer: ${secrets.api_token}"))
    _ = try load(conversion.scenario)
  }

  @Test("gives the quickest of its alerts to open_after and close_after")
  func thresholds() throws {
    let conversion = try convert(
      """
      alerting: {slack: {default-alert: {failure-threshold: 7}}}
      endpoints:
        - name: a
          url: https://a.example
          conditions: ["[STATUS] == 200"]
          alerts: [{type: slack, success-threshold: 3}, {type: email, failure-threshold: 9, success-threshold: 5}]
      """, as: .gatus)
    let check = try #require(try load(conversion.scenario).checks.first).check
    #expect(check.incidents.openAfter == 7)
    #expect(check.incidents.closeAfter == 3)
  }
}

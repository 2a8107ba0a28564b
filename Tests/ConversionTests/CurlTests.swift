import Conversion
import Model
import Scenarios
import Testing

@Suite struct CurlTests {
  /// The request of the only check of a command.
  private func spec(_ arguments: [String]) throws -> HTTPSpec {
    let scenario = try load(try Conversion(curl: arguments).scenario)
    let check = try #require(scenario.checks.first)
    guard case .probe(let step) = try #require(check.journey.steps.first).action else { throw NoProbe() }
    let run = RunIdentity(id: "run-1", check: check.check.id.text, region: "eu", slot: 1, traceID: "4bf92f3577b34da6")
    let scope = RunScope(variables: check.variables, run: run, now: { Timestamp(secondsSinceEpoch: 1_700_000_000) })
    guard case .http(let spec) = try step.probe.spec(in: scope) else { throw NoProbe() }
    return spec
  }

  struct NoProbe: Error {}

  static let hostile = [
    "no", "1.0", "12:30", "~", "null", "true", " lead", "trail ", "a: b", "a #b", "a:", "- a", "-", "?", "'", "\"",
    "''",
    "'\"\\", "%x", "@x", "`x`", "|", ">", "{a: b}", "[a]", "*a", "&a", "!a", "<<", "=", "\t", "a\tb", "\u{1}",
    "\u{7F}", "\u{85}", "\u{2028}", "\u{FEFF}x", "\u{FFFE}", "é", "漢字", "👩‍👩‍👧", "e\u{301}", "${x}", "$${x}", "$$${x}", "$",
    "$$", "{{x}}", "${", "$\u{301}{x}", "a\nb", "a\nb\n", "a\n\nb\n\n", "\na", " a\nb", "\ta\nb", "a \nb", "a\r\nb",
    "a\n  b\n c\n", "#a\n#b\n", "---\n...\n", "a\n\u{1}b", "\n", "\n\n", " ", " \n", "0x1F", "+1", ".5", "1e3", "yes",
    "OFF",
    String(repeating: "long ", count: 5000),
  ]

  @Test("any text of a body arrives as it was, whatever YAML or a template would read in it", arguments: hostile)
  func carriesHostileText(text: String) throws {
    let spec = try spec(["-H", "Content-Type: text/plain", "--data-raw", text, "https://shop.example.org/"])
    guard case .bytes(let bytes, _) = spec.body else { throw NoProbe() }
    #expect(bytes == Array(text.utf8))
  }

  @Test("so does any text in JSON, as key and as value", arguments: hostile)
  func carriesHostileJSON(text: String) throws {
    var quoted = "\""
    for scalar in text.unicodeScalars {
      let digits = String(scalar.value, radix: 16)
      let needsEscape = scalar.value < 0x20 || scalar == "\"" || scalar == "\\"
      quoted += needsEscape ? "\\u" + String(repeating: "0", count: 4 - digits.count) + digits : String(scalar)
    }
    quoted += "\""
    let spec = try spec(["--json", "{\(quoted): [\(quoted), {\"k\": \(quoted)}]}", "https://shop.example.org/"])
    guard case .bytes(let bytes, _) = spec.body else { throw NoProbe() }
    // Read back and made anew, it is the same JSON.
    let again = try self.spec(["--json", String(decoding: bytes, as: UTF8.self), "https://shop.example.org/"])
    #expect(again.body == spec.body)
    #expect(
      String(decoding: bytes, as: UTF8.self).contains(text.unicodeScalars.allSatisfy { $0.value > 0x7F } ? text : "k"))
  }

  @Test("the same request is made as curl makes")
  func makesTheSameRequest() throws {
    let spec = try spec([
      "curl", "-XPATCH", "-sSLk", "-H", "X-A: 1", "-HX-B:2", "--max-redirs", "3", "--http1.1", "-6", "-m", "2",
      "-d", "a=1&b=%26", "--connect-to", "::stage.example.org:8443", "-u", "anna:s3cr3tpass",
      "https://shop.example.org/cart?x=1",
    ])
    #expect(spec.method == "PATCH")
    #expect(spec.url == "https://shop.example.org/cart?x=1")
    #expect(spec.headers.contains(HeaderField("X-A", "1")) && spec.headers.contains(HeaderField("X-B", "2")))
    #expect(spec.maxRedirects == 3)
    #expect(spec.address == "stage.example.org:8443")
    #expect(!spec.tls.verify)
    guard case .bytes(let bytes, _) = spec.body else { throw NoProbe() }
    #expect(String(decoding: bytes, as: UTF8.self) == "a=1&b=%26")
    #expect(spec.auth == .basic(username: "anna", password: "s3cret-value"))
  }

  @Test("a long timeout brings the rhythm that it needs", arguments: ["0.5", "59", "60", "299.5", "3000", "80000"])
  func bearsLongTimeouts(seconds: String) throws {
    let scenario = try load(try Conversion(curl: ["-m", seconds, "https://shop.example.org/"]).scenario)
    #expect(scenario.checks.first.map { $0.check.timeout == .seconds(Double(seconds) ?? 0) } == true)
  }

  @Test("without -L no redirect is followed")
  func followsOnlyWhenTold() throws {
    #expect(try spec(["https://shop.example.org/"]).maxRedirects == 0)
    #expect(try spec(["-L", "https://shop.example.org/"]).maxRedirects > 0)
  }

  @Test(
    "what is wrong is said with its place",
    arguments: [
      ("curl 'https://a.example", 1, 6, "not closed"), ("curl \"https://a.example", 1, 6, "not closed"),
      ("curl $'https://a.example", 1, 6, "not closed"), ("curl -X", 1, 6, "needs a value"),
      ("curl https://a.example --nonsense", 1, 24, "no option --nonsense"), ("curl -§ x", 1, 6, "no option -"),
      ("curl -s", 1, 6, "no URL"), ("curl", 1, 1, "no URL"), ("\n\nwget https://a.example", 3, 1, "found 'wget'"),
      ("curl ftp://a.example/x", 1, 6, "only http"), ("curl https://a.example/$(id)", 1, 24, "another command"),
      ("curl ^\"https://a.example^\"", 1, 6, "Windows"), ("# nothing", 1, 1, "no curl command"),
      ("", 1, 1, "no curl command"),
      ("curl https://a.example <<EOF\nx\nEOF", 1, 24, "here-document"),
      ("curl https://a.example/${X:-y}", 1, 24, "only ${NAME}"), ("curl https://a.example \\", 1, 25, "backslash"),
    ])
  func refuses(text: String, line: Int, column: Int, words: String) throws {
    let fault = try failure(of: Array(text.utf8), as: .curl)
    #expect(fault.message.contains(words), "\(fault.message)")
    #expect((fault.line, fault.column) == (line, column), "\(fault.line):\(fault.column)")
  }

  @Test("a file's name or how it begins tells what it is")
  func tellsFormats() {
    func format(_ path: String?, _ text: String) -> ConversionFormat? {
      ConversionFormat(path: path, bytes: Array(text.utf8))
    }
    #expect(format("a/B.HAR", "") == .har && format("x.hurl", "") == .hurl && format("x.curl", "") == .curl)
    #expect(format(nil, " \u{FEFF}") == nil && format(nil, "") == nil && format("x.txt", "hello") == nil)
    #expect(format(nil, "{\"log\": 1}") == .har && format(nil, "# c\n\nGET https://a.example") == .hurl)
    #expect(format(nil, "curl x") == .curl && format(nil, "#!/bin/sh\n$ /usr/bin/curl x") == .curl)
  }

  @Test("a variable of the shell is read from the environment, a secret one as a secret")
  func readsEnvironment() throws {
    let text = try convert(#"curl "https://$HOST/x" -H "Authorization: Bearer $API_TOKEN""#, as: .curl).scenario
    #expect(text.contains("url: http://${env.HOST}/x") || text.contains("url: https://${env.HOST}/x"))
    #expect(text.contains("bearer: ${secrets.api_token}") && text.contains("env: API_TOKEN"))
  }
}

import Foundation
import Model
import TestSupport
import Testing
import curlew

@Suite("A report")
struct ReportTests {
  private static let texts = ["<h1>Overloaded</h1>", SampleReport.hostile]

  /// Runs a script of Python over a text, and gives what it prints.
  private func python(_ script: String, over text: String) async throws -> String {
    let outcome = try await ChildProcess.run(["/usr/bin/python3", "-c", script], input: text)
    #expect(outcome.exitCode == 0, "\(outcome.stderr)\n\(text)")
    return outcome.stdout
  }

  /// Nothing but printable text and line ends: what a terminal would obey, or what turns text around, is not there.
  private func expectPrintable(_ text: String, sourceLocation: Testing.SourceLocation = #_sourceLocation) {
    for scalar in text.unicodeScalars where scalar != "\n" {
      let isHarmful =
        scalar.value < 32 || (127...159).contains(scalar.value) || scalar.properties.isBidiControl
        || scalar == "\u{2028}"
      #expect(!isHarmful, "U+\(String(scalar.value, radix: 16))", sourceLocation: sourceLocation)
    }
  }

  @Test("as JUnit is read by a real reader: down fails, unknown is an error, skipped is skipped", arguments: texts)
  func junit(hostile: String) async throws {
    let text = JUnitReport(SampleReport.report(hostile: hostile)).document()
    expectPrintable(text)
    let script = """
      import sys, json
      from junitparser import JUnitXml, Failure, Error, Skipped
      xml = JUnitXml.fromstring(sys.stdin.buffer.read())
      print(json.dumps({"tests": xml.tests, "failures": xml.failures, "errors": xml.errors, "skipped": xml.skipped,
        "time": xml.time, "suites": [s.name for s in xml],
        "cases": [[c.name, c.classname, [type(r).__name__ for r in c.result], [r.type for r in c.result], c.system_out or "",
                   [r.text or "" for r in c.result]] for s in xml for c in s]}))
      """
    let read = try JSONValue(try await python(script, over: text))
    #expect([read.tests.int, read.failures.int, read.errors.int, read.skipped.int] == [5, 1, 1, 1])
    #expect(read.time.number == 1.25)
    #expect(read.suites.items.map(\.text) == ["scenarios/shop.yaml"])
    #expect(read.cases.items.map { $0[0].text } == ["front-page", "search", "checkout", "odd", "late"])
    #expect(
      read.cases.items.map { $0[2].items.map(\.text) } == [[], [], ["Failure"], ["Error"], ["Skipped"]])
    #expect(read.cases[2][3][0].text == "expectation_failed")
    let detail = try #require(read.cases[2][5][0].text)
    for words in [
      "expectation_failed at step order", "scenarios/shop.yaml:21:20", "^^^^^^^^^^^^^", "login", "shipped  skipped",
    ] {
      #expect(detail.contains(words), "\(words) in \(detail)")
    }
    #expect(detail.contains("cancel  3.00 ms  connect_refused: connection refused"), "\(detail)")
    #expect(read.cases[1][4].text?.contains("elapsed is 455ms") == true)
  }

  @Test("as JUnit fails what is degraded too, when the exit code does")
  func junitFailsDegraded() {
    let text = JUnitReport(SampleReport.report(), failsDegraded: true).document()
    #expect(text.contains(" tests=\"5\" failures=\"2\" errors=\"1\" skipped=\"1\""))
  }

  @Test("as TAP is read by a real reader, its diagnostics by one of YAML", arguments: texts)
  func tap(hostile: String) async throws {
    let text = TAPReport().document(of: SampleReport.report(hostile: hostile))
    expectPrintable(text)
    let workspace = try Workspace(["report.tap": text])
    let outcome = try await ChildProcess.run(
      ["prove", "--verbose", "--exec", "cat", "report.tap"], in: workspace.folder)
    #expect(outcome.exitCode != 0)
    #expect(
      outcome.stdout.contains("Failed tests:  3-4") || outcome.stdout.contains("Failed tests: 3-4"), "\(outcome.stdout)"
    )
    #expect(outcome.stdout.contains("Failed 2/5 subtests"), "\(outcome.stdout)")
    #expect(!outcome.stdout.contains("Parse errors"), "\(outcome.stdout)")
    let good = CheckReport(
      started: SampleReport.start, duration: .seconds(1),
      entries: Array(SampleReport.report(hostile: hostile).entries.prefix(2)))
    try workspace.write(TAPReport().document(of: good), to: "good.tap")
    #expect(try await ChildProcess.run(["prove", "--exec", "cat", "good.tap"], in: workspace.folder).exitCode == 0)
    let script = """
      import sys, json, re, yaml
      text = sys.stdin.buffer.read().decode()
      blocks = re.findall(r"^(?:not )?ok \\d+ - (\\S+)\\n  ---\\n(.*?)^  \\.\\.\\.$", text, re.S | re.M)
      print(json.dumps({name: yaml.safe_load(block) for name, block in blocks}))
      """
    let blocks = try JSONValue(try await python(script, over: text))
    #expect(blocks.keys == ["search", "checkout", "odd"])
    #expect(blocks.search.verdict.text == "degraded")
    #expect(blocks.checkout.code.text == "expectation_failed")
    #expect(blocks.checkout.at.line.int == 21 && blocks.checkout.at.column.int == 20)
    #expect(blocks.checkout.steps.items.map(\.name.text) == ["login", "order", "shipped"])
    #expect(blocks.checkout.steps.items.map(\.verdict.text) == ["up", "down", "skipped"])
    #expect(blocks.checkout["finally"].items.map(\.verdict.text) == ["down", "up"])
    #expect(blocks.odd.at.line.int == 40)
    #expect(text.contains("\nok 5 - late # SKIP left out by --fail-fast\n"))
  }

  @Test("as GitHub annotations keeps to the runner's rules, whatever a target says", arguments: texts)
  func github(hostile: String) {
    let report = SampleReport.report(hostile: hostile)
    let text = report.entries.map { GitHubAnnotations().lines(for: $0) }.joined()
    expectPrintable(text)
    let lines = text.split(separator: "\n").map(String.init)
    // One line a check, and one for the clean-up that failed: nothing that a target said begins a line of its own.
    #expect(lines.count == 6, "\(text)")
    #expect(lines[0] == "✓ front-page  up  12.0 ms")
    #expect(
      lines[1].hasPrefix(
        "::warning file=scenarios/a%2C b%3A c%25.yaml,line=19,col=14,endColumn=43,title=search is degraded::elapsed is")
    )
    #expect(
      lines[2].hasPrefix(
        "::error file=scenarios/shop.yaml,line=21,col=20,endColumn=33,title=checkout is down::status is 503, expected 201"
      ))
    #expect(lines[2].contains("%0A  ✓ login "))
    #expect(
      lines[3].hasPrefix("::warning file=scenarios/shop.yaml,line=3,col=5,title=checkout%3A clean-up failed::cancel: "))
    #expect(lines[4].hasPrefix("::error file=scenarios/shop.yaml,line=40,col=5,title=odd is unknown::no such key: "))
    #expect(lines[5] == "- late  skipped")
    #expect(GitHubAnnotations(failsDegraded: true).lines(for: report.entries[1]).hasPrefix("::error "))
  }

  @Test("as JSON has every step with what came of it, and no character that a terminal would obey", arguments: texts)
  func json(hostile: String) throws {
    let text = try JSONReport(SampleReport.report(hostile: hostile)).document()
    expectPrintable(text)
    let report = try JSONValue(text)
    #expect(["up", "degraded", "down", "unknown", "skipped"].map { report.summary[$0].int } == [1, 1, 1, 1, 1])
    let journey = report.checks[2]
    #expect(journey.steps.items.map(\.name.text) == ["login", "order", "shipped"])
    #expect(journey.steps.items.map(\.verdict.text) == ["up", "down", "skipped"])
    #expect(journey["finally"].items.map(\.name.text) == ["cancel", "logout"])
    #expect(journey.steps[0].captures.token.text == "\"•••\"")
    #expect(journey.steps[0].captures.user.text == "\"\(hostile)\"")
    #expect(journey.steps[0].measures.queue_depth.number == 17)
    #expect(journey.steps[1].attempts.int == 2)
    #expect(journey.steps[1].earlier[0].reason.code.text == "timeout")
    #expect(journey.steps[1].earlier[0].reason.phase.text == "wait")
    #expect(journey.steps[1].earlier[0].duration_ms.number == 1000)
    #expect(report.checks[4].verdict.text == "skipped")
    #expect(report.checks[4].reason.isNull && report.checks[4].started.isNull)
    #expect(!report.keys.contains("repeats"))
  }

  @Test("as HTML is well-formed, loads nothing and holds no script, whatever a target says", arguments: texts)
  func html(hostile: String) async throws {
    let text = HTMLReport(SampleReport.report(hostile: hostile)).document()
    let script = """
      import sys, json
      from html.parser import HTMLParser
      class Reader(HTMLParser):
        void = {"meta", "br", "rect", "path"}
        def __init__(self):
          super().__init__()
          self.stack, self.tags, self.attributes, self.words = [], set(), set(), []
        def handle_starttag(self, tag, attributes):
          self.tags.add(tag)
          self.attributes |= {name + "=" + (value or "")[:1] if name in ("href", "src") else name for name, value in attributes}
          if tag not in self.void: self.stack.append(tag)
        def handle_startendtag(self, tag, attributes):
          self.tags.add(tag)
          self.attributes |= {name + "=" + (value or "")[:1] if name in ("href", "src") else name for name, value in attributes}
        def handle_endtag(self, tag):
          assert self.stack and self.stack[-1] == tag, (self.stack, tag, self.getpos())
          self.stack.pop()
        def handle_data(self, data):
          if "style" not in self.stack: self.words.append(data)
      text = sys.stdin.buffer.read().decode()
      reader = Reader()
      reader.feed(text)
      reader.close()
      print(json.dumps({"open": reader.stack, "tags": sorted(reader.tags), "attributes": sorted(reader.attributes),
                        "text": "".join(reader.words)}))
      """
    let read = try JSONValue(try await python(script, over: text))
    #expect(read.open.items.isEmpty)
    let tags = read.tags.items.compactMap(\.text)
    for tag in ["script", "link", "img", "iframe", "object", "form", "base"] { #expect(!tags.contains(tag), "\(tag)") }
    let attributes = read.attributes.items.compactMap(\.text)
    #expect(!attributes.contains { $0 == "style" || $0.hasPrefix("on") || $0.hasPrefix("src") }, "\(attributes)")
    #expect(!attributes.contains { $0.hasPrefix("href=") && $0 != "href=#" }, "\(attributes)")
    let sheet = text.prefix { $0 != "\u{0}" }.components(separatedBy: "</style>")[0]
    #expect(!sheet.contains("url(") && !sheet.contains("@import"))
    #expect(text.contains("default-src 'none'; style-src 'unsafe-inline'"))
    let words = try #require(read["text"].text)
    for expected in [
      "1 of 5 checks is down", "Front page", "expectation_failed", "scenarios/shop.yaml:21:20", "^^^^^^^^^^^^^",
      "status is 503, expected 201", "login", "order", "shipped", "Clean-up", "cancel", "connection refused",
      "POST https://shop.example/order HTTP/2", "Authorization: Bearer •••", "HTTP/2 503 Unavailable", "queue_depth",
      "17.0",
      "no answer within 1s", "after 1.00 s", "Left out by --fail-fast.", "4bf92f3577b34da6a3ce929d0e0e4736",
    ] {
      #expect(words.contains(expected), "\(expected)")
    }
    for scalar in words.unicodeScalars where scalar.value < 32 || (127...159).contains(scalar.value) {
      #expect(scalar == "\n", "U+\(String(scalar.value, radix: 16))")
    }
    #expect(!words.contains("\u{202E}"))
  }

  @Test("in HTML puts each phase of each step on one axis, in order and without overlap")
  func waterfall() async throws {
    let entry = try #require(SampleReport.journey())
    let text = HTMLReport(CheckReport(started: SampleReport.start, duration: .seconds(2), entries: [entry])).document()
    let pattern = #/<rect y="1" height="10" class="([a-z]+)" x="([0-9.]+)" width="([0-9.]+)"\/>/#
    let bars = text.matches(of: pattern).map { match in
      (String(match.1), Double(match.2) ?? -1, Double(match.3) ?? -1)
    }
    #expect(
      bars.map(\.0) == [
        "resolve", "connect", "tls", "wait", "receive", "wait", "receive", "connect", "resolve", "connect", "wait",
        "receive",
      ])
    // The axis is the next round length, 1.2 s.
    #expect(bars[0].1 == 0 && abs(bars[3].1 - 39.2) < 0.2 && abs(bars[3].2 - 116.7) < 0.2)
    #expect(abs(bars[5].1 - 164.2) < 0.2 && abs(bars[5].2 - 741.7) < 0.2)
    for bar in bars { #expect(bar.1 >= 0 && bar.1 + bar.2 <= 1000 && bar.2 >= 3) }
  }
}

import Blackbox
import Expressions
import Model
import Testing

/// What a module holds of an answer: blackbox_exporter's checks, in its order.
@Suite("An http module's verdict")
struct HTTPModuleVerdictTests {
  private func matches(_ pattern: String, _ header: String = "X", allowsMissing: Bool = false) throws
    -> HTTPModule.HeaderMatch
  {
    HTTPModule.HeaderMatch(header: header, pattern: try RegularExpression(pattern), allowsMissing: allowsMissing)
  }

  @Test(
    "the status is any of 200 to 299, or one that is written",
    arguments: [
      ([], 200, true), ([], 299, true), ([], 300, false), ([], 199, false), ([404], 404, true), ([404], 200, false),
    ] as [([Int], Int, Bool)])
  func status(valid: [Int], status: Int, isGood: Bool) throws {
    let report = try HTTPModuleHarness { $0.validStatusCodes = valid }.report(.answer(status))
    #expect((report.failure == nil) == isGood)
    #expect(report.metrics.value("probe_success") == (isGood ? 1 : 0))
    if !isGood {
      #expect(report.failure?.code == .expectationFailed)
      #expect(report.log.contains { $0.message.hasPrefix("Invalid HTTP response status code") })
    }
  }

  @Test("a header that must not match fails by any of its values, and when it is missing")
  func headerMatches() throws {
    let harness = try HTTPModuleHarness { $0.failIfHeaderMatches = [try matches("^bad")] }
    #expect(try harness.report(.answer(200, [("x", "good")])).failure == nil)
    let bad = try harness.report(.answer(200, [("X", "good"), ("x", "bad 1")]))
    #expect(bad.failure != nil && bad.metrics.value("probe_failed_due_to_regex") == 1)
    #expect(bad.log.last?.message == "Header matched regular expression")
    let missing = try harness.report()
    #expect(missing.failure?.message == "header X is missing")
    #expect(missing.metrics.value("probe_failed_due_to_regex") == 1)
    let tolerant = try HTTPModuleHarness { $0.failIfHeaderMatches = [try matches("^bad", allowsMissing: true)] }
    #expect(try tolerant.report().failure == nil)
  }

  @Test("a header that must match is content with one of its values")
  func headerNotMatches() throws {
    let harness = try HTTPModuleHarness { $0.failIfHeaderNotMatches = [try matches("good")] }
    #expect(try harness.report(.answer(200, [("X", "bad"), ("X", "good")])).failure == nil)
    #expect(
      try harness.report(.answer(200, [("X", "bad")])).log.last?.message == "Header did not match regular expression")
    #expect(try harness.report().failure != nil)
  }

  @Test("any pattern that must not match the body fails, and any that must")
  func body() throws {
    let harness = try HTTPModuleHarness {
      $0.failIfBodyMatches = [try RegularExpression("never"), try RegularExpression("error")]
      $0.failIfBodyNotMatches = [try RegularExpression("(?i)WELCOME"), try RegularExpression("shop")]
    }
    let good = try harness.report(.answer(body: "Welcome to the shop"))
    #expect(good.failure == nil && good.metrics.value("probe_failed_due_to_regex") == 0)
    for body in ["Welcome to the shop: error", "Welcome", "shop", ""] {
      let bad = try harness.report(.answer(body: body))
      #expect(bad.failure != nil && bad.metrics.value("probe_failed_due_to_regex") == 1, "\(body)")
    }
  }

  @Test("the body is not looked at when the status was not good")
  func order() throws {
    let harness = try HTTPModuleHarness { $0.failIfBodyMatches = [try RegularExpression("x")] }
    let report = try harness.report(.answer(500, body: "x"))
    #expect(report.failure?.message == "status is 500, expected 2xx")
    #expect(report.metrics.value("probe_failed_due_to_regex") == 0)
  }

  @Test(
    "CEL decides over JSON bodies, where numbers are doubles as in Go",
    arguments: [
      ("body.n == 1", "{\"n\": 1}", true), ("body.n / 2.0 == 0.5", "{\"n\": 1}", true),
      ("body.n == 1", "{\"n\": 2}", false),
      ("body.missing == 1", "{}", nil), ("body.n", "{\"n\": 1}", nil), ("true", "no JSON", nil), ("true", "", nil),
      ("body.n == 2", "{\"n\": 1, \"n\": 2}", true), ("body.size() == 2", "[1, 2]", true),
    ] as [(String, String, Bool?)])
  func cel(source: String, body: String, holds: Bool?) throws {
    let fails = try HTTPModuleHarness { $0.failIfBodyJSONMatchesCEL = try HTTPModuleHarness.cel(source) }
    let needs = try HTTPModuleHarness { $0.failIfBodyJSONNotMatchesCEL = try HTTPModuleHarness.cel(source) }
    let failing = try fails.report(.answer(body: body))
    #expect((failing.failure == nil) == (holds == false))
    #expect(failing.metrics.value("probe_failed_due_to_cel") == (holds == false ? 0 : 1))
    #expect(failing.metrics.value("probe_failed_due_to_regex") == 0)
    #expect((try needs.report(.answer(body: body)).failure == nil) == (holds == true))
  }

  @Test("regex and CEL in one module both see the body, but in strict")
  func regexAndCEL() throws {
    for compatibility in [Compatibility.mended, .strict] {
      let harness = try HTTPModuleHarness(compatibility) {
        $0.failIfBodyNotMatches = [try RegularExpression("ok")]
        $0.failIfBodyJSONNotMatchesCEL = try HTTPModuleHarness.cel("body.state == 'ok'")
      }
      let report = try harness.report(.answer(body: "{\"state\": \"ok\"}"))
      #expect((report.failure == nil) == (compatibility == .mended))
      #expect(report.metrics.value("probe_failed_due_to_cel") == (compatibility == .mended ? 0 : 1))
    }
  }

  @Test("the body of a redirect that is not followed is checked, but in strict")
  func unfollowed() throws {
    for compatibility in [Compatibility.mended, .strict] {
      let harness = try HTTPModuleHarness(compatibility) {
        $0.noFollowRedirects = true
        $0.validStatusCodes = [302]
        $0.failIfBodyNotMatches = [try RegularExpression("moved")]
      }
      let report = try harness.report(.answer(302, [("Location", "/x")], body: "moved"))
      #expect((report.failure == nil) == (compatibility == .mended))
      #expect(report.metrics.value("probe_http_redirects") == 1)
      #expect(report.metrics.value("probe_http_uncompressed_body_length") == (compatibility == .mended ? 5 : 0))
    }
  }

  @Test("redirects without end are judged by the last one's status")
  func endlessRedirects() throws {
    var answer = HTTPFacts.answer(302, [("location", "/again")])
    answer.redirects = 10
    let failure = ProbeFailure(.tooManyRedirects, during: .receive, "too many")
    let report = try HTTPModuleHarness().report(answer, failure: failure)
    #expect(report.failure == failure)
    #expect(report.metrics.value("probe_http_redirects") == 11)
    #expect(report.metrics.value("probe_http_status_code") == 302)
    #expect(try HTTPModuleHarness { $0.validStatusCodes = [302] }.report(answer, failure: failure).failure == nil)
  }

  @Test(
    "versions are compared as Go writes them; HTTP/2 is HTTP/2.0, but in strict",
    arguments: [
      (["HTTP/1.1"], "1.1", true, true), (["HTTP/1.0", "HTTP/2.0"], "2", true, true), (["HTTP/2"], "2", true, false),
      (["HTTP/1.1"], "2", false, false), (["HTTP/1"], "1.0", true, false), (["http/1.1"], "1.1", false, false),
    ] as [([String], String, Bool, Bool)])
  func versions(valid: [String], version: String, isGood: Bool, isGoodInStrict: Bool) throws {
    let mended = HTTPModuleHarness { $0.validHTTPVersions = valid }
    let strict = HTTPModuleHarness(.strict) { $0.validHTTPVersions = valid }
    #expect((try mended.report(.answer(version: version)).failure == nil) == isGood)
    #expect((try strict.report(.answer(version: version)).failure == nil) == isGoodInStrict)
  }

  @Test("the final answer must, or must not, come over TLS")
  func overTLS() throws {
    let without = HTTPModuleHarness { $0.failsIfSSL = true }
    let with = HTTPModuleHarness { $0.failsIfNotSSL = true }
    let tls = TLSFacts(version: "TLSv1.3")
    #expect(try without.report().failure == nil)
    #expect(try without.report(tls: tls).log.last?.message == "Final request was over SSL")
    #expect(try with.report(tls: tls).failure == nil)
    #expect(try with.report().log.last?.message == "Final request was not over SSL")
  }

  @Test("a body that is too large or ends early fails, and what was asked of it is held against it")
  func brokenBody() throws {
    let failure = ProbeFailure(.bodyTooLarge, during: .receive, "too large")
    let plain = try HTTPModuleHarness().report(.answer(body: "x"), failure: failure)
    #expect(plain.failure == failure)
    #expect(plain.metrics.value("probe_failed_due_to_regex") == 0)
    #expect(plain.metrics.value("probe_http_status_code") == 200)
    let checked = try HTTPModuleHarness { $0.failIfBodyMatches = [try RegularExpression("y")] }
      .report(.answer(body: "x"), failure: failure)
    #expect(checked.metrics.value("probe_failed_due_to_regex") == 1)
  }

  @Test("an unknown compression fails every probe")
  func compression() throws {
    let report = try HTTPModuleHarness { $0.compression = .unknown("lzma") }.report()
    #expect(report.failure?.code == .templateFailed)
    #expect(report.failure?.message.contains("\"lzma\"") == true)
  }

  @Test("credentials in a target's URL do not show in the log")
  func log() throws {
    var harness = try HTTPModuleHarness()
    harness.module.timeout = .seconds(1)
    let spec = ProbeSpec.http(try harness.spec(for: "https://user:pass@shop.example/@x"))
    let observation = Observation(facts: Facts(phases: Phases(), detail: .http(.answer())))
    let verdict = harness.module.http.verdict(on: observation, of: spec, .mended)
    #expect(verdict.log.first?.fields.first?.1 == "https://shop.example/@x")
  }
}

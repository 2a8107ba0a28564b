import Journeys
import Model
import Testing

@Suite("The verdict on one exchange")
struct VerdictTests {
  static let http = "http: {url: \"http://shop.example/\"}"

  @Test(
    "is that of the failure which ended the exchange, with its phase and words",
    arguments: ReasonCode.allCases.filter { $0.verdict != .degraded })
  func failures(code: ReasonCode) async throws {
    let run = try await runOnce(Self.http, ScriptedProber(.failed(code, during: .tls, "the words of the prober")))
    #expect(run.verdict == code.verdict)
    #expect(run.verdict == .down || run.verdict == .unknown)
    #expect(
      run.reason == Reason(code: code, step: "front-page", phase: .tls, message: "the words of the prober"))
    #expect(run.duration == .milliseconds(5))
    #expect(try run.step().expectations.isEmpty)
  }

  @Test("is up when the default expectation of its kind holds", arguments: [200, 204, 301, 399])
  func defaultHolds(status: Int) async throws {
    let run = try await runOnce(Self.http, ScriptedProber(.http(status)))
    #expect(run.verdict == .up)
    #expect(run.reason == nil)
    #expect(
      try run.step().expectations
        == [ExpectationResult(kind: .expect, source: "status >= 200 && status < 400", passed: true)])
  }

  @Test("is down when the default expectation fails, and points to the probe", arguments: [199, 400, 503])
  func defaultFails(status: Int) async throws {
    let run = try await runOnce(Self.http, ScriptedProber(.http(status)))
    #expect(run.verdict == .down)
    let reason = try #require(run.reason)
    #expect(reason.code == .expectationFailed)
    #expect(reason.message.hasPrefix("status is \(status), expected"))
    #expect(reason.excerpt?.location == SourceLocation(file: "<stdin>", line: 6, column: 5))
    #expect(reason.excerpt?.width == 4)
  }

  @Test("of a program is exit_code when the default expectation fails")
  func exitCode() async throws {
    let facts = Facts(phases: Phases(wait: .milliseconds(1)), detail: .exec(ExecFacts(exitCode: 2)))
    let run = try await runOnce("exec: {command: [check_disk]}", ScriptedProber(Observation(facts: facts)))
    #expect(run.reason?.code == .exitCode)
    #expect(run.reason?.message == "exit_code is 2, expected 0")
  }

  @Test("of a program is expectation_failed when a written expectation fails")
  func exitCodeWritten() async throws {
    let facts = Facts(phases: Phases(wait: .milliseconds(1)), detail: .exec(ExecFacts(exitCode: 2)))
    let run = try await runOnce(
      "exec: {command: [check_disk], expect: [exit_code == 1]}", ScriptedProber(Observation(facts: facts)))
    #expect(run.reason?.code == .expectationFailed)
  }

  @Test(
    "of a plugin follows its codes: WARNING is degraded and CRITICAL down",
    arguments: [
      (0, Verdict.up, nil, nil), (1, .degraded, .warning, "exit_code is 1, expected 0"), (2, .down, .exitCode, nil),
      (127, .down, .exitCode, nil),
    ] as [(Int, Verdict, ReasonCode?, String?)])
  func plugin(code: Int, verdict: Verdict, reason: ReasonCode?, message: String?) async throws {
    let facts = Facts(phases: Phases(wait: .milliseconds(1)), detail: .exec(ExecFacts(exitCode: code)))
    for format in ["nagios", "${format}"] {
      let run = try await runOnce(
        "exec: {command: [check_disk], format: \"\(format)\"}",
        variables: "{format: \"${run.check == '' ? '' : 'nagios'}\"}",
        ScriptedProber(Observation(facts: facts)))
      #expect(run.verdict == verdict, "\(format)")
      #expect(run.reason?.code == reason)
      if let message { #expect(run.reason?.message == message) }
      #expect(try run.step().expectations.map(\.source) == ["exit_code == 0 || exit_code == 1", "exit_code == 0"])
    }
  }

  @Test(
    "is unknown when a variable that an expectation needs cannot be computed: nothing is known of the target then",
    arguments: ["expect: [size < limit]", "warn: [size < vars.limit]", "expect: [status == 404, size < limit]"])
  func variable(expectations: String) async throws {
    let run = try await runOnce(
      "http: {url: \"http://shop.example/\", \(expectations)}", variables: "{limit: \"${int(run.check)}\"}",
      ScriptedProber(.http(200)))
    #expect(run.verdict == .unknown)
    #expect(run.reason?.code == .templateFailed)
    #expect(run.reason?.message.hasPrefix("variable 'limit': ") == true)
    #expect(run.reason?.excerpt != nil)
  }

  @Test("is unknown when the run is cancelled while it is judged")
  func cancelledJudgement() async throws {
    let items = Array(repeating: "1", count: 5000).joined(separator: ",")
    let run = try await withThrowingTaskGroup(of: Run.self) { group in
      group.cancelAll()
      group.addTask {
        try await runOnce(
          "http: {url: \"http://shop.example/\", expect: ['json.all(i, i < 2)']}",
          ScriptedProber(.http(200, "[\(items)]")))
      }
      return try #require(try await group.next())
    }
    #expect(run.verdict == .unknown)
    #expect(run.reason?.code == .cancelled)
  }

  @Test("names the first expectation that failed, and tells of all")
  func firstFailure() async throws {
    let run = try await runOnce(
      "http: {url: \"http://shop.example/\", expect: [status == 200, 'body == \"x\"', 'size > 100']}",
      ScriptedProber(.http(503, "busy")))
    #expect(run.reason?.message == "status is 503, expected 200")
    #expect(run.reason?.excerpt?.lineText.contains("expect: [status == 200") == true)
    let expectations = try run.step().expectations
    #expect(expectations.map(\.passed) == [false, false, false])
    #expect(
      expectations.map(\.detail) == [
        "status is 503, expected 200", "body is \"busy\", expected \"x\"", "size is 4, expected more than 100",
      ])
  }

  @Test("is degraded when only a warning fails")
  func warning() async throws {
    let run = try await runOnce(
      "http: {url: \"http://shop.example/\", warn: ['elapsed < duration(\"10ms\")']}", ScriptedProber(.http(200)))
    #expect(run.verdict == .degraded)
    #expect(run.reason?.code == .warning)
    #expect(run.reason?.message.contains("elapsed is 20ms") == true)
  }

  @Test("is down when an expectation fails beside a warning")
  func expectationOutweighsWarning() async throws {
    let run = try await runOnce(
      "http: {url: \"http://shop.example/\", warn: [size > 1], expect: [status == 200]}", ScriptedProber(.http(500)))
    #expect(run.verdict == .down)
    #expect(run.reason?.message == "status is 500, expected 200")
  }

  @Test("counts an expectation that ends in an error as false, and shows the error")
  func error() async throws {
    let run = try await runOnce(
      "http: {url: \"http://shop.example/\", expect: ['json.items.size() > 0']}",
      ScriptedProber(.http(200, "<html>")))
    #expect(run.verdict == .down)
    #expect(run.reason?.code == .expectationFailed)
    #expect(run.reason?.message.contains("the body is no JSON") == true)
    let expectation = try #require(try run.step().expectations.first)
    #expect(!expectation.passed)
    #expect(expectation.detail == run.reason?.message)
  }

  @Test("points to the part of the expression that ended in an error")
  func errorPlace() async throws {
    let run = try await runOnce(
      "http: {url: \"http://shop.example/\", expect: ['status == 200 && json.state == \"ok\"']}",
      ScriptedProber(.http(200, "{\"other\": 1}")))
    let excerpt = try #require(run.reason?.excerpt)
    let underlined = excerpt.lineText.unicodeScalars.dropFirst(excerpt.location.column - 1).prefix(excerpt.width)
    #expect(String(String.UnicodeScalarView(underlined)).contains("state"))
  }

  @Test("counts a dynamic value that is no bool as false")
  func noBool() async throws {
    let run = try await runOnce(
      "http: {url: \"http://shop.example/\", expect: [json.ok]}", ScriptedProber(.http(200, "{\"ok\": \"yes\"}")))
    #expect(run.verdict == .down)
    #expect(run.reason?.message.contains("yes") == true)
  }

  @Test("is up without any expectation, where the exchange itself is all that is asked")
  func nothingAsked() async throws {
    let facts = Facts(phases: Phases(connect: .milliseconds(1)), ip: "127.0.0.1", detail: .socket(SocketFacts()))
    let run = try await runOnce("tcp: {target: \"127.0.0.1:25\"}", ScriptedProber(Observation(facts: facts)))
    #expect(run.verdict == .up)
    #expect(try run.step().expectations.isEmpty)
  }

  @Test("carries the identity of its run and of its slot")
  func identity() async throws {
    let prober = ScriptedProber(.http(200))
    let run = try await runOnce(Self.http, prober)
    #expect(run.region == "eu")
    #expect(run.node == "node-1")
    #expect(run.traceID.count == 32)
    #expect(run.traceID.allSatisfy { "0123456789abcdef".contains($0) })
    let traceparent = try #require(prober.requests.first?.context.traceparent)
    #expect(traceparent.hasPrefix("00-\(run.traceID)-") && traceparent.hasSuffix("-01") && traceparent.count == 55)
  }

  @Test("is asked without a traceparent where the file says so")
  func noTrace() async throws {
    let prober = ScriptedProber(.http(200))
    _ = try await runOnce("trace: false\n    \(Self.http)", prober)
    #expect(prober.requests.map(\.context.traceparent) == [nil])
  }
}

@Suite("A certificate that is not verified")
struct CertificateTests {
  private let observation = Observation.failed(
    .certificateInvalid, during: .tls, "self-signed certificate", tls: untrusted)

  private func verdict(_ expectations: String, of observation: Observation) async throws -> (Verdict, ReasonCode?) {
    let run = try await runOnce(
      "http: {url: \"https://shop.example/\"\(expectations)}", ScriptedProber(observation))
    return (run.verdict, run.reason?.code)
  }

  @Test(
    "is down whatever else holds",
    arguments: [
      "", ", expect: ['elapsed < duration(\"1h\")']", ", warn: ['protocol == \"TLSv1.3\"']",
      ", warn: ['certificate.expires_in > duration(\"336h\")', '!verified']",
    ])
  func down(expectations: String) async throws {
    #expect(try await verdict(expectations, of: observation) == (.down, .certificateInvalid))
  }

  @Test(
    "is left to expectations that speak of verification",
    arguments: [
      ("!verified", Verdict.up), ("verified", .down), ("verify_error.contains(\"self-signed\")", .up),
      ("certificate.subject == \"CN=shop.example\"", .up), ("certificate.expires_in > duration(\"999999h\")", .down),
    ])
  func left(expectation: String, expected: Verdict) async throws {
    let (verdict, code) = try await verdict(", expect: ['\(expectation)']", of: observation)
    #expect(verdict == expected)
    #expect(code == (expected == .up ? nil : .expectationFailed))
  }

  @Test("of somebody else, whose facts are not shown, is left to no expectation")
  func elsewhere() async throws {
    let failure = Observation.failed(
      .certificateInvalid, during: .tls, "at the token endpoint: self-signed certificate")
    #expect(try await verdict(", expect: ['!verified']", of: failure) == (.down, .certificateInvalid))
  }

  @Test("does not answer for what was not asked for lack of trust")
  func noAnswer() async throws {
    let run = try await runOnce(
      "http: {url: \"https://shop.example/\", expect: ['!verified', status == 200]}", ScriptedProber(observation))
    #expect(run.reason?.code == .expectationFailed)
    #expect(run.reason?.message.contains("there was no answer: self-signed certificate") == true)
  }

  @Test(
    "is the only failure that expectations may forgive",
    arguments: [ReasonCode.tlsFailed, .timeout, .connectRefused, .protocolError])
  func nothingElse(code: ReasonCode) async throws {
    let failure = Observation.failed(code, during: .tls, tls: untrusted)
    #expect(try await verdict(", expect: ['!verified']", of: failure) == (.down, code))
  }
}

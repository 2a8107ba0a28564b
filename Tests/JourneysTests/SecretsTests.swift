import Expressions
import Journeys
import Model
import Testing

@Suite("Secrets in the record of a run")
struct SecretsTests {
  private static let token = "s3cr3t-T0ken/with+more"
  private let secrets = "{token: {env: TOKEN}}"
  private let environment = ["TOKEN": token]

  /// All text of a run, as a report would show it.
  private func text(of run: Run) throws -> String {
    let step = try run.step()
    var text = "\(run.reason?.message ?? "") \(run.reason?.excerpt?.rendered() ?? "")\n"
    for expectation in step.expectations { text += "\(expectation.source) \(expectation.detail ?? "")\n" }
    for attempt in step.earlier { text += "\(attempt.reason.message)\n" }
    if let facts = step.facts {
      text += try JSON.write(FactRecord.value(of: facts, attempt: 1, at: run.started)) + "\(facts)"
      if case .http(let http) = facts.detail { text += String(decoding: http.body, as: UTF8.self) }
      if case .socket(let socket) = facts.detail { text += String(decoding: socket.received, as: UTF8.self) }
      if case .exec(let exec) = facts.detail { text += String(decoding: exec.stdout + exec.stderr, as: UTF8.self) }
    }
    return text
  }

  private func runWithToken(_ check: String, _ prober: ScriptedProber) async throws -> Run {
    try await runOnce(check, secrets: secrets, environment: environment, prober)
  }

  @Test(
    "are masked in every fact that the target echoes, when it fails and when it holds",
    arguments: [200, 500])
  func echoed(status: Int) async throws {
    let token = Self.token
    let facts = Facts(
      phases: Phases(),
      detail: .http(
        HTTPFacts(
          status: status, statusText: "No \(token)", headers: [HeaderField("X-\(token)", "Bearer \(token)")],
          body: Array("you said \(token)".utf8), url: "http://a.example/?t=s3cr3t-T0ken%2Fwith%2Bmore",
          requestHeaders: [HeaderField("Authorization", "Bearer \(token)")])))
    let run = try await runWithToken(VerdictTests.http, ScriptedProber(Observation(facts: facts)))
    let text = try text(of: run)
    #expect(!text.contains("s3cr3t"))
    #expect(text.contains(Redactor.mask))
  }

  @Test("are masked in reasons, expectations and earlier attempts")
  func words() async throws {
    let run = try await runWithToken(
      "http: {url: \"http://shop.example/\", expect: ['body == secrets.token', 'headers[secrets.token] == \"a\"']}",
      ScriptedProber(.http(200, "not \(Self.token)")))
    #expect(run.verdict == .down)
    #expect(!(try text(of: run)).contains("s3cr3t"))
  }

  @Test("are masked in the words of a failure")
  func failure() async throws {
    let run = try await runWithToken(
      VerdictTests.http, ScriptedProber(.failed(.protocolError, "bad line \"\(Self.token)\"")))
    #expect(run.reason?.message == "bad line \"•••\"")
  }

  @Test("are masked in what sockets, programs and name servers say")
  func otherKinds() async throws {
    let token = Self.token
    let socket = SocketFacts(
      received: Array("220 \(token)".utf8), messages: [token], matches: ["banner": token])
    let exec = ExecFacts(
      exitCode: 1, stdout: Array("a \(token)".utf8), stderr: Array(token.utf8), metrics: [token: 1])
    let record = DNSRecord(name: "\(token).example.", type: "TXT", recordClass: "IN", ttl: 1, data: "\"\(token)\"")
    let dns = DNSFacts(rcode: "NXDOMAIN", answers: [record], authority: [record], additional: [record])
    for (check, detail) in [
      ("tcp: {target: \"127.0.0.1:25\", expect: [received == '']}", Facts.Detail.socket(socket)),
      ("exec: {command: [x]}", .exec(exec)), ("dns: {name: a.example}", .dns(dns)),
    ] {
      let run = try await runWithToken(
        check, ScriptedProber(Observation(facts: Facts(phases: Phases(), detail: detail))))
      #expect(run.verdict == .down)
      #expect(!(try text(of: run)).contains("s3cr3t"), "\(check)")
    }
  }

  @Test("do not show a part of themselves where a body is cut", arguments: 1...21)
  func border(part: Int) async throws {
    let body = String(repeating: "x", count: 4096 - part) + Self.token + " and more"
    let run = try await runWithToken(VerdictTests.http, ScriptedProber(.http(500, body)))
    guard case .http(let http)? = try run.step().facts?.detail else { throw EvaluationError(.host, "no http") }
    #expect(String(decoding: http.body, as: UTF8.self) == String(repeating: "x", count: 4096 - part) + Redactor.mask)
    #expect(http.size == body.utf8.count)
  }

  @Test("do not show more than one character where a message cuts a value", arguments: 55...80)
  func messageBorder(offset: Int) async throws {
    let run = try await runWithToken(
      "http: {url: \"http://shop.example/\", expect: ['body == \"x\"', 'body.contains(\"y\")']}",
      ScriptedProber(.http(200, String(repeating: "x", count: offset) + Self.token + " and much more text")))
    #expect(!(try text(of: run)).contains("s3"))
  }

  @Test("do not show a part of themselves where the target was cut off in the middle of one")
  func cutBody() async throws {
    let run = try await runWithToken(VerdictTests.http, ScriptedProber(.http(500, "it is s3cr3t-T0")))
    guard case .http(let http)? = try run.step().facts?.detail else { throw EvaluationError(.host, "no http") }
    #expect(String(decoding: http.body, as: UTF8.self) == "it is •••")
  }

  @Test("are masked in a template's failure")
  func template() async throws {
    let run = try await runWithToken(
      "http: {url: \"http://shop.example/${int(secrets.token)}\"}", ScriptedProber(.http(200)))
    #expect(run.reason?.code == .templateFailed)
    #expect(!(try text(of: run)).contains("s3cr3t"))
  }

  @Test("are masked in the URL that a template makes of them, whatever they hold")
  func url() async throws {
    let secret = "k" + String(String.UnicodeScalarView((33...126).compactMap(Unicode.Scalar.init))) + " ö%"
    let prober = ScriptedProber([
      { spec, _ in
        guard case .http(let http) = spec else { return .http(200) }
        return .failed(.timeout, "no answer from \(http.url)", detail: .http(HTTPFacts(url: http.url)))
      }
    ])
    let run = try await runOnce(
      "http: {url: \"https://a.example/?key=${secrets.token}\"}", secrets: secrets, environment: ["TOKEN": secret],
      prober)
    guard case .http(let sent)? = prober.requests.first?.spec else { throw EvaluationError(.host, "nothing was sent") }
    #expect(sent.url.contains("%5E") && sent.url.contains("$"))
    #expect(run.reason?.message == "no answer from https://a.example/?key=•••")
    #expect(!(try text(of: run)).contains("%5E"))
  }

  @Test("are masked in what expressions say of a body that holds them, whatever they hold")
  func explained() async throws {
    let secret = "q\"b\\s\u{7}\u{1b}c/d&<e>'é\t"
    let run = try await runOnce(
      "http: {url: \"http://a.example/\", expect: ['body == \"x\"', 'json.a == \"\"', '[body] == [\"\"]']}",
      secrets: secrets,
      environment: ["TOKEN": secret], ScriptedProber(.http(200, "it is \(secret)!")))
    let text = try text(of: run)
    #expect(text.contains("it is •••"), "\(text)")
    for part in ["q\"", "q\\", "\\u", "é"] { #expect(!text.contains(part), "\(part) in \(text)") }
  }

  @Test("are masked as soon as a probe has obtained them")
  func obtained() async throws {
    let run = try await runOnce(
      VerdictTests.http, ScriptedProber(.http(500, "Bearer tok-1", headers: [HeaderField("X-Echo", "tok-1")])),
      tokens: [Secret("tok-1")])
    let text = try text(of: run)
    #expect(text.contains("Bearer •••"))
    #expect(!text.contains("tok-1"))
  }

  @Test(
    "leave no words of the target in the reason where the check is sensitive, and all of ours",
    arguments: [true, false])
  func sensitiveFailure(isSensitive: Bool) async throws {
    let failure = Observation.failed(
      .expectationFailed, "closed the connection before the text \"OK\" came", quote: "; what came: \"user=ann\"",
      detail: .socket(SocketFacts(received: Array("user=ann".utf8))))
    let run = try await runOnce(
      "sensitive: \(isSensitive)\n    tcp: {target: \"a.example:1\", receive: {until: OK}}", ScriptedProber(failure))
    let message = try #require(run.reason?.message)
    #expect(message.hasPrefix("closed the connection before the text \"OK\" came"))
    #expect(message.contains("ann") == !isSensitive)
    #expect(try text(of: run).contains("ann") == !isSensitive)
  }

  @Test("leave no body at all where the check is sensitive")
  func sensitive() async throws {
    let run = try await runWithToken(
      "sensitive: true\n    http: {url: \"http://shop.example/\", expect: ['body == \"x\"']}",
      ScriptedProber(.http(500, "a private matter")))
    #expect(run.reason?.message == "body == \"x\" does not hold")
    #expect(!(try text(of: run)).contains("private"))
  }
}

import Foundation
import Glibc
import TestSupport
import Testing

@Suite("A secret", .serialized)
struct SecretsTests {
  private static let token = "tok/en+with \"quotes\" & <more>"
  private static let password = "pass-word-4711"

  private static let scenario = """
    version: 1
    secrets: {token: {env: SHOP_TOKEN}, password: {env: SHOP_PASSWORD}}
    defaults: {every: 200ms, timeout: 200ms}
    checks:
      - id: echoed
        name: Echo ${env.SHOP_PASSWORD}
        http:
          url: ${vars.base}/?token=${url.encode(secrets.token)}
          headers: {X-Token: "${secrets.token}", X-Hash: "${hex(bytes(secrets.token))}"}
          expect: ['body == secrets.token', 'headers["x-echo"] == secrets.password']
      - id: basic
        http:
          url: ${vars.base}/basic
          auth: {basic: {username: probe, password: "${secrets.password}"}}
          expect: [size < 3]
      - id: fine
        http: {url: "${vars.base}/fine", auth: {bearer: "${secrets.token}"}}
      - id: broken-template
        http: {url: "${vars.base}/${int(secrets.token)}"}

    """

  /// A scenario whose checks have time enough to run only once.
  private static func unhurried(_ scenario: String) -> String {
    scenario.replacing("200ms", with: "30s")
  }

  /// A server that gives back all that it was told, in every form, and cuts some of it.
  private func echo() throws -> HTTPTestServer {
    try HTTPTestServer { request in
      let told = ([request.line] + request.fields).joined(separator: "\n")
      let all = Self.forms.joined(separator: "\n")
      let body = request.line.contains("/fine") ? told : told + "\n" + all + "\n" + String(repeating: "x", count: 3000)
      let status = request.line.contains("/fine") ? "200 OK" : "500 You sent \(Self.password)"
      let tail = request.line.contains("/fine") ? "" : String(repeating: Self.token, count: 100)
      return [
        .text(
          "HTTP/1.1 \(status)\r\nX-Echo: \(Self.token)\r\nSet-Cookie: sid=\(Self.password)\r\n"
            + "Content-Length: \(body.utf8.count + tail.utf8.count)\r\n\r\n\(body)\(tail)")
      ]
    }
  }

  /// Every form of both secrets, and as much of their beginnings as would give them away.
  private static let forms: [String] = [token, password].flatMap { secret in
    let hex = Data(secret.utf8).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    let percent = secret.addingPercentEncoding(withAllowedCharacters: .alphanumerics.union(.init(charactersIn: "-._~")))
    let quoted = secret.replacing("\"", with: "\\\"")
    let html = secret.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
      .replacing("\"", with: "&quot;")
    let base64 = Data(secret.utf8).base64EncodedString()
    return [secret, hex, hex.uppercased(), percent ?? "", quoted, html, base64]
  }

  private static let environment = ["SHOP_TOKEN": token, "SHOP_PASSWORD": password]

  private func expectNone(in text: String, _ sink: String, sourceLocation: SourceLocation = #_sourceLocation) {
    for form in Self.forms {
      #expect(!text.contains(form.prefix(12)), "\(form) in \(sink)", sourceLocation: sourceLocation)
    }
  }

  @Test(
    "appears in no output and no report of curlew check, though the server gives it back",
    arguments: ["pretty", "json", "tap", "github"])
  func check(format: String) async throws {
    let server = try echo()
    defer { server.stop() }
    let workspace = try Workspace(["shop.yaml": Self.unhurried(Self.scenario)])
    let kinds = ["junit", "json", "html", "tap"]
    let reports = kinds.flatMap { ["--report", "\($0)=report.\($0)"] }
    let outcome = try await CurlewProcess.run(
      [
        "check", "shop.yaml", "--verbose", "--curl", "--retry-all", "2", "--format", format, "--base",
        "base=http://127.0.0.1:\(server.port)",
      ] + reports, environment: Self.environment, in: workspace.folder)
    #expect(outcome.exitCode == 1, "\(outcome.stdout)\(outcome.stderr)")
    // It did travel: the server has it, so the test would see it.
    #expect(server.requests.contains { $0.value("X-Token") == Self.token })
    #expect(server.requests.contains { $0.value("Authorization")?.hasPrefix("Basic ") == true })
    #expect(outcome.stdout.contains("•••"))
    #expect((outcome.stdout + outcome.stderr).contains("curl --"))
    expectNone(in: outcome.stdout, "standard output")
    expectNone(in: outcome.stderr, "standard error")
    for kind in kinds {
      let report = try TestProgram.read(workspace.path("report.\(kind)"))
      #expect(report.contains("•••"), "\(kind)")
      expectNone(in: report, "the \(kind) report")
    }
  }

  @Test("appears nowhere in the daemon: metrics, API, page, configuration, logs, history", arguments: ["text", "json"])
  func daemon(format: String) async throws {
    let server = try echo()
    defer { server.stop() }
    let workspace = try Workspace(["shop.yaml": Self.scenario])
    let daemon = try await Daemon(
      "shop.yaml", "--store", "sqlite:h.db", "--log-format", format, "--log-level", "trace", "--base",
      "base=http://127.0.0.1:\(server.port)", environment: Self.environment, in: workspace)
    for (id, verdict) in [("echoed", "down"), ("basic", "down"), ("fine", "up"), ("broken-template", "unknown")] {
      try await daemon.metric("curlew_runs_total{check=\"\(id)\",region=\"local\",verdict=\"\(verdict)\"}", reaches: 2)
    }
    _ = try await eventually("history has runs") {
      try await daemon.http.get("/api/v1/checks/echoed/runs").body.contains("expectation_failed") ? true : nil
    }
    for path in [
      "/metrics", "/config", "/", "/api/v1/checks", "/api/v1/checks/echoed", "/api/v1/checks/basic",
      "/api/v1/checks/echoed/runs", "/api/v1/checks/basic/runs", "/api/v1/checks/broken-template/runs", "/api/v1/sla",
      "/health/detailed",
    ] {
      let answer = try await daemon.http.get(path)
      #expect(answer.status == 200, "\(path)")
      expectNone(in: answer.body, path)
    }
    try workspace.write(Self.scenario.replacing("checks:", with: "check:"), to: "shop.yaml")
    expectNone(in: try await daemon.http.send("POST", "/-/reload").body, "the answer to a reload")
    let outcome = try await daemon.stop()
    #expect(outcome.stderr.contains("echoed"))
    expectNone(in: outcome.stderr, "the log")
    expectNone(in: outcome.stdout, "standard output")
    let history = try Data(contentsOf: URL(fileURLWithPath: workspace.path("h.db")))
    for form in Self.forms {
      #expect(history.firstRange(of: Data(form.utf8.prefix(12))) == nil, "\(form) in the history")
    }
  }

  private static let oauth2 = """
    version: 1
    defaults: {every: 200ms, timeout: 200ms}
    checks:
      - id: api
        http:
          url: ${vars.base}/api
          auth: {oauth2: {token_url: "${vars.base}/token", client_id: me, client_secret: "not a secret"}}
          expect: ['body == "fine"', status == 200]
      - id: no-token
        http:
          url: ${vars.base}/api
          auth: {oauth2: {token_url: "${vars.base}/other", client_id: me, client_secret: "not a secret"}}

    """

  /// A token endpoint, and a target that gives back the token that it was shown in every place that it has.
  private func tokenEcho(_ token: String) throws -> HTTPTestServer {
    try HTTPTestServer { request in
      let body: String
      var head = "200 OK"
      if request.line.contains("/token") {
        body = "{\"access_token\": \"\(token)\", \"expires_in\": 3600}"
      } else if request.line.contains("/other") {
        body = "{\"accessToken\": \"\(token)\"}"
      } else {
        let shown = request.value("Authorization") ?? ""
        head = "500 No \(shown)\r\nX-Echo: \(shown)"
        body = "you said \(shown), \(Data(shown.utf8).base64EncodedString())"
      }
      return [.text("HTTP/1.1 \(head)\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)")]
    }
  }

  @Test("that a probe obtained appears in no output of curlew check", arguments: ["pretty", "json"])
  func obtainedToken(format: String) async throws {
    let token = "eyJ0-live.token_4711"
    let server = try tokenEcho(token)
    defer { server.stop() }
    let workspace = try Workspace(["shop.yaml": Self.unhurried(Self.oauth2)])
    let outcome = try await workspace.curlew(
      "check", "shop.yaml", "--verbose", "--format", format, "--base", "base=http://127.0.0.1:\(server.port)")
    #expect(outcome.exitCode == 1, "\(outcome.stdout)\(outcome.stderr)")
    #expect(server.requests.contains { $0.value("Authorization") == "Bearer \(token)" })
    #expect(outcome.stdout.contains("Bearer •••"))
    #expect(outcome.stdout.contains("you said"))
    for text in [outcome.stdout, outcome.stderr] {
      #expect(!text.contains("live.token"))
      #expect(!text.contains(Data(token.utf8).base64EncodedString().dropFirst(4).prefix(12)))
    }
  }

  @Test("that a probe obtained appears nowhere in the daemon")
  func obtainedTokenInDaemon() async throws {
    let token = "eyJ0-live.token_4711"
    let server = try tokenEcho(token)
    defer { server.stop() }
    let workspace = try Workspace(["shop.yaml": Self.oauth2])
    let daemon = try await Daemon(
      "shop.yaml", "--store", "sqlite:h.db", "--log-level", "trace", "--base",
      "base=http://127.0.0.1:\(server.port)", in: workspace)
    for id in ["api", "no-token"] {
      try await daemon.metric("curlew_runs_total{check=\"\(id)\",region=\"local\",verdict=\"down\"}", reaches: 2)
    }
    let runs = try await eventually("history has runs") {
      let body = try await daemon.http.get("/api/v1/checks/api/runs").body
      return body.contains("expectation_failed") ? body : nil
    }
    #expect(runs.contains("•••"))
    for path in ["/", "/api/v1/checks/api", "/api/v1/checks/api/runs", "/api/v1/checks/no-token/runs"] {
      #expect(!(try await daemon.http.get(path).body.contains("live.token")), "\(path)")
    }
    let outcome = try await daemon.stop()
    #expect(outcome.stderr.contains("•••"))
    #expect(!outcome.stderr.contains("live.token"))
    let history = try Data(contentsOf: URL(fileURLWithPath: workspace.path("h.db")))
    #expect(history.firstRange(of: Data("live.token".utf8)) == nil)
  }

  @Test("that is not set, or empty, is told at load, by its name", arguments: [[:], ["SHOP_TOKEN": ""]])
  func unset(environment: [String: String]) async throws {
    let workspace = try Workspace([
      "a.yaml":
        "version: 1\nsecrets: {token: {env: SHOP_TOKEN}}\nchecks:\n  - {id: a, http: {url: \"http://127.0.0.1:1/\"}}\n"
    ])
    let outcome = try await workspace.curlew("check", "a.yaml", environment: environment)
    #expect(outcome.exitCode == 2)
    #expect(outcome.stderr.contains("SHOP_TOKEN"))
  }
}

import Glibc
import TestSupport
import Testing

@Suite("A journey in curlew check's outputs")
struct JourneyOutputTests {
  private static let scenario = """
    version: 1
    checks:
      - id: checkout
        timeout: 50s
        journey:
          steps:
            - step: login
              http: {method: POST, url: "${vars.base}/login", json: {user: probe}}
              capture: {token: json.token}
              measure: {queue_depth: json.depth}
            - step: order
              http:
                url: ${vars.base}/order/${token}
                expect: [status == 201]
            - step: shipped
              http: {url: "${vars.base}/shipped"}
          finally:
            - step: cancel
              http: {method: DELETE, url: "${vars.base}/cancel"}

    """

  private func server(order: [HTTPTestServer.Action]) throws -> HTTPTestServer {
    try HTTPTestServer { request in
      if request.line.contains("/order") { return order }
      let body = "{\"token\": \"t-1\", \"depth\": 7}"
      return [.text("HTTP/1.1 200 OK\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)")]
    }
  }

  private static let reports = ["junit=r.xml", "json=r.json", "html=r.html", "tap=r.tap"].flatMap { ["--report", $0] }

  @Test("has every step by its name: what held, what did not, what was skipped, and what cleaned up")
  func steps() async throws {
    let server = try server(order: [.text("HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n")])
    defer { server.stop() }
    let workspace = try Workspace(["a.yaml": Self.scenario])
    let outcome = try await CurlewProcess.run(
      ["check", "a.yaml", "--verbose", "--curl", "--base", "base=http://127.0.0.1:\(server.port)"] + Self.reports,
      in: workspace.folder)
    #expect(outcome.exitCode == 1, "\(outcome.stdout)\(outcome.stderr)")
    let lines = outcome.stdout.split(separator: "\n").map(String.init)
    #expect(lines.first?.contains("expectation_failed at step order") == true)
    for start in ["  ✓ login ", "  ✗ order ", "  - shipped  skipped", "  finally", "  ✓ cancel "] {
      #expect(lines.contains { $0.hasPrefix(start) }, "\(start) in \(outcome.stdout)")
    }
    #expect(lines.count { $0.hasPrefix("curl ") } == 3)
    #expect(lines.contains { $0.hasPrefix("curl ") && $0.hasSuffix("/order/t-1") })
    let journey = try JSONValue(try TestProgram.read(workspace.path("r.json"))).checks[0]
    #expect(journey.steps.items.map(\.verdict.text) == ["up", "down", "skipped"])
    #expect(journey.steps[0].measures.queue_depth.number == 7)
    #expect(journey["finally"][0].verdict.text == "up")
    let html = try TestProgram.read(workspace.path("r.html"))
    for words in ["login", "shipped", "Clean-up", "cancel", "queue_depth"] { #expect(html.contains(words)) }
    #expect(try TestProgram.read(workspace.path("r.tap")).contains("- name: \"shipped\"\n      verdict: skipped"))
    #expect(try TestProgram.read(workspace.path("r.xml")).contains("  - shipped  skipped"))
  }

  @Test("has its clean-up though it was interrupted")
  func interrupted() async throws {
    let server = try server(order: [.hold])
    defer { server.stop() }
    let workspace = try Workspace(["a.yaml": Self.scenario])
    let process = try CurlewProcess.start(
      ["check", "a.yaml", "--base", "base=http://127.0.0.1:\(server.port)"] + Self.reports, in: workspace.folder)
    _ = try await eventually("the order has come") { server.requests.count < 2 ? nil : true }
    process.send(SIGINT)
    let outcome = try await process.outcome(within: .seconds(30))
    #expect(outcome.exitCode == 130)
    #expect(server.requests.last?.line == "DELETE /cancel HTTP/1.1")
    let journey = try JSONValue(try TestProgram.read(workspace.path("r.json"))).checks[0]
    #expect(journey.verdict.text == "unknown" && journey.reason.code.text == "cancelled")
    #expect(journey["finally"].items.map(\.verdict.text) == ["up"])
    #expect(
      try TestProgram.read(workspace.path("r.tap")).contains("  finally:\n    - name: \"cancel\"\n      verdict: up"))
  }
}

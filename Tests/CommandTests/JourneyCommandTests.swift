import Glibc
import TestSupport
import Testing

/// Journeys by way of the command, against servers that say what came.
@Suite("Journeys from the command line", .serialized)
struct JourneyCommandTests {
  /// A shop in which everything works but what its `/slow` gives, which never comes.
  private func shop() throws -> HTTPTestServer {
    try HTTPTestServer { request in
      if request.line.contains("/slow") { return [.hold] }
      let body = request.line.contains("/login") ? #"{"token": "s3cr3t-token-7361", "depth": 7}"# : "ok"
      return [.text("HTTP/1.1 200 OK\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)")]
    }
  }

  private func text(_ server: HTTPTestServer, order: String, every: String = "60s") -> String {
    """
    version: 1
    variables: {base: "http://127.0.0.1:\(server.port)"}
    checks:
      - id: checkout
        every: \(every)
        timeout: \(every)
        journey:
          steps:
            - step: login
              http: {method: POST, url: "${base}/login", json: {user: probe}}
              capture: {token: json.token, order: '"o-7"'}
              measure: {queue_depth: json.depth}
            - step: order
              http: {url: "${base}\(order)", headers: {Authorization: "Bearer ${token}"}}
            - step: after
              http: {url: "${base}/after"}
          finally:
            - step: cancel
              when: has(vars.order)
              http: {method: DELETE, url: "${base}/orders/${order}"}
            - step: broken
              http: {url: "${base}/orders/${order}"}
              expect: [status == 404]
    """
  }

  private func lines(_ server: HTTPTestServer) -> [String] {
    server.requests.map { String($0.line.dropLast(" HTTP/1.1".count)) }
  }

  @Test("clean-up runs after SIGINT, the report tells what was done, and the exit code is 130")
  func interrupted() async throws {
    let server = try shop()
    defer { server.stop() }
    let workspace = try Workspace(["shop.yaml": text(server, order: "/slow")])
    let process = try CurlewProcess.start(["check", "shop.yaml", "--format", "json"], in: workspace.folder)
    _ = try await eventually("the slow request has come") { lines(server).contains("GET /slow") ? true : nil }
    process.send(SIGINT)
    let outcome = try await process.outcome(within: .seconds(30))
    #expect(outcome.exitCode == 130, "\(outcome.stderr)")
    #expect(lines(server) == ["POST /login", "GET /slow", "DELETE /orders/o-7", "GET /orders/o-7"])
    let check = try JSONValue(outcome.stdout).checks[0]
    #expect(check.verdict.text == "unknown")
    #expect(check.reason.code.text == "cancelled")
    #expect(check.steps.items.map(\.verdict.text) == ["up", "unknown", "skipped"])
    #expect(check.finally.items.map(\.verdict.text) == ["up", "down"])
  }

  @Test("a failing journey is told with its steps, and clean-up apart")
  func failing() async throws {
    let server = try shop()
    defer { server.stop() }
    let workspace = try Workspace([
      "shop.yaml": text(server, order: "/order").replacing(
        "headers: {Auth", with: "expect: [status == 201], headers: {Auth")
    ])
    let outcome = try await workspace.curlew("check", "shop.yaml", "--format", "json")
    #expect(outcome.exitCode == 1, "\(outcome.stderr)")
    let check = try JSONValue(outcome.stdout).checks[0]
    #expect(check.reason.step.text == "order")
    #expect(check.reason.message.text == "status is 200, expected 201")
    #expect(check.reason.line.int == 14)
    #expect(check.steps[0].measures.queue_depth.int == 7)
    let traces = Set(server.requests.compactMap { $0.value("traceparent")?.split(separator: "-").dropFirst().first })
    #expect(traces == [Substring(check.trace_id.text ?? "")])
  }

  @Test("the service schedules them, measures their steps, and tells of a run")
  func service() async throws {
    let server = try shop()
    defer { server.stop() }
    let workspace = try Workspace(["shop.yaml": text(server, order: "/order", every: "1s")])
    let daemon = try await Daemon("shop.yaml", in: workspace)
    let labels = #"check="checkout",region="local""#
    try await daemon.metric("curlew_runs_total{\(labels),verdict=\"up\"}", reaches: 2)
    try await daemon.metric(
      "curlew_measure{check=\"checkout\",measure=\"queue_depth\",region=\"local\",step=\"login\"}", is: 7)
    try await daemon.metric("curlew_cleanup_failures_total{\(labels)}", reaches: 2)
    for step in ["login", "order", "after"] {
      let series = #"curlew_phase_duration_seconds_count{check="checkout",phase="wait",region="local",step="\#(step)"}"#
      try await daemon.metric(series, reaches: 2)
    }
    let runs = try JSONValue(try await daemon.http.get("/api/v1/checks/checkout/runs?limit=1").body)
    let traceID = try #require(runs.runs[0].trace_id.text)
    let run = try JSONValue(try await daemon.http.get("/api/v1/checks/checkout/runs/\(traceID)").body)
    #expect(run.trace_id.text == traceID)
    #expect(run.steps.items.map(\.name.text) == ["login", "order", "after"])
    #expect(run.steps[0].captures.order.text == #""o-7""#)
    #expect(run.finally[1].reason.code.text == "expectation_failed")
    let outcome = try await daemon.stop()
    #expect(outcome.exitCode == 0)
    #expect(outcome.stderr.contains("clean-up failed"))
  }

  @Test("the service lets clean-up run when it is told to stop", .timeLimit(.minutes(2)))
  func stopped() async throws {
    let server = try shop()
    defer { server.stop() }
    let workspace = try Workspace(["shop.yaml": text(server, order: "/slow", every: "20s")])
    let daemon = try await Daemon("shop.yaml", in: workspace)
    _ = try await eventually("the slow request has come", within: .seconds(70)) {
      lines(server).contains("GET /slow") ? true : nil
    }
    _ = try await daemon.stop()
    #expect(lines(server).suffix(2) == ["DELETE /orders/o-7", "GET /orders/o-7"])
  }
}

import Glibc
import TestSupport
import Testing

@Suite("curlew check's options")
struct CheckOptionTests {
  /// Answers 503 to `/down`, and to the first requests of `/flaky`.
  private func server(flaky: Int = 1) throws -> HTTPTestServer {
    let gauge = Gauge()
    return try HTTPTestServer { request in
      if request.line.contains("/flaky") { gauge.visit(until: 0, within: .zero) }
      let isBad = request.line.contains("/down") || (request.line.contains("/flaky") && gauge.visits <= flaky)
      return [.text("HTTP/1.1 \(isBad ? "503 No" : "200 OK")\r\nContent-Length: 0\r\n\r\n")]
    }
  }

  private func workspace(_ port: Int, _ ids: String...) throws -> Workspace {
    let checks = ids.map { id in
      "  - {id: \(id), http: {url: \"http://127.0.0.1:\(port)/\(id.prefix { $0 != "-" })\"}}\n"
    }
    return try Workspace(["a.yaml": "version: 1\nchecks:\n" + checks.joined()])
  }

  @Test("--repeat runs each check so often, and tells verdicts and percentiles")
  func repeats() async throws {
    let server = try server(flaky: 2)
    defer { server.stop() }
    let workspace = try workspace(server.port, "up", "flaky")
    let outcome = try await workspace.curlew(
      "check", "a.yaml", "--repeat", "5", "--report", "json=r.json", "--report", "html=r.html")
    #expect(outcome.exitCode == 1)
    #expect(server.requests.count == 10)
    let lines = outcome.stdout.split(separator: "\n").map(String.init)
    #expect(lines.first?.hasPrefix("✓ up ") == true)
    #expect(lines.contains { $0.hasPrefix("✗ flaky ") })
    let table = lines.suffix(4).map { $0.split(separator: " ").map(String.init) }
    #expect(table[0] == ["check", "runs", "up", "degraded", "down", "unknown", "p50", "p95", "p99"])
    #expect(table[1].prefix(6) == ["up", "5", "5", "0", "0", "0"])
    #expect(table[2].prefix(6) == ["flaky", "5", "3", "0", "2", "0"])
    let report = try JSONValue(try TestProgram.read(workspace.path("r.json")))
    #expect(report.checks.items.map(\.verdict.text) == ["up", "down"])
    #expect(report.repeats.items.map(\.id.text) == ["up", "flaky"])
    #expect(report.repeats[1].runs.int == 5)
    #expect(["up", "degraded", "down", "unknown"].map { report.repeats[1].summary[$0].int } == [3, 0, 2, 0])
    let percentiles = ["p50", "p95", "p99"].compactMap { report.repeats[1].latency_ms[$0].number }
    #expect(percentiles.count == 3 && percentiles == percentiles.sorted() && percentiles[0] > 0)
    #expect(try TestProgram.read(workspace.path("r.html")).contains("5 runs"))
  }

  @Test("--repeat of a check that never held has no percentiles")
  func repeatsDown() async throws {
    let server = try server()
    defer { server.stop() }
    let outcome = try await workspace(server.port, "down").curlew(
      "check", "a.yaml", "--repeat", "2", "--format", "json")
    let figures = try JSONValue(outcome.stdout).repeats[0]
    #expect(figures.latency_ms.p50.isNull && figures.latency_ms.p99.isNull)
  }

  @Test("--fail-fast starts nothing after a failure, and every output counts what was left out")
  func failFast() async throws {
    let server = try server()
    defer { server.stop() }
    let workspace = try workspace(server.port, "up", "down", "up-2", "up-3")
    let outcome = try await workspace.curlew(
      "check", "a.yaml", "--fail-fast", "--jobs", "1", "--report", "json=r.json", "--report", "junit=r.xml", "--report",
      "tap=r.tap")
    #expect(outcome.exitCode == 1)
    #expect(server.requests.count == 2)
    #expect(outcome.stdout.contains("4 checks: 1 up, 1 down, 2 skipped in "), "\(outcome.stdout)")
    let report = try JSONValue(try TestProgram.read(workspace.path("r.json")))
    #expect(report.summary.skipped.int == 2)
    #expect(report.checks.items.map(\.verdict.text) == ["up", "down", "skipped", "skipped"])
    #expect(try TestProgram.read(workspace.path("r.xml")).contains(" skipped=\"2\""))
    #expect(try TestProgram.read(workspace.path("r.tap")).contains("ok 4 - up-3 # SKIP"))
  }

  @Test("--fail-fast ends repeats too, and goes on where nothing failed", arguments: [("up", 6), ("down", 1)])
  func failFastRepeats(id: String, requests: Int) async throws {
    let server = try server()
    defer { server.stop() }
    _ = try await workspace(server.port, id, "up-2").curlew(
      "check", "a.yaml", "--fail-fast", "--repeat", "3", "--jobs", "1")
    #expect(server.requests.count == requests)
  }

  @Test("--retry-all gives every check so many attempts")
  func retryAll() async throws {
    let server = try server(flaky: 1)
    defer { server.stop() }
    let workspace = try workspace(server.port, "flaky")
    let outcome = try await workspace.curlew("check", "a.yaml", "--retry-all", "2", "--format", "json")
    #expect(outcome.exitCode == 0)
    let check = try JSONValue(outcome.stdout).checks[0]
    #expect(check.verdict.text == "degraded" && check.reason.code.text == "retried" && check.attempts.int == 2)
    #expect(check.steps[0].earlier.items.count == 1)
    #expect(try await self.workspace(server.port, "down").curlew("check", "a.yaml", "--retry-all", "1").exitCode == 1)
  }

  @Test(
    "refuses what makes no sense, with what is allowed",
    arguments: [
      (["--repeat", "0"], "--repeat 0 is not between 1 and"),
      (["--retry-all", "0"], "--retry-all 0 is not between 1 and"),
      (["--format", "xml"], "'pretty', 'json', 'tap' or 'github'"),
      (["--report", "xml=a"], "junit=FILE, json=FILE, html=FILE, tap=FILE"),
      (["--report", "junit"], "--report 'junit' is no kind=file"),
      (["--report", "junit="], "--report 'junit=' is no kind=file"),
      (["--report", "json=-"], "--format for standard output"),
    ])
  func wrongUsage(arguments: [String], words: String) async throws {
    let server = try server()
    defer { server.stop() }
    let workspace = try workspace(server.port, "up")
    let outcome = try await CurlewProcess.run(["check", "a.yaml"] + arguments, in: workspace.folder)
    #expect(outcome.exitCode == 2)
    #expect(outcome.stderr.contains(words), "\(outcome.stderr)")
    #expect(server.requests.isEmpty)
  }

  @Test("says of every report path that cannot be written why, before anything runs, and leaves no file behind")
  func unwritable() async throws {
    let server = try server()
    defer { server.stop() }
    let workspace = try workspace(server.port, "up")
    let outcome = try await workspace.curlew(
      "check", "a.yaml", "--report", "json=new.json", "--report", "junit=nowhere/r.xml", "--report", "html=.",
      "--report",
      "tap=./new.json")
    #expect(outcome.exitCode == 2)
    for words in [
      "junit=nowhere/r.xml cannot be written: No such file or directory", "html=. cannot be written: Is a directory",
      "tap=./new.json would be written over json=new.json",
    ] {
      #expect(outcome.stderr.contains(words), "\(outcome.stderr)")
    }
    #expect(server.requests.isEmpty)
    #expect(access(workspace.path("new.json"), F_OK) != 0)
  }

  @Test("replaces a report that was there, and leaves it as it is when nothing was run")
  func replaced() async throws {
    let server = try server()
    defer { server.stop() }
    let workspace = try workspace(server.port, "up")
    let old = String(repeating: "old ", count: 10_000)
    try workspace.write(old, to: "r.json")
    _ = try await workspace.curlew("check", "a.yaml", "--only", "nothing", "--report", "json=r.json")
    #expect(try TestProgram.read(workspace.path("r.json")) == old)
    #expect(try await workspace.curlew("check", "a.yaml", "--report", "json=r.json").exitCode == 0)
    #expect(try JSONValue(try TestProgram.read(workspace.path("r.json"))).summary.up.int == 1)
  }

  @Test("says that a report could not be written whole, and does not end well then")
  func fullDisk() async throws {
    let server = try server()
    defer { server.stop() }
    let outcome = try await workspace(server.port, "up").curlew("check", "a.yaml", "--report", "json=/dev/full")
    #expect(outcome.exitCode == 3)
    #expect(outcome.stderr.contains("json=/dev/full was not written: No space left on device"), "\(outcome.stderr)")
  }

  @Test(
    "writes TAP and GitHub annotations to standard output, and curl lines beside them",
    arguments: ["tap", "github", "json"])
  func formats(format: String) async throws {
    let server = try server()
    defer { server.stop() }
    let outcome = try await workspace(server.port, "up", "down").curlew("check", "a.yaml", "--format", format, "--curl")
    #expect(outcome.exitCode == 1)
    switch format {
    case "tap": #expect(outcome.stdout.hasPrefix("TAP version 13\n1..2\nok 1 - up\nnot ok 2 - down\n"))
    case "github": #expect(outcome.stdout.contains("\n::error file=a.yaml,line=4,col="))
    default: #expect(try JSONValue(outcome.stdout).summary.down.int == 1)
    }
    #expect(!outcome.stdout.contains("curl --"))
    #expect(
      outcome.stderr.split(separator: "\n").count == 2 && outcome.stderr.hasPrefix("curl --"), "\(outcome.stderr)")
  }

  @Test("--verbose shows heads and phases of a good run")
  func verbose() async throws {
    let server = try server()
    defer { server.stop() }
    let text = try await workspace(server.port, "up").curlew("check", "a.yaml", "--verbose").stdout
    for words in [
      "  > GET http://127.0.0.1:\(server.port)/up HTTP/1.1\n", "  > Accept: */*\n", "  < HTTP/1.1 200 OK\n",
      "  < Content-Length: 0\n", "  resolve ", "  receive ",
    ] {
      #expect(text.contains(words), "\(words) in \(text)")
    }
  }

  private static let stuck = """
    version: 1
    defaults: {timeout: 50s}
    checks:
      - {id: good, http: {url: "${vars.base}/good"}}
      - {id: stuck, http: {url: "${vars.base}/stuck"}}
      - {id: waiting, http: {url: "${vars.base}/waiting"}}

    """

  private func stuckServer() throws -> HTTPTestServer {
    try HTTPTestServer { request in
      request.line.contains("/stuck") ? [.hold] : [.text("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")]
    }
  }

  @Test(
    "writes all reports at SIGINT, with what was cut short and what never began as cancelled",
    arguments: [[], ["--fail-fast", "--fail-on", "degraded"]])
  func interrupted(arguments: [String]) async throws {
    let server = try stuckServer()
    defer { server.stop() }
    let workspace = try Workspace(["a.yaml": Self.stuck])
    let reports = ["junit=r.xml", "json=r.json", "html=r.html", "tap=r.tap"].flatMap { ["--report", $0] }
    let process = try CurlewProcess.start(
      ["check", "a.yaml", "--jobs", "1", "--base", "base=http://127.0.0.1:\(server.port)"] + reports + arguments,
      in: workspace.folder)
    _ = try await eventually("the second request has come") { server.requests.count < 2 ? nil : true }
    process.send(SIGINT)
    let outcome = try await process.outcome(within: .seconds(30))
    #expect(outcome.exitCode == 130)
    #expect(server.requests.count == 2)
    let report = try JSONValue(try TestProgram.read(workspace.path("r.json")))
    #expect(report.checks[0].verdict.text == "up")
    #expect(report.checks[1].verdict.text == "unknown" && report.checks[1].reason.code.text == "cancelled")
    if arguments.isEmpty {
      #expect(report.checks[2].verdict.text == "unknown" && report.checks[2].reason.code.text == "cancelled")
      #expect(report.checks[2].attempts.int == 0)
      #expect(outcome.stdout.contains("3 checks: 1 up, 2 unknown in "), "\(outcome.stdout)")
    } else {
      // What was cut short has failed, and --fail-fast left the rest out.
      #expect(report.summary.skipped.int == 1)
    }
    #expect(try TestProgram.read(workspace.path("r.xml")).contains("type=\"cancelled\""))
    #expect(try TestProgram.read(workspace.path("r.html")).contains("cancelled"))
    #expect(try TestProgram.read(workspace.path("r.tap")).contains("not ok 2 - stuck"))
  }

  @Test("ends at once at the second SIGINT")
  func interruptedTwice() async throws {
    // A program that does not listen holds the first interruption up, until it is killed.
    let workspace = try Workspace([
      "a.yaml": """
      version: 1
      checks:
        - {id: deaf, timeout: 50s, exec: {command: [sh, -c, "trap '' TERM INT; touch began; for i in 1 2 3 4 5 6 7 8 9; do sleep 1; done"], env: {PATH: "/usr/bin:/bin"}}}

      """
    ])
    let process = try CurlewProcess.start(["check", "a.yaml", "--allow-exec"], in: workspace.folder)
    _ = try await eventually("the program runs") { access(workspace.path("began"), F_OK) == 0 ? true : nil }
    process.send(SIGINT)
    let code = try await eventually("it has ended") {
      process.send(SIGINT)
      return process.ended
    }
    #expect(code == 130)
    // The orderly end would have told what came of it.
    #expect(process.stdout.isEmpty, "\(process.stdout)")
  }
}

import Glibc
import TestSupport
import Testing

@Suite("curlew check")
struct CheckTests {
  /// One check of each verdict, of a server that answers by path.
  private static let mixed = """
    version: 1
    variables: {base: "http://127.0.0.1:1"}
    defaults: {timeout: 10s, labels: {team: web}}
    checks:
      - id: good
        name: A good page
        group: shop
        labels: {tier: "1"}
        http: {url: "${base}/good"}
      - id: slow
        http: {url: "${base}/good", warn: ['elapsed < duration("1ns")']}
      - id: broken
        labels: {tier: "2"}
        http:
          url: ${base}/broken
          expect: [status == 200]
      - id: odd
        http: {url: "${base}/${[1][int(size(vars.base))]}"}

    """

  private func server() throws -> HTTPTestServer {
    try HTTPTestServer { request in
      request.line.contains("/good")
        ? [.text("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 7\r\n\r\nWelcome")]
        : [
          .text(
            "HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/html\r\nContent-Length: 26\r\n\r\n"
              + "<html><h1>Overloaded</h1>\n")
        ]
    }
  }

  @Test("writes one line a check in the files' order, the excerpt under what is not up, and a summary")
  func pretty() async throws {
    let server = try server()
    defer { server.stop() }
    let workspace = try Workspace(["shop.yaml": Self.mixed])
    let outcome = try await workspace.curlew("check", "shop.yaml", "--base", "base=http://127.0.0.1:\(server.port)")
    #expect(outcome.exitCode == 1)
    #expect(outcome.stderr.isEmpty)
    let lines = outcome.stdout.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    let starts = lines.filter { line in ["✓", "!", "✗", "?"].contains { line.hasPrefix($0) } }
    #expect(
      starts.map { $0.split(separator: " ").prefix(3).joined(separator: " ") } == [
        "✓ good up", "! slow degraded", "✗ broken down", "? odd unknown",
      ])
    #expect(lines.contains { $0.hasPrefix("4 checks: 1 up, 1 degraded, 1 down, 1 unknown in ") })
    #expect(!outcome.stdout.contains("\u{1B}"))
  }

  @Test("shows under a failure the place, the expression with carets, the values, the request and the response")
  func excerpt() async throws {
    let server = try server()
    defer { server.stop() }
    let workspace = try Workspace(["shop.yaml": Self.mixed])
    let outcome = try await workspace.curlew(
      "check", "shop.yaml", "--only", "broken", "--base", "base=http://127.0.0.1:\(server.port)")
    var lines = outcome.stdout.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    let head = lines.removeFirst()
    #expect(head.wholeMatch(of: #/✗ broken {2}down {6}[0-9.]+ [mµ]?s {2}expectation_failed/#) != nil, "\(head)")
    #expect(
      lines.prefix(4).joined(separator: "\n") == """
          shop.yaml:16:16
           16 |       expect: [status == 200]
              |                ^^^^^^^^^^^^^
              | status is 503, expected 200
        """)
    let request = try #require(lines.dropFirst(4).first)
    let shape = #/\ {2}request {2}GET http://127\.0\.0\.1:[0-9]+/broken {3}attempt 1 of 1 {3}trace [0-9a-f]{8}…/#
    #expect(request.wholeMatch(of: shape) != nil, "\(request)")
    #expect(
      lines.dropFirst(5).first
        == "  response 503 Service Unavailable, text/html, 26 B: \"<html><h1>Overloaded</h1>\\n\"")
  }

  @Test("writes a JSON report with every key that is promised")
  func report() async throws {
    let server = try server()
    defer { server.stop() }
    let workspace = try Workspace(["shop.yaml": Self.mixed])
    let outcome = try await workspace.curlew(
      "check", "shop.yaml", "--format", "json", "--base", "base=http://127.0.0.1:\(server.port)")
    #expect(outcome.exitCode == 1)
    let report = try JSONValue(outcome.stdout)
    #expect(report.keys == ["version", "started", "duration_ms", "summary", "checks"])
    #expect(report.version.int == 1)
    #expect(report.started.text?.hasSuffix("Z") == true)
    #expect(["up", "degraded", "down", "unknown", "skipped"].map { report.summary[$0].int } == [1, 1, 1, 1, 0])
    #expect(report.checks.items.map(\.id.text) == ["good", "slow", "broken", "odd"])
    for check in report.checks.items {
      #expect(
        check.keys == [
          "id", "name", "group", "labels", "verdict", "reason", "started", "duration_ms", "attempts", "trace_id",
          "steps",
          "finally",
        ])
      #expect(check.trace_id.text?.count == 32)
      #expect(check.steps.items.count == 1)
      let step = check.steps[0]
      #expect(
        step.keys == [
          "name", "kind", "verdict", "reason", "attempts", "started", "duration_ms", "phases_ms", "facts",
          "expectations", "captures", "measures",
        ])
      #expect(step.name.text == check.id.text)
      #expect(step.kind.text == "http")
      #expect(step.verdict.text == check.verdict.text)
      #expect(step.phases_ms.keys == ["resolve", "connect", "tls", "wait", "receive"])
    }
    let good = report.checks[0]
    #expect(good.name.text == "A good page")
    #expect(good.group.text == "shop")
    #expect(good.labels.team.text == "web" && good.labels.tier.text == "1")
    #expect(good.reason.isNull)
    #expect(good.steps[0].facts.status.int == 200)
    #expect(!good.steps[0].facts.keys.contains("body"))
    #expect(good.steps[0].expectations[0].source.text == "status >= 200 && status < 400")
    #expect(good.steps[0].expectations[0].passed.flag == true)

    let broken = report.checks[2]
    #expect(
      broken.reason.keys == ["code", "step", "phase", "message", "file", "line", "column"])
    #expect(broken.reason.code.text == "expectation_failed")
    #expect(broken.reason.step.text == "broken")
    #expect(broken.reason.message.text == "status is 503, expected 200")
    #expect(broken.reason.file.text == "shop.yaml")
    #expect(broken.reason.line.int == 16 && broken.reason.column.int == 16)
    #expect(broken.steps[0].facts.body.text == "<html><h1>Overloaded</h1>\n")
    #expect(broken.steps[0].expectations[0].keys == ["kind", "source", "passed", "detail"])
    #expect(broken.steps[0].expectations[0].kind.text == "expect")
    let sum = broken.steps[0].phases_ms.keys.compactMap { broken.steps[0].phases_ms[$0].number }.reduce(0, +)
    #expect(abs(sum - (broken.duration_ms.number ?? 0)) < 0.01)

    #expect(report.checks[3].reason.code.text == "template_failed")
    #expect(report.checks[1].reason.code.text == "warning")
  }

  @Test(
    "ends with the code of the worst that it found",
    arguments: [
      (["--only", "good"], 0), (["--only", "slow"], 0), (["--only", "slow", "--fail-on", "degraded"], 1),
      (["--only", "broken"], 1), (["--only", "odd"], 3), (["--only", "odd", "--only", "broken"], 1),
      (["--only", "good", "--only", "odd"], 3),
    ])
  func exitCodes(arguments: [String], code: Int) async throws {
    let server = try server()
    defer { server.stop() }
    let workspace = try Workspace(["shop.yaml": Self.mixed])
    let outcome = try await CurlewProcess.run(
      ["check", "shop.yaml", "--var", "base=http://127.0.0.1:\(server.port)"] + arguments, in: workspace.folder)
    #expect(outcome.exitCode == code, "\(outcome.stdout)")
  }

  @Test(
    "runs those checks alone that are meant",
    arguments: [
      (["--only", "g*"], ["good"]), (["--only", "?dd"], ["odd"]),
      (["--only", "good", "--only", "b*n"], ["good", "broken"]),
      (["--label", "tier=1"], ["good"]), (["--label", "team=web"], ["good", "slow", "broken", "odd"]),
      (["--label", "team=web", "--label", "tier=2"], ["broken"]), (["--label", "tier=2", "--only", "*o*"], ["broken"]),
    ])
  func selection(arguments: [String], ids: [String]) async throws {
    let server = try server()
    defer { server.stop() }
    let workspace = try Workspace(["shop.yaml": Self.mixed])
    let outcome = try await CurlewProcess.run(
      ["check", "shop.yaml", "--format", "json", "--base", "base=http://127.0.0.1:\(server.port)"] + arguments,
      in: workspace.folder)
    #expect(try JSONValue(outcome.stdout).checks.items.map(\.id.text) == ids)
  }

  @Test(
    "refuses a selection that matches nothing, and says what there is",
    arguments: [["--only", "nothing"], ["--label", "tier=9"], ["--only", "good", "--label", "tier=2"]])
  func emptySelection(arguments: [String]) async throws {
    let workspace = try Workspace(["shop.yaml": Self.mixed])
    let outcome = try await CurlewProcess.run(["check", "shop.yaml"] + arguments, in: workspace.folder)
    #expect(outcome.exitCode == 2)
    #expect(outcome.stderr.contains("good, slow, broken, odd"))
    #expect(outcome.stdout.isEmpty)
  }

  @Test("lays the command line over the files: --base over --var over --vars-file over the file")
  func overrides() async throws {
    let server = try server()
    defer { server.stop() }
    let workspace = try Workspace([
      "shop.yaml": """
      version: 1
      variables: {base: "http://127.0.0.1:1", page: none, text: file, list: [1]}
      checks:
        - id: a
          http:
            url: ${base}/${page}
            expect: [status == 200, 'vars.text == "yes"', 'vars.list == [1, 2]']

      """,
      "vars.yaml": "base: http://127.0.0.1:2\npage: broken\ntext: vars\n",
    ])
    let outcome = try await workspace.curlew(
      "check", "shop.yaml", "--vars-file", "vars.yaml", "--var", "base=http://127.0.0.1:3", "--var", "page=good",
      "--var",
      "text=no", "--var", "text=\"yes\"", "--var", "list=[1, 2]", "--base", "base=http://127.0.0.1:\(server.port)")
    #expect(outcome.exitCode == 0, "\(outcome.stdout)\(outcome.stderr)")
  }

  @Test("reads standard input as -")
  func standardInput() async throws {
    let server = try server()
    defer { server.stop() }
    let workspace = try Workspace()
    let outcome = try await workspace.curlew(
      "check", "-", "--only", "broken", "--format", "json", "--base", "base=http://127.0.0.1:\(server.port)",
      input: Self.mixed)
    #expect(outcome.exitCode == 1)
    #expect(try JSONValue(outcome.stdout).checks[0].reason.file.text == "<stdin>")
  }

  @Test("runs as many checks at a time as --jobs says, and no more", arguments: [1, 3])
  func jobs(jobs: Int) async throws {
    let gauge = Gauge()
    let server = try SocketServer { peer in
      // Alone it waits for another one that must not come; of three each waits for the others.
      gauge.visit(until: max(2, jobs), within: jobs == 1 ? .milliseconds(50) : .seconds(20))
      peer.send("go")
    }
    let checks = (1...6).map {
      "  - {id: c\($0), timeout: 50s, tcp: {target: \"127.0.0.1:\(server.port)\", receive: {until: go}}}\n"
    }
    let workspace = try Workspace(["a.yaml": "version: 1\nchecks:\n" + checks.joined()])
    let outcome = try await workspace.curlew("check", "a.yaml", "--jobs", "\(jobs)")
    #expect(outcome.exitCode == 0, "\(outcome.stdout)")
    #expect(gauge.most == jobs)
  }

  @Test("has descriptors for as many checks at a time as the hard limit allows, whatever the soft one is")
  func descriptors() async throws {
    let server = try HTTPTestServer { _ in
      [.wait(.milliseconds(500)), .text("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")]
    }
    defer { server.stop() }
    let checks = (1...80).map { "  - {id: c\($0), timeout: 50s, http: {url: \"http://127.0.0.1:\(server.port)/\"}}\n" }
    let workspace = try Workspace(["a.yaml": "version: 1\nchecks:\n" + checks.joined()])
    let outcome = try await ChildProcess.run(
      ["sh", "-c", "ulimit -Sn 60 && exec \"$0\" check a.yaml --jobs 80", try CurlewProcess.binary.get()],
      in: workspace.folder)
    #expect(outcome.exitCode == 0, "\(outcome.stdout.suffix(2000))\(outcome.stderr)")
  }

  @Test("says that all checks are disabled, and looks at no check's regions")
  func disabled() async throws {
    let server = try server()
    defer { server.stop() }
    let check = "http: {url: \"http://127.0.0.1:\(server.port)/good\"}"
    let workspace = try Workspace([
      "d.yaml": "version: 1\nchecks:\n  - {id: a, enabled: false, \(check)}\n",
      "r.yaml": "version: 1\nchecks:\n  - {id: a, regions: [elsewhere], \(check)}\n",
    ])
    let outcome = try await workspace.curlew("check", "d.yaml")
    #expect(outcome.exitCode == 2)
    #expect(outcome.stderr == "curlew: there is nothing to run: every check in 'd.yaml' is disabled\n")
    #expect(try await workspace.curlew("check", "r.yaml").stdout.hasPrefix("✓ a "))
  }

  @Test("writes what it knows at SIGINT, cut short what still ran, and ends with 130")
  func interrupted() async throws {
    let server = try HTTPTestServer { _ in [.hold] }
    defer { server.stop() }
    let workspace = try Workspace([
      "a.yaml":
        "version: 1\nchecks:\n  - {id: stuck, timeout: 50s, http: {url: \"http://127.0.0.1:\(server.port)/\"}}\n"
    ])
    let process = try CurlewProcess.start(["check", "a.yaml", "--format", "json"], in: workspace.folder)
    _ = try await eventually("the request has come") { server.requests.isEmpty ? nil : true }
    process.send(SIGINT)
    let outcome = try await process.outcome(within: .seconds(30))
    #expect(outcome.exitCode == 130)
    let report = try JSONValue(outcome.stdout)
    #expect(report.checks[0].verdict.text == "unknown")
    #expect(report.checks[0].reason.code.text == "cancelled")
    #expect(report.summary.unknown.int == 1)
  }

  @Test("runs no programs unless they are allowed")
  func exec() async throws {
    let workspace = try Workspace(["a.yaml": "version: 1\nchecks:\n  - {id: a, exec: {command: [\"true\"]}}\n"])
    let refused = try await workspace.curlew("check", "a.yaml", "--format", "json")
    #expect(refused.exitCode == 3)
    #expect(try JSONValue(refused.stdout).checks[0].reason.code.text == "not_permitted")
    #expect(try await workspace.curlew("check", "a.yaml", "--allow-exec").exitCode == 0)
  }
}

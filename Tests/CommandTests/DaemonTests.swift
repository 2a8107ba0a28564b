import Glibc
import Model
import TestSupport
import Testing

/// One daemon at a time, so that those which must keep to a pace have the machine's cores.
@Suite("curlew run", .serialized)
struct DaemonTests {
  /// A shop of which one page is fine and all others are broken.
  private func shop() throws -> HTTPTestServer {
    try HTTPTestServer { request in
      let status = request.line.contains("/good") ? "200 OK" : "503 Service Unavailable"
      return [.text("HTTP/1.1 \(status)\r\nContent-Length: 4\r\n\r\ntext")]
    }
  }

  private func scenario(_ server: HTTPTestServer, every: String = "100ms", ids: [String] = ["good", "broken"]) -> String
  {
    let checks = ids.map { "  - {id: \($0), http: {url: \"http://127.0.0.1:\(server.port)/\($0)\"}}\n" }.joined()
    return "version: 1\ndefaults: {every: \(every), timeout: \(every)}\nchecks:\n\(checks)"
  }

  private func runs(_ id: String, _ verdict: String = "up", region: String = "local") -> String {
    "curlew_runs_total{check=\"\(id)\",region=\"\(region)\",verdict=\"\(verdict)\"}"
  }

  // MARK: Metrics

  @Test("gives metrics in which promtool finds nothing to say, with every name that is promised")
  func metrics() async throws {
    let server = try shop()
    defer { server.stop() }
    let workspace = try Workspace(["shop.yaml": scenario(server)])
    let daemon = try await Daemon("shop.yaml", in: workspace)
    try await daemon.metric(runs("good"), reaches: 3)
    try await daemon.metric(runs("broken", "down"), reaches: 3)
    try await daemon.metric("curlew_history_write_seconds_count", reaches: 1)
    _ = try await eventually("availability is published") {
      try await daemon.http.get("/metrics").body.contains("curlew_availability_ratio{") ? true : nil
    }
    let text = try await daemon.http.get("/metrics")
    #expect(text.status == 200)
    #expect(text.headers["content-type"]?.hasPrefix("text/plain; version=0.0.4") == true)
    let promtool = try await ChildProcess.run(["promtool", "check", "metrics"], input: text.body)
    #expect(promtool.exitCode == 0, "\(promtool.stdout)\(promtool.stderr)")
    #expect(promtool.stdout.isEmpty && promtool.stderr.isEmpty, "\(promtool.stdout)\(promtool.stderr)")
    for name in [
      "curlew_runs_total", "curlew_run_duration_seconds_bucket", "curlew_phase_duration_seconds_sum",
      "curlew_check_state",
      "curlew_check_info", "curlew_failures_total", "curlew_slots_total", "curlew_availability_ratio",
      "curlew_coverage_ratio", "curlew_error_budget_remaining_ratio", "curlew_objective_ratio",
      "curlew_scheduler_lag_seconds_bucket", "curlew_scheduler_missed_slots_total", "curlew_runs_in_flight",
      "curlew_history_queue_length", "curlew_history_write_seconds_count", "curlew_build_info",
      "curlew_config_last_reload_successful", "process_cpu_seconds_total", "process_resident_memory_bytes",
    ] {
      #expect(text.body.contains("\n\(name)"), "\(name)")
    }
    #expect(
      text.body.contains("curlew_failures_total{check=\"broken\",reason=\"expectation_failed\",region=\"local\"}"))
    let open = try await daemon.http.get("/metrics", ["Accept": "application/openmetrics-text;version=1.0.0"])
    #expect(open.headers["content-type"]?.hasPrefix("application/openmetrics-text") == true)
    #expect(open.body.hasSuffix("# EOF\n"))
    _ = try await daemon.stop()
  }

  @Test("is scraped by a real Prometheus")
  func prometheus() async throws {
    let server = try shop()
    defer { server.stop() }
    let daemon = try await Daemon("shop.yaml", in: try Workspace(["shop.yaml": scenario(server)]))
    let prometheus = try await PrometheusServer(scraping: "127.0.0.1:\(daemon.port)")
    let query = "/api/v1/query?query=curlew_runs_total%7Bcheck%3D%22good%22%2Cverdict%3D%22up%22%7D"
    let result = try await eventually("Prometheus has seen runs") { () -> JSONValue? in
      let answer = try JSONValue(try await prometheus.http.get(query).body).data.result
      return answer[0].value[1].text.flatMap { Double($0) } ?? 0 > 0 ? answer[0] : nil
    }
    #expect(result.metric.check.text == "good")
    #expect(result.metric.region.text == "local")
    #expect(result.metric.job.text == "curlew")
    _ = try await eventually("the scrape was in time") { () -> Bool? in
      let up = try JSONValue(try await prometheus.http.get("/api/v1/query?query=up").body)
      return up.data.result[0].value[1].text == "1" ? true : nil
    }
    _ = try await daemon.stop()
  }

  // MARK: Reload

  @Test("takes up changed files at SIGHUP, at POST /-/reload and by itself; unchanged checks go on counting")
  func reload() async throws {
    let server = try shop()
    defer { server.stop() }
    let workspace = try Workspace(["shop.yaml": scenario(server)])
    let daemon = try await Daemon("shop.yaml", in: workspace)
    let before = try await daemon.metric(runs("good"), reaches: 3)

    // Files that have not changed are read again only because somebody asks.
    daemon.process.send(SIGHUP)
    _ = try await eventually("SIGHUP has reloaded") { daemon.process.stderr.contains("reloaded") ? true : nil }
    try workspace.write(scenario(server, ids: ["good", "good-2"]), to: "shop.yaml")
    daemon.process.send(SIGHUP)
    try await daemon.metric(runs("good-2"), reaches: 1)
    #expect(try await daemon.metric(runs("good")) ?? 0 >= before)
    #expect(try await daemon.metric(runs("broken", "down")) == nil)

    try workspace.write(scenario(server, ids: ["good", "good-3"]), to: "shop.yaml")
    let answer = try await daemon.http.send("POST", "/-/reload")
    #expect(answer.status == 200)
    try await daemon.metric(runs("good-3"), reaches: 1)

    try workspace.write(scenario(server, ids: ["good", "good-4"]), to: "shop.yaml")
    try await daemon.metric(runs("good-4"), reaches: 1)
    #expect(try await daemon.metric(runs("good")) ?? 0 > before)
    #expect(try await daemon.metric("curlew_config_last_reload_successful") == 1)
    _ = try await daemon.stop()
  }

  @Test("keeps what is in force when changed files are wrong, and says so until they are right again")
  func invalidReload() async throws {
    let server = try shop()
    defer { server.stop() }
    let workspace = try Workspace(["shop.yaml": scenario(server)])
    let daemon = try await Daemon("shop.yaml", in: workspace)
    try await daemon.metric(runs("good"), reaches: 1)

    try workspace.write("version: 1\nchecks:\n  - {id: other, htpp: {}}\n", to: "shop.yaml")
    let answer = try await daemon.http.send("POST", "/-/reload")
    #expect((400...599).contains(answer.status))
    #expect(answer.body.contains("htpp"))
    #expect(try await daemon.metric("curlew_config_last_reload_successful") == 0)
    let before = try #require(try await daemon.metric(runs("good")))
    try await daemon.metric(runs("good"), reaches: before + 3)
    #expect(daemon.process.stderr.contains("htpp"))

    try workspace.write("version: 1\nchecks: []\n", to: "shop.yaml")
    #expect(try await daemon.http.send("POST", "/-/reload").status != 200)
    #expect(try await daemon.metric("curlew_config_last_reload_successful") == 0)

    try workspace.write(scenario(server), to: "shop.yaml")
    #expect(try await daemon.http.send("POST", "/-/reload").status == 200)
    #expect(try await daemon.metric("curlew_config_last_reload_successful") == 1)
    #expect(try await daemon.metric(runs("good")) ?? 0 >= before + 3)
    _ = try await daemon.stop()
  }

  @Test("reads standard input once, and keeps its checks through reloads of other files")
  func standardInput() async throws {
    let server = try shop()
    defer { server.stop() }
    let workspace = try Workspace(["extra.yaml": scenario(server, ids: ["good-2"])])
    let daemon = try await Daemon("-", "extra.yaml", input: scenario(server, ids: ["good"]), in: workspace)
    try await daemon.metric(runs("good"), reaches: 1)
    let answer = try await daemon.http.send("POST", "/-/reload")
    #expect(answer.status == 200, "\(answer.body)")
    try workspace.write(scenario(server, ids: ["good-3"]), to: "extra.yaml")
    try await daemon.metric(runs("good-3"), reaches: 1)
    let before = try #require(try await daemon.metric(runs("good")))
    try await daemon.metric(runs("good"), reaches: before + 3)
    _ = try await daemon.stop()
  }

  @Test(
    "takes up by itself what a refused load did not find, and new files behind a symbolic link; passes over dot files")
  func missingFiles() async throws {
    let server = try shop()
    defer { server.stop() }
    let workspace = try Workspace([
      "scenarios/shop.yaml": scenario(server, ids: ["good"]), "team/readme.txt": "text\n",
    ])
    try TestProgram.run(["ln", "-s", "../team", "scenarios/team"], in: workspace.folder)
    let daemon = try await Daemon("scenarios", in: workspace)
    try workspace.write(
      "version: 1\ninclude: [common.yaml]\n" + scenario(server, ids: ["good"]).dropFirst(11), to: "scenarios/shop.yaml")
    try await daemon.metric("curlew_config_last_reload_successful", is: 0)
    try workspace.write("version: 1\nvariables: {a: 1}\n", to: "scenarios/common.yaml")
    try await daemon.metric("curlew_config_last_reload_successful", is: 1)

    try workspace.write(scenario(server, ids: ["good-2"]), to: "team/new.yaml")
    try await daemon.metric(runs("good-2"), reaches: 1)
    let reloads = daemon.process.stderr.split(separator: "\n").count { $0.contains("reload") }
    try workspace.write("text\n", to: "scenarios/.hidden.yaml")
    try workspace.write("text\n", to: "scenarios/notes.txt")
    try workspace.write(scenario(server, ids: ["good-3"]), to: "team/new.yaml")
    try await daemon.metric(runs("good-3"), reaches: 1)
    #expect(daemon.process.stderr.split(separator: "\n").count { $0.contains("reload") } == reloads + 1)
    _ = try await daemon.stop()
  }

  @Test("lives through a SIGHUP that comes while the files are read for the first time")
  func earlyHangup() async throws {
    let server = try shop()
    defer { server.stop() }
    let workspace = try Workspace()
    try TestProgram.run(["mkfifo", "fifo"], in: workspace.folder)
    // Open for both, so that neither side waits for the other to open it; closed in children, which would keep it open.
    let pipe = try #require(fopen(workspace.path("fifo"), "r+e"))
    let process = try ChildProcess(
      ["sh", "-c", "exec \"$0\" run - --listen 127.0.0.1:0 <fifo", try CurlewProcess.binary.get()],
      in: workspace.folder)
    _ = try await eventually("SIGHUP is trapped") {
      let status = try TestProgram.read("/proc/\(process.id)/status")
      let caught = status.split(separator: "\n").first { $0.hasPrefix("SigCgt:") }?.split(separator: "\t").last
      return UInt64(caught ?? "", radix: 16).map { $0 & 1 == 1 } == true ? true : nil
    }
    process.send(SIGHUP)
    fputs(scenario(server, ids: ["good"]), pipe)
    fclose(pipe)
    _ = try await eventually("it listens") {
      #expect(process.ended == nil)
      return process.stderr.contains("curlew: 1 check; listening on ") || process.ended != nil ? true : nil
    }
    process.send(SIGTERM)
    #expect(try await process.outcome().exitCode == 0)
  }

  // MARK: Settings

  @Test("takes its settings from the service file, and flags win over it")
  func serviceFile() async throws {
    let server = try shop()
    defer { server.stop() }
    let workspace = try Workspace([
      "shop.yaml": scenario(server),
      "curlew.yaml": "files: [shop.yaml]\nregion: eu\nstore: sqlite:file.db\nlog: {format: json, level: debug}\n",
    ])
    let daemon = try await Daemon("--config", "curlew.yaml", "--store", "sqlite:flag.db", in: workspace)
    try await daemon.metric(runs("good", region: "eu"), reaches: 1)
    let outcome = try await daemon.stop()
    #expect(outcome.exitCode == 0)
    #expect(access(workspace.path("flag.db"), F_OK) == 0)
    #expect(access(workspace.path("file.db"), F_OK) != 0)
    let lines = outcome.stderr.split(separator: "\n").filter { $0.hasPrefix("{") }
    #expect(!lines.isEmpty)
    for line in lines { #expect(try JSONValue(String(line)).level.text != nil) }
  }

  // MARK: The end

  @Test("ends in order at SIGTERM: what runs is finished, and every run is in the history")
  func sigterm() async throws {
    let server = try shop()
    defer { server.stop() }
    // With time enough for each run: one that the server heard of must not be late.
    let workspace = try Workspace(["shop.yaml": scenario(server, every: "1s", ids: ["good"])])
    let daemon = try await Daemon("shop.yaml", "--store", "sqlite:h.db", in: workspace)
    try await daemon.metric(runs("good"), reaches: 3)
    let outcome = try await daemon.stop()
    #expect(outcome.exitCode == 0, "\(outcome.stderr)")
    let row = try await report(workspace)[0]
    #expect(row.check.text == "good")
    #expect(row.slots.up.int == server.requests.count)
  }

  private func report(_ workspace: Workspace, at end: Timestamp = SystemTime().now) async throws -> JSONValue {
    let outcome = try await workspace.curlew(
      "report", "--store", "sqlite:h.db", "--window", "1h", "--at", "\(end)", "--format", "json")
    #expect(outcome.exitCode == 0, "\(outcome.stderr)")
    return try JSONValue(outcome.stdout)
  }

  @Test("opens its history again after kill -9 under load: nothing older than a second is lost, no slot is there twice")
  func killed() async throws {
    let server = try shop()
    defer { server.stop() }
    let ids = (1...10).map { "good-\($0)" }
    let workspace = try Workspace(["shop.yaml": scenario(server, ids: ids)])
    for _ in 0..<3 {
      let stored = try await runsInHistory(workspace, before: SystemTime().now)
      let daemon = try await Daemon("shop.yaml", "--store", "sqlite:h.db", in: workspace)
      let old = try await eventually("every check has runs") { () -> Int? in
        let total = try await total(daemon)
        return total >= 50 ? total : nil
      }
      let end = ContinuousClock.now + .seconds(3)
      // Runs of later slots are not to stand in for lost ones.
      let moment = SystemTime().now
      _ = try await eventually("more than a second has passed") { ContinuousClock.now >= end ? true : nil }
      daemon.process.send(SIGKILL)
      #expect(try await daemon.process.outcome().exitCode == 128 + 9)
      #expect(try await runsInHistory(workspace, before: moment) >= stored + old)
    }
    // Each run that is stored was asked for once, and those that were lost beyond: no slot was run twice.
    let asked = server.requests.count
    let known = try await runsInHistory(workspace, before: SystemTime().now)
    #expect(known <= asked, "\(known) runs of \(asked) requests")
  }

  /// Runs that the daemon has made since its start.
  private func total(_ daemon: Daemon) async throws -> Int {
    try await daemon.http.get("/metrics").body.split(separator: "\n").filter { $0.hasPrefix("curlew_runs_total{") }
      .compactMap { $0.split(separator: " ").last.flatMap { Int($0) } }.reduce(0, +)
  }

  private func runsInHistory(_ workspace: Workspace, before end: Timestamp) async throws -> Int {
    guard access(workspace.path("h.db"), F_OK) == 0 else { return 0 }
    let kinds = ["up", "degraded", "down", "unknown"]
    return try await report(workspace, at: end).items.map { row in
      kinds.compactMap { row.slots[$0].int }.reduce(0, +)
    }.reduce(0, +)
  }

  // MARK: Trouble

  @Test("goes on probing while its history is locked, says so, and catches up")
  func lockedHistory() async throws {
    let server = try shop()
    defer { server.stop() }
    let workspace = try Workspace(["shop.yaml": scenario(server, every: "600ms", ids: ["good"])])
    let daemon = try await Daemon("shop.yaml", "--store", "sqlite:h.db", in: workspace)
    try await daemon.metric(runs("good"), reaches: 1)
    _ = try await eventually("it is ready") { try await daemon.http.get("/health/ready").status == 200 ? true : nil }

    let lock = try ChildProcess(
      [
        "/usr/bin/python3", "-c",
        """
        import sqlite3, sys, time
        connection = sqlite3.connect("h.db", timeout=60, isolation_level=None)
        connection.execute("BEGIN EXCLUSIVE")
        print("locked", flush=True)
        time.sleep(600)
        """,
      ], in: workspace.folder)
    _ = try await eventually("the history is locked") { lock.stdout.contains("locked") ? true : nil }
    let before = try #require(try await daemon.metric(runs("good")))
    _ = try await eventually("it is not ready") {
      try await daemon.http.get("/health/ready").status == 503 ? true : nil
    }
    try await daemon.metric(runs("good"), reaches: before + 5)
    try await daemon.metric("curlew_history_queue_length", reaches: 5)
    let detailed = try await daemon.http.get("/health/detailed")
    #expect(detailed.status == 503)
    #expect(detailed.body.contains("locked"))

    lock.send(SIGKILL)
    _ = try await lock.outcome()
    _ = try await eventually("it is ready again") {
      try await daemon.http.get("/health/ready").status == 200 ? true : nil
    }
    _ = try await eventually("the queue is empty") {
      try await daemon.metric("curlew_history_queue_length") ?? .infinity < 5 ? true : nil
    }
    #expect(try await daemon.stop().exitCode == 0)
    #expect(try await report(workspace)[0].slots.up.int == server.requests.count)
  }

  // MARK: The demonstration

  @Test("has a demonstration, whose page answers and whose checks find what was built into the shop")
  func demo() async throws {
    let workspace = try Workspace()
    let daemon = try await Daemon("--store", "sqlite:demo.db", command: "demo", in: workspace)
    let page = try await daemon.http.get("/")
    #expect(page.status == 200)
    #expect(page.headers["content-type"]?.hasPrefix("text/html") == true)
    #expect(page.body.contains("Front page"))
    let verdicts = try await eventually("every check has a state, and what is wrong is found") { () -> Set<String>? in
      let lines = try await daemon.http.get("/metrics").body.split(separator: "\n")
      let checks = lines.count { $0.hasPrefix("curlew_check_info{") }
      let states = lines.filter { $0.hasPrefix("curlew_check_state{") && $0.hasSuffix(" 1") }
      guard checks > 0, states.count == checks else { return nil }
      let verdicts = Set(states.compactMap { $0.firstMatch(of: #/state="([a-z]+)"/#).map { String($0.output.1) } })
      // One run may be slow for a reason of this machine's.
      return verdicts.isSuperset(of: ["up", "degraded", "down"]) ? verdicts : nil
    }
    #expect(!verdicts.contains("unknown"))
    daemon.process.send(SIGINT)
    let outcome = try await daemon.process.outcome()
    #expect(outcome.exitCode == 0, "\(outcome.stderr)")
  }
}

import Glibc
import Model
import Synchronization
import TestSupport
import Testing

/// Whether a page is broken, decided by a test while the page is served.
private final class Breakage: Sendable {
  private let state = Mutex((isBroken: true, isFlapping: false))

  func set(isBroken: Bool, isFlapping: Bool = false) {
    state.withLock { $0 = (isBroken, isFlapping) }
  }

  /// The status line's end of the next answer.
  var status: String {
    state.withLock { state in
      defer { if state.isFlapping { state.isBroken.toggle() } }
      return state.isBroken ? "503 Service Unavailable" : "200 OK"
    }
  }
}

/// One daemon at a time, so that those which must keep to a pace have the machine's cores.
@Suite("The incidents of a daemon", .serialized)
struct IncidentCommandTests {
  private let breakage = Breakage()
  private let server: HTTPTestServer

  init() throws {
    server = try HTTPTestServer { [breakage] _ in
      [.text("HTTP/1.1 \(breakage.status)\r\nContent-Length: 4\r\n\r\ntext")]
    }
  }

  private func scenario(every: String = "200ms") -> String {
    """
    version: 1
    defaults: {every: \(every), timeout: \(every)}
    checks:
      - {id: front-page, name: Front page, http: {url: "http://127.0.0.1:\(server.port)/"}}

    """
  }

  private func incidents(_ workspace: Workspace, _ arguments: String...) async throws -> JSONValue {
    let outcome = try await CurlewProcess.run(
      ["incidents"] + arguments + ["--store", "sqlite:h.db", "--format", "json"], in: workspace.folder)
    #expect(outcome.exitCode == 0, "\(outcome.stderr)")
    return try JSONValue(outcome.stdout)
  }

  private static let isOpen = "curlew_incident_open{check=\"front-page\"}"
  private static let opened = "curlew_incidents_total{check=\"front-page\"}"

  @Test("last over kill -9 and a restart, and end with the first good slot")
  func survivesKilling() async throws {
    defer { server.stop() }
    let workspace = try Workspace(["shop.yaml": scenario()])
    let first = try await Daemon("shop.yaml", "--store", "sqlite:h.db", in: workspace)
    try await first.metric(Self.isOpen, is: 1)
    #expect(try await first.metric(Self.opened) == 1)
    let before = try await incidents(workspace, "--open")
    #expect(before.items.map(\.title.text) == ["Front page is down"])
    #expect(before[0].cause.code.text == "expectation_failed")
    #expect(before[0].ended.isNull)
    first.process.send(SIGKILL)
    #expect(try await first.process.outcome().exitCode == 128 + 9)

    let second = try await Daemon("shop.yaml", "--store", "sqlite:h.db", in: workspace)
    try await second.metric(Self.isOpen, is: 1)
    try await second.metric("curlew_runs_total{check=\"front-page\",region=\"local\",verdict=\"down\"}", reaches: 3)
    breakage.set(isBroken: false)
    try await second.metric(Self.isOpen, is: 0)
    #expect(try await second.metric(Self.opened) == 0)
    _ = try await eventually("the runs are in the history") {
      let up = "/api/v1/checks/front-page/runs?verdict=up&limit=1000"
      return try JSONValue(try await second.http.get(up).body).runs.items.count >= 2 ? true : nil
    }
    let runs = try JSONValue(try await second.http.get("/api/v1/checks/front-page/runs?limit=1000").body).runs.items
    _ = try await second.stop()

    let all = try await incidents(workspace)
    #expect(all.items.count == 1)
    let incident = try await incidents(workspace, "show", "\(try #require(before[0].id.int))")
    let bad = runs.filter { $0.verdict.text == "down" }.compactMap(\.slot_start.text)
    let good = runs.filter { $0.verdict.text == "up" }.compactMap(\.slot_start.text)
    #expect(incident.state.text == "resolved")
    #expect(incident.began.text == bad.min())
    #expect(incident.ended.text == good.min())
    #expect(incident.updates.items.map(\.kind.text) == ["opened", "resolved"])
  }

  @Test("are none of a check that is down every other slot")
  func flapping() async throws {
    defer { server.stop() }
    breakage.set(isBroken: false, isFlapping: true)
    let workspace = try Workspace(["shop.yaml": scenario(every: "500ms")])
    let daemon = try await Daemon("shop.yaml", "--store", "sqlite:h.db", in: workspace)
    try await daemon.metric("curlew_runs_total{check=\"front-page\",region=\"local\",verdict=\"down\"}", reaches: 4)
    #expect(try await daemon.metric(Self.isOpen) == 0)
    #expect(try await daemon.metric(Self.opened) == 0)
    _ = try await daemon.stop()
    #expect(try await incidents(workspace).items.isEmpty)
  }

  @Test("are marked as consequences of the incident of what their check depends on")
  func dependencies() async throws {
    defer { server.stop() }
    let database = "  - {id: database, http: {url: \"http://127.0.0.1:\(server.port)/\"}}\n"
    let dependent = scenario().replacing("name: Front page,", with: "name: Front page, depends_on: [database],")
    let workspace = try Workspace(["shop.yaml": dependent + database])
    let daemon = try await Daemon("shop.yaml", "--store", "sqlite:h.db", in: workspace)
    _ = try await eventually("one is linked to the other") { () -> Bool? in
      let all = try await incidents(workspace, "--open").items
      guard let child = all.first(where: { $0.check.text == "front-page" }),
        let parent = all.first(where: { $0.check.text == "database" })
      else { return nil }
      return child.consequence_of.int == parent.id.int && parent.consequence_of.isNull ? true : nil
    }
    _ = try await daemon.stop()
  }

  @Test("end when their check leaves the files, and can be read in every form")
  func removed() async throws {
    defer { server.stop() }
    let workspace = try Workspace(["shop.yaml": scenario()])
    let daemon = try await Daemon("shop.yaml", "--store", "sqlite:h.db", in: workspace)
    try await daemon.metric(Self.isOpen, is: 1)
    try workspace.write(scenario().replacing("front-page", with: "other"), to: "shop.yaml")
    #expect(try await daemon.http.send("POST", "/-/reload").status == 200)
    _ = try await eventually("the incident is closed") {
      try await incidents(workspace, "--check", "front-page")[0].state.text == "resolved" ? true : nil
    }
    _ = try await daemon.stop()
    for (format, words) in [("table", "lasted"), ("markdown", "| ---: |"), ("json", "\"updates\":[")] {
      let list = try await workspace.curlew("incidents", "--store", "sqlite:h.db", "--since", "1h", "--format", format)
      #expect(list.exitCode == 0, "\(list.stderr)")
      #expect(list.stdout.contains("Front page is down") && list.stdout.contains(words), "\(list.stdout)")
      let story = try await workspace.curlew("incidents", "show", "1", "--store", "sqlite:h.db", "--format", format)
      #expect(story.exitCode == 0, "\(story.stderr)")
      #expect(story.stdout.contains("The check was removed; whether it is good is not known"), "\(story.stdout)")
    }
  }

  @Test(
    "are asked for by what there is; what is wrong is said with what was written",
    arguments: [
      (["show", "7"], "incident 7 is not in the store"), (["--check", "back-page"], "check 'back-page' is not known"),
      (["--check", "A B"], "check 'A B' is not known"), (["--since", "yesterday"], "yesterday"),
      (["--limit", "0"], "--limit 0"), (["--store", "sqlite:typo.db"], "typo.db"), (["show", "x"], "'x'"),
    ])
  func refuses(arguments: [String], words: String) async throws {
    defer { server.stop() }
    let workspace = try Workspace([
      "runs.ndjson":
        "{\"check\": \"a\", \"slot_start\": \"2026-03-01T00:00:00Z\", \"interval_ms\": 1000, \"verdict\": \"up\"}\n"
    ])
    #expect(try await workspace.curlew("import", "runs.ndjson").exitCode == 0)
    let outcome = try await CurlewProcess.run(["incidents"] + arguments, in: workspace.folder)
    #expect(outcome.exitCode == 2)
    #expect(outcome.stderr.contains(words), "\(outcome.stderr)")
    #expect(try await workspace.curlew("incidents").stdout == "no incidents\n")
  }
}

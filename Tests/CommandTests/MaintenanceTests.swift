import Foundation
import Model
import TestSupport
import Testing

/// Planned maintenance and heartbeats in the daemon.
@Suite("Planned work and jobs", .serialized)
struct MaintenanceTests {
  /// A check that goes well, and planned work on it from an hour ago to in an hour.
  private func scenario(_ server: HTTPTestServer, more: String = "") -> String {
    func local(_ moment: Timestamp) -> String { String(moment.rfc3339(fractionDigits: 0).prefix(16)) }
    let now = SystemTime().now
    return """
      version: 1
      defaults: {every: 100ms, timeout: 100ms}
      checks:
        - {id: worked-on, http: {url: "http://127.0.0.1:\(server.port)/"}}
        - {id: other, http: {url: "http://127.0.0.1:\(server.port)/"}}
      \(more)
      maintenance:
        - id: work
          checks: [worked-on]
          once: {from: \(local(now - .hours(1))), until: \(local(now + .hours(1)))}

      """
  }

  private func server() throws -> HTTPTestServer {
    try HTTPTestServer { _ in [.text("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ntext")] }
  }

  @Test("marks runs, and slots that went by while the daemon was not running")
  func marks() async throws {
    let server = try server()
    defer { server.stop() }
    let workspace = try Workspace(["shop.yaml": scenario(server)])
    let slots = "curlew_slots_total{check=\"worked-on\",verdict=\"maintenance\"}"
    let first = try await Daemon("shop.yaml", in: workspace)
    try await first.metric(slots, reaches: 3)
    try await first.metric("curlew_slots_total{check=\"other\",verdict=\"up\"}", reaches: 3)
    #expect(try await first.metric("curlew_maintenance_active{check=\"worked-on\"}") == 1)
    #expect(try await first.metric("curlew_maintenance_active{check=\"other\"}") == nil)
    _ = try await first.stop()
    let second = try await Daemon("shop.yaml", in: workspace)
    try await second.metric(slots, reaches: 3)
    let end = SystemTime().now
    try await second.metric(slots, reaches: 20)
    _ = try await second.stop()
    // Nothing is missed of the one, and the time between both processes of the other.
    let report = try await workspace.curlew(
      "report", "shop.yaml", "--window", "1h", "--at", end.rfc3339(fractionDigits: 3), "--format", "json")
    let rows = try #require(
      try JSONSerialization.jsonObject(with: Data(report.stdout.utf8)) as? [[String: Any]], "\(report.stderr)")
    func count(_ check: String, _ what: String) -> Int? {
      let row = rows.first { $0["check"] as? String == check }
      return (row?["slots"] as? [String: Any])?[what] as? Int
    }
    #expect(count("worked-on", "missed") == 0, "\(report.stdout)")
    #expect(count("worked-on", "up") == 0)
    #expect(count("worked-on", "maintenance") == count("worked-on", "expected"))
    #expect(try #require(count("other", "missed")) > 0, "\(report.stdout)")
  }

  @Test("a reload puts another plan in force")
  func reload() async throws {
    let server = try server()
    defer { server.stop() }
    let workspace = try Workspace(["shop.yaml": scenario(server)])
    let daemon = try await Daemon("shop.yaml", in: workspace)
    try await daemon.metric("curlew_maintenance_active{check=\"worked-on\"}", is: 1)
    try workspace.write(
      scenario(server).replacing("checks: [worked-on]", with: "checks: [other]"), to: "shop.yaml")
    try await daemon.metric("curlew_maintenance_active{check=\"other\"}", is: 1)
    #expect(try await daemon.metric("curlew_maintenance_active{check=\"worked-on\"}") == nil)
    try await daemon.metric("curlew_slots_total{check=\"worked-on\",verdict=\"up\"}", reaches: 1)
    _ = try await daemon.stop()
  }

  @Test("curlew check skips heartbeats and says so, and has nothing to run where there is nothing else")
  func check() async throws {
    let server = try server()
    defer { server.stop() }
    let workspace = try Workspace([
      "shop.yaml": scenario(server, more: "  - {id: backup, every: 1d, heartbeat: {token: written-here}}")
    ])
    let outcome = try await workspace.curlew("check", "shop.yaml", "--format", "json")
    #expect(outcome.exitCode == 0, "\(outcome.stderr)")
    #expect(outcome.stderr == "curlew: 'backup' skipped: a heartbeat is reported by its job, to 'curlew run'\n")
    #expect(!outcome.stdout.contains("backup"))
    let alone = try await workspace.curlew("check", "shop.yaml", "--only", "backup")
    #expect(alone.exitCode == 2)
    #expect(alone.stderr.contains("there is nothing to run; 'backup' skipped"), "\(alone.stderr)")
  }

  @Test("a heartbeat that never reported is no check that is down, and its token is nowhere to be read")
  func quiet() async throws {
    let server = try server()
    defer { server.stop() }
    let workspace = try Workspace([
      "shop.yaml": scenario(server, more: "  - {id: backup, heartbeat: {grace: 0s, token: written-here}}")
    ])
    let daemon = try await Daemon("shop.yaml", in: workspace)
    try await daemon.metric("curlew_slots_total{check=\"other\",verdict=\"up\"}", reaches: 5)
    let metrics = try await daemon.http.get("/metrics").body
    #expect(metrics.contains("curlew_check_info{check=\"backup\""))
    #expect(metrics.contains("curlew_slots_total{check=\"backup\",verdict=\"down\"} 0"))
    #expect(!metrics.contains("curlew_heartbeat_last_timestamp_seconds{check=\"backup\"}"))
    let configuration = try await daemon.http.get("/config").body
    #expect(configuration.contains("grace: 0s"))
    #expect(!configuration.contains("written-here"))
    _ = try await daemon.stop()
  }
}

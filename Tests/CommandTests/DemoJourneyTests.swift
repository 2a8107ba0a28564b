import Foundation
import TestSupport
import Testing

/// The journeys of `scenarios/`, against the shop of the demo.
@Suite("The demo's journeys")
struct DemoJourneyTests {
  private static let files = ["login.yaml", "csrf-form.yaml", "checkout.yaml", "graphql.yaml", "file-upload.yaml"]

  /// Where the shop of a demo is.
  private func shop(of daemon: Daemon) throws -> Substring {
    try #require(daemon.process.stdout.firstMatch(of: #/shop +(http:\/\/127\.0\.0\.1:\d+)\//#)?.output.1)
  }

  @Test("hold against its shop, each step of them")
  func samples() async throws {
    let workspace = try Workspace()
    for name in Self.files + ["pixel.txt"] {
      try workspace.write(
        String(contentsOf: SampleTests.root.appending(path: "scenarios/\(name)"), encoding: .utf8), to: name)
    }
    let daemon = try await Daemon("--store", "sqlite:demo.db", command: "demo", in: workspace)
    let shop = try shop(of: daemon)
    let outcome = try await CurlewProcess.run(
      ["check"] + Self.files + ["--base", "shop=\(shop)", "--report", "json=report.json", "--verbose"],
      in: workspace.folder)
    #expect(outcome.exitCode == 0, "\(outcome.stdout)\(outcome.stderr)")
    let report = try JSONSerialization.jsonObject(with: Data(contentsOf: URL(filePath: workspace.path("report.json"))))
    let checks = try #require((report as? [String: Any])?["checks"] as? [[String: Any]])
    let checkout = try #require(checks.first { $0["id"] as? String == "checkout" })
    let steps = try #require(checkout["steps"] as? [[String: Any]]).compactMap { $0["name"] as? String }
    #expect(
      steps == ["login[1]", "stock[1]", "order[1]", "shipped[1]", "login[2]", "stock[2]", "order[2]", "shipped[2]"])
    let cleanup = try #require(checkout["finally"] as? [[String: Any]]).map { $0["verdict"] as? String }
    #expect(cleanup == ["up", "up"])
    daemon.process.send(SIGINT)
    _ = try await daemon.process.outcome()
  }

  @Test("of the tutorial hold against its shop too")
  func tutorial() async throws {
    let files = SampleTests.named
    #expect(files.count == 5)
    let workspace = try Workspace()
    for file in files { try workspace.write(file.text, to: file.name) }
    let daemon = try await Daemon("--store", "sqlite:demo.db", command: "demo", in: workspace)
    let shop = try shop(of: daemon)
    for file in files where file.text.contains("checks:") {
      let outcome = try await workspace.curlew("check", file.name, "--base", "shop=\(shop)")
      #expect(outcome.exitCode == 0, "\(file.name): \(outcome.stdout)\(outcome.stderr)")
    }
    daemon.process.send(SIGINT)
    _ = try await daemon.process.outcome()
  }

  @Test("run on their schedule, and one of them fails at a step that tells why")
  func scheduled() async throws {
    let workspace = try Workspace()
    let daemon = try await Daemon("--store", "sqlite:demo.db", command: "demo", in: workspace)
    try await daemon.metric(
      "curlew_runs_total{check=\"order\",region=\"local\",verdict=\"up\"}", reaches: 1)
    try await daemon.metric(
      "curlew_failures_total{check=\"order-sold-out\",reason=\"expectation_failed\",region=\"local\"}", reaches: 1)
    try await daemon.metric(
      "curlew_phase_duration_seconds_count{check=\"order\",phase=\"wait\",region=\"local\",step=\"shipped\"}",
      reaches: 1)
    daemon.process.send(SIGINT)
    _ = try await daemon.process.outcome()
  }
}

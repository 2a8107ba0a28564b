import TestSupport
import Testing

@Suite("Status pages of the daemon", .serialized)
struct PagesReloadTests {
  private static let scenario = "version: 1\nchecks:\n  - {id: down, every: 1h, tcp: {target: \"127.0.0.1:1\"}}\n"

  private static func service(_ title: String, language: String = "en") -> String {
    "files: [shop.yaml]\npages:\n  - {id: public, path: /up, title: \(title), language: \(language)}\n"
  }

  @Test("pages change with the service file while the daemon runs, and a file with a mistake changes nothing")
  func reload() async throws {
    let workspace = try Workspace(["shop.yaml": Self.scenario, "curlew.yaml": Self.service("First")])
    let daemon = try await Daemon("--config", "curlew.yaml", in: workspace)
    #expect(try await daemon.http.get("/up").body.contains("First"))

    try workspace.write(Self.service("Second", language: "xx"), to: "curlew.yaml")
    let refused = try await daemon.http.send("POST", "/-/reload")
    #expect(refused.status == 500)
    #expect(refused.body.contains("unknown language 'xx'"))
    #expect(try await daemon.http.get("/up").body.contains("First"))

    try workspace.write(Self.service("Second"), to: "curlew.yaml")
    #expect(try await daemon.http.send("POST", "/-/reload").status == 200)
    #expect(try await daemon.http.get("/up").body.contains("Second"))
    _ = try await daemon.stop()
  }
}

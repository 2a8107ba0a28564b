import TestSupport
import Testing

/// A server that does what no server should, and the reasons that tell of it.
struct HostileServer: CustomTestStringConvertible, Sendable {
  let testDescription: String
  let actions: [HTTPTestServer.Action]
  let codes: [String]

  init(_ description: String, _ actions: [HTTPTestServer.Action], _ codes: String...) {
    testDescription = description
    self.actions = actions
    self.codes = codes
  }

  private static let flood = HTTPTestServer.Action.flood([UInt8](repeating: 120, count: 65_536))
  private static let ok = HTTPTestServer.Action.text("HTTP/1.1 200 OK\r\n")

  static let all = [
    HostileServer("an endless header", [ok, .text("X: "), flood], "protocol_error", "body_too_large"),
    HostileServer(
      "endless headers", [ok, .flood(Array("X-A: bbbbbbbbbbbbbbbb\r\n".utf8))], "protocol_error", "body_too_large"),
    HostileServer("an endless body", [ok, .text("\r\n"), flood], "body_too_large"),
    HostileServer("a body that ends early", [ok, .text("Content-Length: 100\r\n\r\nshort")], "protocol_error"),
    HostileServer("broken chunks", [ok, .text("Transfer-Encoding: chunked\r\n\r\nZZ\r\nhello")], "protocol_error"),
    HostileServer("another protocol", [.text("SSH-2.0-OpenSSH_9.2\r\n")], "protocol_error"),
    HostileServer("a connection that is closed at once", [], "protocol_error"),
    HostileServer("a connection that is reset", [.reset], "protocol_error"),
    HostileServer("silence", [.hold], "timeout"),
    HostileServer(
      "one byte at a time",
      [ok, .drip(Array(String(repeating: "X-Y: z\r\n", count: 500).utf8), every: .milliseconds(40))], "timeout"),
    HostileServer(
      "a lying encoding", [ok, .text("Content-Encoding: gzip\r\nContent-Length: 4\r\n\r\nabcd")], "protocol_error"),
    HostileServer(
      "redirects without end", [.text("HTTP/1.1 302 Found\r\nLocation: /again\r\nContent-Length: 0\r\n\r\n")],
      "too_many_redirects"),
  ]
}

@Suite("curlew check against hostile servers")
struct HostileServerTests {
  @Test("ends in time, with the right reason", arguments: HostileServer.all)
  func ends(hostile: HostileServer) async throws {
    let server = try HTTPTestServer { _ in hostile.actions }
    defer { server.stop() }
    // What is found at once has all the time that a busy machine needs.
    let timeout = hostile.codes == ["timeout"] ? "3s" : "50s"
    let workspace = try Workspace([
      "a.yaml": """
      version: 1
      checks:
        - id: a
          timeout: \(timeout)
          http: {url: "http://127.0.0.1:\(server.port)/", max_body: 1MiB}

      """
    ])
    let outcome = try await workspace.curlew("check", "a.yaml", "--format", "json")
    #expect(outcome.exitCode == 1, "\(outcome.stdout) \(outcome.stderr)")
    let check = try JSONValue(outcome.stdout).checks[0]
    #expect(hostile.codes.contains(check.reason.code.text ?? ""), "\(check.reason.code.text ?? "")")
    #expect((check.duration_ms.number ?? .infinity) < 40_000)
  }
}

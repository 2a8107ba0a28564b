import TestSupport
import Testing

@Suite("curlew check and probe over gRPC and WebSocket")
struct RealtimeTests {
  private static let grpc = Task { try await PythonServer.grpcHealth() }
  private static let webSocket = Task { try await PythonServer.webSocket() }

  private func workspace(_ checks: String) throws -> Workspace {
    let workspace = try Workspace(["checks.yaml": "version: 1\nchecks:\n\(checks)\n"])
    try workspace.write(try TestProgram.read(try Certificates.shared.get().path("root.pem")), to: "root.pem")
    return workspace
  }

  private func verdicts(_ report: JSONValue) -> [String] {
    report.checks.items.map { "\($0.id.text ?? "") \($0.verdict.text ?? "") \($0.reason.code.text ?? "-")" }
  }

  @Test("judges a gRPC server by its health service")
  func grpcChecks() async throws {
    let ports = try await Self.grpc.value.ports
    let workspace = try workspace(
      """
        - {id: whole, grpc: {target: "127.0.0.1:\(ports[0])"}}
        - {id: serving, grpc: {target: "127.0.0.1:\(ports[0])", service: shop.Orders, expect: [status == 0, 'serving == "SERVING"']}}
        - {id: not-serving, grpc: {target: "127.0.0.1:\(ports[0])", service: shop.Stock}}
        - {id: in-maintenance, grpc: {target: "127.0.0.1:\(ports[0])", service: shop.Stock, expect: ['serving == "NOT_SERVING"']}}
        - {id: unknown, grpc: {target: "127.0.0.1:\(ports[0])", service: shop.Basket}}
        - {id: known-unknown, grpc: {target: "127.0.0.1:\(ports[0])", service: shop.Basket, expect: [status == 5]}}
        - {id: v6, grpc: {target: "[::1]:\(ports[1])"}}
        - {id: secure, grpc: {target: "127.0.0.1:\(ports[2])", tls: {ca: root.pem}, expect: [verified, 'alpn == "h2"', status == 0]}}
        - {id: untrusted, grpc: {target: "127.0.0.1:\(ports[2])", tls: true}}
        - {id: secret, grpc: {target: "127.0.0.1:\(ports[0])", service: secret, metadata: {x-key: letters, blob-bin: AP8=}}}
        - {id: silent, timeout: 300ms, grpc: {target: "127.0.0.1:\(ports[0])", service: silent}}
      """)
    let outcome = try await workspace.curlew("check", "checks.yaml", "--format", "json")
    let report = try JSONValue(outcome.stdout)
    #expect(
      verdicts(report).dropLast() == [
        "whole up -", "serving up -", "not-serving down expectation_failed", "in-maintenance up -",
        "unknown down expectation_failed", "known-unknown up -", "v6 up -", "secure up -",
        "untrusted down certificate_invalid", "secret up -",
      ])
    #expect(verdicts(report).last?.hasPrefix("silent down ") == true)
    #expect(report.checks[4].reason.message.text?.hasPrefix("status is 5, expected 0") == true)
    #expect(report.checks[2].steps[0].facts.serving.text == "NOT_SERVING")
    #expect(report.checks[7].steps[0].facts.certificate.subject.text?.contains("good.example") == true)
  }

  @Test("shows what a gRPC server said of a check that failed")
  func grpcExcerpt() async throws {
    let port = try await Self.grpc.value.port
    let workspace = try workspace("  - {id: unknown, grpc: {target: \"127.0.0.1:\(port)\", service: shop.Basket}}")
    let outcome = try await workspace.curlew("check", "checks.yaml")
    #expect(outcome.exitCode == 1)
    #expect(
      outcome.stdout.contains("status   5 NOT_FOUND: \"no such service: shop.Basket (50 % Süd)\""), "\(outcome.stdout)")
  }

  @Test("judges a WebSocket server by its messages")
  func webSocketChecks() async throws {
    let ports = try await Self.webSocket.value.ports
    let workspace = try workspace(
      """
        - {id: upgrade, websocket: {url: "ws://127.0.0.1:\(ports[0])/silent"}}
        - id: talk
          websocket:
            url: ws://127.0.0.1:\(ports[0])/echo
            headers: {X-Name: alice}
            dialogue: [{expect: '^hello (?P<name>\\w+)'}, {send: 'bye ${name}'}, {expect: '^bye alice$'}]
            expect: ['matches.name == "alice"', 'messages == ["hello alice at /echo", "bye alice"]']
        - {id: other-word, websocket: {url: "ws://127.0.0.1:\(ports[0])/echo", dialogue: [{expect: '^good morning'}]}}
        - {id: refused, websocket: {url: "ws://127.0.0.1:\(ports[0])/refuse"}}
        - {id: late, timeout: 300ms, websocket: {url: "ws://127.0.0.1:\(ports[0])/silent", dialogue: [{expect: .}]}}
        - {id: secure, websocket: {url: "wss://127.0.0.1:\(ports[1])/silent", tls: {ca: root.pem}, expect: [verified]}}
        - {id: untrusted, websocket: {url: "wss://127.0.0.1:\(ports[1])/silent"}}
      """)
    let outcome = try await workspace.curlew("check", "checks.yaml", "--format", "json")
    let report = try JSONValue(outcome.stdout)
    #expect(
      verdicts(report) == [
        "upgrade up -", "talk up -", "other-word down expectation_failed", "refused down protocol_error",
        "late down timeout", "secure up -", "untrusted down certificate_invalid",
      ])
    #expect(report.checks[4].reason.phase.text == "receive")
  }

  @Test("shows one exchange, and refuses what does not go with it")
  func probe() async throws {
    let ports = try await Self.grpc.value.ports
    let workspace = try workspace("")
    let grpc = try await workspace.curlew(
      "probe", "grpc", "127.0.0.1:\(ports[0])", "--service", "shop.Stock", "--format", "json")
    #expect(grpc.exitCode == 0)
    #expect(try JSONValue(grpc.stdout).facts.serving.text == "NOT_SERVING")
    let secure = try await workspace.curlew("probe", "grpc", "127.0.0.1:\(ports[2])", "--tls", "--insecure")
    #expect(secure.exitCode == 0)
    #expect(secure.stdout.contains("TLSv1.3"), "\(secure.stdout)")
    let web = try await workspace.curlew(
      "probe", "websocket", "127.0.0.1:\(try await Self.webSocket.value.port)/silent")
    #expect(web.exitCode == 0, "\(web.stdout)")
    let refused = try await workspace.curlew(
      "probe", "websocket", "127.0.0.1:\(try await Self.webSocket.value.port)/refuse")
    #expect(refused.exitCode == 1)
    #expect(refused.stdout.contains("status is 403, expected 101"), "\(refused.stdout)")
    for arguments in [["tcp", "a:1", "--tls"], ["dns", "a", "--service", "b"], ["grpc", "a:1", "--insecure"]] {
      let outcome = try await CurlewProcess.run(["probe"] + arguments, in: workspace.folder)
      #expect(outcome.exitCode == 2, "\(arguments)")
    }
  }
}

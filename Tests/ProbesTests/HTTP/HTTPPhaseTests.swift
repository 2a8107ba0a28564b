import Glibc
import Model
import Probes
import TestSupport
import Testing

/// Phases against servers whose delays are known. The bounds are generous, because the tests of all targets share the
/// machine; the benchmark is stricter.
@Suite("HTTP phases")
struct HTTPPhaseTests {
  private let harness: HTTPHarness

  init() throws {
    harness = try HTTPHarness()
  }

  /// What a phase should last; zero is a phase that takes no time of its own.
  private func isNear(_ phases: Phases, connect: Int = 0, tls: Int = 0, wait: Int = 0, receive: Int = 0) -> Bool {
    let pairs = [
      (phases.resolve, 0), (phases.connect, connect), (phases.tls, tls), (phases.wait, wait), (phases.receive, receive),
    ]
    return pairs.allSatisfy { phase, delay in
      phase >= .milliseconds(delay) - .milliseconds(2) && phase < .milliseconds(delay) + .milliseconds(40)
    }
  }

  /// Probes until nothing but the server's delays shows: a busy machine adds its own now and then, a leak from one
  /// phase into another is there each time.
  private func probe(
    _ spec: HTTPSpec, until isRight: (HTTPHarness.Shown) -> Bool
  ) async throws -> HTTPHarness.Shown {
    let end = ContinuousClock.now + .seconds(60)
    var shown = try await harness.probe(spec)
    while !isRight(shown), ContinuousClock.now < end { shown = try await harness.probe(spec) }
    return shown
  }

  @Test("the first byte's delay is wait, the last byte's is receive", arguments: [0, 50, 200], [0, 50, 200])
  func delays(first: Int, last: Int) async throws {
    let server = try HTTPTestServer { _ in
      [
        .wait(.milliseconds(first)), .text("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nab"),
        .wait(.milliseconds(last)),
        .text("cd"),
      ]
    }
    defer { server.stop() }
    let shown = try await probe(HTTPSpec(url: server.url())) { isNear($0.phases, wait: first, receive: last) }
    #expect(shown.failure == nil)
    #expect(isNear(shown.phases, wait: first, receive: last), "\(shown.phases)")
    #expect(shown.phases.total == shown.observation.facts.elapsed)
  }

  @Test("what is lost in a handshake that fails is tls")
  func tlsDelay() async throws {
    let server = try HTTPTestServer(speaksFirst: true) { _ in [.wait(.milliseconds(200)), .text("nonsense")] }
    defer { server.stop() }
    let shown = try await probe(HTTPSpec(url: "https://127.0.0.1:\(server.port)/")) { isNear($0.phases, tls: 200) }
    #expect(shown.code == .tlsFailed)
    #expect(isNear(shown.phases, tls: 200), "\(shown.phases)")
    #expect(shown.phases.wait == .zero)
    #expect(shown.phases.receive == .zero)
  }

  @Test("where digest takes a second connection, the phases of both are summed")
  func digest() async throws {
    let nginx = try HTTPNginx(
      locations: """
        location /digest {
          add_header WWW-Authenticate 'Digest realm="r", nonce="abc", qop="auth"' always;
          if ($http_authorization = "") { return 401; }
          return 200 "ok";
        }
        """, secureHTTP2: false)
    let port = nginx.https
    // Takes its time before the handshake of each connection.
    let slow = try SocketServer { peer in
      usleep(100_000)
      peer.relay(toPort: port)
    }
    let spec = HTTPSpec(
      url: "https://127.0.0.1:\(slow.port)/digest", auth: .digest(username: "me", password: "pass"),
      tls: TLSOptions(verify: false))
    let shown = try await probe(spec) { isNear($0.phases, tls: 200) }
    #expect(shown.failure == nil)
    #expect(shown.http.status == 200)
    #expect(isNear(shown.phases, tls: 200), "\(shown.phases)")
    withExtendedLifetime((slow, nginx)) {}
  }

  @Test("hops are summed phase by phase")
  func hops() async throws {
    let server = try HTTPTestServer { request in
      guard request.line.hasPrefix("GET /start") else {
        return [.wait(.milliseconds(100)), .text("HTTP/1.1 200 OK\r\n\r\na"), .wait(.milliseconds(50)), .text("b")]
      }
      return [.wait(.milliseconds(100)), .answer("302 Found", ["Location: /there"])]
    }
    defer { server.stop() }
    let shown = try await probe(HTTPSpec(url: server.url("/start"))) { isNear($0.phases, wait: 200, receive: 50) }
    #expect(shown.failure == nil)
    #expect(isNear(shown.phases, wait: 200, receive: 50), "\(shown.phases)")
  }

  @Test("the phases sum to the time that passed, and to no more")
  func sum() async throws {
    let server = try HTTPTestServer { _ in [.wait(.milliseconds(20)), .answer()] }
    defer { server.stop() }
    let begin = ContinuousClock.now
    let shown = try await harness.probe(HTTPSpec(url: server.url()))
    #expect(shown.phases.total <= ContinuousClock.now - begin)
    #expect(shown.phases.total >= .milliseconds(20))
  }
}

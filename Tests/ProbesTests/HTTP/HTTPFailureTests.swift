import Glibc
import Model
import Probes
import TestSupport
import Testing
import Transport

/// Exchanges that come to nothing, and how it is told.
@Suite("HTTP failures")
struct HTTPFailureTests {
  private let harness: HTTPHarness

  init() throws {
    harness = try HTTPHarness()
  }

  @Test("a closed port is connect_refused, with address and port in the message")
  func refused() async throws {
    let server = try HTTPTestServer { _ in [] }
    let port = server.port
    server.stop()
    // Once the listener is gone, the port refuses; its thread closes it at once, but on its own time.
    var shown = try await harness.probe(HTTPSpec(url: "http://127.0.0.1:\(port)/"))
    for _ in 0..<100 where shown.code != .connectRefused {
      shown = try await harness.probe(HTTPSpec(url: "http://127.0.0.1:\(port)/"))
    }
    #expect(shown.code == .connectRefused)
    #expect(shown.failure?.phase == .connect)
    #expect(shown.failure?.message == "connection to 127.0.0.1:\(port) refused")
    #expect(shown.observation.facts.ip == "127.0.0.1")
    #expect(shown.http.status == 0)
  }

  @Test("a name without an address is resolve_failed")
  func unresolved() async throws {
    let server = try ScriptedDNSServer(udp: { query in
      var answer = DNSAnswer(to: query)
      answer.flags |= 3
      return [answer.bytes]
    })
    let loops = try EventLoops(count: 1)
    defer { loops.stop() }
    let prober = HTTPProber(
      ProbeEquipment(loops: loops, resolver: Resolver(servers: [SocketAddress(.loopbackV4, port: server.port)])))
    let observation = await prober.probe(
      HTTPSpec(url: "http://nowhere.example/"), in: ProbeContext(timeout: .seconds(60)))
    #expect(observation.failure?.code == .resolveFailed)
    #expect(observation.failure?.phase == .resolve)
    withExtendedLifetime(server) {}
  }

  @Test("an address that is not of the family asked for is resolve_failed")
  func family() async throws {
    let loops = try EventLoops(count: 1)
    defer { loops.stop() }
    let prober = HTTPProber(ProbeEquipment(loops: loops, resolver: Resolver()))
    let observation = await prober.probe(
      HTTPSpec(url: "http://[::1]:1/", family: .v4), in: ProbeContext(timeout: .seconds(60)))
    #expect(observation.failure?.code == .resolveFailed)
  }

  @Test("an IPv6 literal is connected to")
  func literalV6() async throws {
    let shown = try await harness.probe(HTTPSpec(url: "http://[::1]:1/"))
    #expect(shown.code == .connectRefused || shown.code == .connectFailed)
    #expect(shown.failure?.message.contains("[::1]:1") == true)
  }

  /// Probes until a time-out comes in this phase: on a busy machine one may come before the connection stands.
  private func untilTimeout(_ spec: HTTPSpec, during phase: Phase) async throws -> HTTPHarness.Shown {
    let end = ContinuousClock.now + .seconds(60)
    var shown = try await harness.probe(spec, timeout: .milliseconds(300))
    while shown.failure?.phase != phase, ContinuousClock.now < end {
      shown = try await harness.probe(spec, timeout: .milliseconds(300))
    }
    return shown
  }

  @Test(
    "a time-out names the phase that was under way",
    arguments: [
      (Phase.wait, [HTTPTestServer.Action.hold]),
      // The first bytes of an answer are its beginning, even within its first line.
      (.receive, [.text("HTTP/1.1"), .hold]),
      (.receive, [.text("HTTP/1.1 200 OK\r\nX: 1\r\n"), .hold]),
      (.receive, [.text("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc"), .hold]),
      (
        .receive,
        [.drip(Array("HTTP/1.1 200 OK\r\n".utf8) + Array(repeating: 65, count: 1000), every: .milliseconds(20))]
      ),
    ])
  func timeout(phase: Phase, actions: [HTTPTestServer.Action]) async throws {
    let server = try HTTPTestServer { _ in actions }
    defer { server.stop() }
    let shown = try await untilTimeout(HTTPSpec(url: server.url()), during: phase)
    #expect(shown.code == .timeout)
    #expect(shown.failure?.phase == phase)
    #expect(shown.failure?.message.hasSuffix(" within 300ms") == true, "\(shown.failure?.message ?? "")")
    let elapsed = shown.observation.facts.elapsed
    #expect(elapsed >= .milliseconds(299) && elapsed < .seconds(50))
  }

  @Test("a handshake that never comes is a time-out during tls")
  func tlsTimeout() async throws {
    let server = try HTTPTestServer(speaksFirst: true) { _ in [.hold] }
    defer { server.stop() }
    let shown = try await untilTimeout(HTTPSpec(url: "https://127.0.0.1:\(server.port)/"), during: .tls)
    #expect(shown.code == .timeout)
    #expect(shown.failure?.phase == .tls)
    #expect(shown.phases.tls > .zero)
    #expect(shown.phases.wait == .zero)
  }

  @Test("without descriptors an exchange is no fault of the target's, whatever the same handle met before")
  func outOfDescriptors() async {
    await #expect(processExitsWith: .success) {
      let harness = try HTTPHarness()
      let deaf = try DeafPort()
      let spec = HTTPSpec(url: "http://127.0.0.1:\(deaf.port)/")
      #expect(try await harness.probe(spec).code == .connectRefused)
      var limit = rlimit()
      getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
      let old = limit.rlim_cur
      limit.rlim_cur = 3
      setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
      let shown = try await harness.probe(spec)
      limit.rlim_cur = old
      setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
      #expect(shown.code == .internal)
      #expect(shown.failure?.message == "connection to 127.0.0.1:\(deaf.port) failed: too many open files")
      #expect(try await harness.probe(spec).code == .connectRefused)
    }
  }

  @Test("a second answer that never comes is waited for, and the challenge before it is not told as the answer")
  func digestSilence() async throws {
    let server = try HTTPTestServer { request in
      guard request.value("Authorization") == nil else { return [.hold] }
      return [.answer("401 Unauthorized", ["WWW-Authenticate: Digest realm=\"r\", nonce=\"abc\", qop=\"auth\""])]
    }
    defer { server.stop() }
    let spec = HTTPSpec(url: server.url(), auth: .digest(username: "me", password: "pass"))
    let shown = try await untilTimeout(spec, during: .wait)
    #expect(shown.code == .timeout)
    #expect(shown.failure?.phase == .wait)
    #expect(shown.http.status == 0)
    #expect(shown.phases.receive == .zero)
  }

  @Test("a body for HEAD is template_failed, and nothing is sent")
  func headWithBody() async throws {
    let server = try HTTPTestServer { _ in [.answer()] }
    defer { server.stop() }
    let shown = try await harness.probe(
      HTTPSpec(url: server.url(), method: "HEAD", body: .bytes([1], contentType: nil)))
    #expect(shown.code == .templateFailed)
    #expect(server.requests.isEmpty)
  }

  @Test("a server name that is none is template_failed, and nothing is sent", arguments: ["a b", "a/b"])
  func noServerName(_ name: String) async throws {
    let server = try HTTPTestServer(speaksFirst: true) { _ in [.hold] }
    defer { server.stop() }
    let shown = try await harness.probe(
      HTTPSpec(url: "https://127.0.0.1:\(server.port)/", tls: TLSOptions(serverName: name)), timeout: .seconds(60))
    #expect(shown.code == .templateFailed)
    #expect(shown.failure?.message == "tls.server_name \"\(name)\" cannot be asked for: it is no host name")
  }

  @Test("a link-local address is connected to on the interface that it names")
  func linkLocal() async throws {
    let shown = try await harness.probe(HTTPSpec(url: "http://[fe80::1%25lo]:1/"), timeout: .seconds(1))
    #expect(shown.observation.facts.ip == "fe80::1%lo" || shown.observation.facts.ip == "fe80::1")
    #expect(shown.failure?.phase == .connect, "\(shown.failure?.message ?? "")")
    #expect(shown.code != .protocolError)
  }

  @Test("cancelling the task ends the exchange at once")
  func cancelled() async throws {
    let server = try HTTPTestServer { _ in [.hold] }
    defer { server.stop() }
    let harness = harness
    let url = server.url()
    let task = Task { try await harness.probe(HTTPSpec(url: url), timeout: .seconds(60)) }
    while server.requests.isEmpty { await Task.yield() }
    let before = ContinuousClock.now
    task.cancel()
    let shown = try await task.value
    #expect(shown.code == .cancelled)
    #expect(ContinuousClock.now - before < .seconds(50))
  }

  @Test("a task that was cancelled before waits for no answer")
  func cancelledBefore() async throws {
    let server = try HTTPTestServer { _ in [.hold] }
    defer { server.stop() }
    let harness = harness
    let url = server.url()
    let shown = try await withThrowingTaskGroup(of: HTTPHarness.Shown.self) { group in
      group.cancelAll()
      group.addTask { try await harness.probe(HTTPSpec(url: url), timeout: .seconds(60)) }
      return try #require(try await group.next())
    }
    #expect(shown.code == .cancelled)
  }

  @Test("a proxy that refuses to connect is connect_failed, with its status")
  func proxyRefusal() async throws {
    let server = try HTTPTestServer { _ in [.answer("403 Forbidden")] }
    defer { server.stop() }
    let shown = try await harness.probe(
      HTTPSpec(url: "https://shop.example/", proxy: "http://127.0.0.1:\(server.port)"))
    #expect(shown.code == .connectFailed)
    #expect(shown.failure?.message.contains("403") == true)
    #expect(server.requests.first?.line == "CONNECT shop.example:443 HTTP/1.1")
  }

  @Test("a file of trusted authorities that is not there is template_failed, and nothing is sent")
  func missingAuthority() async throws {
    let server = try HTTPTestServer { _ in [.answer()] }
    defer { server.stop() }
    let shown = try await harness.probe(
      HTTPSpec(url: "https://127.0.0.1:\(server.port)/", tls: TLSOptions(caFile: "missing.pem")))
    #expect(shown.code == .templateFailed)
    #expect(shown.failure?.message.contains("missing.pem") == true)
  }
}

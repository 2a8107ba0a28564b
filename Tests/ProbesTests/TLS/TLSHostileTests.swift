import Model
import Probes
import TestSupport
import Testing
import Transport

@Suite("TLS probe of hostile peers") struct TLSHostileTests {
  private func failure(
    timeout: Duration = .seconds(60), _ script: @escaping @Sendable (SocketPeer) -> Void
  ) async throws -> (failure: ProbeFailure?, elapsed: Duration, port: Int) {
    let server = try SocketServer(script)
    defer { withExtendedLifetime(server) {} }
    let spec = TLSSpec(target: Endpoint(host: "127.0.0.1", port: server.port), tls: TLSOptions(verify: false))
    let observation = try await TLSProber(.forTests()).probe(spec, in: ProbeContext(timeout: timeout))
    return (observation.failure, observation.facts.elapsed, server.port)
  }

  @Test("a peer that does not speak TLS is told as such")
  func plainText() async throws {
    let (failure, _, port) = try await failure { $0.flood(Array("HTTP/1.1 400 Bad Request\r\n\r\n".utf8)) }
    #expect(
      failure
        == ProbeFailure(
          .tlsFailed, during: .tls,
          "TLS handshake with 127.0.0.1:\(port) failed: what the peer sent is not TLS (wrong version number)"))
  }

  @Test("a peer that closes in the middle of the handshake is told as such")
  func closes() async throws {
    let (failure, _, port) = try await failure { peer in
      // The head of the client's record, and as many bytes as it announces.
      guard let head = peer.read(5), peer.read(Int(head[3]) << 8 | Int(head[4])) != nil else { return }
    }
    #expect(
      failure
        == ProbeFailure(
          .tlsFailed, during: .tls, "TLS handshake with 127.0.0.1:\(port) failed: the peer closed the connection"))
  }

  @Test("a peer that resets the connection in the handshake is told as such")
  func resets() async throws {
    let (failure, _, port) = try await failure { peer in
      _ = peer.read(1)
      peer.reset()
    }
    #expect(
      failure
        == ProbeFailure(
          .tlsFailed, during: .tls, "TLS handshake with 127.0.0.1:\(port) failed: the peer reset the connection"))
  }

  @Test("an alert is told with its name and number")
  func alert() async throws {
    let (failure, _, port) = try await failure { peer in
      _ = peer.read(5)
      peer.send([21, 3, 3, 0, 2, 2, 40])
      peer.waitForEnd()
    }
    #expect(
      failure
        == ProbeFailure(
          .tlsFailed, during: .tls,
          "TLS handshake with 127.0.0.1:\(port) failed: the peer sent the alert \"handshake failure\" (40)"))
  }

  @Test("a peer that says nothing costs the timeout and no more")
  func silence() async throws {
    let (failure, elapsed, port) = try await failure(timeout: .seconds(3)) { $0.waitForEnd() }
    #expect(
      failure
        == ProbeFailure(.timeout, during: .tls, "no TLS handshake within 3s (127.0.0.1:\(port))"))
    #expect(elapsed >= .seconds(3))
    #expect(elapsed < .seconds(50))
  }

  @Test("a handshake message without end is cut off by its announced length")
  func endlessMessage() async throws {
    // A ServerHello that announces 16 MiB, in records that never end.
    let (failure, _, _) = try await failure { peer in
      peer.send([22, 3, 3, 0x40, 0, 2, 0xff, 0xff, 0xff] + [UInt8](repeating: 0, count: 0x4000 - 4))
      peer.flood([22, 3, 3, 0x40, 0] + [UInt8](repeating: 0, count: 0x4000))
    }
    #expect(failure?.code == .tlsFailed)
  }

  @Test("a certificate that ended before the time that can be told has its facts like any other")
  func ancient() async throws {
    let server = try OpenSSLServer("ancient")
    let spec = TLSSpec(target: Endpoint(host: "127.0.0.1", port: server.port))
    let observation = try await TLSProber(.forTests()).probe(spec, in: ProbeContext(timeout: .seconds(60)))
    #expect(observation.failure?.code == .certificateInvalid)
    let leaf = try #require(observation.facts.tls?.chain.first)
    #expect(leaf.notAfter < Timestamp(secondsSinceEpoch: 0))
    #expect(leaf.notAfter - SystemTime().now < .zero)
    #expect(leaf.notBefore <= leaf.notAfter)
  }

  @Test("warnings without end are cut off")
  func endlessWarnings() async throws {
    let (failure, _, _) = try await failure { $0.flood([21, 3, 3, 0, 2, 1, 90]) }
    #expect(failure?.code == .tlsFailed)
  }
}

import Model
import Probes
import TestSupport
import Testing
import Transport

@Suite("TCP probe through a SOCKS proxy")
struct SOCKSTests: TCPProbing {
  /// A SOCKS proxy that answers as it is told and then leads to a port, whatever was asked for.
  private func proxy(
    to port: Int, method: UInt8 = 0, reply: UInt8 = 0, asked: @escaping @Sendable ([UInt8]) -> Void = { _ in }
  ) throws -> SocketServer {
    try SocketServer { peer in
      guard let head = peer.read(2), head[0] == 5, let methods = peer.read(Int(head[1])) else { return }
      peer.send([5, methods.contains(method) ? method : 0xff])
      if method == 2 {
        guard let user = peer.read(2).flatMap({ peer.read(Int($0[1])) }),
          let password = peer.read(1).flatMap({ peer.read(Int($0[0])) })
        else { return }
        let isRight = user == Array("ann".utf8) && password == Array("a:b".utf8)
        peer.send([1, isRight ? 0 : 1])
        guard isRight else { return }
      }
      guard let request = peer.read(4) else { return }
      let address =
        request[3] == 3 ? peer.read(1).flatMap { peer.read(Int($0[0])) } : peer.read(request[3] == 1 ? 4 : 16)
      guard let address, let wanted = peer.read(2) else { return }
      asked([request[3]] + address + wanted)
      peer.send([5, reply, 0, 3, 1, 120, 0, 0])
      if reply == 0 { peer.relay(toPort: port) }
    }
  }

  @Test("a connection through a proxy carries the words of the target from the first byte on")
  func throughProxy() async throws {
    let server = try SocketServer { peer in
      peer.send("220 ready\n")
      peer.waitForEnd()
    }
    let proxy = try proxy(to: server.port)
    let (observation, facts) = try await probe(server, .dialogue([.expect("^220")])) {
      $0.proxy = "socks5://127.0.0.1:\(proxy.port)"
    }
    #expect(observation.failure == nil)
    #expect(observation.facts.ip == "127.0.0.1")
    #expect(facts.messages == ["220 ready"])
    withExtendedLifetime(proxy) {}
  }

  @Test("names are resolved here, or there by socks5h", arguments: [("socks5", UInt8(1)), ("socks5h", UInt8(3))])
  func proxyNames(scheme: String, kind: UInt8) async throws {
    let server = try SocketServer { $0.waitForEnd() }
    let port = [UInt8(server.port >> 8), UInt8(server.port & 0xff)]
    let expected = kind == 1 ? [1, 127, 0, 0, 1] + port : [3] + Array("localhost".utf8) + port
    try await confirmation { confirmed in
      let proxy = try proxy(to: server.port, method: 2) { asked in
        if asked == expected { confirmed() }
      }
      let (observation, _) = try await probe(server, host: "localhost") {
        $0.proxy = "\(scheme)://ann:a%3Ab@127.0.0.1:\(proxy.port)"
        $0.family = .preferV4
      }
      #expect(observation.failure == nil)
      #expect(observation.facts.ip == (kind == 1 ? "127.0.0.1" : ""))
      withExtendedLifetime(proxy) {}
    }
  }

  @Test("a proxy that does not connect says why, and its password is not told")
  func proxyRefusals() async throws {
    let server = try SocketServer { $0.waitForEnd() }
    let cases: [(method: UInt8, reply: UInt8, user: String, code: ReasonCode, words: String)] = [
      (0, 5, "", .connectRefused, "connection to 127.0.0.1:\(server.port) by the proxy PROXY refused"),
      (0, 2, "", .connectFailed, "the proxy PROXY does not allow connections to 127.0.0.1:\(server.port)"),
      (
        0, 99, "", .protocolError,
        "the proxy PROXY failed to connect to 127.0.0.1:\(server.port) with an unknown code (99)"
      ),
      (2, 0, "", .protocolError, "the proxy PROXY wants a log-in, and its URL holds none"),
      (2, 0, "ann:secret@", .protocolError, "the proxy PROXY refused the user and password"),
    ]
    for (method, reply, user, code, words) in cases {
      let proxy = try proxy(to: server.port, method: method, reply: reply)
      let (observation, _) = try await probe(server) { $0.proxy = "socks5://\(user)127.0.0.1:\(proxy.port)" }
      #expect(
        observation.failure
          == ProbeFailure(
            code, during: .connect, words.replacing("PROXY", with: "127.0.0.1:\(proxy.port)")))
      withExtendedLifetime(proxy) {}
    }
    let (observation, _) = try await probe(server) { $0.proxy = "http://ann:secret@127.0.0.1:1" }
    #expect(observation.failure?.code == .templateFailed)
    #expect(observation.failure?.words.contains("secret") == false)
    let (plain, _) = try await probe(server, timeout: .milliseconds(300)) {
      $0.proxy = "socks5://127.0.0.1:\(server.port)"
    }
    #expect(plain.failure?.code == .timeout)
  }
}

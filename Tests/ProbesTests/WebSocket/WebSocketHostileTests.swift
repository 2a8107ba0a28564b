import Model
import Probes
import Synchronization
import TestSupport
import Testing

@Suite("WebSocket probe against servers that answer badly")
struct WebSocketHostileTests {
  /// A server that says of each handshake what a test wants; `KEY` in it is replaced by what belongs to the client's key.
  private static func server(_ answer: String, then: @escaping @Sendable (SocketPeer) -> Void = { $0.waitForEnd() })
    throws -> SocketServer
  {
    try SocketServer { peer in
      var key = ""
      while let line = peer.line(), !line.isEmpty {
        if line.hasPrefix("Sec-WebSocket-Key: ") { key = String(line.dropFirst(19)) }
      }
      peer.send(answer.replacing("KEY", with: WebSocketHandshake.acceptance(of: key)))
      then(peer)
    }
  }

  private static let upgrade =
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n"
    + "Sec-WebSocket-Accept: KEY\r\n\r\n"

  private func probe(
    _ answer: String = upgrade, _ dialogue: [DialogueStep] = [.expect(".")], timeout: Duration = .seconds(60),
    then: @escaping @Sendable (SocketPeer) -> Void = { $0.waitForEnd() }
  ) async throws -> (failure: ProbeFailure?, facts: WebSocketFacts) {
    let server = try Self.server(answer, then: then)
    defer { withExtendedLifetime(server) {} }
    let (observation, facts) = try await WebSocketProberTests.probe(
      "ws://127.0.0.1:\(server.port)/", dialogue, timeout: timeout)
    return (observation.failure, facts)
  }

  @Test("the accepted key is that of RFC 6455 section 1.3")
  func acceptance() {
    let handshake = WebSocketHandshake(
      host: "server.example.com", path: "/chat", headers: [], nonce: Array("the sample nonce".utf8))
    #expect(handshake.acceptance == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
    #expect(
      String(decoding: handshake.request, as: UTF8.self)
        == "GET /chat HTTP/1.1\r\nHost: server.example.com\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n")
  }

  @Test("a message in the same packet as the upgrade is not lost")
  func atOnce() async throws {
    let (failure, facts) = try await probe(Self.upgrade + "\u{1}\u{1}a\u{0}\u{1}b", [.expect("^abc$")]) { peer in
      // The rest of the message, as bytes that are no UTF-8.
      peer.send([0x80, 1, 0x63])
      peer.waitForEnd()
    }
    #expect(failure == nil)
    #expect(facts.socket.messages == ["abc"])
  }

  @Test("something provisional may come before the upgrade")
  func provisional() async throws {
    let (failure, facts) = try await probe("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + Self.upgrade, [])
    #expect(failure == nil)
    #expect(facts.status == 101)
  }

  @Test(
    "an answer that does not upgrade is a protocol error",
    arguments: [
      ("SSH-2.0-OpenSSH_9.2\r\n", "does not answer in HTTP/1.1", 0),
      ("HTTP/1.1 abc\r\n\r\n", "does not answer in HTTP/1.1", 0),
      (
        upgrade.replacing("Upgrade: websocket", with: "Upgrade: h2c"), "switches to another protocol than websocket",
        101
      ),
      (upgrade.replacing("keep-alive, Upgrade", with: "close"), "does not say Connection: Upgrade", 101),
      (
        upgrade.replacing("KEY", with: "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="), "a Sec-WebSocket-Accept that does not belong",
        101
      ),
      (
        upgrade.replacing("Sec-WebSocket-Accept: KEY\r\n", with: ""), "a Sec-WebSocket-Accept that does not belong", 101
      ),
      (
        upgrade.replacing("Upgrade: w", with: "Sec-WebSocket-Extensions: permessage-deflate\r\nUpgrade: w"),
        "speaks an extension that was not asked for", 101
      ),
      (
        upgrade.replacing("Upgrade: w", with: "Sec-WebSocket-Protocol: chat\r\nUpgrade: w"),
        "speaks a subprotocol that was not asked for", 101
      ),
      ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", "refused the upgrade: status is 200, expected 101", 200),
    ])
  func notUpgraded(answer: String, words: String, status: Int) async throws {
    let (failure, facts) = try await probe(answer)
    #expect(failure?.code == .protocolError)
    #expect(failure?.message.contains(words) == true, "\(failure?.message ?? "")")
    #expect(facts.status == status)
    #expect(!facts.isUpgraded)
  }

  @Test("a head without end is cut off, in one line or in many", arguments: ["x", "X-Y: z\r\n"])
  func hugeHead(piece: String) async throws {
    let (failure, _) = try await probe("HTTP/1.1 101 Switching Protocols\r\n") {
      $0.flood(Array(String(repeating: piece, count: 2048).utf8))
    }
    #expect(failure?.code == .protocolError)
  }

  @Test("a head that stops in the middle is left at the deadline, and one that ends is no answer")
  func halfHead() async throws {
    let (late, _) = try await probe("HTTP/1.1 101 Switching Protocols\r\nUpgr", timeout: .milliseconds(300))
    #expect(late?.code == .timeout)
    let (cut, _) = try await probe("HTTP/1.1 101 Switching Protocols\r\nUpgr") { $0.finish() }
    #expect(cut?.code == .protocolError)
  }

  @Test("a message without end is cut off, whether it announces that or comes in pieces")
  func endlessMessage() async throws {
    let (announced, _) = try await probe { peer in
      peer.send([0x82, 127, 0, 0, 0, 0x40, 0, 0, 0, 0])
      peer.flood([UInt8](repeating: 0, count: 4096))
    }
    #expect(announced?.code == .bodyTooLarge)
    let (pieces, _) = try await probe { peer in
      peer.send([0x02, 0])
      peer.flood([0x00, 125] + [UInt8](repeating: 0, count: 125))
    }
    #expect(pieces?.code == .bodyTooLarge)
    let (empty, _) = try await probe { peer in
      peer.send([0x02, 0])
      peer.flood([UInt8](repeating: 0, count: 4096))
    }
    #expect(empty?.code == .protocolError)
  }

  @Test(
    "frames against the protocol are a protocol error",
    arguments: [[0xff, 0xff], [0x81, 0x81, 1, 2, 3, 4, 5], [0x81, 1, 0xff], [0x80, 0], [0x88, 1, 3]] as [[UInt8]])
  func garbage(bytes: [UInt8]) async throws {
    let (failure, facts) = try await probe { peer in
      peer.send(bytes)
      peer.waitForEnd()
    }
    #expect(failure?.code == .protocolError)
    #expect(facts.isUpgraded)
  }

  @Test("a connection that is cut, or reset, is told")
  func cut() async throws {
    let (ended, _) = try await probe { $0.finish() }
    #expect(ended?.code == .expectationFailed)
    #expect(ended?.message.contains("cut the connection, without a closing handshake") == true)
    let (reset, _) = try await probe { $0.reset() }
    #expect(reset?.code == .expectationFailed)
  }

  @Test("pings without end hold nobody beyond the deadline, whether our answers are read or not")
  func pings() async throws {
    let (unread, _) = try await probe(timeout: .milliseconds(500)) { $0.flood([0x89, 0]) }
    #expect(unread?.code == .timeout)
  }

  @Test("a server that does not take leave holds nobody, and what it takes is no time of the exchange")
  func noLeave() async throws {
    let (failure, _) = try await probe(Self.upgrade, [])
    #expect(failure == nil)
    let server = try Self.server(Self.upgrade) { $0.flood([0x81, 1, 0x61]) }
    defer { withExtendedLifetime(server) {} }
    let (observation, _) = try await WebSocketProberTests.probe("ws://127.0.0.1:\(server.port)/")
    #expect(observation.failure == nil)
    #expect(observation.facts.elapsed == observation.facts.phases.total)
  }

  @Test("the client's frames are masked, each by another mask, and it says that it leaves")
  func masked() async throws {
    let frames = FrameLog()
    let (failure, _) = try await probe(Self.upgrade, [.send("hello"), .send("hello")]) { peer in
      for length in [5, 5, 2] {
        guard let bytes = peer.read(6 + length) else { return }
        frames.add(bytes)
      }
      peer.send([0x88, 2, 0x03, 0xe8])
      peer.waitForEnd()
    }
    #expect(failure == nil)
    let seen = try await eventually("all frames came") { frames.all.count == 3 ? frames.all : nil }
    #expect(seen.map { $0[0] } == [0x81, 0x81, 0x88])
    #expect(seen.allSatisfy { $0[1] & 0x80 != 0 })
    #expect(seen[0][2..<6] != seen[1][2..<6])
    var decoder = WebSocketFrameDecoder()
    decoder.append(seen[2])
    #expect(try decoder.next(limit: 125)?.payload == [0x03, 0xe8])
  }
}

/// What a server read, frame by frame.
private final class FrameLog: Sendable {
  private let frames = Mutex<[[UInt8]]>([])

  var all: [[UInt8]] { frames.withLock { $0 } }

  func add(_ frame: [UInt8]) { frames.withLock { $0.append(frame) } }
}

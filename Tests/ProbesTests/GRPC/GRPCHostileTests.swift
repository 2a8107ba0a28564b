import Glibc
import Model
import TestSupport
import Testing

/// As much of HTTP/2 (RFC 9113) as a server needs that answers one call badly.
private enum RawHTTP2 {
  /// A frame (section 4.1).
  static func frame(_ type: UInt8, flags: UInt8 = 0, stream: UInt8 = 1, _ payload: [UInt8] = []) -> [UInt8] {
    let count = payload.count
    let length = [UInt8(count >> 16), UInt8(count >> 8 & 0xff), UInt8(count & 0xff)]
    return length + [type, flags, 0, 0, 0, stream] + payload
  }

  /// Several frames after one another.
  static func bytes(_ frames: [UInt8]...) -> [UInt8] { frames.flatMap { $0 } }

  static let settings = frame(4, stream: 0)

  /// Fields as HPACK literals that are not indexed (RFC 7541 section 6.2.2).
  static func headers(_ fields: [(String, String)], endsStream: Bool = false) -> [UInt8] {
    var block: [UInt8] = []
    for (name, value) in fields {
      block += [0, UInt8(name.utf8.count)]
      block += name.utf8
      block.append(UInt8(value.utf8.count))
      block += value.utf8
    }
    return frame(1, flags: endsStream ? 5 : 4, block)
  }

  static func data(_ bytes: [UInt8], endsStream: Bool = false) -> [UInt8] {
    frame(0, flags: endsStream ? 1 : 0, bytes)
  }

  static let head = headers([(":status", "200"), ("content-type", "application/grpc")])
  static let serving = data([0, 0, 0, 0, 2, 8, 1])
  static let ok = headers([("grpc-status", "0")], endsStream: true)

  /// Reads the client's preface and its call to the end.
  static func readCall(_ peer: SocketPeer) -> Bool {
    guard peer.read(24) != nil else { return false }
    while let head = peer.read(9) {
      let count = Int(head[0]) << 16 | Int(head[1]) << 8 | Int(head[2])
      guard count == 0 || peer.read(count) != nil else { return false }
      if head[3] == 0, head[4] & 1 == 1 { return true }
    }
    return false
  }

  /// A server that answers each call with the same bytes.
  static func server(_ answer: [UInt8], then: @escaping @Sendable (SocketPeer) -> Void = { $0.waitForEnd() }) throws
    -> SocketServer
  {
    try SocketServer { peer in
      guard readCall(peer) else { return }
      peer.send(settings + answer)
      then(peer)
    }
  }
}

@Suite("gRPC probe against servers that answer badly")
struct GRPCHostileTests {
  private func probe(
    _ answer: [UInt8], timeout: Duration = .seconds(60),
    then: @escaping @Sendable (SocketPeer) -> Void = { $0.waitForEnd() }
  ) async throws -> (failure: ProbeFailure?, facts: GRPCFacts) {
    let server = try RawHTTP2.server(answer, then: then)
    defer { withExtendedLifetime(server) {} }
    let (observation, facts) = try await GRPCProberTests.probe(server.port, timeout: timeout)
    return (observation.failure, facts)
  }

  @Test("a good answer of such a server is one")
  func good() async throws {
    let (failure, facts) = try await probe(RawHTTP2.bytes(RawHTTP2.head, RawHTTP2.serving, RawHTTP2.ok))
    #expect(failure == nil)
    #expect(facts.status == 0)
    #expect(facts.serving == "SERVING")
  }

  @Test("a status that comes without anything else is taken from the head")
  func trailersOnly() async throws {
    let (failure, facts) = try await probe(
      RawHTTP2.headers(
        [
          (":status", "200"), ("content-type", "application/grpc"), ("grpc-status", "12"),
          ("grpc-message", "n%C3%B6 %zz%4"),
        ], endsStream: true))
    #expect(failure == nil)
    #expect(facts.status == 12)
    #expect(facts.statusMessage == "nö %zz%4")
  }

  @Test(
    "an answer that is none is a protocol error, by the words of what is wrong",
    arguments: [
      (RawHTTP2.bytes(RawHTTP2.head, RawHTTP2.ok), "sent no message"),
      (
        RawHTTP2.bytes(RawHTTP2.head, RawHTTP2.serving, RawHTTP2.serving, RawHTTP2.ok),
        "announced a message of 2 bytes and sent 9"
      ),
      (RawHTTP2.bytes(RawHTTP2.head, RawHTTP2.data([1, 0, 0, 0, 2, 8, 1]), RawHTTP2.ok), "sent a compressed message"),
      (
        RawHTTP2.bytes(RawHTTP2.head, RawHTTP2.data([0, 0, 0, 0, 9, 8, 1]), RawHTTP2.ok),
        "announced a message of 9 bytes and sent 2"
      ),
      (
        RawHTTP2.bytes(RawHTTP2.head, RawHTTP2.data([0, 0, 0, 0, 2, 8, 1], endsStream: true)),
        "answered without a grpc-status"
      ),
      (
        RawHTTP2.bytes(RawHTTP2.head, RawHTTP2.serving, RawHTTP2.headers([("grpc-status", "fine")], endsStream: true)),
        "sent a grpc-status that is no number"
      ),
      (
        RawHTTP2.bytes(
          RawHTTP2.head, RawHTTP2.serving, RawHTTP2.headers([("grpc-status", "99999999999")], endsStream: true)),
        "sent a grpc-status that is no number"
      ),
    ] as [([UInt8], String)])
  func malformed(answer: [UInt8], words: String) async throws {
    let (failure, facts) = try await probe(answer)
    #expect(failure?.code == .protocolError)
    #expect(failure?.message.contains(words) == true, "\(failure?.message ?? "")")
    #expect(facts.status == 13 || facts.status == 2)
    #expect(facts.serving == "")
  }

  @Test("a stream that is reset, and a connection that breaks, are protocol errors without a status")
  func broken() async throws {
    // RST_STREAM with INTERNAL_ERROR.
    let (reset, first) = try await probe(RawHTTP2.bytes(RawHTTP2.head, RawHTTP2.frame(3, [0, 0, 0, 2])))
    #expect(reset?.code == .protocolError)
    #expect(first.status == nil)
    let (cut, second) = try await probe(RawHTTP2.bytes(RawHTTP2.head, RawHTTP2.serving)) { $0.close() }
    #expect(cut?.code == .protocolError)
    #expect(second.serving == "")
    let (garbage, third) = try await probe([UInt8](repeating: 0x41, count: 4096))
    #expect(garbage?.code == .protocolError)
    #expect(garbage?.message.contains(" does not answer in HTTP/2: ") == true)
    #expect(third.status == nil)
  }

  @Test("a message without end is cut off")
  func flood() async throws {
    let (failure, _) = try await probe(RawHTTP2.head) { $0.flood(RawHTTP2.data([UInt8](repeating: 0, count: 16_000))) }
    #expect(failure?.code == .bodyTooLarge)
  }

  @Test("the time that a server takes to answer is waiting, and none of receiving")
  func slow() async throws {
    let server = try SocketServer { peer in
      guard RawHTTP2.readCall(peer) else { return }
      peer.send(RawHTTP2.settings)
      // What is measured, and orders nothing.
      usleep(300_000)
      peer.send(RawHTTP2.bytes(RawHTTP2.head, RawHTTP2.serving, RawHTTP2.ok))
      peer.waitForEnd()
    }
    defer { withExtendedLifetime(server) {} }
    let (observation, _) = try await GRPCProberTests.probe(server.port)
    #expect(observation.failure == nil)
    #expect(observation.facts.phases.wait >= .milliseconds(290))
    #expect(observation.facts.phases.receive < .milliseconds(290))
  }

  @Test("a server that begins and says no more is left at the deadline")
  func silent() async throws {
    let (failure, facts) = try await probe(RawHTTP2.bytes(RawHTTP2.head, RawHTTP2.serving), timeout: .milliseconds(300))
    #expect(failure?.code == .timeout)
    #expect(failure?.phase == .receive)
    #expect(facts.status == nil)
  }

  @Test("a server that takes the connection and never says a word is left at the deadline")
  func mute() async throws {
    let server = try SocketServer { $0.waitForEnd() }
    defer { withExtendedLifetime(server) {} }
    let (observation, facts) = try await GRPCProberTests.probe(server.port, timeout: .milliseconds(300))
    #expect(observation.failure?.code == .timeout)
    #expect(observation.failure?.phase == .wait)
    #expect(facts.status == nil)
  }
}

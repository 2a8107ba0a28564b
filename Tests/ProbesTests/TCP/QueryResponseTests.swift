import Model
import Probes
import TestSupport
import Testing
import Transport

@Suite("A dialogue in the words of a module")
struct QueryResponseTests: TCPProbing {
  @Test("expected bytes may come in pieces, and behind lines that were read before")
  func expectBytes() async throws {
    let server = try SocketServer { peer in
      peer.send("ready\n\u{1}\u{2}")
      guard peer.line() == "go" else { return }
      peer.send([3])
      peer.send([0, 255])
      peer.waitForEnd()
    }
    let (observation, facts) = try await probe(
      server, .dialogue([.expect("^ready$"), .expectBytes([1, 2]), .send("go"), .expectBytes([3, 0, 255])]))
    #expect(observation.failure == nil)
    #expect(facts.unmet == nil)
    #expect(facts.received == Array("ready\n".utf8) + [1, 2, 3, 0, 255])
  }

  @Test("other bytes than the expected are told as soon as they differ")
  func otherBytes() async throws {
    let server = try SocketServer { peer in
      peer.send("ab!")
      peer.waitForEnd()
    }
    let (observation, facts) = try await probe(server, .dialogue([.expectBytes(Array("abcdef".utf8))]))
    #expect(
      observation.failure
        == ProbeFailure(
          .expectationFailed, during: .receive,
          "127.0.0.1:\(server.port) sent other bytes than the expected \"abcdef\"", quote: ": \"ab!\""))
    #expect(facts.unmet == .otherBytes)
  }

  @Test("bytes and lines that cannot come are told as such, at the end of the connection and of the time")
  func unmet() async throws {
    let closing = try SocketServer { $0.send("ab") }
    let silent = try SocketServer { $0.waitForEnd() }
    let bytes = SocketExchange.dialogue([.expectBytes(Array("abc".utf8))])
    let line = SocketExchange.dialogue([.expect("^220")])
    let (few, fewFacts) = try await probe(closing, bytes)
    #expect(few.failure?.message == "127.0.0.1:\(closing.port) closed the connection after 2 of 3 expected bytes")
    #expect(fewFacts.unmet == .bytes)
    let (none, noneFacts) = try await probe(silent, bytes, timeout: .milliseconds(300))
    #expect(none.failure?.code == .timeout)
    #expect(noneFacts.unmet == .bytes)
    #expect(try await probe(closing, line).facts.unmet == .pattern)
    #expect(try await probe(silent, line, timeout: .milliseconds(300)).facts.unmet == .pattern)
  }

  @Test("groups end with their entry, and labels are filled from the line that matched")
  func entries() async throws {
    let server = try SocketServer { peer in
      peer.send([UInt8]("220 mail\u{0} ".utf8) + [0xff, 10])
      let lines = [peer.line(), peer.line(), peer.line()]
      peer.send(lines == ["HELO mail", "costs ${1}", "raw"] ? "250 ok\n" : "500 \(lines)\n")
      peer.waitForEnd()
    }
    let (observation, facts) = try await probe(
      server,
      .dialogue([
        .newEntry,
        .expect("^220 (?P<name>\\w+)(.*)$", labels: [HeaderField("name", "${name}"), HeaderField("rest", "$2")]),
        .send("HELO ${name}"), .newEntry, .send("costs ${1}"), .newEntry, .sendBytes(Array("raw\n".utf8)), .newEntry,
        .expect("^(\\d+) ", labels: [HeaderField("code", "$1")]),
      ]))
    #expect(observation.failure == nil)
    #expect(
      facts.labels == [
        [HeaderField("name", "mail"), HeaderField("rest", "\u{0} \u{fffd}")], [HeaderField("code", "250")],
      ])
    #expect(facts.matches == ["name": "mail"])
  }
}

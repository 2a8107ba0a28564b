import Model
import Probes
import TestSupport
import Testing
import Transport

@Suite("UDP probe")
struct UDPProberTests {
  private func probe(
    port: Int, host: String = "127.0.0.1", _ exchange: SocketExchange, timeout: Duration = .seconds(60),
    _ change: (inout UDPSpec) -> Void = { _ in }
  ) async throws -> (observation: Observation, facts: SocketFacts) {
    var spec = UDPSpec(target: Endpoint(host: host, port: port), exchange: exchange)
    change(&spec)
    let observation = try await UDPProber(.forTests()).probe(spec, in: ProbeContext(timeout: timeout))
    guard case .socket(let facts) = observation.facts.detail else {
      throw TestProgram.Failure(description: "no facts of a socket")
    }
    return (observation, facts)
  }

  /// A server of datagrams; what it is told is done to each that it gets.
  private func server(_ script: @escaping @Sendable (String) -> [String]) throws -> ScriptedDNSServer {
    try ScriptedDNSServer(udp: { script(String(decoding: $0, as: UTF8.self)).map { Array($0.utf8) } })
  }

  @Test("a datagram goes out as it is, and its answer is kept")
  func message() async throws {
    let server = try server { $0 == "stat" ? ["noise", "up 3\n"] : ["what is \"\($0)\"?"] }
    let (observation, facts) = try await probe(
      port: Int(server.port), .message(send: Array("stat".utf8), receive: .pattern("up (?P<n>\\d)")))
    #expect(observation.failure == nil)
    #expect(observation.facts.ip == "127.0.0.1")
    #expect(observation.facts.phases.wait > .zero)
    #expect(facts.received == Array("up 3\n".utf8))
    #expect(facts.matches == ["n": "3"])
    #expect(facts.isDatagram)
  }

  @Test("text and a number of bytes are waited for in one datagram", arguments: [ReceiveUntil.text("CD"), .bytes(6)])
  func receive(_ end: ReceiveUntil) async throws {
    let server = try server { _ in ["abc", "def", "abCDef"] }
    let (observation, facts) = try await probe(port: Int(server.port), .message(send: [1], receive: end))
    #expect(observation.failure == nil)
    #expect(facts.received == Array("abCDef".utf8))
  }

  @Test("a dialogue takes each datagram for a line, less its end")
  func dialogue() async throws {
    let server = try server {
      switch $0 {
      case "hello": ["welcome\r\n", "token 17\nand more\r\n"]
      case "use 17": ["\u{1}\u{2}"]
      default: ["what is \"\($0)\"?"]
      }
    }
    let (observation, facts) = try await probe(
      port: Int(server.port),
      .dialogue([
        .newEntry, .send("hello"),
        .expect("^token (\\d+)\nand (?P<rest>.*)$", labels: [HeaderField("token", "$1")]), .send("use ${1}"),
        .expectBytes([1, 2]),
      ]))
    #expect(observation.failure == nil)
    #expect(facts.messages == ["token 17\nand more"])
    #expect(facts.matches == ["rest": "more"])
    #expect(facts.labels == [[HeaderField("token", "17")]])
  }

  @Test("what does not come is told, with what came instead")
  func unmet() async throws {
    let server = try server { _ in ["other"] }
    let port = Int(server.port)
    let (line, lineFacts) = try await probe(
      port: port, .dialogue([.send("a"), .expect("^220")]), timeout: .milliseconds(400))
    #expect(
      line.failure
        == ProbeFailure(
          .timeout, during: .receive, "no datagram matched \"^220\" within 400ms (127.0.0.1:\(port))",
          quote: "; the last one was \"other\""))
    #expect(lineFacts.unmet == .pattern)
    let (bytes, bytesFacts) = try await probe(port: port, .dialogue([.send("a"), .expectBytes([1])]))
    #expect(
      bytes.failure
        == ProbeFailure(
          .expectationFailed, during: .receive, "127.0.0.1:\(port) sent other bytes than the expected \"\\u{1}\"",
          quote: ": \"other\""))
    #expect(bytesFacts.unmet == .otherBytes)
    let (silent, _) = try await probe(
      port: port, .message(send: nil, receive: .bytes(1)), timeout: .milliseconds(400))
    #expect(silent.failure?.code == .timeout)
    #expect(silent.failure?.quote == "; none came")
  }

  @Test(
    "a port where nobody listens refuses, also where no answer is waited for",
    arguments: [
      SocketExchange.message(send: [1], receive: nil), .message(send: [1], receive: .bytes(1)),
      .dialogue([.send("a")]), .dialogue([.send("a"), .expect("b")]),
    ])
  func refused(_ exchange: SocketExchange) async throws {
    // Bound for tcp alone: by udp nobody listens there.
    let deaf = try DeafPort()
    let (observation, _) = try await probe(port: deaf.port, exchange)
    #expect(
      observation.failure
        == ProbeFailure(
          .connectRefused, during: .wait, "127.0.0.1:\(deaf.port) refused the datagram: nobody listens there"))
    #expect(observation.facts.elapsed < .seconds(50))
    withExtendedLifetime(deaf) {}
  }

  @Test("silence is no failure where nothing is waited for, nor is an address that refuses where another answers")
  func silence() async throws {
    let silent = try server { _ in [] }
    let (observation, _) = try await probe(port: Int(silent.port), .message(send: [1], receive: nil))
    #expect(observation.failure == nil)
    let (brief, _) = try await probe(
      port: Int(silent.port), .message(send: [1], receive: nil), timeout: .milliseconds(50))
    #expect(brief.failure == nil)
    let answering = try server { _ in ["yes"] }
    let (named, _) = try await probe(
      port: Int(answering.port), host: "localhost", .message(send: [1], receive: .text("yes")))
    #expect(named.failure == nil)
    #expect(named.facts.ip == "127.0.0.1")
  }

  @Test("the datagram comes from the address that is asked for, and is no larger than one can be")
  func limits() async throws {
    let server = try server { _ in ["yes"] }
    let exchange = SocketExchange.message(send: [1], receive: .text("yes"))
    let (source, _) = try await probe(port: Int(server.port), exchange) { $0.sourceIP = "127.0.0.9" }
    #expect(source.failure == nil)
    let (foreign, _) = try await probe(port: Int(server.port), exchange) { $0.sourceIP = "192.0.2.1" }
    #expect(
      foreign.failure
        == ProbeFailure(
          .internal, during: .connect,
          "source_ip \"192.0.2.1\" cannot be used to reach 127.0.0.1:\(server.port): cannot assign requested address"))
    let large = [UInt8](repeating: 1, count: 70_000)
    let (tooLarge, _) = try await probe(port: Int(server.port), .message(send: large, receive: nil))
    #expect(
      tooLarge.failure
        == ProbeFailure(
          .connectFailed, during: .wait,
          "a datagram with 70000 bytes is too large for the way to 127.0.0.1:\(server.port)"))
  }

  @Test("TLS and a bad pattern are told, and are not the target's fault")
  func badWords() async throws {
    let server = try server { _ in [] }
    let (tls, _) = try await probe(port: Int(server.port), .dialogue([.startTLS]))
    #expect(tls.failure == ProbeFailure(.templateFailed, during: .wait, "there is no TLS over datagrams"))
    let (pattern, _) = try await probe(port: Int(server.port), .dialogue([.expect("(")]))
    #expect(pattern.failure?.message == "bad regular expression \"(\": missing ): (")
  }
}

import Model
import Probes
import TestSupport
import Testing
import Transport

@Suite("DNS probe of a server that misbehaves")
struct DNSHostileTests {
  private func probe(
    _ server: ScriptedDNSServer, timeout: Duration = .seconds(60), _ change: (inout DNSSpec) -> Void = { _ in }
  ) async throws -> (observation: Observation, facts: DNSFacts) {
    var spec = DNSSpec(name: "www.example.test", server: "127.0.0.1:\(server.port)")
    change(&spec)
    let observation = try await DNSProber(.forTests()).probe(spec, in: ProbeContext(timeout: timeout))
    guard case .dns(let facts) = observation.facts.detail else {
      throw TestProgram.Failure(description: "no facts of a name server")
    }
    return (observation, facts)
  }

  private static func honest(_ query: [UInt8]) -> DNSAnswer {
    var answer = DNSAnswer(to: query)
    answer.add(type: 1, data: [192, 0, 2, 1])
    return answer
  }

  @Test("silence ends at the deadline, in the phase that waits")
  func silence() async throws {
    let server = try ScriptedDNSServer(udp: { _ in [] })
    let (observation, facts) = try await probe(server, timeout: .milliseconds(900))
    #expect(observation.failure?.code == .timeout)
    #expect(observation.failure?.phase == .wait)
    #expect(observation.failure?.message == "no answer from 127.0.0.1:\(server.port) within 900ms")
    #expect(observation.facts.elapsed >= .milliseconds(900))
    #expect(observation.facts.elapsed < .seconds(50))
    #expect(facts.rcode.isEmpty)
  }

  /// The system's servers, as a test has them.
  private struct Configured: AddressResolver {
    var configuration: ResolverConfiguration

    func addresses(
      of host: String, family: AddressFamily, deadline: Deadline
    ) async throws(ResolutionFailure) -> [IPAddress] {
      throw ResolutionFailure(.notFound, "no names here")
    }
  }

  private func probe(_ servers: [SocketAddress], _ change: (inout DNSSpec) -> Void) async throws -> Observation {
    var configuration = ResolverConfiguration(servers: servers)
    configuration.timeout = .seconds(1)
    let loops = try EventLoops(count: 1)
    defer { loops.stop() }
    let equipment = ProbeEquipment(loops: loops, resolver: Configured(configuration: configuration))
    var spec = DNSSpec(name: "www.example.test")
    change(&spec)
    return await DNSProber(equipment).probe(spec, in: ProbeContext(timeout: .seconds(60)))
  }

  @Test(
    "without a server of its own, the next of the system's is asked when one is silent",
    arguments: [DNSTransport.udp, .tcp])
  func nextServer(transport: DNSTransport) async throws {
    let silent = try ScriptedDNSServer(udp: { _ in [] }, tcp: { _ in .init([], closes: false) })
    let good = try ScriptedDNSServer(
      udp: { [Self.honest($0).bytes] },
      tcp: { query in
        let bytes = Self.honest(query).bytes
        return .init([UInt8(bytes.count >> 8), UInt8(bytes.count & 255)] + bytes)
      })
    let servers = [silent, good].map { SocketAddress(.loopbackV4, port: $0.port) }
    let observation = try await probe(servers) { $0.transport = transport }
    #expect(observation.failure == nil)
    #expect(observation.facts.elapsed >= .seconds(1))
    #expect(observation.facts.elapsed < .seconds(50))
    let none = try await probe([servers[0], servers[0]]) { $0.transport = transport }
    #expect(none.failure?.code == .timeout)
    withExtendedLifetime((silent, good)) {}
  }

  @Test("an answer that was cut leaves time for the next server, when the repeat over tcp is not answered")
  func nextServerAfterCut() async throws {
    let silent = try ScriptedDNSServer(
      udp: { query in
        var answer = Self.honest(query)
        answer.flags |= 0x0200
        return [answer.bytes]
      }, tcp: { _ in .init([], closes: false) })
    let good = try ScriptedDNSServer(udp: { [Self.honest($0).bytes] })
    let observation = try await probe([silent, good].map { SocketAddress(.loopbackV4, port: $0.port) }) { _ in }
    #expect(observation.failure == nil)
    #expect(observation.facts.elapsed < .seconds(50))
    withExtendedLifetime((silent, good)) {}
  }

  @Test("a family that none of the system's servers has is none of the target's faults")
  func noServerOfFamily() async throws {
    let observation = try await probe([SocketAddress(.loopbackV4, port: 53)]) { $0.family = .v6 }
    #expect(observation.failure?.code == .templateFailed)
    #expect(
      observation.failure?.message
        == "ip: 6 leaves none of the system's name servers (127.0.0.1); name one by 'server'")
    let unknown = try await probe([]) { _ in }
    #expect(unknown.failure?.code == .internal)
  }

  @Test("a port where nobody listens refuses")
  func refused() async throws {
    let deaf = try DeafPort()
    let spec = DNSSpec(name: "a", server: "127.0.0.1:\(deaf.port)", transport: .tcp)
    let observation = try await DNSProber(.forTests()).probe(spec, in: ProbeContext(timeout: .seconds(60)))
    #expect(observation.failure?.code == .connectRefused)
  }

  @Test("datagrams with another id or question are passed over, and the right one is taken")
  func strays() async throws {
    let server = try ScriptedDNSServer(udp: { query in
      var wrong = Self.honest(query)
      wrong.id &+= 1
      var other = Self.honest(query)
      other.question = DNSAnswer.name("www.example.invalid") + [0, 1, 0, 1]
      return [wrong.bytes, [], [1, 2, 3], other.bytes, Self.honest(query).bytes]
    })
    let (observation, facts) = try await probe(server)
    #expect(observation.failure == nil)
    #expect(facts.answers.map(\.data) == ["192.0.2.1"])
  }

  @Test("a flood of wrong answers ends at the deadline, and is counted")
  func flood() async throws {
    let server = try ScriptedDNSServer(udp: { query in
      var wrong = DNSAnswer(to: query)
      wrong.id &+= 1
      return Array(repeating: wrong.bytes, count: 40)
    })
    let (observation, _) = try await probe(server, timeout: .seconds(2))
    #expect(observation.failure?.code == .timeout)
    #expect(
      observation.failure?.message.hasSuffix("messages with another id or question were passed over") == true,
      "\(observation.failure?.message ?? "")")
  }

  @Test("an answer whose compression runs in a circle is a protocol error")
  func circle() async throws {
    let server = try ScriptedDNSServer(udp: { query in
      var answer = DNSAnswer(to: query)
      answer.add(type: 5, data: [0xc0, UInt8(answer.bytes.count + 12)])
      return [answer.bytes]
    })
    let (observation, _) = try await probe(server)
    #expect(observation.failure?.code == .protocolError)
    #expect(observation.failure?.phase == .receive)
    #expect(observation.failure?.message.contains("runs in a circle") == true)
  }

  @Test("the AD flag is believed where DNSSEC was asked for, and only there", arguments: [true, false])
  func secure(_ dnssec: Bool) async throws {
    let server = try ScriptedDNSServer(udp: { query in
      var answer = Self.honest(query)
      answer.flags = 0x81a0
      return [answer.bytes]
    })
    let (_, facts) = try await probe(server) { $0.dnssec = dnssec }
    #expect(facts.isSecure == dnssec)
    #expect(facts.flags.contains("ad"))
  }

  @Test("a cut answer whose tcp port is closed tells that")
  func truncatedWithoutTCP() async throws {
    let server = try ScriptedDNSServer(udp: { query in
      var answer = DNSAnswer(to: query)
      answer.flags = 0x8380
      return [answer.bytes]
    })
    let (observation, facts) = try await probe(server)
    #expect(observation.failure?.code == .connectRefused)
    #expect(facts.transport == .tcp)
  }

  /// What a tcp server does, the reason it gives, and a part of the words.
  static let streams: [(script: @Sendable ([UInt8]) -> ScriptedDNSServer.Stream, code: ReasonCode, words: String)] = [
    ({ _ in .init([]) }, .protocolError, "closed without an answer"),
    ({ _ in .init([0]) }, .protocolError, "closed without an answer"),
    ({ .init(Array(honest($0).framed.dropLast(3))) }, .protocolError, "closed after 47 of 50 bytes"),
    ({ .init([0xff, 0xff] + honest($0).bytes, closes: false) }, .timeout, "no answer from"),
    ({ .init([0, 5] + honest($0).bytes) }, .protocolError, "closed"),
    ({ _ in .init([], closes: false) }, .timeout, "no answer from"),
    ({ _ in .init([], endless: [0, 0]) }, .protocolError, "sent 256 messages with another id or question"),
    ({ _ in .init([], endless: [UInt8](repeating: 0xff, count: 65_537)) }, .protocolError, "sent 256 messages"),
    ({ .init([], endless: DNSAnswer.framed([0] + honest($0).bytes)) }, .protocolError, "sent 256 messages"),
  ]

  @Test(
    "a stream that lies about its length, ends early or never ends is told as what it is", arguments: streams.indices)
  func stream(_ index: Int) async throws {
    let (script, code, words) = Self.streams[index]
    let server = try ScriptedDNSServer(udp: { _ in [] }, tcp: script)
    let (observation, _) = try await probe(server, timeout: code == .timeout ? .seconds(2) : .seconds(60)) {
      $0.transport = .tcp
    }
    #expect(observation.failure?.code == code)
    #expect(observation.failure?.message.contains(words) == true, "\(observation.failure?.message ?? "")")
    #expect(observation.facts.elapsed < .seconds(50))
  }

  @Test("an answer over tcp may come in pieces, behind answers to something else")
  func pieces() async throws {
    let server = try ScriptedDNSServer(
      udp: { _ in [] },
      tcp: { query in
        var other = Self.honest(query)
        other.id &+= 1
        return .init([0, 0] + other.framed + Self.honest(query).framed, closes: false)
      })
    let (observation, facts) = try await probe(server) { $0.transport = .tcp }
    #expect(observation.failure == nil)
    #expect(facts.answers.count == 1)
  }

  @Test("a run that is cancelled ends at once")
  func cancelled() async throws {
    let asked = AsyncStream<Void>.makeStream()
    let server = try ScriptedDNSServer(udp: { _ in
      asked.continuation.yield()
      return []
    })
    let task = Task { try await probe(server, timeout: .seconds(60)) }
    for await _ in asked.stream { break }
    task.cancel()
    #expect(try await task.value.observation.failure?.code == .cancelled)
  }

  @Test("500 silent servers leave a probe of a good one alone")
  func manySilent() async throws {
    let silent = try ScriptedDNSServer(udp: { _ in [] })
    let good = try ScriptedDNSServer(udp: { [Self.honest($0).bytes] })
    try await withThrowingTaskGroup { group in
      for _ in 0..<500 { group.addTask { _ = try await probe(silent, timeout: .seconds(60)) } }
      let (observation, facts) = try await probe(good)
      #expect(observation.failure == nil)
      #expect(facts.rcode == "NOERROR")
      group.cancelAll()
    }
  }
}

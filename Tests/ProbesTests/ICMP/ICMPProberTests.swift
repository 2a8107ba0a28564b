import Glibc
import Model
import Probes
import TestSupport
import Testing

/// Whether this process may send ICMP at all, on a machine that has the loopback addresses.
private let mayPing: Bool = {
  let raw = socket(AF_INET, Int32(SOCK_RAW.rawValue | SOCK_CLOEXEC.rawValue), Int32(IPPROTO_ICMP))
  let datagram = socket(AF_INET, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), Int32(IPPROTO_ICMP))
  defer { for descriptor in [raw, datagram] where descriptor >= 0 { close(descriptor) } }
  return raw >= 0 || datagram >= 0
}()

@Suite("ICMP probe")
struct ICMPProberTests {
  private func probe(
    _ target: String, timeout: Duration = .seconds(60), _ change: (inout ICMPSpec) -> Void = { _ in }
  ) async throws -> (observation: Observation, facts: ICMPFacts) {
    var spec = ICMPSpec(target: target)
    change(&spec)
    let observation = try await ICMPProber(.forTests()).probe(spec, in: ProbeContext(timeout: timeout))
    guard case .icmp(let facts) = observation.facts.detail else {
      throw TestProgram.Failure(description: "no facts of echo requests")
    }
    return (observation, facts)
  }

  @Test(
    "a host that answers is told with its round trip and hop limit", .enabled(if: mayPing),
    arguments: ["127.0.0.1", "::1"])
  func answers(_ target: String) async throws {
    let (observation, facts) = try await probe(target)
    #expect(observation.failure == nil)
    #expect(observation.facts.ip == target)
    #expect(facts.sent == 1)
    #expect(facts.received == 1)
    #expect(facts.loss == 0)
    #expect(facts.hopLimit == 64)
    #expect(facts.roundTrips.allSatisfy { $0 > .zero && $0 <= observation.facts.phases.wait })
  }

  @Test("as many packets are sent as are asked for, at their distance", .enabled(if: mayPing))
  func count() async throws {
    let (observation, facts) = try await probe("127.0.0.1") {
      $0.count = 5
      $0.spacing = .milliseconds(10)
    }
    #expect(observation.failure == nil)
    #expect(facts.sent == 5)
    #expect(facts.received == 5)
    #expect(facts.roundTrips.count == 5)
    #expect(observation.facts.phases.wait >= .milliseconds(40))
  }

  @Test("packets may carry nothing or much", .enabled(if: mayPing), arguments: [0, 1, 15, 1500, 60_000])
  func size(_ size: Int) async throws {
    let (observation, facts) = try await probe("127.0.0.1") { $0.size = size }
    #expect(observation.failure == nil)
    #expect(facts.received == 1)
  }

  @Test("packets carry what they are told to, and come from where", .enabled(if: mayPing))
  func payloadAndSource() async throws {
    let (observation, facts) = try await probe("127.0.0.1") {
      $0.payload = Array("Prometheus Blackbox Exporter".utf8)
      $0.size = 28
      $0.sourceIP = "127.0.0.9"
    }
    #expect(observation.failure == nil)
    #expect(facts.received == 1)
    let (foreign, _) = try await probe("127.0.0.1") { $0.sourceIP = "192.0.2.1" }
    #expect(
      foreign.failure
        == ProbeFailure(
          .internal, during: .connect,
          "source_ip \"192.0.2.1\" cannot be used to reach 127.0.0.1: cannot assign requested address"))
    let (other, _) = try await probe("127.0.0.1") { $0.sourceIP = "home" }
    #expect(other.failure?.message == "source_ip \"home\" is not an IP address")
  }

  @Test("many probes at a time each take their own answers", .enabled(if: mayPing))
  func together() async throws {
    try await withThrowingTaskGroup(of: ICMPFacts.self) { group in
      for _ in 0..<100 {
        group.addTask {
          try await probe("127.0.0.1") {
            $0.count = 3
            $0.spacing = .milliseconds(1)
          }.facts
        }
      }
      for try await facts in group { #expect(facts.received == 3) }
    }
  }

  @Test("a host that nobody has a road to is told", .enabled(if: mayPing))
  func unreachable() async throws {
    let (observation, facts) = try await probe("255.255.255.255")
    #expect(observation.failure?.code == .connectFailed)
    #expect(facts.received == 0)
  }

  @Test("a packet too large for any datagram is told and not sent", .enabled(if: mayPing))
  func tooLarge() async throws {
    let (observation, facts) = try await probe("127.0.0.1") { $0.size = 70_000 }
    #expect(observation.failure?.code == .connectFailed)
    #expect(
      observation.failure?.message
        == "127.0.0.1 cannot be reached: a packet with 70000 bytes of data is too large for the way")
    #expect(facts.received == 0)
  }

  @Test("a packet that may not be split and is larger than the link is told", .enabled(if: mayPing))
  func fragments() async throws {
    // The loopback link takes 65536 bytes with the headers.
    let (observation, _) = try await probe("::1") {
      $0.size = 65_500
      $0.dontFragment = true
    }
    #expect(observation.failure?.message.hasSuffix("65500 bytes of data is too large for the way") == true)
  }

  @Test("packets that do not fit into the timeout are told before any is sent, and none counts as lost")
  func tooMany() async throws {
    let (observation, facts) = try await probe("127.0.0.1", timeout: .seconds(10)) { $0.count = 60 }
    #expect(observation.failure?.code == .templateFailed)
    #expect(
      observation.failure?.message == "60 packets, one every 200ms, take 11.8s, more than the timeout of 10s")
    #expect(facts.sent == 0)
  }

  @Test("a name is resolved, and one that is none fails there")
  func names() async throws {
    let (observation, _) = try await probe("a..b")
    #expect(observation.failure?.code == .resolveFailed)
    #expect(observation.failure?.phase == .resolve)
  }
}

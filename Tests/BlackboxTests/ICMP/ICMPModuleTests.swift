import Blackbox
import Model
import Testing

@Suite("The icmp section of a module")
struct ICMPModuleTests {
  private func spec(_ change: (inout ICMPModule) -> Void = { _ in }) throws -> ICMPSpec {
    var module = ICMPModule()
    change(&module)
    guard case .icmp(let spec) = try module.spec(for: ProbeRequest(target: "a.example"), in: .forTests()) else {
      throw ModuleFault(.internal, "no spec of icmp")
    }
    return spec
  }

  @Test("sends one packet with upstream's text")
  func plain() throws {
    #expect(
      try spec()
        == ICMPSpec(
          target: "a.example", size: 28, payload: Array("Prometheus Blackbox Exporter".utf8), ttl: 64,
          family: .preferV6))
  }

  @Test("sends what it is told to")
  func options() throws {
    let spec = try spec {
      $0.payloadSizeBytes = 1000
      $0.ttl = 0
      $0.dontFragment = true
      $0.sourceIP = "127.0.0.9"
      $0.count = 5
      $0.spacing = .milliseconds(10)
    }
    #expect(spec.size == 1000)
    #expect(spec.ttl == nil)
    #expect(spec.dontFragment)
    #expect(spec.sourceIP == "127.0.0.9")
    #expect(spec.count == 5)
    #expect(spec.spacing == .milliseconds(10))
  }

  @Test("refuses a payload that no packet holds", arguments: [-1, 65_508, .max])
  func payload(_ size: Int) {
    var module = ICMPModule()
    module.payloadSizeBytes = size
    #expect(module.fault(for: "a.example") == "payload_size \(size) is not between 0 and 65507")
  }

  private func page(_ facts: ICMPFacts, count: Int = 1, _ failure: ProbeFailure? = nil) throws -> ProbeMetrics {
    var module = BlackboxModule(prober: .icmp)
    module.icmp.count = count
    let spec = try #require(try module.section?.spec(for: ProbeRequest(target: "a.example"), in: .forTests()))
    let phases = Phases(resolve: .milliseconds(1), connect: .milliseconds(2), wait: .milliseconds(50))
    let observation = Observation(
      facts: Facts(phases: phases, ip: "::1", detail: .icmp(facts)), failure: failure)
    return module.report(
      on: observation, spec: spec, fault: nil, took: .zero, timeout: .seconds(1), .mended
    ).metrics
  }

  @Test("tells the phases and the hop limit of one packet, and no more")
  func one() throws {
    let metrics = try page(ICMPFacts(sent: 1, received: 1, roundTrips: [.milliseconds(30)], hopLimit: 61))
    #expect(metrics.value("probe_icmp_duration_seconds", labels: [("phase", "resolve")]) == 0.001)
    #expect(metrics.value("probe_icmp_duration_seconds", labels: [("phase", "setup")]) == 0.002)
    #expect(metrics.value("probe_icmp_duration_seconds", labels: [("phase", "rtt")]) == 0.03)
    #expect(metrics.value("probe_icmp_reply_hop_limit") == 61)
    #expect(metrics.value("probe_ip_protocol") == 6)
    #expect(metrics.value("probe_icmp_packets_sent") == nil)
  }

  @Test("tells loss, jitter and round trips of several")
  func several() throws {
    let metrics = try page(
      ICMPFacts(sent: 4, received: 3, roundTrips: [.milliseconds(10), .milliseconds(20), .milliseconds(60)]), count: 4)
    #expect(metrics.value("probe_icmp_packets_sent") == 4)
    #expect(metrics.value("probe_icmp_packets_received") == 3)
    #expect(metrics.value("probe_icmp_loss_ratio") == 0.25)
    #expect(metrics.value("probe_icmp_rtt_min_seconds") == 0.01)
    #expect(metrics.value("probe_icmp_rtt_avg_seconds") == 0.03)
    #expect(metrics.value("probe_icmp_rtt_max_seconds") == 0.06)
    #expect(metrics.value("probe_icmp_jitter_seconds") == 0.025)
    #expect(metrics.value("probe_icmp_duration_seconds", labels: [("phase", "rtt")]) == 0.03)
    #expect(metrics.value("probe_icmp_reply_hop_limit") == nil)
  }

  @Test("tells zeros and no hop limit without a reply")
  func none() throws {
    let metrics = try page(
      ICMPFacts(sent: 2), count: 2, ProbeFailure(.timeout, during: .wait, "no reply from ::1"))
    #expect(metrics.value("probe_success") == 0)
    #expect(metrics.value("probe_icmp_duration_seconds", labels: [("phase", "rtt")]) == 0)
    #expect(metrics.value("probe_icmp_loss_ratio") == 1)
    #expect(metrics.value("probe_icmp_rtt_min_seconds") == nil)
    #expect(metrics.value("probe_icmp_reply_hop_limit") == nil)
  }
}

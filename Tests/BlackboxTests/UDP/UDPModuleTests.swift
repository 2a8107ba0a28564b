import Blackbox
import Model
import Testing

@Suite("The udp section of a module")
struct UDPModuleTests {
  private var module: BlackboxModule {
    var module = BlackboxModule(prober: .udp)
    var entry = QueryResponse()
    entry.send = [0x23, 0xff]
    module.udp.queryResponse = [entry]
    return module
  }

  @Test("sends bytes as they are, without a line end")
  func bytes() throws {
    let section = try #require(module.section)
    #expect(
      try section.spec(for: ProbeRequest(target: "[::1]:123"), in: .forTests())
        == .udp(
          UDPSpec(
            target: Endpoint(host: "::1", port: 123), exchange: .dialogue([.newEntry, .sendBytes([0x23, 0xff])]),
            family: .preferV6)))
  }

  @Test("refuses what datagrams do not have")
  func refusals() throws {
    var other = module
    other.udp.usesTLS = true
    #expect(other.section?.fault(for: "a:1") == "'tls' and 'starttls' are for tcp: there is no TLS over datagrams")
    other = module
    other.udp.proxyURL = Secret("socks5://proxy.example")
    #expect(other.section?.fault(for: "a:1") == "'proxy_url' is for tcp: datagrams go without a proxy")
    other = module
    other.udp.queryResponse = []
    #expect(
      other.section?.fault(for: "a:1")
        == "a module of prober udp needs 'query_response': without a datagram nothing is proved")
  }

  @Test("tells a refusal as a failure to dial")
  func refused() throws {
    let failure = ProbeFailure(.connectRefused, during: .wait, "127.0.0.1:1 refused the datagram: nobody listens there")
    let spec = try #require(try module.section?.spec(for: ProbeRequest(target: "a:1"), in: .forTests()))
    let facts = Facts(
      phases: Phases(), ip: "127.0.0.1", detail: .socket(SocketFacts(unmet: .pattern, isDatagram: true)))
    let report = module.report(
      on: Observation(facts: facts, failure: failure), spec: spec, fault: nil, took: .zero, timeout: .seconds(1),
      .mended)
    #expect(report.metrics.value("probe_failed_due_to_regex") == 0)
    #expect(report.metrics.value("probe_ip_protocol") == 4)
    #expect(report.log.last?.message == "Error dialing UDP")
  }
}

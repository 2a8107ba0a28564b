import Blackbox
import Model
import Testing

@Suite("The unix section of a module")
struct UnixModuleTests {
  @Test("takes the target for a path and verifies no name that is not written")
  func spec() throws {
    var module = UnixModule()
    module.usesTLS = true
    module.tls.skipsVerification = true
    #expect(
      try module.spec(for: ProbeRequest(target: "/run/a.sock", hostname: "ignored.example"), in: .forTests())
        == .unix(UnixSpec(path: "/run/a.sock", tls: TLSOptions(verify: false, minVersion: .v1_2))))
    #expect(module.fault(for: "") == "the target is empty; the path of a socket is wanted")
  }

  @Test("has no gauges of an address, and fails like others by a bad TLS configuration")
  func page() throws {
    var module = BlackboxModule(prober: .unix)
    module.unix.usesTLS = true
    module.unix.tls.ca = .file("/nowhere.pem")
    let spec = try #require(try module.section?.spec(for: ProbeRequest(target: "/run/a.sock"), in: .forTests()))
    let failure = ProbeFailure(.internal, during: .tls, "tls.ca \"/nowhere.pem\" cannot be read")
    let facts = Facts(phases: Phases(), detail: .socket(SocketFacts()))
    let report = module.report(
      on: Observation(facts: facts, failure: failure), spec: spec, fault: nil, took: .zero, timeout: .seconds(1),
      .mended)
    #expect(report.metrics.value("probe_ip_protocol") == nil)
    #expect(report.metrics.value("probe_failed_due_to_regex") == 0)
    #expect(report.log.map(\.message) == ["Error dialing unix"])
  }
}

import Blackbox
import Expressions
import Model
import Testing

@Suite("The tcp section of a module")
struct TCPModuleTests {
  private func entry(_ change: (inout QueryResponse) -> Void) -> QueryResponse {
    var entry = QueryResponse()
    change(&entry)
    return entry
  }

  private func spec(
    _ module: TCPModule, _ target: String = "mail.example:25", hostname: String? = nil,
    in surroundings: ModuleSurroundings = .forTests()
  ) throws -> TCPSpec {
    let spec = try module.spec(for: ProbeRequest(target: target, hostname: hostname), in: surroundings)
    guard case .tcp(let tcp) = spec else { throw ModuleFault(.internal, "no spec of tcp") }
    return tcp
  }

  // MARK: What is sent

  @Test("asks for a connection alone when nothing is to be said")
  func plain() throws {
    let spec = try spec(TCPModule())
    #expect(spec == TCPSpec(target: Endpoint(host: "mail.example", port: 25), family: .preferV6))
  }

  @Test("says its entries in the order expect, expect_bytes, send, starttls, each with groups of its own")
  func dialogue() throws {
    var module = TCPModule()
    module.queryResponse = [
      entry {
        $0.startsTLS = true
        $0.send = Array("STARTTLS ${1}".utf8)
        $0.expect = try? RegularExpression("^220 (.*)$")
        $0.labels = [("banner", "${1}")]
        $0.expectBytes = [1, 2]
      }, entry { $0.send = [0xff, 0] },
    ]
    #expect(
      try spec(module).exchange
        == .dialogue([
          .newEntry, .expect("^220 (.*)$", labels: [HeaderField("banner", "${1}")]), .expectBytes([1, 2]),
          .send("STARTTLS ${1}"), .startTLS, .newEntry, .sendBytes([0xff, 0, 10]),
        ]))
  }

  @Test(
    "takes addresses as it is told",
    arguments: [
      (true, true, false, .preferV6), (false, true, false, .preferV4), (true, false, false, .v6),
      (false, false, false, .v4), (false, false, true, .any),
    ] as [(Bool, Bool, Bool, AddressFamily)])
  func family(prefersV6: Bool, fallsBack: Bool, happyEyeballs: Bool, family: AddressFamily) throws {
    var module = TCPModule()
    module.address.prefersV6 = prefersV6
    module.address.fallsBack = fallsBack
    module.address.happyEyeballs = happyEyeballs
    #expect(try spec(module).family == family)
  }

  @Test("verifies the configured name, else the hostname that was asked for, else the target's")
  func serverName() throws {
    var module = TCPModule()
    module.usesTLS = true
    #expect(try spec(module).tls == TLSOptions(minVersion: .v1_2))
    #expect(try spec(module, hostname: "shop.example").tls?.serverName == "shop.example")
    module.tls.serverName = "other.example"
    #expect(try spec(module, hostname: "shop.example").tls?.serverName == "other.example")
  }

  @Test("names files under an absolute path and reads the others, each time")
  func files() throws {
    var module = TCPModule()
    module.usesTLS = true
    module.tls.ca = .file("/etc/ca.pem")
    module.tls.certificate = .file("../client.pem")
    module.tls.key = .value(Secret("KEY"))
    module.tls.skipsVerification = true
    module.tls.minVersion = .v1_1
    let options = try spec(module, in: .forTests(files: ["../client.pem": "CERT"])).tls
    #expect(
      options
        == TLSOptions(
          verify: false, caFile: "/etc/ca.pem", certificate: .text("CERT"), key: .text("KEY"), minVersion: .v1_1))
    #expect(module.fault(for: "a:1") == "../client.pem: no such file")
    module.tls.key = .reference("vault/key")
    #expect(
      module.fault(for: "a:1", in: .forTests(files: ["../client.pem": "CERT"]))
        == "key_ref \"vault/key\" cannot be looked up, for there is no secret manager; write key or key_file")
  }

  @Test("refuses a target without a port", arguments: ["mail.example", "::1", "", "mail.example:smtp", "a:0"])
  func badTarget(_ target: String) {
    #expect(
      TCPModule().fault(for: target)
        == "\"\(target)\" is no target: host:port is wanted, and [::1]:25 for an IPv6 address")
  }

  @Test("says clearly that TLS begins once, where upstream drops the scraper's connection")
  func twiceTLS() {
    var module = TCPModule()
    module.queryResponse = [entry { $0.startsTLS = true }]
    #expect(module.fault(for: "a:1") == nil)
    module.usesTLS = true
    #expect(
      module.fault(for: "a:1")
        == "'tls: true' and 'starttls' in query_response entry 0 exclude each other: TLS begins once")
    module.usesTLS = false
    module.queryResponse.append(entry { $0.startsTLS = true })
    #expect(
      module.fault(for: "a:1")
        == "'starttls' stands in query_response entries 0 and 1: TLS begins once on a connection")
  }

  @Test("refuses labels that would spoil the page", arguments: ["x-y", "1a", "", "ä"])
  func badLabel(_ name: String) throws {
    let pattern = try RegularExpression("a")
    var module = TCPModule()
    module.queryResponse = [
      entry {
        $0.expect = pattern
        $0.labels = [(name, "x")]
      }
    ]
    #expect(module.fault(for: "a:1")?.hasPrefix("the label \"\(name)\" of query_response entry 0 is no name") == true)
    module.queryResponse[0].labels = [("a", "x"), ("a", "y")]
    #expect(module.fault(for: "a:1") == "the label \"a\" stands twice in query_response entry 0")
  }

  // MARK: What is told

  private func page(
    _ module: TCPModule = TCPModule(), _ facts: SocketFacts = SocketFacts(), _ failure: ProbeFailure? = nil,
    ip: String = "127.0.0.1", tls: TLSFacts? = nil, _ compatibility: Compatibility = .mended
  ) throws -> ProbeReport {
    var whole = BlackboxModule(prober: .tcp)
    whole.tcp = module
    let spec = try #require(try whole.section?.spec(for: ProbeRequest(target: "a.example:1"), in: .forTests()))
    let observation = Observation(
      facts: Facts(phases: Phases(resolve: .milliseconds(2)), ip: ip, tls: tls, detail: .socket(facts)),
      failure: failure)
    return whole.report(
      on: observation, spec: spec, fault: nil, took: .milliseconds(5), timeout: .seconds(1), compatibility)
  }

  @Test("tells a success with its address and without a failed expectation")
  func success() throws {
    let report = try page()
    #expect(report.failure == nil)
    let metrics = report.metrics
    #expect(metrics.value("probe_success") == 1)
    #expect(metrics.value("probe_ip_protocol") == 4)
    #expect(metrics.value("probe_ip_addr_hash") == 3_668_918_509)
    #expect(metrics.value("probe_dns_lookup_time_seconds") == 0.002)
    #expect(metrics.value("probe_failed_due_to_regex") == 0)
    #expect(metrics.value("probe_failed_due_to_bytes") == 0)
    #expect(metrics.value("probe_expect_info") == nil)
    #expect(metrics.value("probe_ssl_earliest_cert_expiry") == nil)
  }

  @Test("has the gauges of failed expectations without a connection too, which strict has not")
  func noConnection() throws {
    let failure = ProbeFailure(.connectRefused, during: .connect, "connection to 127.0.0.1:1 refused")
    for compatibility in [Compatibility.mended, .strict] {
      let report = try page(TCPModule(), SocketFacts(), failure, compatibility)
      #expect(report.failure == failure)
      let zero: Double? = compatibility == .mended ? 0 : nil
      #expect(report.metrics.value("probe_failed_due_to_regex") == zero)
      #expect(report.metrics.value("probe_failed_due_to_bytes") == zero)
      let last = try #require(report.log.last)
      #expect(last.message == "Error dialing TCP")
      #expect(last.fields.map { $0.1 } == [failure.message])
    }
  }

  @Test("counts a handshake with which the connection begins as dialling, and a later one not")
  func handshake() throws {
    let failure = ProbeFailure(.tlsFailed, during: .tls, "no TLS")
    var module = TCPModule()
    module.queryResponse = [entry { $0.startsTLS = true }]
    #expect(try page(module, SocketFacts(), failure, .strict).metrics.value("probe_failed_due_to_regex") == 0)
    module.queryResponse = []
    module.usesTLS = true
    #expect(try page(module, SocketFacts(), failure, .strict).metrics.value("probe_failed_due_to_regex") == nil)
  }

  @Test(
    "says which kind of expectation was not met, by whatever end",
    arguments: [
      (.pattern, .expectationFailed, true, true, false, false), (.pattern, .timeout, true, false, false, false),
      (.otherBytes, .expectationFailed, false, false, true, true),
      (.bytes, .expectationFailed, false, false, true, false), (.bytes, .timeout, false, false, true, false),
    ] as [(SocketFacts.Unmet, ReasonCode, Bool, Bool, Bool, Bool)])
  func unmet(
    unmet: SocketFacts.Unmet, code: ReasonCode, regex: Bool, strictRegex: Bool, bytes: Bool, strictBytes: Bool
  ) throws {
    let failure = ProbeFailure(code, during: .receive, "it did not come")
    for (compatibility, regex, bytes) in [(Compatibility.mended, regex, bytes), (.strict, strictRegex, strictBytes)] {
      let report = try page(TCPModule(), SocketFacts(unmet: unmet), failure, compatibility)
      #expect(report.metrics.value("probe_success") == 0)
      #expect(report.metrics.value("probe_failed_due_to_regex") == (regex ? 1 : 0))
      #expect(report.metrics.value("probe_failed_due_to_bytes") == (bytes ? 1 : 0))
    }
  }

  @Test("has a series for the labels of each entry, and each once")
  func labels() throws {
    let one = [HeaderField("banner", "220"), HeaderField("host", "a")]
    let facts = SocketFacts(labels: [one, [HeaderField("code", "250")], one])
    let text = String(decoding: try page(TCPModule(), facts).metrics.text, as: UTF8.self)
    let lines = text.split(separator: "\n").filter { $0.hasPrefix("probe_expect_info") }
    #expect(lines.sorted() == ["probe_expect_info{banner=\"220\",host=\"a\"} 1", "probe_expect_info{code=\"250\"} 1"])
  }

  @Test("has its gauges where nothing could be sent, and says why")
  func fault() {
    var module = BlackboxModule(prober: .tcp)
    module.tcp.usesTLS = true
    let fault = ModuleFault(.templateFailed, "\"a\" is no target")
    let report = module.report(
      on: nil, spec: nil, fault: fault, took: .zero, timeout: .seconds(1), .mended)
    #expect(report.metrics.value("probe_success") == 0)
    #expect(report.metrics.value("probe_failed_due_to_regex") == 0)
    #expect(report.metrics.value("probe_ip_protocol") == nil)
    #expect(report.log.map(\.message) == ["\"a\" is no target"])
  }
}

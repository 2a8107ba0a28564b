import Blackbox
import Model
import Testing

@Suite("The grpc section of a module")
struct GRPCModuleTests {
  private func spec(
    _ target: String, _ module: GRPCModule = GRPCModule(), _ compatibility: Compatibility = .mended
  ) throws -> GRPCSpec {
    let spec = try module.spec(for: ProbeRequest(target: target), in: .forTests(compatibility))
    guard case .grpc(let spec) = spec else { throw ModuleFault(.templateFailed, "no spec of a gRPC call") }
    return spec
  }

  private static func module(_ change: (inout GRPCModule) -> Void) -> GRPCModule {
    var module = GRPCModule()
    module.isWritten = true
    change(&module)
    return module
  }

  @Test(
    "takes a host, perhaps with a port and with the look of a URL",
    arguments: [
      ("shop.example:50051", "shop.example:50051"), ("shop.example", "shop.example:80"),
      ("http://shop.example:1/path?a#b", "shop.example:1"), ("https://shop.example", "shop.example:80"),
      ("[::1]:50051", "[::1]:50051"), ("[::1]", "[::1]:80"), ("::1", "[::1]:80"), ("10.0.0.1:7", "10.0.0.1:7"),
      ("http://user:word@shop.example:1", "shop.example:1"),
    ])
  func target(text: String, endpoint: String) throws {
    #expect(try spec(text).target.description == endpoint)
    #expect(try spec(text).tls == nil)
  }

  @Test(
    "refuses what is no host", arguments: ["", "http://", "a b:1", "shop.example:99999", "HTTP://x"])
  func noTarget(text: String) {
    #expect(throws: ModuleFault.self) { try spec(text) }
  }

  @Test("asks port 443 where TLS is on, whatever the scheme")
  func tlsPort() throws {
    let module = Self.module { module in
      module.usesTLS = true
      module.tls.serverName = "internal.example"
      module.tls.ca = .file("/etc/ca.pem")
    }
    let spec = try spec("http://shop.example", module)
    #expect(spec.target.port == 443)
    #expect(spec.tls?.serverName == "internal.example")
    #expect(spec.tls?.caFile == "/etc/ca.pem")
    #expect(spec.tls?.minVersion == .v1_2)
  }

  @Test("sends binary metadata as base64, and leaves out what belongs to the call")
  func metadata() throws {
    let module = Self.module { module in
      module.metadata = [
        ("x-key", ["one", "two"]), ("blob-bin", ["\u{0}a"]), ("user-agent", ["me"]), ("grpc-timeout", ["1S"]),
        ("Capital", ["a"]),
      ]
    }
    #expect(
      try spec("a:1", module).metadata
        == [
          HeaderField("x-key", "one"), HeaderField("x-key", "two"), HeaderField("blob-bin", "AGE="),
          HeaderField("Capital", "a"),
        ])
  }

  @Test("falls back to the other address family without a section too, but where strict keeps the old fault")
  func family() throws {
    #expect(try spec("a:1").family == .preferV6)
    #expect(try spec("a:1", GRPCModule(), .strict).family == .v6)
    #expect(try spec("a:1", Self.module { _ in }, .strict).family == .preferV6)
    #expect(try spec("a:1", Self.module { $0.address.prefersV6 = false }).family == .preferV4)
  }

  // MARK: What is held of an answer

  private func report(
    _ facts: GRPCFacts, failure: ProbeFailure? = nil, tls: TLSFacts? = nil, _ compatibility: Compatibility = .mended
  ) -> ProbeReport {
    let phases = Phases(resolve: .milliseconds(1), connect: .milliseconds(2), wait: .milliseconds(3))
    let module = BlackboxModule(prober: .grpc)
    return module.report(
      on: Observation(facts: Facts(phases: phases, ip: "127.0.0.1", tls: tls, detail: .grpc(facts)), failure: failure),
      spec: .grpc(GRPCSpec(target: Endpoint(host: "a", port: 1))), fault: nil, took: .milliseconds(7),
      timeout: .seconds(5), compatibility)
  }

  private func state(_ report: ProbeReport) -> [String: Double?] {
    Dictionary(
      uniqueKeysWithValues: ["UNKNOWN", "SERVING", "NOT_SERVING", "SERVICE_UNKNOWN"].map {
        ($0, report.metrics.value("probe_grpc_healthcheck_response", labels: [("serving_status", $0)]))
      })
  }

  @Test("succeeds where the service serves, with all gauges of upstream")
  func serving() {
    let report = report(GRPCFacts(status: 0, serving: "SERVING"))
    #expect(report.failure == nil)
    #expect(
      String(decoding: report.metrics.text, as: UTF8.self) == """
        # HELP probe_dns_lookup_time_seconds Returns the time taken for probe dns lookup in seconds
        # TYPE probe_dns_lookup_time_seconds gauge
        probe_dns_lookup_time_seconds 0.001
        # HELP probe_duration_seconds Returns how long the probe took to complete in seconds
        # TYPE probe_duration_seconds gauge
        probe_duration_seconds 0.007
        # HELP probe_grpc_duration_seconds Duration of gRPC request by phase
        # TYPE probe_grpc_duration_seconds gauge
        probe_grpc_duration_seconds{phase="check"} 0.005
        probe_grpc_duration_seconds{phase="resolve"} 0.001
        # HELP probe_grpc_healthcheck_response Response HealthCheck response
        # TYPE probe_grpc_healthcheck_response gauge
        probe_grpc_healthcheck_response{serving_status="NOT_SERVING"} 0
        probe_grpc_healthcheck_response{serving_status="SERVICE_UNKNOWN"} 0
        probe_grpc_healthcheck_response{serving_status="SERVING"} 1
        probe_grpc_healthcheck_response{serving_status="UNKNOWN"} 0
        # HELP probe_grpc_ssl Indicates if SSL was used for the connection
        # TYPE probe_grpc_ssl gauge
        probe_grpc_ssl 0
        # HELP probe_grpc_status_code Response gRPC status code
        # TYPE probe_grpc_status_code gauge
        probe_grpc_status_code 0
        # HELP probe_ip_addr_hash Specifies the hash of IP address. It's useful to detect if the IP address changes.
        # TYPE probe_ip_addr_hash gauge
        probe_ip_addr_hash 3.668918509e+09
        # HELP probe_ip_protocol Specifies whether probe ip protocol is IP4 or IP6
        # TYPE probe_ip_protocol gauge
        probe_ip_protocol 4
        # HELP probe_success Displays whether or not the probe was a success
        # TYPE probe_success gauge
        probe_success 1
        # HELP probe_timeout_seconds Returns how long the probe timeout is in seconds
        # TYPE probe_timeout_seconds gauge
        probe_timeout_seconds 5

        """)
  }

  @Test("fails where it does not serve")
  func notServing() {
    let report = report(GRPCFacts(status: 0, serving: "NOT_SERVING"))
    #expect(
      report.failure == ProbeFailure(.expectationFailed, during: .receive, "the service is NOT_SERVING, not SERVING"))
    #expect(state(report) == ["UNKNOWN": 0, "SERVING": 0, "NOT_SERVING": 1, "SERVICE_UNKNOWN": 0])
    #expect(report.metrics.value("probe_grpc_status_code") == 0)
  }

  @Test("fails where the call ends with another status, and tells it")
  func status() {
    let report = report(GRPCFacts(status: 5, statusMessage: "no such service"))
    #expect(
      report.failure?.words == "the health check ended with status 5 NOT_FOUND: no such service")
    #expect(report.metrics.value("probe_grpc_status_code") == 5)
    #expect(state(report) == ["UNKNOWN": 0, "SERVING": 0, "NOT_SERVING": 0, "SERVICE_UNKNOWN": 0])
  }

  @Test(
    "gives a call that ended without a status the one that libraries give it",
    arguments: [
      (ReasonCode.connectRefused, Phase.connect, 14), (.connectFailed, .connect, 14), (.certificateInvalid, .tls, 14),
      (.protocolError, .receive, 14), (.timeout, .wait, 4), (.cancelled, .wait, 1), (.bodyTooLarge, .receive, 8),
      (.templateFailed, .connect, 13),
    ])
  func withoutStatus(code: ReasonCode, phase: Phase, status: Double) {
    let report = report(GRPCFacts(), failure: ProbeFailure(code, during: phase, "words"))
    #expect(report.metrics.value("probe_grpc_status_code") == status)
    #expect(report.metrics.value("probe_success") == 0)
    #expect(state(report).values.allSatisfy { $0 == 0 })
  }

  @Test("shows no answer where nobody was called")
  func notCalled() {
    let unresolved = report(GRPCFacts(), failure: ProbeFailure(.resolveFailed, during: .resolve, "words"))
    #expect(unresolved.metrics.value("probe_grpc_status_code") == 0)
    #expect(state(unresolved).values.allSatisfy { $0 == nil })
    #expect(unresolved.metrics.value("probe_grpc_duration_seconds", labels: [("phase", "check")]) == nil)
    #expect(unresolved.metrics.value("probe_ip_protocol") != nil)
    let unprepared = report(GRPCFacts(), failure: ProbeFailure(.templateFailed, during: .tls, "words"))
    #expect(unprepared.metrics.value("probe_ip_protocol") == nil)
  }

  @Test("has its gauges where nothing could be sent, too")
  func nothingSent() {
    let report = BlackboxModule(prober: .grpc).report(
      on: nil, spec: nil, fault: ModuleFault(.templateFailed, "no host"), took: .zero, timeout: .seconds(5), .mended)
    #expect(report.metrics.value("probe_grpc_status_code") == 0)
    #expect(report.metrics.value("probe_grpc_ssl") == 0)
    #expect(report.metrics.value("probe_grpc_duration_seconds", labels: [("phase", "resolve")]) == 0)
    #expect(report.metrics.value("probe_success") == 0)
    #expect(report.metrics.value("probe_ip_protocol") == nil)
  }

  @Test("shows the certificate of a call, of one that failed only where faults are mended")
  func certificate() {
    let certificate = Certificate(
      subject: "CN=a", issuer: "CN=b", serial: "01", names: [], notBefore: Timestamp(secondsSinceEpoch: 1),
      notAfter: Timestamp(secondsSinceEpoch: 2), fingerprintSHA256: "00", key: "", signature: "")
    let tls = TLSFacts(version: "TLSv1.3", isVerified: true, chain: [certificate])
    for compatibility in [Compatibility.mended, .strict] {
      let good = report(GRPCFacts(status: 0, serving: "SERVING"), tls: tls, compatibility)
      #expect(good.metrics.value("probe_grpc_ssl") == 1)
      #expect(good.metrics.value("probe_ssl_earliest_cert_expiry") == 2)
      #expect(good.metrics.value("probe_tls_version_info", labels: [("version", "TLS 1.3")]) == 1)
      #expect(good.metrics.value("probe_ssl_last_chain_expiry_timestamp_seconds") == nil)
      let unknown = report(GRPCFacts(status: 5), tls: tls, compatibility)
      #expect(unknown.metrics.value("probe_grpc_ssl") == (compatibility == .mended ? 1 : 0))
      #expect(unknown.metrics.value("probe_ssl_earliest_cert_expiry") == (compatibility == .mended ? 2 : nil))
    }
  }
}

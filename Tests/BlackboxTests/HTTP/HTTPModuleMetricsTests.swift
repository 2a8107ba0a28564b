import Blackbox
import Expressions
import Model
import Testing

/// The gauges of an http probe: which are there, and what they say.
@Suite("An http module's metrics")
struct HTTPModuleMetricsTests {
  private let always = [
    "probe_http_status_code", "probe_http_content_length", "probe_http_uncompressed_body_length",
    "probe_http_redirects", "probe_http_ssl", "probe_http_version", "probe_failed_due_to_regex",
  ]
  private let sent = ["connect", "tls", "processing", "transfer"]

  private func phase(_ name: String, in report: ProbeReport) -> Double? {
    report.metrics.value("probe_http_duration_seconds", labels: [("phase", name)])
  }

  @Test("an answer is told in full")
  func whole() throws {
    let report = try HTTPModuleHarness().report(
      .answer(200, [("Content-Length", "5"), ("last-modified", "Sun, 06 Nov 1994 08:49:37 GMT")], body: "hello"))
    let values: [String: Double] = [
      "probe_success": 1, "probe_duration_seconds": 1, "probe_timeout_seconds": 5, "probe_http_status_code": 200,
      "probe_http_content_length": 5, "probe_http_uncompressed_body_length": 5, "probe_http_redirects": 0,
      "probe_http_ssl": 0, "probe_http_version": 1.1, "probe_failed_due_to_regex": 0,
      "probe_http_last_modified_timestamp_seconds": 784_111_777, "probe_ip_protocol": 4,
      "probe_dns_lookup_time_seconds": 0.001,
    ]
    for (name, value) in values { #expect(report.metrics.value(name) == value, "\(name)") }
    for name in ["resolve"] + sent { #expect(phase(name, in: report) == 0.001, "\(name)") }
    #expect(report.metrics.value("probe_failed_due_to_cel") == nil)
  }

  @Test(
    "the length is Go's",
    arguments: [
      (HTTPFacts.answer(200, [("content-length", "7")]), 7), (.answer(200, [("Transfer-Encoding", "chunked")]), -1),
      (.answer(200), -1), (.answer(204), 0), (.answer(304, [("Content-Length", "9")]), 0),
      (.answer(200, [("Content-Length", "9")], method: "HEAD"), 9), (.answer(200, method: "HEAD"), -1),
      (.answer(200, version: "2"), 0), (.answer(200, body: "x", version: "2"), -1),
    ] as [(HTTPFacts, Double)])
  func length(answer: HTTPFacts, length: Double) throws {
    #expect(try HTTPModuleHarness().report(answer).metrics.value("probe_http_content_length") == length)
  }

  @Test("versions are numbers", arguments: [("1.0", 1), ("1.1", 1.1), ("2", 2), ("3", 3)])
  func version(text: String, number: Double) throws {
    #expect(try HTTPModuleHarness().report(.answer(version: text)).metrics.value("probe_http_version") == number)
  }

  @Test("a name without an address shows that it was asked for, and no other phase")
  func unresolved() throws {
    let report = try HTTPModuleHarness().report(
      HTTPFacts(url: "http://shop.example/"), phases: Phases(resolve: .milliseconds(2)), ip: "",
      failure: ProbeFailure(.resolveFailed, during: .resolve, "no such name"))
    #expect(report.metrics.value("probe_ip_protocol") == 0)
    #expect(report.metrics.value("probe_dns_lookup_time_seconds") == 0.002)
    #expect(phase("resolve", in: report) == 0.002)
    for name in sent { #expect(phase(name, in: report) == nil) }
    for name in always { #expect(report.metrics.value(name) == 0, "\(name)") }
  }

  @Test("a target that is no URL shows neither an address nor a phase")
  func noURL() throws {
    let report = try HTTPModuleHarness().report(
      HTTPFacts(url: "http://["), phases: Phases(), ip: "",
      failure: ProbeFailure(.templateFailed, during: .resolve, "no URL"))
    #expect(report.metrics.value("probe_ip_protocol") == nil)
    for name in ["resolve"] + sent { #expect(phase(name, in: report) == nil) }
    for name in always { #expect(report.metrics.value(name) == 0, "\(name)") }
  }

  @Test("what could not even be put together shows the rest as 0")
  func fault() throws {
    var module = BlackboxModule(prober: .http)
    module.http.failIfBodyJSONMatchesCEL = try HTTPModuleHarness.cel("true")
    let report = module.report(
      on: nil, spec: nil, fault: ModuleFault(.internal, "no file"), took: .zero, timeout: .seconds(1), .mended)
    #expect(report.failure == ProbeFailure(.internal, during: .resolve, "no file"))
    for name in always + ["probe_failed_due_to_cel", "probe_success"] { #expect(report.metrics.value(name) == 0) }
  }

  @Test(
    "a phase that did not come to its end has taken no time, as upstream has it",
    arguments: [
      (Phase.connect, [0, 0, 0.001, 0.001]), (.tls, [0, 0, 0.001, 0.001]), (.wait, [0.001, 0.001, 0, 0.001]),
      (.receive, [0.001, 0.001, 0.001, 0.001]),
    ] as [(Phase, [Double])])
  func unfinished(during: Phase, values: [Double]) throws {
    var phases = Phases.each(.milliseconds(1))
    if during == .connect { phases.tls = .zero }
    let report = try HTTPModuleHarness().report(
      HTTPFacts(url: ""), phases: phases, failure: ProbeFailure(.timeout, during: during, "time"))
    #expect(sent.map { phase($0, in: report) } == values)
  }

  @Test("after redirects the address is the first one's, and only the last body has time")
  func redirected() throws {
    let last = Phases.each(.milliseconds(1))
    let report = try HTTPModuleHarness().report(
      HTTPModuleHarness.redirected(2, firstIP: "192.0.2.1", last: last), phases: .each(.milliseconds(10)),
      ip: "2001:db8::1")
    #expect(report.metrics.value("probe_ip_protocol") == 4)
    #expect(report.metrics.value("probe_dns_lookup_time_seconds") == 0.003)
    #expect(phase("resolve", in: report) == 0.01)
    #expect(phase("processing", in: report) == 0.01)
    #expect(phase("transfer", in: report) == 0.001)
    #expect(report.metrics.value("probe_http_redirects") == 2)
  }

  @Test("what failed on the way to where a redirect leads has no status, but its redirects")
  func brokenRedirect() throws {
    var answer = HTTPModuleHarness.redirected(1, firstIP: "192.0.2.1", last: Phases())
    answer.status = 302
    let report = try HTTPModuleHarness().report(
      answer, failure: ProbeFailure(.resolveFailed, during: .resolve, "no such name"))
    #expect(report.metrics.value("probe_http_status_code") == 0)
    #expect(report.metrics.value("probe_http_redirects") == 1)
    #expect(phase("connect", in: report) == 0.001)
  }

  @Test("where a proxy finds the address none is told")
  func skippedResolution() throws {
    let harness = HTTPModuleHarness {
      $0.client.proxy.url = Secret("http://proxy.example")
      $0.skipsResolveWithProxy = true
    }
    let report = try harness.report()
    #expect(report.metrics.value("probe_ip_protocol") == nil)
    #expect(phase("resolve", in: report) == nil)
    #expect(phase("connect", in: report) == 0.001)
  }

  @Test("a certificate that ended the handshake is shown all the same, but in strict")
  func expired() throws {
    let certificate = Certificate(
      subject: "CN=a", issuer: "CN=b", serial: "1", names: [], notBefore: Timestamp(secondsSinceEpoch: 1),
      notAfter: Timestamp(secondsSinceEpoch: 1000), fingerprintSHA256: "", key: "", signature: "")
    let tls = TLSFacts(version: "TLSv1.3", verifyError: "expired", chain: [certificate])
    for compatibility in [Compatibility.mended, .strict] {
      let report = try HTTPModuleHarness(compatibility).report(
        HTTPFacts(url: ""), tls: tls, failure: ProbeFailure(.certificateInvalid, during: .tls, "expired"))
      #expect(report.metrics.value("probe_ssl_earliest_cert_expiry") == (compatibility == .mended ? 1000 : nil))
      #expect(report.metrics.value("probe_http_ssl") == 0)
    }
  }
}

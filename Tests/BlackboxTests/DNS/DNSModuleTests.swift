import Blackbox
import Model
import Testing

@Suite("The dns section of a module")
struct DNSModuleTests {
  private func spec(
    _ target: String = "192.0.2.53", _ compatibility: Compatibility = .mended, _ change: (inout DNSModule) -> Void
  ) throws -> DNSSpec {
    var module = DNSModule()
    change(&module)
    guard case .dns(let spec) = try module.spec(for: ProbeRequest(target: target), in: .forTests(compatibility)) else {
      throw ModuleFault(.internal, "no spec of dns")
    }
    return spec
  }

  // MARK: What is asked

  @Test("asks the target, and asks again when the answer was cut, which strict does not")
  func plain() throws {
    let asked = DNSSpec(name: ".", type: "ANY", server: "192.0.2.53", family: .preferV6)
    #expect(try spec { _ in } == asked)
    #expect(try spec("192.0.2.53", .strict) { _ in }.repeatsCutAnswers == false)
  }

  @Test(
    "travels as it is told",
    arguments: [("udp", false, .udp), ("tcp", false, .tcp), ("tcp", true, .tls), ("", false, .udp)]
      as [(String, Bool, DNSTransport)])
  func transport(written: String, isOverTLS: Bool, transport: DNSTransport) throws {
    let spec = try spec {
      $0.transportProtocol = written
      $0.isOverTLS = isOverTLS
    }
    #expect(spec.transport == transport)
  }

  @Test("travels over https to a host or a URL", arguments: ["dns.example", "https://dns.example/dns-query"])
  func https(_ target: String) throws {
    let spec = try spec(target) { $0.isOverHTTPS = true }
    #expect(spec.transport == .https)
    #expect(spec.server == target)
  }

  @Test("refuses what cannot be asked, in upstream's words")
  func refusals() {
    var module = DNSModule()
    module.transportProtocol = "sctp"
    #expect(
      module.fault(for: "a") == "Configuration error: Expected transport protocol udp or tcp, and it is \"sctp\"")
    module.transportProtocol = "udp"
    module.isOverTLS = true
    #expect(
      module.fault(for: "a") == "Configuration error: Expected transport protocol tcp for DoT, and it is \"udp\"")
    #expect(DNSModule().fault(for: "") == "\"\" is no name server; host or host:port is wanted")
    #expect(DNSModule().fault(for: "a:x") == "\"a:x\" is no name server; host or host:port is wanted")
  }

  @Test("asks for types and classes by the names of Go's library", arguments: [("SOA", "SOA"), ("RESINFO", "TYPE261")])
  func types(written: String, asked: String) throws {
    let spec = try spec {
      $0.queryType = written
      $0.queryClass = "CS"
    }
    #expect(spec.type == asked)
    #expect(spec.recordClass == "CLASS2")
  }

  // MARK: What is told

  private static let records = ["192.0.2.1", "192.0.2.2"].map {
    DNSRecord(name: "a.example.", type: "A", recordClass: "IN", ttl: 300, data: $0)
  }

  private func report(
    _ facts: DNSFacts, _ failure: ProbeFailure? = nil, _ compatibility: Compatibility = .mended,
    _ change: (inout DNSModule) -> Void = { _ in }
  ) throws -> ProbeReport {
    var module = BlackboxModule(prober: .dns)
    change(&module.dns)
    let spec = try #require(try module.section?.spec(for: ProbeRequest(target: "192.0.2.53"), in: .forTests()))
    let phases = Phases(
      resolve: .milliseconds(1), connect: .milliseconds(2), tls: .milliseconds(4), wait: .milliseconds(8),
      receive: .milliseconds(16))
    let observation = Observation(
      facts: Facts(phases: phases, ip: "192.0.2.53", detail: .dns(facts)), failure: failure)
    return module.report(
      on: observation, spec: spec, fault: nil, took: .zero, timeout: .seconds(1), compatibility)
  }

  @Test("tells the sections, with an OPT record among the additional ones, and the phases")
  func sections() throws {
    let metrics = try report(
      DNSFacts(
        rcode: "NOERROR", answers: Self.records, authority: [], additional: [Self.records[0]], hasOptions: true)
    ).metrics
    #expect(metrics.value("probe_dns_answer_rrs") == 2)
    #expect(metrics.value("probe_dns_authority_rrs") == 0)
    #expect(metrics.value("probe_dns_additional_rrs") == 2)
    #expect(metrics.value("probe_dns_query_succeeded") == 1)
    #expect(metrics.value("probe_dns_serial") == nil)
    #expect(metrics.value("probe_dns_duration_seconds", labels: [("phase", "resolve")]) == 0.001)
    #expect(metrics.value("probe_dns_duration_seconds", labels: [("phase", "connect")]) == 0.006)
    #expect(metrics.value("probe_dns_duration_seconds", labels: [("phase", "request")]) == 0.024)
  }

  @Test("has its gauges at zero where there was no answer, or nothing was sent")
  func noAnswer() throws {
    let failed = try report(DNSFacts(), ProbeFailure(.timeout, during: .wait, "no answer")) { $0.queryType = "SOA" }
    #expect(failed.metrics.value("probe_dns_query_succeeded") == 0)
    #expect(failed.metrics.value("probe_dns_serial") == nil)
    #expect(failed.log.last?.message == "Error while sending a DNS query")
    let fault = ModuleFault(.templateFailed, "no")
    let metrics = BlackboxModule(prober: .dns).report(
      on: nil, spec: nil, fault: fault, took: .zero, timeout: .zero, .mended
    ).metrics
    #expect(metrics.value("probe_dns_query_succeeded") == 0)
    #expect(metrics.value("probe_dns_duration_seconds", labels: [("phase", "request")]) == 0)
    #expect(metrics.value("probe_ip_protocol") == nil)
  }

  @Test("tells the serial of the last SOA record, and zero without one")
  func serial() throws {
    let record = DNSRecord(
      name: "a.example.", type: "SOA", recordClass: "IN", ttl: 1,
      data: "ns.a.example. admin.a.example. 2026010101 3600 600 86400 60")
    let answer = DNSFacts(rcode: "NOERROR", answers: [record])
    #expect(try report(answer) { $0.queryType = "SOA" }.metrics.value("probe_dns_serial") == 2_026_010_101)
    #expect(
      try report(DNSFacts(rcode: "NXDOMAIN")) { $0.queryType = "SOA" }.metrics.value("probe_dns_serial") == 0)
  }

  @Test("holds the response code against the valid ones")
  func rcodes() throws {
    #expect(try report(DNSFacts(rcode: "NOERROR")).failure == nil)
    let refused = try report(DNSFacts(rcode: "REFUSED"))
    #expect(refused.failure?.code == .expectationFailed)
    #expect(refused.metrics.value("probe_dns_query_succeeded") == 1)
    #expect(refused.log.last?.message == "Rcode is not one of the valid rcodes")
    #expect(try report(DNSFacts(rcode: "NOTIMP")) { $0.validRcodes = ["REFUSED", "NOTIMPL"] }.failure == nil)
    let unknown = try report(DNSFacts(rcode: "NOERROR")) { $0.validRcodes = ["NOERROR", "FINE"] }
    #expect(unknown.failure?.message == "Invalid rcode \"FINE\" in valid_rcodes")
  }

  /// Rules of the answer, and whether two A records pass.
  @Test(
    "holds each record as a line of a zone file against patterns",
    arguments: [
      ("matches", ["^a[.]example[.]\t300\tIN\tA\t192[.]0[.]2[.]2$"], "At least one RR matched regexp"),
      ("matches", ["\tAAAA\t"], nil),
      ("not", ["\tA\t", "192[.]0[.]2[.]1$"], "At least one RR did not match regexp"), ("not", ["\tA\t"], nil),
      ("none", ["q", "2$"], nil), ("none", ["q", "y"], "None of the RRs did matched any regexp"),
      ("all", ["\tA\t", "example"], "All RRs matched regexp"), ("all", ["\tA\t", "2$"], nil),
      ("all", ["("], "Error matching regexp"),
    ] as [(String, [String], String?)])
  func rules(kind: String, patterns: [String], fault: String?) throws {
    let report = try report(DNSFacts(rcode: "NOERROR", answers: Self.records)) {
      switch kind {
      case "matches": $0.answer.failIfMatches = patterns
      case "not": $0.answer.failIfNotMatches = patterns
      case "none": $0.answer.failIfNoneMatches = patterns
      default: $0.answer.failIfAllMatch = patterns
      }
    }
    #expect(report.failure?.message == fault.map { "Answer RRs validation failed: \($0)" })
    #expect((report.log.last?.message == "Answer RRs validation failed") == (fault != nil))
  }

  @Test("turns the rule that all match around where it is to be as upstream has it")
  func inverted() throws {
    for (patterns, fault) in [(["\tA\t"], nil), (["2$"], "Not all RRs matched regexp")] as [([String], String?)] {
      let report = try report(DNSFacts(rcode: "NOERROR", answers: Self.records), nil, .strict) {
        $0.answer.failIfAllMatch = patterns
      }
      #expect(report.failure?.message == fault.map { "Answer RRs validation failed: \($0)" })
    }
  }

  @Test("wants records where a match is wanted, in each section")
  func noRecords() throws {
    let answer = DNSFacts(rcode: "NOERROR", answers: Self.records)
    let authority = try report(answer) { $0.authority.failIfNotMatches = ["("] }
    #expect(
      authority.failure?.message
        == "Authority RRs validation failed: fail_if_not_matches_regexp specified but no RRs returned")
    let additional = try report(answer) { $0.additional.failIfNoneMatches = ["x"] }
    #expect(
      additional.failure?.message
        == "Additional RRs validation failed: fail_if_none_matches_regexp specified but no RRs returned")
    #expect(try report(answer) { $0.additional.failIfMatches = ["("] }.failure == nil)
    #expect(try report(answer) { $0.additional.failIfAllMatch = ["x"] }.failure == nil)
  }

  @Test(
    "writes records as Go's library does",
    arguments: [
      ("TXT", "\"plain\" \"two\"", "\"plain\" \"two\""), ("DS", "60485 5 1 2bb183af", "60485 5 1 2BB183AF"),
      ("HTTPS", "1 . alpn=h2,h3 no-default-alpn", "1 . alpn=\"h2,h3\" no-default-alpn=\"\""),
      ("HTTPS", "0 a.example.", "0 a.example."),
    ])
  func zoneText(type: String, data: String, text: String) throws {
    let record = DNSRecord(name: "a.example.", type: type, recordClass: "IN", ttl: 5, data: data)
    let report = try report(DNSFacts(rcode: "NOERROR", answers: [record])) { $0.answer.failIfMatches = ["(?s).*"] }
    let fields = report.log.first { $0.message == "At least one RR matched regexp" }?.fields
    #expect(fields?.first { $0.0 == "rr" }?.1 == "a.example.\t5\tIN\t\(type)\t\(text)")
  }
}

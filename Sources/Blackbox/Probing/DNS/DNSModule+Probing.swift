package import Model

extension DNSModule: ProberSection {
  package func spec(
    for request: ProbeRequest, in surroundings: ModuleSurroundings
  ) throws(ModuleFault) -> ProbeSpec {
    let transport = try transport()
    guard isServer(request.target) else {
      throw ModuleFault(.templateFailed, "\"\(request.target)\" is no name server; host or host:port is wanted")
    }
    let usesTLS = transport == .tls || transport == .https
    return .dns(
      DNSSpec(
        name: queryName, type: GoRecordType.mnemonic(queryType),
        recordClass: queryClass == "CS" ? "CLASS2" : queryClass,
        server: request.target, transport: transport, isRecursive: recursionDesired, family: address.family,
        sourceIP: sourceIP, repeatsCutAnswers: surroundings.compatibility == .mended,
        tls: usesTLS ? try tls.options(in: surroundings) : TLSOptions()))
  }

  private func transport() throws(ModuleFault) -> DNSTransport {
    if isOverHTTPS {
      // RFC 8484 has one message in a POST, which a source address has no place beside.
      if sourceIP != nil {
        throw ModuleFault(.templateFailed, "'source_ip_address' and 'dns_over_https' exclude each other")
      }
      if isOverTLS { throw ModuleFault(.templateFailed, "'dns_over_tls' and 'dns_over_https' exclude each other") }
      return .https
    }
    switch (transportProtocol.isEmpty ? "udp" : transportProtocol, isOverTLS) {
    case ("tcp", true): return .tls
    case ("tcp", false): return .tcp
    case ("udp", false): return .udp
    case (let other, true):
      throw ModuleFault(
        .templateFailed, "Configuration error: Expected transport protocol tcp for DoT, and it is \"\(other)\"")
    case (let other, false):
      throw ModuleFault(
        .templateFailed, "Configuration error: Expected transport protocol udp or tcp, and it is \"\(other)\"")
    }
  }

  private func isServer(_ target: String) -> Bool {
    isOverHTTPS ? !target.isEmpty : Endpoint(target, defaultPort: 53) != nil
  }

  package func addMetrics(
    of observation: Observation, spec: ProbeSpec, verdict: ModuleVerdict, _ compatibility: Compatibility,
    to metrics: inout ProbeMetrics
  ) {
    metrics.addAddress(observation.facts, wasAttempted: true)
    guard case .dns(let facts) = observation.facts.detail, observation.failure == nil else {
      return Self.add(observation.facts.phases, nil, to: &metrics)
    }
    Self.add(observation.facts.phases, facts, to: &metrics)
    if queryType == "SOA" {
      metrics.set(
        "probe_dns_serial", help: "Returns the serial number of the zone", Self.serial(in: facts.answers) ?? 0)
    }
  }

  package func addMetricsWithoutExchange(_ compatibility: Compatibility, to metrics: inout ProbeMetrics) {
    Self.add(Phases(), nil, to: &metrics)
  }

  /// - Parameter facts: nil where no answer could be read.
  private static func add(_ phases: Phases, _ facts: DNSFacts?, to metrics: inout ProbeMetrics) {
    let durations = [
      ("resolve", phases.resolve), ("connect", phases.connect + phases.tls), ("request", phases.wait + phases.receive),
    ]
    for (phase, duration) in durations {
      metrics.set(
        "probe_dns_duration_seconds", help: "Duration of DNS request by phase", duration, labels: [("phase", phase)])
    }
    let additional = facts.map { $0.additional.count + ($0.hasOptions ? 1 : 0) }
    for (section, count) in [
      ("answer", facts?.answers.count), ("authority", facts?.authority.count), ("additional", additional),
    ] {
      metrics.set(
        "probe_dns_\(section)_rrs", help: "Returns number of entries in the \(section) resource record list",
        Double(count ?? 0))
    }
    metrics.set(
      "probe_dns_query_succeeded", help: "Displays whether or not the query was executed successfully", facts != nil)
  }

  /// The serial of the last SOA record: its third field (RFC 1035 section 3.3.13).
  private static func serial(in answers: [DNSRecord]) -> Double? {
    guard let record = answers.last(where: { $0.type == "SOA" }) else { return nil }
    let fields = record.data.split(separator: " ")
    return fields.count > 2 ? Double(fields[2]) : nil
  }
}

package import Model

extension TCPModule: ProberSection {
  package func spec(
    for request: ProbeRequest, in surroundings: ModuleSurroundings
  ) throws(ModuleFault) -> ProbeSpec {
    let target = try endpoint(request.target)
    try queryResponse.checkTLS(usesTLS: usesTLS)
    let needsTLS = usesTLS || queryResponse.beginsTLS
    var options = needsTLS ? try tls.options(in: surroundings) : nil
    if options?.serverName == nil { options?.serverName = request.hostname }
    return .tcp(
      TCPSpec(
        target: target, tls: options, exchange: try queryResponse.exchange(endsLines: true),
        proxy: proxyURL?.exposedValue, sourceIP: sourceIP, family: address.family))
  }

  /// What is dialled, by tcp and udp.
  func endpoint(_ target: String) throws(ModuleFault) -> Endpoint {
    if let endpoint = Endpoint(target) { return endpoint }
    throw ModuleFault(
      .templateFailed, "\"\(target)\" is no target: host:port is wanted, and [::1]:25 for an IPv6 address")
  }

  package func verdict(
    on observation: Observation, of spec: ProbeSpec, _ compatibility: Compatibility
  ) -> ModuleVerdict {
    guard case .tcp(let tcp) = spec else { return ModuleVerdict(failure: observation.failure) }
    return judgement.verdict(on: observation, of: tcp.target.host, compatibility)
  }

  package func addMetrics(
    of observation: Observation, spec: ProbeSpec, verdict: ModuleVerdict, _ compatibility: Compatibility,
    to metrics: inout ProbeMetrics
  ) {
    judgement.addMetrics(of: observation, verdict: verdict, compatibility, to: &metrics)
  }

  package func addMetricsWithoutExchange(_ compatibility: Compatibility, to metrics: inout ProbeMetrics) {
    StreamJudgement.addMetricsWithoutExchange(compatibility, to: &metrics)
  }

  private var judgement: StreamJudgement {
    StreamJudgement(network: "TCP", address: address, entries: queryResponse, dialsTLS: usesTLS)
  }
}

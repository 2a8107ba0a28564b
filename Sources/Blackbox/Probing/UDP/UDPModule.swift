import Model

/// The `udp` section of a module: an addition of ours in the shape of `tcp`, without TLS and proxies.
///
/// What is sent goes out as one datagram without a line end; each datagram that comes back is a line.
struct UDPModule: ProberSection {
  /// The section as it was written.
  let section: TCPModule

  init(_ section: TCPModule) {
    self.section = section
  }

  func spec(for request: ProbeRequest, in surroundings: ModuleSurroundings) throws(ModuleFault) -> ProbeSpec {
    let target = try section.endpoint(request.target)
    if section.usesTLS || section.queryResponse.beginsTLS {
      throw ModuleFault(.templateFailed, "'tls' and 'starttls' are for tcp: there is no TLS over datagrams")
    }
    if section.proxyURL != nil {
      throw ModuleFault(.templateFailed, "'proxy_url' is for tcp: datagrams go without a proxy")
    }
    let exchange = try section.queryResponse.exchange(endsLines: false)
    if case .none = exchange {
      throw ModuleFault(
        .templateFailed, "a module of prober udp needs 'query_response': without a datagram nothing is proved")
    }
    return .udp(
      UDPSpec(target: target, exchange: exchange, sourceIP: section.sourceIP, family: section.address.family))
  }

  func verdict(on observation: Observation, of spec: ProbeSpec, _ compatibility: Compatibility) -> ModuleVerdict {
    guard case .udp(let udp) = spec else { return ModuleVerdict(failure: observation.failure) }
    return judgement.verdict(on: observation, of: udp.target.host, compatibility)
  }

  func addMetrics(
    of observation: Observation, spec: ProbeSpec, verdict: ModuleVerdict, _ compatibility: Compatibility,
    to metrics: inout ProbeMetrics
  ) {
    judgement.addMetrics(of: observation, verdict: verdict, compatibility, to: &metrics)
  }

  func addMetricsWithoutExchange(_ compatibility: Compatibility, to metrics: inout ProbeMetrics) {
    StreamJudgement.addMetricsWithoutExchange(compatibility, to: &metrics)
  }

  private var judgement: StreamJudgement {
    StreamJudgement(network: "UDP", address: section.address, entries: section.queryResponse, dialsTLS: false)
  }
}

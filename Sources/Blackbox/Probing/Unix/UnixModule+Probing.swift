package import Model

extension UnixModule: ProberSection {
  package func spec(
    for request: ProbeRequest, in surroundings: ModuleSurroundings
  ) throws(ModuleFault) -> ProbeSpec {
    guard !request.target.isEmpty else {
      throw ModuleFault(.templateFailed, "the target is empty; the path of a socket is wanted")
    }
    try queryResponse.checkTLS(usesTLS: usesTLS)
    let needsTLS = usesTLS || queryResponse.beginsTLS
    let options = needsTLS ? try tls.options(in: surroundings) : nil
    return .unix(
      UnixSpec(path: request.target, tls: options, exchange: try queryResponse.exchange(endsLines: true)))
  }

  package func verdict(
    on observation: Observation, of spec: ProbeSpec, _ compatibility: Compatibility
  ) -> ModuleVerdict {
    guard case .unix(let unix) = spec else { return ModuleVerdict(failure: observation.failure) }
    return judgement.verdict(on: observation, of: unix.path, compatibility)
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
    StreamJudgement(network: "unix", address: nil, entries: queryResponse, dialsTLS: usesTLS)
  }
}

package import Model

extension BlackboxModule {
  /// The section of the module's prober; nil for a module that names none.
  package var section: (any ProberSection)? {
    switch prober {
    case .http: http
    case .tcp: tcp
    case .udp: UDPModule(udp)
    case .unix: unix
    case .dns: dns
    case .icmp: icmp
    case .grpc: grpc
    case .websocket: websocket
    case nil: nil
    }
  }

  /// What a door answers, once the exchange is over. Pure.
  ///
  /// - Parameters:
  ///   - observation: nil where nothing could be sent, and `fault` says why.
  ///   - took: from the beginning of the probe to its end.
  ///   - timeout: what bounded it.
  package func report(
    on observation: Observation?, spec: ProbeSpec?, fault: ModuleFault?, took: Duration, timeout: Duration,
    _ compatibility: Compatibility
  ) -> ProbeReport {
    var metrics = ProbeMetrics()
    var verdict = ModuleVerdict()
    if let fault {
      verdict.fail(ProbeFailure(fault.code, during: .resolve, fault.message))
      section?.addMetricsWithoutExchange(compatibility, to: &metrics)
    }
    if let section, let observation, let spec {
      verdict = section.verdict(on: observation, of: spec, compatibility)
      section.addMetrics(of: observation, spec: spec, verdict: verdict, compatibility, to: &metrics)
    }
    if compatibility == .mended, let failure = verdict.failure {
      metrics.set(
        "probe_failure_info", help: "Why the probe failed, by a word that stays the same, and during which phase", 1,
        labels: [("reason", failure.code.rawValue), ("phase", failure.phase.rawValue)])
    }
    metrics.set(
      "probe_success", help: "Displays whether or not the probe was a success", verdict.failure == nil)
    metrics.set(
      "probe_duration_seconds", help: "Returns how long the probe took to complete in seconds", took)
    metrics.set(
      "probe_timeout_seconds", help: "Returns how long the probe timeout is in seconds", timeout)
    return ProbeReport(failure: verdict.failure, metrics: metrics, log: verdict.log)
  }
}

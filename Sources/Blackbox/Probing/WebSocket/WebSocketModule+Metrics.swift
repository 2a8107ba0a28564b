package import Model

extension WebSocketModule {
  package func addMetrics(
    of observation: Observation, spec: ProbeSpec, verdict: ModuleVerdict, _ compatibility: Compatibility,
    to metrics: inout ProbeMetrics
  ) {
    guard case .websocket(let web) = observation.facts.detail else { return }
    let phases = observation.facts.phases
    let failure = observation.failure
    // What cannot be sent is found before anything is asked.
    let wasPrepared = failure?.code != .templateFailed
    metrics.addAddress(observation.facts, wasAttempted: wasPrepared)
    Self.add(web, isRegexFailure: verdict.isRegexFailure, to: &metrics)
    func setPhase(_ phase: String, _ time: Duration) {
      metrics.set(
        "probe_websocket_duration_seconds", help: "Duration of websocket request by phase", time,
        labels: [("phase", phase)])
    }
    guard wasPrepared, failure?.phase != .resolve else { return }
    setPhase("resolve", phases.resolve)
    setPhase("connect", phases.connect)
    guard failure?.phase != .connect else { return }
    setPhase("processing", phases.tls + phases.wait)
    if web.isUpgraded, !queryResponse.isEmpty { setPhase("transfer", phases.receive) }
  }

  package func addMetricsWithoutExchange(_ compatibility: Compatibility, to metrics: inout ProbeMetrics) {
    Self.add(WebSocketFacts(), isRegexFailure: false, to: &metrics)
  }

  private static func add(_ facts: WebSocketFacts, isRegexFailure: Bool, to metrics: inout ProbeMetrics) {
    metrics.set("probe_websocket_status_code", help: "Response HTTP status code", Double(facts.status))
    metrics.set(
      "probe_websocket_connection_upgraded",
      help: "Indicates if the websocket connection was successfully upgraded", facts.isUpgraded)
    metrics.set(
      "probe_websocket_failed_due_to_regex", help: "Indicates if probe failed due to regex", isRegexFailure)
  }
}

package import Model

extension HTTPModule {
  package func addMetrics(
    of observation: Observation, spec: ProbeSpec, verdict: ModuleVerdict, _ compatibility: Compatibility,
    to metrics: inout ProbeMetrics
  ) {
    guard let answer = HTTPAnswer(observation), case .http(let spec) = spec else { return }
    let facts = observation.facts
    let isResolved = spec.proxyRules?.sendsAddresses ?? true
    // What failed before a name was asked for has taken no time.
    let wasAttempted = isResolved && (observation.failure == nil || facts.phases.total > .zero)
    if wasAttempted {
      var first = facts
      if let hops = answer.http.hops {
        first.ip = hops.firstIP
        first.phases.resolve = hops.firstResolve
      }
      metrics.addAddress(first, wasAttempted: true)
      Self.add("resolve", facts.phases.resolve, to: &metrics)
    }
    addPhases(of: facts.phases, answer, to: &metrics)
    addAlways(answer, isOverTLS: answer.exists && facts.tls != nil, verdict, compatibility, to: &metrics)
    if answer.exists, let modified = answer.value(of: "last-modified").flatMap(Timestamp.init(httpDate:)) {
      metrics.set(
        "probe_http_last_modified_timestamp_seconds",
        help: "Returns the Last-Modified HTTP response header in unixtime", modified.secondsSinceEpoch)
    }
    // A certificate that ended the handshake is what its metrics are wanted for most; upstream shows none then.
    if answer.exists || compatibility == .mended {
      metrics.addTLS(facts.tls, compatibility, withCipher: true, withLastChain: true)
    }
  }

  package func addMetricsWithoutExchange(_ compatibility: Compatibility, to metrics: inout ProbeMetrics) {
    addAlways(nil, isOverTLS: false, ModuleVerdict(), compatibility, to: &metrics)
  }

  /// The phases but for `resolve`. A connection that did not come about has taken no time, and neither has an answer that did
  /// not begin; of redirects the bodies are left out.
  private func addPhases(of phases: Phases, _ answer: HTTPAnswer, to metrics: inout ProbeMetrics) {
    let last = answer.http.hops?.last ?? phases
    var phases = phases
    phases.receive = last.receive
    if let failure = answer.failure {
      let wasSent = answer.http.hops != nil || failure.phase != .resolve && phases.total > .zero
      guard wasSent else { return }
      switch failure.phase {
      case .connect: phases.connect -= last.connect
      case .tls:
        phases.connect -= last.connect
        phases.tls -= last.tls
      case .wait: phases.wait -= last.wait
      case .resolve, .receive: break
      }
    }
    Self.add("connect", phases.connect, to: &metrics)
    Self.add("tls", phases.tls, to: &metrics)
    Self.add("processing", phases.wait, to: &metrics)
    Self.add("transfer", phases.receive, to: &metrics)
  }

  private static func add(_ phase: String, _ duration: Duration, to metrics: inout ProbeMetrics) {
    metrics.set(
      "probe_http_duration_seconds", help: "Duration of http request by phase, summed over all redirects", duration,
      labels: [("phase", phase)])
  }

  /// What there is of each probe.
  ///
  /// - Parameter answer: nil where nothing was sent.
  private func addAlways(
    _ answer: HTTPAnswer?, isOverTLS: Bool, _ verdict: ModuleVerdict, _ compatibility: Compatibility,
    to metrics: inout ProbeMetrics
  ) {
    let shown = answer.flatMap { $0.exists ? $0 : nil }
    metrics.set("probe_http_status_code", help: "Response HTTP status code", Double(shown?.http.status ?? 0))
    metrics.set("probe_http_content_length", help: "Length of http content response", Double(shown?.contentLength ?? 0))
    metrics.set(
      "probe_http_uncompressed_body_length", help: "Length of uncompressed response body",
      Double(shown.map { bodyLength($0, compatibility) } ?? 0))
    metrics.set("probe_http_redirects", help: "The number of redirects", Double(answer?.redirects ?? 0))
    metrics.set("probe_http_ssl", help: "Indicates if SSL was used for the final redirect", isOverTLS)
    metrics.set(
      "probe_http_version", help: "Returns the version of HTTP of the probe response",
      shown.flatMap { Double($0.http.version) } ?? 0)
    metrics.set(
      "probe_failed_due_to_regex", help: "Indicates if probe failed due to regex", verdict.isRegexFailure)
    if checksBodyJSON {
      metrics.set(
        "probe_failed_due_to_cel", help: "Indicates if probe failed due to CEL expression not matching",
        verdict.isCELFailure)
    }
  }

  private func bodyLength(_ answer: HTTPAnswer, _ compatibility: Compatibility) -> Int {
    compatibility == .strict && answer.isUnfollowedRedirect ? 0 : answer.http.size
  }
}

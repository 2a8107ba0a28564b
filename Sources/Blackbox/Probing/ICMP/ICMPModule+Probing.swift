package import Model

extension ICMPModule: ProberSection {
  /// What upstream puts into a packet.
  private static let payload = Array("Prometheus Blackbox Exporter".utf8)
  /// What an IPv4 packet holds beside its own header and that of ICMP (RFC 791, RFC 792).
  private static let maxPayloadBytes = 65_507

  package func spec(
    for request: ProbeRequest, in surroundings: ModuleSurroundings
  ) throws(ModuleFault) -> ProbeSpec {
    guard !request.target.isEmpty else {
      throw ModuleFault(.templateFailed, "the target is empty; a name or an address is wanted")
    }
    guard (0...Self.maxPayloadBytes).contains(payloadSizeBytes) else {
      throw ModuleFault(
        .templateFailed, "payload_size \(payloadSizeBytes) is not between 0 and \(Self.maxPayloadBytes)")
    }
    return .icmp(
      ICMPSpec(
        target: request.target, count: max(1, count), spacing: spacing,
        size: payloadSizeBytes == 0 ? Self.payload.count : payloadSizeBytes, payload: Self.payload,
        ttl: ttl == 0 ? nil : ttl, dontFragment: dontFragment, sourceIP: sourceIP, family: address.family))
  }

  package func verdict(
    on observation: Observation, of spec: ProbeSpec, _ compatibility: Compatibility
  ) -> ModuleVerdict {
    var verdict = ModuleVerdict(failure: observation.failure)
    if case .icmp(let icmp) = spec { verdict.noteResolution(of: icmp.target, observation, address) }
    switch observation.failure {
    case nil: verdict.log.append(LogEntry(.debug, "Found matching reply packet"))
    case let failure? where failure.code == .timeout && failure.phase == .wait:
      verdict.log.append(LogEntry(.warn, "Timeout reading from socket", [("err", failure.words)]))
    case let failure?:
      let message =
        switch failure.phase {
        case .resolve: "Error resolving address"
        case .connect: "Error listening to socket"
        case .tls, .wait, .receive: "Error writing to socket"
        }
      verdict.log.append(LogEntry(.error, message, [("err", failure.words)]))
    }
    return verdict
  }

  package func addMetrics(
    of observation: Observation, spec: ProbeSpec, verdict: ModuleVerdict, _ compatibility: Compatibility,
    to metrics: inout ProbeMetrics
  ) {
    metrics.addAddress(observation.facts, wasAttempted: true)
    let phases = observation.facts.phases
    guard case .icmp(let facts) = observation.facts.detail else {
      return addMetricsWithoutExchange(compatibility, to: &metrics)
    }
    let sum = facts.roundTrips.reduce(Duration.zero, +)
    let mean = facts.roundTrips.isEmpty ? .zero : sum / facts.roundTrips.count
    Self.add(resolve: phases.resolve, setup: phases.connect, roundTrip: mean, to: &metrics)
    if verdict.failure == nil, let hopLimit = facts.hopLimit {
      metrics.set("probe_icmp_reply_hop_limit", help: "Replied packet hop limit (TTL for ipv4)", Double(hopLimit))
    }
    if count > 1 { Self.add(facts, mean: mean, to: &metrics) }
  }

  package func addMetricsWithoutExchange(_ compatibility: Compatibility, to metrics: inout ProbeMetrics) {
    Self.add(resolve: .zero, setup: .zero, roundTrip: .zero, to: &metrics)
  }

  private static func add(resolve: Duration, setup: Duration, roundTrip: Duration, to metrics: inout ProbeMetrics) {
    for (phase, duration) in [("resolve", resolve), ("setup", setup), ("rtt", roundTrip)] {
      metrics.set(
        "probe_icmp_duration_seconds", help: "Duration of icmp request by phase", duration, labels: [("phase", phase)])
    }
  }

  /// Adds what several packets show, which is ours. Round trips are told only where there are some.
  private static func add(_ facts: ICMPFacts, mean: Duration, to metrics: inout ProbeMetrics) {
    metrics.set("probe_icmp_packets_sent", help: "Number of echo requests sent", Double(facts.sent))
    metrics.set("probe_icmp_packets_received", help: "Number of echo requests answered", Double(facts.received))
    metrics.set("probe_icmp_loss_ratio", help: "Share of echo requests that were not answered, 0 to 1", facts.loss)
    guard let least = facts.roundTrips.min(), let most = facts.roundTrips.max() else { return }
    metrics.set("probe_icmp_rtt_min_seconds", help: "Shortest round trip", least)
    metrics.set("probe_icmp_rtt_avg_seconds", help: "Mean of the round trips", mean)
    metrics.set("probe_icmp_rtt_max_seconds", help: "Longest round trip", most)
    metrics.set(
      "probe_icmp_jitter_seconds", help: "Mean difference between neighbouring round trips", facts.jitter)
  }
}

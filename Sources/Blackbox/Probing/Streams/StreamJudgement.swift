import Expressions
import Model

/// What tcp, unix and udp make of an observation: they differ in words alone.
struct StreamJudgement {
  /// What is dialled, in upstream's words: "TCP", "unix".
  let network: String
  /// Nil where addresses are not looked up.
  let address: AddressChoice?
  let entries: [QueryResponse]
  /// Whether TLS is a part of dialling.
  let dialsTLS: Bool

  /// What is held of an observation.
  func verdict(on observation: Observation, of target: String, _ compatibility: Compatibility) -> ModuleVerdict {
    var verdict = ModuleVerdict()
    let facts = observation.facts.socket
    if let address { verdict.noteResolution(of: target, observation, address) }
    verdict.failure = observation.failure
    guard let failure = observation.failure else {
      verdict.log.append(LogEntry(.debug, "Successfully dialed"))
      noteMatches(facts, in: &verdict)
      return verdict
    }
    guard !isDialFailure(failure) else {
      verdict.log.append(LogEntry(.error, "Error dialing \(network)", [("err", failure.words)]))
      return verdict
    }
    verdict.log.append(LogEntry(.debug, "Successfully dialed"))
    noteMatches(facts, in: &verdict)
    // Upstream calls it neither when the connection ends, or the time, before there was something to look at.
    let isStrict = compatibility == .strict
    verdict.isRegexFailure = facts?.unmet == .pattern && (!isStrict || failure.code == .expectationFailed)
    verdict.isBytesFailure = facts?.unmet == .otherBytes || facts?.unmet == .bytes && !isStrict
    verdict.log.append(LogEntry(.error, Self.message(of: failure, facts?.unmet), [("err", failure.words)]))
    return verdict
  }

  private func noteMatches(_ facts: SocketFacts?, in verdict: inout ModuleVerdict) {
    guard let facts else { return }
    for (pattern, line) in zip(entries.lazy.compactMap(\.expect), facts.messages) {
      verdict.log.append(LogEntry(.debug, "Regexp matched", [("regexp", pattern.pattern), ("line", line)]))
    }
  }

  private static func message(of failure: ProbeFailure, _ unmet: SocketFacts.Unmet?) -> String {
    switch (unmet, failure.code) {
    case (.pattern, .expectationFailed): "Regexp did not match"
    case (.bytes, .expectationFailed): "Read less data than expected"
    case (.otherBytes, _): "Bytes did not match"
    case (.pattern, _), (.bytes, _): "Error reading from connection"
    case (nil, _) where failure.phase == .tls: "TLS Handshake (client) failed"
    case (nil, _): "Error talking over the connection"
    }
  }

  /// Whether the connection never stood, as upstream sees it.
  private func isDialFailure(_ failure: ProbeFailure) -> Bool {
    switch failure.phase {
    case .resolve, .connect: true
    case .tls: dialsTLS
    // A datagram is refused after it was sent.
    case .wait, .receive: failure.code == .connectRefused
    }
  }

  /// Adds what the words were about, and TLS.
  func addMetrics(
    of observation: Observation, verdict: ModuleVerdict, _ compatibility: Compatibility, to metrics: inout ProbeMetrics
  ) {
    if address != nil { metrics.addAddress(observation.facts, wasAttempted: true) }
    // Upstream leaves both out where there was no connection, so that a series ends when its target does.
    if compatibility == .mended || !(observation.failure.map(isDialFailure) ?? false) {
      Self.addFailures(verdict, to: &metrics)
    }
    for labels in observation.facts.socket?.labels ?? [] {
      metrics.set("probe_expect_info", help: "Explicit content matched", 1, labels: labels.map { ($0.name, $0.value) })
    }
    metrics.addTLS(observation.facts.tls, compatibility, withCipher: false, withLastChain: true)
  }

  /// Adds which kind of expectation failed the probe, if any did.
  static func addFailures(_ verdict: ModuleVerdict, to metrics: inout ProbeMetrics) {
    metrics.set(
      "probe_failed_due_to_regex", help: "Indicates if probe failed due to regex", verdict.isRegexFailure)
    metrics.set(
      "probe_failed_due_to_bytes", help: "Indicates if probe failed due to bytes", verdict.isBytesFailure)
  }

  /// Adds what there is where nothing could be sent.
  static func addMetricsWithoutExchange(_ compatibility: Compatibility, to metrics: inout ProbeMetrics) {
    if compatibility == .mended { addFailures(ModuleVerdict(), to: &metrics) }
  }
}

extension Facts {
  /// What a socket showed; nil for other kinds of probe.
  fileprivate var socket: SocketFacts? {
    if case .socket(let facts) = detail { facts } else { nil }
  }
}

extension ModuleVerdict {
  /// Puts the resolution of a target on record, in upstream's words.
  mutating func noteResolution(of target: String, _ observation: Observation, _ choice: AddressChoice) {
    let family = choice.prefersV6 ? "ip6" : "ip4"
    log.append(LogEntry(.info, "Resolving target address", [("target", target), ("ip_protocol", family)]))
    if observation.facts.ip.isEmpty {
      guard let failure = observation.failure, failure.phase == .resolve else { return }
      log.append(
        LogEntry(.error, "Resolution with IP protocol failed", [("target", target), ("err", failure.words)]))
    } else {
      log.append(LogEntry(.info, "Resolved target address", [("target", target), ("ip", observation.facts.ip)]))
    }
  }
}

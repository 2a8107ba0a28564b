package import Model

extension GRPCModule {
  /// The states of grpc.health.v1.
  private static let states = ["UNKNOWN", "SERVING", "NOT_SERVING", "SERVICE_UNKNOWN"]

  package func addMetrics(
    of observation: Observation, spec: ProbeSpec, verdict: ModuleVerdict, _ compatibility: Compatibility,
    to metrics: inout ProbeMetrics
  ) {
    guard case .grpc(let grpc) = observation.facts.detail else { return }
    let facts = observation.facts
    let failure = observation.failure
    // What is wrong with `tls_config` is found before anything is asked.
    let wasPrepared = !(failure?.code == .templateFailed && failure?.phase != .connect)
    let wasCalled = wasPrepared && failure?.phase != .resolve
    metrics.addAddress(facts, wasAttempted: wasPrepared)
    Self.add("resolve", facts.phases.resolve, to: &metrics)
    if wasCalled {
      Self.add("check", facts.elapsed - facts.phases.resolve, to: &metrics)
      for state in Self.states {
        metrics.set(
          "probe_grpc_healthcheck_response", help: "Response HealthCheck response", state == grpc.serving,
          labels: [("serving_status", state)])
      }
    }
    let isSecure = facts.tls != nil && (compatibility == .strict ? grpc.status == 0 : failure?.phase != .tls)
    Self.add(
      isSecure: isSecure, status: wasCalled ? grpc.status ?? Self.status(of: failure) : GRPCStatus.ok, to: &metrics)
    // Upstream shows the certificate of a server that answered the call, and of no other.
    if compatibility == .mended || grpc.status == GRPCStatus.ok {
      metrics.addTLS(facts.tls, compatibility, withCipher: false, withLastChain: false)
    }
  }

  package func addMetricsWithoutExchange(_ compatibility: Compatibility, to metrics: inout ProbeMetrics) {
    Self.add("resolve", .zero, to: &metrics)
    Self.add(isSecure: false, status: GRPCStatus.ok, to: &metrics)
  }

  private static func add(_ phase: String, _ time: Duration, to metrics: inout ProbeMetrics) {
    metrics.set(
      "probe_grpc_duration_seconds", help: "Duration of gRPC request by phase", time, labels: [("phase", phase)])
  }

  private static func add(isSecure: Bool, status: Int, to metrics: inout ProbeMetrics) {
    metrics.set("probe_grpc_ssl", help: "Indicates if SSL was used for the connection", isSecure)
    metrics.set("probe_grpc_status_code", help: "Response gRPC status code", Double(status))
  }

  /// The status that a library of gRPC gives to a call which ended without one.
  private static func status(of failure: ProbeFailure?) -> Int {
    switch failure?.code {
    case .timeout: GRPCStatus.deadlineExceeded
    case .cancelled: GRPCStatus.cancelled
    case .bodyTooLarge: GRPCStatus.resourceExhausted
    // Metadata that cannot be sent.
    case .templateFailed: GRPCStatus.internal
    default: GRPCStatus.unavailable
    }
  }
}

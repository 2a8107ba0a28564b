package import Model

extension GRPCModule {
  package func verdict(
    on observation: Observation, of spec: ProbeSpec, _ compatibility: Compatibility
  ) -> ModuleVerdict {
    var verdict = ModuleVerdict()
    if let failure = observation.failure {
      verdict.fail(failure)
      return verdict
    }
    guard case .grpc(let facts) = observation.facts.detail else { return verdict }
    let status = facts.status ?? GRPCStatus.unavailable
    if status != GRPCStatus.ok {
      verdict.fail(
        ProbeFailure(
          .expectationFailed, during: .receive, "the health check ended with status \(GRPCStatus.text(status))",
          quote: facts.statusMessage.isEmpty ? "" : ": \(facts.statusMessage)"))
    } else if facts.serving != "SERVING" {
      verdict.fail(ProbeFailure(.expectationFailed, during: .receive, "the service is \(facts.serving), not SERVING"))
    } else {
      verdict.log.append(LogEntry(.debug, "The service is SERVING"))
    }
    return verdict
  }
}

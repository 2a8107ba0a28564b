package import Model

extension WebSocketModule {
  package func verdict(
    on observation: Observation, of spec: ProbeSpec, _ compatibility: Compatibility
  ) -> ModuleVerdict {
    var verdict = ModuleVerdict()
    guard let failure = observation.failure else {
      verdict.log.append(LogEntry(.debug, "The connection was upgraded, and every message came"))
      return verdict
    }
    verdict.fail(failure)
    // Whatever keeps a message from coming counts, as it does upstream.
    if case .websocket(let facts) = observation.facts.detail { verdict.isRegexFailure = facts.socket.unmet != nil }
    return verdict
  }
}

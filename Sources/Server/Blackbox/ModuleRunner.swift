package import Blackbox
package import Model

/// Probes a target by a module: what is sent, the exchange, and what is held of it.
package struct ModuleRunner: Sendable {
  private let prober: any Prober
  private let surroundings: ModuleSurroundings
  private let policy: TargetPolicy
  private let time: any TimeSource

  /// - Parameter policy: what may be probed.
  package init(
    prober: any Prober, surroundings: ModuleSurroundings, policy: TargetPolicy, time: any TimeSource = SystemTime()
  ) {
    self.prober = prober
    self.surroundings = surroundings
    self.policy = policy
    self.time = time
  }

  /// One probe, from its spec to its report.
  package func report(
    on request: ProbeRequest, by module: BlackboxModule, timeout: Duration
  ) async -> ProbeReport {
    let begin = time.uptime
    func report(_ observation: Observation?, _ spec: ProbeSpec?, _ fault: ModuleFault?) -> ProbeReport {
      module.report(
        on: observation, spec: spec, fault: fault, took: time.uptime - begin, timeout: timeout,
        surroundings.compatibility)
    }
    guard let section = module.section else {
      let name = module.prober?.rawValue ?? ""
      return report(nil, nil, ModuleFault(.internal, "there is no prober \(GoQuote.quoted(name))"))
    }
    let spec: ProbeSpec
    do throws(ModuleFault) {
      spec = try section.spec(for: request, in: surroundings)
    } catch {
      return report(nil, nil, error)
    }
    return report(await prober.probe(spec, in: ProbeContext(timeout: timeout, policy: policy)), spec, nil)
  }
}

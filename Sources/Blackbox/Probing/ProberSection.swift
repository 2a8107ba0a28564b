package import Model

/// The section of one prober in a module: the one place that knows what blackbox_exporter does with it.
///
/// All three functions are pure but for the files that a spec reads.
package protocol ProberSection: Sendable {
  /// What is sent for a request.
  ///
  /// - Throws: why nothing can be sent: a target that is no address, a file that cannot be read.
  func spec(for request: ProbeRequest, in surroundings: ModuleSurroundings) throws(ModuleFault) -> ProbeSpec

  /// What is held of what was seen.
  func verdict(on observation: Observation, of spec: ProbeSpec, _ compatibility: Compatibility) -> ModuleVerdict

  /// Adds the metrics of this prober alone; those that all have are there already.
  func addMetrics(
    of observation: Observation, spec: ProbeSpec, verdict: ModuleVerdict, _ compatibility: Compatibility,
    to metrics: inout ProbeMetrics)

  /// Adds those that this prober has even where nothing could be sent.
  func addMetricsWithoutExchange(_ compatibility: Compatibility, to metrics: inout ProbeMetrics)
}

extension ProberSection {
  /// None.
  package func addMetricsWithoutExchange(_ compatibility: Compatibility, to metrics: inout ProbeMetrics) {}
}

package import Model

/// What a door answers to a request for a probe.
package struct ProbeReport: Sendable {
  /// Why it failed; nil when it succeeded.
  package var failure: ProbeFailure?
  /// Everything that is known of it as gauges.
  package var metrics: ProbeMetrics
  /// What was done and found.
  package var log: [LogEntry]

  /// A report with everything said.
  package init(failure: ProbeFailure?, metrics: ProbeMetrics, log: [LogEntry]) {
    self.failure = failure
    self.metrics = metrics
    self.log = log
  }
}

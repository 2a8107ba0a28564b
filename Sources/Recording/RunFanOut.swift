package import Model

/// Serves every sink with every run: one run in, metrics and history and whoever else out.
package struct RunFanOut: RunSink {
  private let sinks: [any RunSink]

  /// Serves these sinks in this order.
  package init(_ sinks: [any RunSink]) {
    self.sinks = sinks
  }

  package func record(_ run: Run) {
    for sink in sinks { sink.record(run) }
  }

  package func record(_ missed: MissedSlots, in region: String) {
    for sink in sinks { sink.record(missed, in: region) }
  }
}

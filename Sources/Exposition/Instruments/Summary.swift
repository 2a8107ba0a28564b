import Synchronization

/// A count and a sum of observations, without quantiles: enough for averages over any window, at two series each.
package final class Summary: Instrument {
  /// What tells this summary from the others of its family.
  package let labels: Labels
  private let state = Mutex(State())

  private struct State {
    var count: UInt64 = 0
    var sum = 0.0
  }

  init(labels: Labels) {
    self.labels = labels
  }

  /// Adds an observation; NaN is ignored, because it would spoil the sum for good.
  package func observe(_ value: Double) {
    guard !value.isNaN else { return }
    state.withLock { state in
      state.count += 1
      state.sum += value
    }
  }

  /// Adds a time span in seconds.
  package func observe(_ duration: Duration) {
    observe(duration.inSeconds)
  }

  /// How many observations there are.
  package var count: UInt64 { state.withLock { $0.count } }

  /// The sum of all observations.
  package var sum: Double { state.withLock { $0.sum } }

  /// Writes `_sum` and `_count`.
  package func write(to writer: inout SampleWriter) {
    let state = state.withLock { $0 }
    writer.sample(labels, suffix: "_sum", value: state.sum)
    writer.sample(labels, suffix: "_count", count: state.count)
  }
}

import Synchronization

/// Counts and sums of observations, without quantiles: enough for averages over any window, at two series for each value of
/// a label whose values are known beforehand.
///
/// It holds the other labels once: with ten thousand checks of five phases, that is most of what they take.
package final class SummarySet: Instrument {
  /// What tells this set from the others of its family.
  package let labels: Labels
  private let layout: StateLayout
  private let insertionPoint: Int
  private let totals: Mutex<[Total]>

  private struct Total {
    var count: UInt64 = 0
    var sum = 0.0
  }

  /// - Precondition: the labels lack the one that the observations are told apart by.
  init(labels: Labels, layout: StateLayout) {
    precondition(labels[layout.label] == nil, "the label \"\(layout.label)\" is written by the summary set itself")
    self.labels = labels
    self.layout = layout
    insertionPoint = labels.insertionPoint(for: layout.label)
    totals = Mutex([Total](repeating: Total(), count: layout.states.count))
  }

  /// Adds an observation under the value at that position of the registered list; NaN is ignored, because it would spoil
  /// the sum for good.
  ///
  /// - Precondition: there is such a position.
  package func observe(_ value: Double, at index: Int) {
    guard !value.isNaN else { return }
    totals.withLock { totals in
      totals[index].count += 1
      totals[index].sum += value
    }
  }

  /// Adds a time span in seconds.
  package func observe(_ duration: Duration, at index: Int) {
    observe(duration.inSeconds, at: index)
  }

  /// How many observations there are under the value at that position.
  package func count(at index: Int) -> UInt64 { totals.withLock { $0[index].count } }

  /// The sum of all observations under the value at that position.
  package func sum(at index: Int) -> Double { totals.withLock { $0[index].sum } }

  /// Writes `_sum` and `_count` for each value that was observed, sorted by the values.
  package func write(to writer: inout SampleWriter) {
    let totals = totals.withLock { $0 }
    for state in layout.rendered where totals[state.index].count > 0 {
      let total = totals[state.index]
      writer.sample(labels, inserting: state.pair, at: insertionPoint, suffix: "_sum", value: total.sum)
      writer.sample(labels, inserting: state.pair, at: insertionPoint, suffix: "_count", count: total.count)
    }
  }
}

import Synchronization

/// Totals that only grow, one for each value of a label whose values are known beforehand.
///
/// It prints what so many counters would, and holds their labels once: with ten thousand checks, that is the difference
/// between one object a check and six.
package final class CounterSet: Instrument {
  /// What tells this set from the others of its family.
  package let labels: Labels
  private let layout: StateLayout
  private let insertionPoint: Int
  private let totals: Mutex<[UInt64]>

  /// - Precondition: the labels lack the one that the counters are told apart by.
  init(labels: Labels, layout: StateLayout) {
    precondition(labels[layout.label] == nil, "the label \"\(layout.label)\" is written by the counter set itself")
    self.labels = labels
    self.layout = layout
    insertionPoint = labels.insertionPoint(for: layout.label)
    totals = Mutex([UInt64](repeating: 0, count: layout.states.count))
  }

  /// Counts so many events under the value at that position of the registered list.
  ///
  /// - Precondition: there is such a position.
  package func increment(at index: Int, by amount: Int = 1) {
    totals.withLock { $0[index] += UInt64(max(0, amount)) }
  }

  /// Writes a sample for each value, sorted by the values.
  package func write(to writer: inout SampleWriter) {
    let totals = totals.withLock { $0 }
    for state in layout.rendered {
      writer.sample(labels, inserting: state.pair, at: insertionPoint, value: Double(totals[state.index]))
    }
  }
}

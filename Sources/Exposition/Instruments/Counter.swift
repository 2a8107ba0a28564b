/// A total that only grows while the program runs.
///
/// Whole numbers are exact up to 2^53.
package final class Counter: Instrument {
  /// What tells this counter from the others of its family.
  package let labels: Labels
  private let total = AtomicDouble(0)

  init(labels: Labels) {
    self.labels = labels
  }

  /// Counts one event.
  package func increment() {
    total.add(1)
  }

  /// Counts an amount, such as bytes or seconds; negative amounts and NaN are ignored, because a counter that falls
  /// reads as a restart of the program.
  package func increment(by amount: Double) {
    guard amount >= 0 else { return }
    total.add(amount)
  }

  /// Takes over a total that is kept elsewhere, such as the kernel's account of CPU time; negative totals and NaN are
  /// ignored.
  package func reflect(_ total: Double) {
    guard total >= 0 else { return }
    self.total.store(total)
  }

  /// The present total.
  package var value: Double { total.value ?? 0 }

  /// Writes one sample.
  package func write(to writer: inout SampleWriter) {
    writer.sample(labels, value: value)
  }
}

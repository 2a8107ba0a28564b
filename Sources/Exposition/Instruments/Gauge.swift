/// A value that goes up and down, or that is not known at times.
package final class Gauge: Instrument {
  /// What tells this gauge from the others of its family.
  package let labels: Labels
  private let current: AtomicDouble

  init(labels: Labels, initially value: Double?) {
    self.labels = labels
    self.current = AtomicDouble(value)
  }

  /// States the present value.
  package func set(_ value: Double) {
    current.store(value)
  }

  /// States a time span; it is shown in seconds.
  package func set(_ duration: Duration) {
    current.store(duration.inSeconds)
  }

  /// Says that there is no value now: the series has no line until the next `set`, where a 0 would be a lie.
  package func clear() {
    current.store(nil)
  }

  /// Raises the value; a gauge without one starts from 0.
  package func increment(by amount: Double = 1) {
    current.add(amount)
  }

  /// Lowers the value; a gauge without one starts from 0.
  package func decrement(by amount: Double = 1) {
    current.add(-amount)
  }

  /// The present value, or nil when there is none.
  package var value: Double? { current.value }

  /// Writes one sample, or none while there is no value.
  package func write(to writer: inout SampleWriter) {
    guard let value else { return }
    writer.sample(labels, value: value)
  }
}

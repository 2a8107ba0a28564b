import Model

/// The vertical axis of a chart of durations: it begins at zero and ends at a round number.
package struct LatencyScale: Hashable, Sendable {
  /// From one line to the next.
  package let step: Duration
  /// How many steps there are; at least 1.
  package let count: Int

  /// The scale that the largest value fits under, with two to five lines.
  package init(largest: Duration) {
    let wanted = max(largest, .milliseconds(1))
    var step = Duration.microseconds(100)
    // 1, 2, 5, 10 … until four of them are enough.
    var factors = [2, 5, 10]
    var unit = step
    while step * 4 < wanted {
      step = unit * factors.removeFirst()
      if factors.isEmpty { (factors, unit) = ([2, 5, 10], step) }
    }
    var count = 1
    while step * count < wanted { count += 1 }
    (self.step, self.count) = (step, count)
  }

  /// The value at the top.
  package var top: Duration { step * count }

  /// Where a value stands: 0 at the top, 1000 at the bottom.
  package func y(_ value: Duration) -> Int {
    1000 - Int((Double(value.nanoseconds) / Double(top.nanoseconds) * 1000).rounded())
  }
}

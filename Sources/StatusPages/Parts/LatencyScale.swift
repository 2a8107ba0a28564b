import Model

/// The vertical axis of a chart of durations: it begins at zero and ends at a round number.
struct LatencyScale: Hashable, Sendable {
  /// From one line to the next.
  let step: Duration
  /// How many steps there are; at least 1.
  let count: Int

  /// The scale that the largest value fits under, with two to five lines.
  init(largest: Duration) {
    let wanted = max(largest, .milliseconds(1))
    var unit = Duration.microseconds(100)
    while true {
      for factor in [1, 2, 5] where unit * factor * 4 >= wanted {
        step = unit * factor
        var count = 1
        while step * count < wanted { count += 1 }
        self.count = count
        return
      }
      unit *= 10
    }
  }

  /// The value at the top.
  var top: Duration { step * count }

  /// Where a value stands: 0 at the top, 1000 at the bottom.
  func y(_ value: Duration) -> Int {
    1000 - Int((Double(value.nanoseconds) / Double(top.nanoseconds) * 1000).rounded())
  }
}

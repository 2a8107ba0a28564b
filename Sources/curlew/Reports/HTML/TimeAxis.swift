import Model

/// The common axis of a run's steps: from its first moment to its last, in four equal parts that are round numbers.
struct TimeAxis {
  /// Where it begins.
  let start: Timestamp
  /// How long it is; zero when nothing took any time.
  let length: Duration

  /// The axis on which all of these steps lie.
  init(_ steps: [StepResult]) {
    let steps = steps.filter { $0.verdict != nil }
    start = steps.map(\.started).min() ?? Timestamp(secondsSinceEpoch: 0)
    let end = steps.map { $0.started + $0.duration }.max() ?? start
    length = Self.rounded(end - start)
  }

  /// Where the four parts begin.
  var ticks: [Duration] { (0..<4).map { length / 4 * $0 } }

  /// A moment in thousandths of the axis.
  func place(of moment: Timestamp) -> Double { share(of: moment - start) }

  /// A duration in thousandths of the axis.
  func share(of duration: Duration) -> Double {
    guard length > .zero else { return 0 }
    return min(1000, max(0, duration.seconds / length.seconds * 1000))
  }

  /// The next length whose quarters are short numbers.
  private static func rounded(_ duration: Duration) -> Duration {
    guard duration > .zero else { return .zero }
    var decade: Int64 = 1
    while decade <= Int64.max / 1000, decade * 100 < duration.nanoseconds { decade *= 10 }
    let steps: [Int64] = [10, 12, 16, 20, 24, 28, 32, 40, 48, 60, 80, 100]
    let factor = steps.first { $0 * decade >= duration.nanoseconds } ?? 100
    return .nanoseconds(factor * decade)
  }
}

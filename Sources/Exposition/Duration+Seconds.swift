extension Duration {
  /// The span in seconds, the base unit of Prometheus, to the nanosecond.
  ///
  /// One division of two exact integers: 5 ms is the `Double` nearest to 0.005 and prints as such. Spans of more than a
  /// hundred days are beyond the exact integers and lose nanoseconds, not more.
  package var inSeconds: Double {
    let (seconds, attoseconds) = components
    let nanoseconds = attoseconds / 1_000_000_000
    guard seconds.magnitude < 9_000_000 else { return Double(seconds) + Double(nanoseconds) / 1e9 }
    return Double(seconds * 1_000_000_000 + nanoseconds) / 1e9
  }
}

/// Durations as a sentence says them.
package enum DurationText {
  /// "4 s", "1.5 s", "250 ms", "80 µs".
  package static func seconds(_ nanoseconds: Int64) -> String {
    let (unit, name): (Int64, String) =
      switch nanoseconds {
      case 1_000_000_000...: (1_000_000_000, "s")
      case 1_000_000...: (1_000_000, "ms")
      default: (1000, "µs")
      }
    let tenths = (nanoseconds + unit / 20) / (unit / 10)
    return tenths % 10 == 0 ? "\(tenths / 10) \(name)" : "\(tenths / 10).\(tenths % 10) \(name)"
  }
}

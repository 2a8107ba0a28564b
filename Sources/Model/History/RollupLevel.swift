/// How finely what happened is still known once runs are gone.
package enum RollupLevel: Int, CaseIterable, Sendable {
  case fiveMinutes, hours, days

  /// The name of its table.
  package var table: String {
    switch self {
    case .fiveMinutes: "five_minutes"
    case .hours: "hours"
    case .days: "days"
    }
  }

  /// How long one bucket is, in milliseconds.
  package var width: Int64 {
    switch self {
    case .fiveMinutes: 300_000
    case .hours: 3_600_000
    case .days: 86_400_000
    }
  }

  /// The next finer level; nil for the finest.
  package var finer: RollupLevel? { RollupLevel(rawValue: rawValue - 1) }

  /// The start of the bucket that `moment` falls into; buckets are those of UTC.
  package func floor(_ moment: Int64) -> Int64 {
    number(of: moment) * width
  }

  /// The number of the bucket that `moment` falls into: how many there are since the epoch. Tables hold these, for they
  /// are half as long as moments.
  package func number(of moment: Int64) -> Int64 {
    moment.flooredQuotient(by: width)
  }

  /// The number of the first bucket that begins at `moment` or later.
  package func number(from moment: Int64) -> Int64 {
    let number = number(of: moment)
    return moment.flooredRemainder(by: width) == 0 ? number : number + 1
  }
}

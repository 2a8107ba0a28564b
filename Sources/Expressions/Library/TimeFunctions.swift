extension FunctionTable {
  /// `getHours()` and the other parts of timestamps (in UTC or a zone given by name or offset) and durations.
  mutating func addTimeFunctions() {
    for part in TimePart.allCases {
      let name = part.rawValue
      one(
        name, member: true, part.isOfDurations ? [(.timestamp, .int), (.duration, .int)] : [(.timestamp, .int)]
      ) { (value: Value, _: inout Frame) throws(EvaluationError) -> Value in
        switch value {
        case .timestamp(let moment): return .int(part.value(of: moment, offset: 0))
        case .duration(let span) where part.isOfDurations: return .int(part.value(of: span))
        default: throw .noSuchOverload(name, value)
        }
      }
      two(name, member: true, [(.timestamp, .string, .int)]) {
        (value: Value, zone: Value, frame: inout Frame) throws(EvaluationError) -> Value in
        guard case .timestamp(let moment) = value, case .string(let zone) = zone else {
          throw .noSuchOverload(name, value, zone)
        }
        try frame.charge(10)
        guard let offset = TimeZones.offsetSeconds(of: zone, at: moment) else {
          throw EvaluationError(
            .invalidArgument, "unknown time zone \(Value.string(zone).brief()); write \"Europe/Berlin\" or \"+02:00\"")
        }
        return .int(part.value(of: moment, offset: offset))
      }
    }
  }
}

/// What can be asked of a time.
private enum TimePart: String, CaseIterable, Sendable {
  case getFullYear, getMonth, getDate, getDayOfMonth, getDayOfWeek, getDayOfYear
  case getHours, getMinutes, getSeconds, getMilliseconds

  var isOfDurations: Bool {
    switch self {
    case .getHours, .getMinutes, .getSeconds, .getMilliseconds: true
    default: false
    }
  }

  /// The part of a moment, in a zone that is so many seconds ahead of UTC. Months and days of the month and year count
  /// from 0, only `getDate` from 1.
  func value(of moment: TimestampValue, offset: Int64) -> Int64 {
    let time = CivilTime(secondsSince1970: moment.seconds + offset)
    return switch self {
    case .getFullYear: time.year
    case .getMonth: time.month - 1
    case .getDate: time.day
    case .getDayOfMonth: time.day - 1
    case .getDayOfWeek: time.weekday
    case .getDayOfYear: time.dayOfYear
    case .getHours: time.hour
    case .getMinutes: time.minute
    case .getSeconds: time.second
    case .getMilliseconds: Int64(moment.nanoseconds) / 1_000_000
    }
  }

  /// The whole duration in this unit, cut towards zero; of milliseconds those beyond the last second.
  func value(of span: Duration) -> Int64 {
    let (seconds, attoseconds) = span.components
    return switch self {
    case .getHours: seconds / 3600
    case .getMinutes: seconds / 60
    case .getMilliseconds: attoseconds / 1_000_000_000_000_000
    default: seconds
    }
  }
}

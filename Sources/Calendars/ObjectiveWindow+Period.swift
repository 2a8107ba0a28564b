package import Model

extension ObjectiveWindow {
  /// How long the promise is kept over, as a whole: of a calendar window that is under way, from its begin to its end.
  package func period(at moment: Timestamp) -> Duration {
    switch self {
    case .rolling(let duration): return duration
    case .calendar(let unit, let timeZone):
      let calendar = LocalCalendar(timeZone: timeZone) ?? .utc
      return calendar.end(of: unit, at: moment) - calendar.begin(of: unit, at: moment)
    }
  }

  /// Reads `30d` as so long up to now, and `month` as what passed of the month that is under way; nil for anything else.
  ///
  /// - Parameter timeZone: the IANA name of the time zone that pieces of the calendar are of.
  package init?(text: String, timeZone: String) {
    if let unit = CalendarUnit(rawValue: text) {
      self = .calendar(unit, timeZone: timeZone)
    } else if let duration = Units.duration(text), duration > .zero {
      self = .rolling(duration)
    } else {
      return nil
    }
  }

  /// The time zone that it is of; nil for one that has none.
  package var timeZone: String? {
    if case .calendar(_, let timeZone) = self { timeZone } else { nil }
  }
}

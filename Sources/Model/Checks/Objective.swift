/// What is promised of a check.
package struct Objective: Hashable, Sendable {
  /// The promised share of good slots, 0 to 1.
  package var availability: Double
  /// Over how long the promise is kept.
  package var window: ObjectiveWindow
  /// What is promised of its speed, or nil.
  package var latency: LatencyObjective?

  /// An objective with everything said.
  package init(availability: Double, window: ObjectiveWindow, latency: LatencyObjective? = nil) {
    self.availability = availability
    self.window = window
    self.latency = latency
  }

  /// 99.5 % over 30 days, where nothing else is written.
  package static let standard = Objective(availability: 0.995, window: .rolling(.days(30)))
}

/// A promise of speed: at least `ratio` of the good runs take less than `below`.
package struct LatencyObjective: Hashable, Sendable {
  /// The limit on a run's duration.
  package var below: Duration
  /// The promised share of runs under the limit, 0 to 1.
  package var ratio: Double

  /// A latency objective with both its numbers.
  package init(below: Duration, ratio: Double) {
    self.below = below
    self.ratio = ratio
  }
}

/// Over how long a promise is kept.
package enum ObjectiveWindow: Hashable, Sendable {
  /// So long up to now.
  case rolling(Duration)
  /// From the begin of the unit that is under way to now, in a time zone by its IANA name.
  case calendar(CalendarUnit, timeZone: String)

  /// As people write it and labels say it: `30d`, `month`.
  package var text: String {
    switch self {
    case .rolling(let duration): Units.text(of: duration, hasWeeks: false)
    case .calendar(let unit, _): unit.rawValue
    }
  }
}

/// A piece of the calendar.
package enum CalendarUnit: String, Hashable, Sendable, CaseIterable {
  case day
  /// Weeks begin on Monday.
  case week
  case month, quarter, year
}

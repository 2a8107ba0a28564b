package import Model

extension Recurrence {
  /// How long each occurrence lasts, in real time; nil for one that is written with its end.
  package var lasting: Duration? {
    switch self {
    case .once: nil
    case .weekly(_, _, let lasting), .monthly(_, _, let lasting), .cron(_, let lasting): lasting
    }
  }

  /// Every occurrence that has a part in `from` ..< `to`, in order of time, whole: the first may begin before `from`.
  ///
  /// Of occurrences that a change of clocks lets begin at one moment there is one.
  package func occurrences(in calendar: LocalCalendar, from: Timestamp, to: Timestamp) -> [Range<Timestamp>] {
    guard from < to else { return [] }
    guard let lasting else {
      guard case .once(let begin, let until) = self else { return [] }
      let (start, end) = (calendar.moment(of: begin), calendar.moment(of: until))
      return start < end && start < to && end > from ? [start..<end] : []
    }
    var found: [Range<Timestamp>] = []
    // The local day of a moment is at most one beside that of another zone's clocks.
    let first = calendar.date(at: from - lasting).adding(days: -1).daysSinceEpoch
    let last = calendar.date(at: to).adding(days: 1).daysSinceEpoch
    for day in first...max(first, last) {
      let date = LocalDate(daysSinceEpoch: day)
      guard includes(date) else { continue }
      for time in times {
        let start = calendar.moment(of: LocalDateTime(date: date, time: time))
        guard start < to else { return found }
        guard start + lasting > from, found.last?.lowerBound != start else { continue }
        found.append(start..<(start + lasting))
      }
    }
    return found
  }

  /// The shortest time from one occurrence to the next, as local clocks show it; nil when there never is one, or never a
  /// second one.
  package var shortestPeriod: Duration? {
    guard lasting != nil else { return nil }
    let times = times.map { $0.hour * 60 + $0.minute }
    var shortest: Int?
    var before: Int?
    var count = 0
    // Forty years hold every mixture of weekdays, month ends and leap days; of what comes often a part will do, which is
    // more than two days even when it comes each minute.
    let begin = LocalDate(year: 2000, month: 1, day: 1).daysSinceEpoch
    for day in begin..<(begin + 14_610) where count < 3000 && includes(LocalDate(daysSinceEpoch: day)) {
      for time in times {
        let minute = day * 1440 + time
        if let before { shortest = min(shortest ?? .max, minute - before) }
        before = minute
        count += 1
      }
    }
    return shortest.map { .minutes($0) }
  }

  /// Whether it begins on a day.
  private func includes(_ date: LocalDate) -> Bool {
    switch self {
    case .once: false
    case .weekly(let days, _, _): days.contains(date.weekday)
    case .monthly(let days, _, _): days.contains { $0.matches(date) }
    case .cron(let expression, _): expression.includes(date)
    }
  }

  /// The times of such a day, in order.
  private var times: [LocalTime] {
    switch self {
    case .once: []
    case .weekly(_, let time, _), .monthly(_, let time, _): [time]
    case .cron(let expression, _):
      expression.hours.sorted().flatMap { hour in
        expression.minutes.sorted().map { LocalTime(hour: hour, minute: $0) }
      }
    }
  }
}

extension MonthDay {
  /// Whether this day of its month is meant.
  fileprivate func matches(_ date: LocalDate) -> Bool {
    switch self {
    case .day(let day): date.day == day
    case .last: date.day == date.yearMonth.dayCount
    case .weekday(let weekday, let ordinal):
      date.weekday == weekday
        && (ordinal < 0 ? date.day + 7 > date.yearMonth.dayCount : (date.day - 1) / 7 + 1 == ordinal)
    }
  }
}

extension CronExpression {
  /// Whether it names times on a day. Where both fields restrict the day, one of them is enough (crontab(5)).
  fileprivate func includes(_ date: LocalDate) -> Bool {
    guard months.contains(date.month) else { return false }
    let isDayOfMonth = daysOfMonth.contains(date.day)
    let isDayOfWeek = daysOfWeek.contains(date.weekday.rawValue % 7)
    return restrictsDayOfMonth && restrictsDayOfWeek ? isDayOfMonth || isDayOfWeek : isDayOfMonth && isDayOfWeek
  }
}

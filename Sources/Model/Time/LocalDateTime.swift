/// A time of day without a place.
package struct LocalTime: Hashable, Sendable {
  /// 0 to 23.
  package var hour: Int
  /// 0 to 59.
  package var minute: Int

  /// A time of day.
  package init(hour: Int, minute: Int) {
    self.hour = hour
    self.minute = minute
  }
}

/// A day of the Gregorian calendar without a place.
package struct LocalDate: Hashable, Comparable, Sendable, CustomStringConvertible {
  package var year: Int
  /// 1 to 12.
  package var month: Int
  /// 1 to 31.
  package var day: Int

  /// A day; whether it exists is another matter (`exists`).
  package init(year: Int, month: Int, day: Int) {
    self.year = year
    self.month = month
    self.day = day
  }

  /// The day that lies so many days after 1970-01-01.
  package init(daysSinceEpoch: Int) {
    // Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms": eras of 400 years that begin in March.
    let shifted = daysSinceEpoch + 719_468
    let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
    self.init(
      year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month: month,
      day: dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
  }

  /// How many days it lies after 1970-01-01; of a day that does not exist, as if its month went on.
  package var daysSinceEpoch: Int {
    let year = month <= 2 ? year - 1 : year
    let era = (year >= 0 ? year : year - 399) / 400
    let yearOfEra = year - era * 400
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
  }

  /// Whether there is such a day.
  package var exists: Bool { (1...12).contains(month) && LocalDate(daysSinceEpoch: daysSinceEpoch) == self }

  /// The day so many days later; earlier when it is negative.
  package func adding(days: Int) -> LocalDate { LocalDate(daysSinceEpoch: daysSinceEpoch + days) }

  package var weekday: Weekday {
    // 1970-01-01 was a Thursday.
    Weekday(rawValue: Int((Int64(daysSinceEpoch) + 3).flooredRemainder(by: 7)) + 1) ?? .monday
  }

  /// The month that it lies in.
  package var yearMonth: YearMonth { YearMonth(year: year, month: month) }

  /// `2026-11-21`, as ISO 8601 writes it.
  package var description: String { "\(yearMonth)-\(day < 10 ? "0" : "")\(day)" }

  package static func < (left: LocalDate, right: LocalDate) -> Bool {
    (left.year, left.month, left.day) < (right.year, right.month, right.day)
  }
}

/// A time of a day without a place.
package struct LocalDateTime: Hashable, Sendable {
  package var date: LocalDate
  package var time: LocalTime

  /// A time of a day.
  package init(date: LocalDate, time: LocalTime) {
    self.date = date
    self.time = time
  }
}

/// A day of the week, numbered as ISO 8601 does.
package enum Weekday: Int, Hashable, Sendable, CaseIterable {
  case monday = 1
  case tuesday, wednesday, thursday, friday, saturday, sunday
}

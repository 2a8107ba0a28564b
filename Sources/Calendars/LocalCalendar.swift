import Foundation
package import Model

/// The Gregorian calendar as the clocks of one place show it.
package struct LocalCalendar: Hashable, Sendable {
  /// Its IANA name: `Europe/Berlin`.
  package let timeZone: String
  private let zone: TimeZone

  /// The calendar of a time zone; nil for a name that is not known.
  package init?(timeZone: String) {
    // Foundation also takes abbreviations and offsets, of which some mean other things in other places.
    guard timeZone == "UTC" || timeZone.contains("/"), let zone = TimeZone(identifier: timeZone) else { return nil }
    self.timeZone = timeZone
    self.zone = zone
  }

  /// The names of all time zones, for whoever wants to propose one.
  package static var timeZones: [String] {
    ["UTC"] + TimeZone.knownTimeZoneIdentifiers.filter { $0.contains("/") }.sorted()
  }

  private init(utc zone: TimeZone) {
    timeZone = "UTC"
    self.zone = zone
  }

  /// Without a place.
  package static let utc = LocalCalendar(utc: .gmt)

  /// How far the clocks are before UTC, in seconds.
  package func offset(at moment: Timestamp) -> Int {
    zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(moment.nanosecondsSinceEpoch) / 1e9))
  }

  /// What calendar and clock show, seconds left out.
  package func local(at moment: Timestamp) -> LocalDateTime {
    let seconds = moment.nanosecondsSinceEpoch.flooredQuotient(by: 1_000_000_000) + Int64(offset(at: moment))
    let second = Int(seconds.flooredRemainder(by: 86_400))
    return LocalDateTime(
      date: LocalDate(daysSinceEpoch: Int(seconds.flooredQuotient(by: 86_400))),
      time: LocalTime(hour: second / 3600, minute: second / 60 % 60))
  }

  /// The day that a moment lies in.
  package func date(at moment: Timestamp) -> LocalDate { local(at: moment).date }

  /// When the clocks show it. A time that a change of clocks leaves out is the moment of the change; one that comes twice is
  /// the first one.
  package func moment(of local: LocalDateTime) -> Timestamp {
    let seconds =
      Int64(local.date.daysSinceEpoch) * 86_400 + Int64(local.time.hour) * 3600 + Int64(local.time.minute) * 60
    let day = Duration.seconds(86_400)
    let before = Int64(offset(at: Timestamp(secondsSinceEpoch: seconds) - day))
    let after = Int64(offset(at: Timestamp(secondsSinceEpoch: seconds) + day))
    let first = Timestamp(secondsSinceEpoch: seconds - before)
    if Int64(offset(at: first)) == before { return first }
    let second = Timestamp(secondsSinceEpoch: seconds - after)
    if Int64(offset(at: second)) == after { return second }
    // Left out: the clocks go on somewhere between the two.
    var low = seconds - max(before, after)
    var high = seconds - min(before, after)
    let old = offset(at: Timestamp(secondsSinceEpoch: low))
    while high - low > 1 {
      let middle = low + (high - low) / 2
      if offset(at: Timestamp(secondsSinceEpoch: middle)) == old { low = middle } else { high = middle }
    }
    return Timestamp(secondsSinceEpoch: high)
  }

  /// The begin of a day.
  package func begin(of date: LocalDate) -> Timestamp {
    moment(of: LocalDateTime(date: date, time: LocalTime(hour: 0, minute: 0)))
  }

  /// The begin of a month.
  package func begin(of month: YearMonth) -> Timestamp { begin(of: month.firstDay) }

  /// The begin of the unit that a moment lies in.
  package func begin(of unit: CalendarUnit, at moment: Timestamp) -> Timestamp {
    begin(of: firstDay(of: unit, at: date(at: moment)))
  }

  /// The begin of the unit after the one that a moment lies in.
  package func end(of unit: CalendarUnit, at moment: Timestamp) -> Timestamp {
    let first = firstDay(of: unit, at: date(at: moment))
    let next =
      switch unit {
      case .day: first.adding(days: 1)
      case .week: first.adding(days: 7)
      case .month: first.yearMonth.next.firstDay
      case .quarter: first.yearMonth.next.next.next.firstDay
      case .year: LocalDate(year: first.year + 1, month: 1, day: 1)
      }
    return begin(of: next)
  }

  private func firstDay(of unit: CalendarUnit, at date: LocalDate) -> LocalDate {
    switch unit {
    case .day: date
    case .week: date.adding(days: 1 - date.weekday.rawValue)
    case .month: date.yearMonth.firstDay
    case .quarter: LocalDate(year: date.year, month: (date.month - 1) / 3 * 3 + 1, day: 1)
    case .year: LocalDate(year: date.year, month: 1, day: 1)
    }
  }
}

extension ObjectiveWindow {
  /// Where the window begins that ends at `moment`. A time zone that is not known, which no file can have, is UTC.
  package func begin(at moment: Timestamp) -> Timestamp {
    switch self {
    case .rolling(let duration): moment - duration
    case .calendar(let unit, let timeZone):
      (LocalCalendar(timeZone: timeZone) ?? .utc).begin(of: unit, at: moment)
    }
  }
}

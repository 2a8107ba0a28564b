import Calendars
package import Model
package import ServiceLevels

/// Dates, numbers and lengths of time in the language and the time zone of one page.
package struct Wording: Sendable {
  let language: Language
  let calendar: LocalCalendar
  let now: Timestamp
  private let today: LocalDate

  /// The wording of a page at a moment. A time zone that is not known, which no file can have, is UTC.
  package init(language: String, timeZone: String, now: Timestamp) {
    self.language = .of(language)
    calendar = LocalCalendar(timeZone: timeZone) ?? .utc
    self.now = now
    today = calendar.date(at: now)
  }

  /// The wording of a page at a moment.
  init(_ definition: PageDefinition, now: Timestamp) {
    self.init(language: definition.language, timeZone: definition.timeZone, now: now)
  }

  // MARK: Days and times

  /// "Saturday, 21 November 2026".
  package func longDate(_ date: LocalDate) -> String {
    language(
      .dateLong,
      [
        "weekday": name(date.weekday.rawValue, of: language.weekdays), "day": String(date.day),
        "month": name(date.month, of: language.months), "year": String(date.year),
      ])
  }

  /// "21 November 2026".
  package func date(_ date: LocalDate) -> String {
    language(
      .dateMedium,
      ["day": String(date.day), "month": name(date.month, of: language.months), "year": String(date.year)])
  }

  /// "21 Nov".
  package func shortDate(_ date: LocalDate) -> String {
    language(.dateShort, ["day": String(date.day), "month": name(date.month, of: language.shortMonths)])
  }

  /// "November 2026".
  package func month(_ month: YearMonth) -> String {
    language(.dateMonth, ["month": name(month.month, of: language.months), "year": String(month.year)])
  }

  /// "Nov 2026".
  func shortMonth(_ month: YearMonth) -> String {
    language(.dateMonth, ["month": name(month.month, of: language.shortMonths), "year": String(month.year)])
  }

  private func name(_ number: Int, of names: [String]) -> String {
    names.indices.contains(number - 1) ? names[number - 1] : String(number)
  }

  /// "10:42".
  package func clock(_ moment: Timestamp) -> String {
    let time = calendar.local(at: moment).time
    return "\(time.hour < 10 ? "0" : "")\(time.hour):\(time.minute < 10 ? "0" : "")\(time.minute)"
  }

  /// As short as it can be understood today: "10:42", "19 Nov, 10:42", "19 November 2025, 10:42".
  package func moment(_ moment: Timestamp) -> String {
    let date = calendar.date(at: moment)
    if date == today { return clock(moment) }
    let isNear = abs(date.daysSinceEpoch - today.daysSinceEpoch) < 300
    return language(
      .moment, ["date": isNear ? shortDate(date) : self.date(date), "time": clock(moment)])
  }

  /// "Saturday, 21 November 2026, 10:42 UTC+1".
  package func fullMoment(_ moment: Timestamp) -> String {
    language(
      .moment,
      ["date": longDate(calendar.date(at: moment)), "time": "\(clock(moment)) \(offset(at: moment))"])
  }

  /// "22 Nov, 22:00 – 23:30"; the day of the end where it is another one.
  package func span(from: Timestamp, until: Timestamp) -> String {
    let endsSameDay = calendar.date(at: from) == calendar.date(at: until)
    let begin = language(.moment, ["date": shortDate(calendar.date(at: from)), "time": clock(from)])
    return language(.span, ["from": begin, "until": endsSameDay ? clock(until) : moment(until)])
  }

  /// How far the clocks are from UTC: "UTC+1", "UTC−3:30", "UTC".
  package func offset(at moment: Timestamp) -> String {
    let minutes = calendar.offset(at: moment) / 60
    guard minutes != 0 else { return "UTC" }
    let rest = minutes.magnitude % 60
    let fraction = rest == 0 ? "" : ":\(rest < 10 ? "0" : "")\(rest)"
    return "UTC\(minutes < 0 ? "−" : "+")\(minutes.magnitude / 60)\(fraction)"
  }

  // MARK: Numbers

  /// A percentage floored, without zeros that say nothing: "99.5%", "100%", "99.953%"; "–" for nothing.
  ///
  /// - Parameter decimals: how many at most.
  package func percentage(_ ratio: Ratio?, decimals: Int = 3) -> String {
    guard let ratio else { return language(.noFigure) }
    var grain = 1
    for _ in 0..<decimals { grain *= 10 }
    // In 128 bits, and floored towards −∞, so that 99.9999 % is never shown as 100 %.
    let (quotient, remainder) = (Int128(ratio.numerator) * 100 * Int128(grain))
      .quotientAndRemainder(dividingBy: Int128(ratio.denominator))
    let units = remainder < 0 ? quotient - 1 : quotient
    var digits = String(units.magnitude % UInt128(grain))
    digits = decimals == 0 ? "" : String(repeating: "0", count: decimals - digits.utf8.count) + digits
    while digits.last == "0" { digits.removeLast() }
    let whole = "\(units < 0 ? "−" : "")\(units.magnitude / UInt128(grain))"
    return language(.percent, ["number": digits.isEmpty ? whole : whole + language(.decimal) + digits])
  }

  /// A length of time in at most two units: "850 ms", "1.24 s", "30 s", "1 min 30 s", "2 d 4 h".
  package func duration(_ duration: Duration) -> String {
    let nanoseconds = max(0, duration.nanoseconds)
    switch nanoseconds {
    case 0: return language(.unitS, ["count": "0"])
    case ..<1_000_000_000:
      return language(.unitMs, ["count": nanoseconds < 1_000_000 ? "<1" : String(nanoseconds / 1_000_000)])
    case ..<10_000_000_000:
      let hundredths = nanoseconds / 10_000_000 % 100
      let seconds = String(nanoseconds / 1_000_000_000)
      let digits = hundredths % 10 == 0 ? "\(hundredths / 10)" : "\(hundredths < 10 ? "0" : "")\(hundredths)"
      return language(.unitS, ["count": hundredths == 0 ? seconds : seconds + language(.decimal) + digits])
    default: break
    }
    let units: [(phrase: Phrase, seconds: Int64)] = [(.unitD, 86_400), (.unitH, 3600), (.unitMin, 60), (.unitS, 1)]
    var rest = nanoseconds / 1_000_000_000
    var parts: [String] = []
    // Two units that follow each other: "3 d" of three days and five minutes.
    guard let first = units.firstIndex(where: { rest >= $0.seconds }) else { return "" }
    for unit in units[first...].prefix(2) where rest >= unit.seconds {
      parts.append(language(unit.phrase, ["count": String(rest / unit.seconds)]))
      rest %= unit.seconds
    }
    return parts.joined(separator: " ")
  }
}

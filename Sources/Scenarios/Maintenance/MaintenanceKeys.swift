import Calendars
import Documents
import Expressions
import Model

/// The keys of an entry of `maintenance`.
enum MaintenanceKeys {
  static let id = Key("id", .checkID, isRequired: true, "what it is called: [a-z0-9][a-z0-9-]{0,62}")
  static let title = Key("title", .nonEmptyText, "what people are told it is (the id)")
  static let checks = Key(
    "checks", Form<[CheckReference]>.list(of: .reference, minimum: 1), "checks and services that it is about")
  static let groups = Key(
    "groups", Form<[PlacedText]>.list(of: .placedText, minimum: 1), "groups that it is about")
  static let labels = Key(
    "labels", Form.map(of: Form<String>.text, keyPattern: Form<Fields<YAMLNode>>.identifier),
    "it is about checks that carry all of these")
  static let once = Key("once", .once, "from one local time to another")
  static let weekly = Key("weekly", .weekly, "each week on these days")
  static let monthly = Key("monthly", .monthly, "each month on these days")
  static let cron = Key("cron", .cron, "at the times of a cron expression")
  static let timeZone = Key("time_zone", .timeZone, "time zone of its times, such as Europe/Berlin (UTC)")

  static let table = SectionTable(
    "maintenance", title: "a maintenance window",
    [
      id.any, title.any, checks.any, groups.any, labels.any, once.any, weekly.any, monthly.any, cron.any, timeZone.any,
    ], oneOf: [once.name, weekly.name, monthly.name, cron.name])
}

/// The keys inside of `once`, `weekly`, `monthly` and `cron`.
enum RecurrenceKeys {
  static let from = Key("from", .localDateTime, isRequired: true, "local time: 2026-12-01T22:00")
  static let until = Key("until", .localDateTime, isRequired: true, "local time, not included: 2026-12-02T02:00")
  static let onceTable = SectionTable("once", [from.any, until.any])

  static let at = Key("at", .localTime, isRequired: true, "local time of day: \"03:00\"")
  static let lasting = Key(
    "for", .duration(.seconds(1) ... .days(366)), isRequired: true, "how long it lasts: 2h")

  static let weekdays = Key(
    "days", Form<[Weekday]>.list(of: .weekday, minimum: 1), isRequired: true, "days: monday … sunday")
  static let weeklyTable = SectionTable("weekly", [weekdays.any, at.any, lasting.any])

  static let monthDays = Key(
    "days", Form<[MonthDay]>.list(of: .monthDay, minimum: 1), isRequired: true, "days: 1 … 31, last, first monday")
  static let monthlyTable = SectionTable("monthly", [monthDays.any, at.any, lasting.any])

  static let expression = Key("at", .cronExpression, isRequired: true, "five fields of crontab(5): \"0 3 * * 0\"")
  static let cronTable = SectionTable("cron", [expression.any, lasting.any])
}

/// A text with its place.
struct PlacedText: Sendable {
  let text: String
  let node: YAMLNode
}

extension Form where Value == PlacedText {
  static let placedText = Form<String>.nonEmptyText.map { text, node, _ -> PlacedText? in
    PlacedText(text: text, node: node)
  }
}

extension Form where Value == String {
  /// The IANA name of a time zone.
  static let timeZone = text.map(schema: .text(pattern: "^UTC$|/")) { text, node, reader -> String? in
    if LocalCalendar(timeZone: text) != nil { return text }
    reader.fault(
      "unknown time zone '\(text.escaped)'", at: node,
      notes: ["time zones have the names of the IANA database: UTC, Europe/Berlin, America/New_York"],
      suggestion: suggestedTimeZone(for: text))
    return nil
  }

  /// The zone of a city that is named alone, or the name that looks most like it.
  private static func suggestedTimeZone(for text: String) -> String? {
    let known = LocalCalendar.timeZones
    let wanted = text.lowercased().replacing(" ", with: "_")
    guard !wanted.isEmpty else { return nil }
    return known.first { $0.lowercased() == wanted || $0.lowercased().hasSuffix("/\(wanted)") }
      ?? Suggestion.nearest(to: text, among: known)
  }
}

extension Form where Value == LocalTime {
  static let localTime = Form<String>.text.map(schema: .text(pattern: "^([01][0-9]|2[0-3]):[0-5][0-9]$")) {
    text, node, reader -> LocalTime? in
    if let time = LocalTime(text) { return time }
    reader.fault("'\(text.escaped)' is no time of day", at: node, notes: ["times of day are written 03:00, 22:30"])
    return nil
  }
}

extension Form where Value == LocalDateTime {
  static let localDateTime = Form<String>.text.map(
    schema: .text(pattern: "^[0-9]{4}-[0-9]{2}-[0-9]{2}T([01][0-9]|2[0-3]):[0-5][0-9]$")
  ) { text, node, reader -> LocalDateTime? in
    if let time = LocalDateTime(text) { return time }
    reader.fault(
      "'\(text.escaped)' is no local time", at: node,
      notes: ["local times are written 2026-12-01T22:00; 'time_zone' beside the times says of which place"])
    return nil
  }
}

extension Form where Value == Weekday {
  private static let words: KeyValuePairs<String, Weekday> = [
    "monday": .monday, "tuesday": .tuesday, "wednesday": .wednesday, "thursday": .thursday, "friday": .friday,
    "saturday": .saturday, "sunday": .sunday,
  ]
  static let weekday = Form.choice(words)

  /// The day of that name.
  static func named(_ name: Substring) -> Weekday? { words.first { $0.key == name }?.value }
}

extension Form where Value == MonthDay {
  private static let ordinals = ["first": 1, "second": 2, "third": 3, "fourth": 4, "last": -1]
  private static let pattern =
    "^([1-9]|[12][0-9]|3[01]|last|(first|second|third|fourth|last) (mon|tues|wednes|thurs|fri|satur|sun)day)$"

  static let monthDay = Form<String>.text.map(schema: .text(pattern: pattern)) { text, node, reader -> MonthDay? in
    if text == "last" { return .last }
    if let day = Int(text), (1...31).contains(day) { return .day(day) }
    let words = text.split(separator: " ", omittingEmptySubsequences: false)
    if words.count == 2, let ordinal = ordinals[String(words[0])], let day = Form<Weekday>.named(words[1]) {
      return .weekday(day, ordinal: ordinal)
    }
    reader.fault(
      "'\(text.escaped)' is no day of a month", at: node,
      allowed: ["1 … 31", "last", "first … fourth monday … sunday", "last monday … sunday"])
    return nil
  }
}

extension Form where Value == CronExpression {
  static let cronExpression = Form<String>.text.map { text, node, reader -> CronExpression? in
    do throws(CronFault) {
      return try CronExpression(parsing: text)
    } catch {
      // A fault in what a template gave has no place of its own.
      let span = node.text == text ? ScalarMap.span(of: error.range, in: node) : node.span
      reader.sink.report(
        Diagnostic(
          error.message, excerpt: node.source.excerpt(span),
          notes: [.init("five fields: minute, hour, day of the month, month, day of the week")],
          allowed: error.allowed))
      return nil
    }
  }
}

extension Form where Value == Recurrence {
  static let once = Form.section(RecurrenceKeys.onceTable) { section in
    let from = section(RecurrenceKeys.from)
    guard let until = section(RecurrenceKeys.until), let from else { return nil }
    return .once(from: from, until: until)
  }

  static let weekly = Form.section(RecurrenceKeys.weeklyTable) { section in
    let (days, at) = (section(RecurrenceKeys.weekdays), section(RecurrenceKeys.at))
    guard let lasting = section(RecurrenceKeys.lasting), let days, !days.isEmpty, let at else { return nil }
    return .weekly(on: Set(days), at: at, lasting: lasting)
  }

  static let monthly = Form.section(RecurrenceKeys.monthlyTable) { section in
    let (days, at) = (section(RecurrenceKeys.monthDays), section(RecurrenceKeys.at))
    guard let lasting = section(RecurrenceKeys.lasting), let days, !days.isEmpty, let at else { return nil }
    return .monthly(on: days, at: at, lasting: lasting)
  }

  static let cron = Form.section(RecurrenceKeys.cronTable) { section in
    let expression = section(RecurrenceKeys.expression)
    guard let lasting = section(RecurrenceKeys.lasting), let expression else { return nil }
    return .cron(expression, lasting: lasting)
  }
}

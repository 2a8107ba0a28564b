/// Work that was planned: its slots are run and marked, and stand outside of availability.
package struct MaintenanceWindow: Hashable, Sendable {
  /// Unlike that of every other window.
  package var id: String
  /// What people are told it is.
  package var title: String
  /// What it is about.
  package var scope: MaintenanceScope
  /// When.
  package var recurrence: Recurrence
  /// The IANA name of the time zone that its times are of: `Europe/Berlin`.
  package var timeZone: String
  /// Where it is written.
  package var location: SourceLocation

  /// A window with everything said.
  package init(
    id: String, title: String, scope: MaintenanceScope, recurrence: Recurrence, timeZone: String = "UTC",
    location: SourceLocation
  ) {
    self.id = id
    self.title = title
    self.scope = scope
    self.recurrence = recurrence
    self.timeZone = timeZone
    self.location = location
  }
}

/// Which checks are meant. Those that any of the three names; without any, every check.
package struct MaintenanceScope: Hashable, Sendable {
  /// Checks and services. A service stands for itself alone, not for its members.
  package var checks: Set<CheckID>
  package var groups: Set<String>
  /// A check must have all of these.
  package var labels: [String: String]

  /// A scope with everything said.
  package init(checks: Set<CheckID> = [], groups: Set<String> = [], labels: [String: String] = [:]) {
    self.checks = checks
    self.groups = groups
    self.labels = labels
  }

  /// Every check.
  package static let everything = MaintenanceScope()

  /// Whether a check is meant.
  package func includes(_ check: Check) -> Bool {
    if self == .everything { return true }
    if checks.contains(check.id) { return true }
    if let group = check.group, groups.contains(group) { return true }
    return !labels.isEmpty && labels.allSatisfy { check.labels[$0.key] == $0.value }
  }
}

/// When planned work takes place, in the local time of its window. A time that a change of clocks leaves out begins where
/// the clocks go on; one that comes twice is meant the first time. Durations are real time.
package enum Recurrence: Hashable, Sendable {
  /// Once, from one local time to another.
  case once(from: LocalDateTime, until: LocalDateTime)
  /// Each week on these days.
  case weekly(on: Set<Weekday>, at: LocalTime, lasting: Duration)
  /// Each month on these days.
  case monthly(on: [MonthDay], at: LocalTime, lasting: Duration)
  /// At each time that a cron expression names (crontab(5): five fields).
  case cron(CronExpression, lasting: Duration)
}

/// A day of every month.
package enum MonthDay: Hashable, Sendable {
  /// 1 to 31; months that have no such day are left out.
  case day(Int)
  case last
  /// The first (1) to fourth such day, or the last (-1).
  case weekday(Weekday, ordinal: Int)
}

/// Minutes of an endless calendar: five fields of crontab(5). Where both days are restricted either one will do, as in cron.
package struct CronExpression: Hashable, Sendable {
  /// As written.
  package var text: String
  package var minutes: Set<Int>
  package var hours: Set<Int>
  package var daysOfMonth: Set<Int>
  package var months: Set<Int>
  /// 0 is Sunday, 6 Saturday.
  package var daysOfWeek: Set<Int>
  /// Whether the field was other than `*`.
  package var restrictsDayOfMonth: Bool
  /// Whether the field was other than `*`.
  package var restrictsDayOfWeek: Bool

  /// An expression with every field read.
  package init(
    text: String, minutes: Set<Int>, hours: Set<Int>, daysOfMonth: Set<Int>, months: Set<Int>, daysOfWeek: Set<Int>,
    restrictsDayOfMonth: Bool, restrictsDayOfWeek: Bool
  ) {
    self.text = text
    self.minutes = minutes
    self.hours = hours
    self.daysOfMonth = daysOfMonth
    self.months = months
    self.daysOfWeek = daysOfWeek
    self.restrictsDayOfMonth = restrictsDayOfMonth
    self.restrictsDayOfWeek = restrictsDayOfWeek
  }
}

/// One occurrence of planned work.
package struct MaintenanceOccurrence: Hashable, Sendable {
  /// The window's id.
  package var window: String
  package var title: String
  package var scope: MaintenanceScope
  /// Inclusive.
  package var from: Timestamp
  /// Exclusive.
  package var until: Timestamp

  /// An occurrence with everything said.
  package init(window: String, title: String, scope: MaintenanceScope, from: Timestamp, until: Timestamp) {
    self.window = window
    self.title = title
    self.scope = scope
    self.from = from
    self.until = until
  }
}

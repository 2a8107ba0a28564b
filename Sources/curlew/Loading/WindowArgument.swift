import ArgumentParser
import Calendars
import Model

/// A window on the command line: `30d` up to the end asked for, or `month`, what passed of the one that is under way.
struct WindowArgument: ExpressibleByArgument {
  private let text: String

  init?(argument: String) {
    guard ObjectiveWindow(text: argument, timeZone: "UTC") != nil else { return nil }
    text = argument
  }

  static let allValueStrings = CalendarUnit.allCases.map(\.rawValue)

  /// The window in a time zone.
  func window(in timeZone: String) -> ObjectiveWindow? { ObjectiveWindow(text: text, timeZone: timeZone) }
}

/// A time zone on the command line, by its IANA name.
struct TimeZoneArgument: ExpressibleByArgument {
  let name: String

  init?(argument: String) {
    guard let calendar = LocalCalendar(timeZone: argument) else { return nil }
    name = calendar.timeZone
  }
}

extension YearMonth: ExpressibleByArgument {
  /// A month on the command line: `2026-10`.
  package init?(argument: String) { self.init(argument) }
}

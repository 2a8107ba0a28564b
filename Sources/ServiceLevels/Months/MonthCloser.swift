import Calendars
package import Model

/// Decides which months are to be closed: those that are over, and have been long enough for late runs and exclusions.
package struct MonthCloser: Sendable {
  /// So many months back are closed by themselves: a store that was filled by import long after is no surprise, but history
  /// of ten years would be a lot of rows that nobody asked for.
  package static let monthsBack = 24

  private let calendar: LocalCalendar
  private let delay: Duration
  /// The IANA name of the time zone that months are of.
  package var timeZone: String { calendar.timeZone }

  /// A decision by these rules; a time zone that is not known, which no file can have, is UTC.
  package init(_ closing: MonthClosing) {
    calendar = LocalCalendar(timeZone: closing.timeZone) ?? .utc
    delay = closing.delay
  }

  /// From the begin of a month to its end.
  package func bounds(of month: YearMonth) -> Range<Timestamp> {
    calendar.begin(of: month)..<calendar.begin(of: month.next)
  }

  /// Whether a month is over at a moment.
  package func isOver(_ month: YearMonth, at moment: Timestamp) -> Bool { bounds(of: month).upperBound <= moment }

  /// The month that a moment lies in.
  package func month(at moment: Timestamp) -> YearMonth { calendar.date(at: moment).yearMonth }

  /// The months that are to be closed at a moment, oldest first.
  ///
  /// - Parameter closed: those that are.
  package func due(at moment: Timestamp, closed: Set<YearMonth>) -> [YearMonth] {
    var due: [YearMonth] = []
    var month = self.month(at: moment)
    for _ in 0..<Self.monthsBack {
      month = month.previous
      if bounds(of: month).upperBound + delay <= moment, !closed.contains(month) { due.append(month) }
    }
    return due.reversed()
  }
}

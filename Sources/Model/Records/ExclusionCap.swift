/// How much time may be taken out of one check's availability in each piece of the calendar.
package struct ExclusionCap: Hashable, Sendable {
  /// In sum over a piece.
  package var limit: Duration
  package var unit: CalendarUnit
  /// The IANA name of the time zone that the pieces are of.
  package var timeZone: String

  /// A cap with everything said.
  package init(limit: Duration, unit: CalendarUnit, timeZone: String = "UTC") {
    self.limit = limit
    self.unit = unit
    self.timeZone = timeZone
  }
}

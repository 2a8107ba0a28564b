/// When months are closed by themselves.
package struct MonthClosing: Hashable, Sendable {
  /// How long after its end a month may still change: late runs and exclusions want a few days.
  package var delay: Duration
  /// The IANA name of the time zone that months are of.
  package var timeZone: String

  /// A closing with everything said.
  package init(delay: Duration, timeZone: String = "UTC") {
    self.delay = delay
    self.timeZone = timeZone
  }
}

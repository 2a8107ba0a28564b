package import Model

/// Wall time as far as it is believed. A clock that is wrong by years for a moment would otherwise have everything
/// deleted as too old, and nothing brings that back.
///
/// It follows the wall clock while that goes with uptime. After a leap it goes on by uptime, until the clock has stood by
/// its new time for ten minutes.
package struct SteadyClock: Sendable {
  /// How far wall time and uptime may move apart between two looks, as by a clock that is being slewed.
  static let play = Duration.seconds(60)
  /// How long a clock must stand by another time until it is believed.
  static let probation = Duration.minutes(10)

  /// Wall time less uptime.
  private var offset: Duration
  private var doubted: (offset: Duration, since: Duration)?

  /// Believes what the wall clock shows.
  package init(wall: Timestamp, uptime: Duration) {
    offset = Self.offset(wall, uptime)
  }

  /// Whether the wall clock shows another time than the one that is believed.
  package var isInDoubt: Bool { doubted != nil }

  /// What time it is.
  package mutating func now(wall: Timestamp, uptime: Duration) -> Timestamp {
    let shown = Self.offset(wall, uptime)
    if Self.isNear(shown, offset) {
      offset = shown
      doubted = nil
    } else if let doubted, Self.isNear(shown, doubted.offset) {
      if uptime - doubted.since >= Self.probation {
        offset = shown
        self.doubted = nil
      } else {
        self.doubted?.offset = shown
      }
    } else {
      doubted = (shown, uptime)
    }
    return Timestamp(nanosecondsSinceEpoch: (offset + uptime).nanoseconds)
  }

  private static func offset(_ wall: Timestamp, _ uptime: Duration) -> Duration {
    .nanoseconds(wall.nanosecondsSinceEpoch) - uptime
  }

  private static func isNear(_ one: Duration, _ other: Duration) -> Bool {
    let apart = one - other
    return apart <= play && apart >= .zero - play
  }
}

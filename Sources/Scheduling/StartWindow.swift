import Model

/// From when until when a slot of a check may begin its run, and by when the run must have ended.
///
/// A run ends, all its attempts and pauses included, before 99 % of the interval has passed: so a check never meets
/// itself. A late start therefore shortens the run. So that this never turns a slow answer into a failure, a start is
/// refused once less than the check's timeout would be left; or, for a timeout that is nearly as long as the interval
/// and could never be kept whole, less than three quarters of the interval.
package struct StartWindow: Hashable, Sendable {
  /// From the start of a slot to the last moment at which its run may begin.
  package let latestStart: Duration
  /// From the start of a slot to the moment at which its run must have ended.
  package let end: Duration

  /// The window of every slot of a check.
  package init(interval: Duration, timeout: Duration) {
    let nanoseconds = interval.nanoseconds
    // Divided first, so that an interval of years does not overflow.
    end = .nanoseconds(nanoseconds / 100 * 99 + nanoseconds % 100 * 99 / 100)
    let needed = min(timeout, .nanoseconds(nanoseconds / 4 * 3))
    latestStart = max(.zero, end - needed)
  }
}

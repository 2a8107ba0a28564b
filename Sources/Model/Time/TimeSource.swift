import Glibc

/// Where the time comes from: the system in the program, a clock that is turned by hand in tests.
///
/// Wall time stamps and numbers slots; monotonic time measures and orders, and never jumps.
package protocol TimeSource: Sendable {
  /// Wall time, which may jump when somebody sets the clock.
  var now: Timestamp { get }

  /// Monotonic time since an arbitrary start.
  var uptime: Duration { get }

  /// Waits until `uptime` reaches `deadline`.
  ///
  /// - Throws: `CancellationError` when the task is cancelled first.
  func sleep(untilUptime deadline: Duration) async throws
}

/// The machine's own clocks: `CLOCK_REALTIME` and `CLOCK_MONOTONIC` (clock_gettime(2)).
package struct SystemTime: TimeSource {
  package init() {}

  package var now: Timestamp {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Timestamp(nanosecondsSinceEpoch: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
  }

  package var uptime: Duration {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return .nanoseconds(Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
  }

  package func sleep(untilUptime deadline: Duration) async throws {
    try Task.checkCancellation()
    // The clock of `Task.sleep` is another one, which may reach the end a little sooner.
    while uptime < deadline { try await Task.sleep(for: deadline - uptime) }
  }
}

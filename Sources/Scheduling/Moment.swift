package import Model

/// Both clocks, read together: wall time says which slot it is, uptime how long to wait.
package struct Moment: Hashable, Sendable {
  /// Wall time, which may jump.
  package var wall: Timestamp
  /// Monotonic time, which never does.
  package var uptime: Duration

  /// A moment on both clocks.
  package init(wall: Timestamp, uptime: Duration) {
    self.wall = wall
    self.uptime = uptime
  }

  /// The present.
  package init(of time: any TimeSource) {
    self.init(wall: time.now, uptime: time.uptime)
  }
}

package import Model
import Transport

/// Divides one exchange into phases as it goes, so that nothing is left over and nothing counts twice.
package struct PhaseClock: Sendable {
  /// The phase that is under way.
  package private(set) var phase: Phase
  private var since: Int64
  private var past = Phases()

  /// A clock whose first phase began at `start`, in nanoseconds of `EventLoop.now`.
  package init(start: Int64, phase: Phase = .resolve) {
    since = start
    self.phase = phase
  }

  /// Ends the phase that is under way and begins another, or the same one again.
  ///
  /// - Parameter time: when that was, in nanoseconds of `EventLoop.now`; never before the last change.
  package mutating func enter(_ next: Phase, at time: Int64 = EventLoop.now) {
    let time = max(time, since)
    past[phase] += .nanoseconds(time - since)
    since = time
    phase = next
  }

  /// The phases up to `time`, the one under way included.
  package func phases(at time: Int64 = EventLoop.now) -> Phases {
    var clock = self
    clock.enter(phase, at: time)
    return clock.past
  }
}

import Model
import Synchronization

/// Lets so many requests through at once, and one more in each interval.
final class RateLimiter: Sendable {
  private struct State {
    var tokens: Double
    var seen: Duration
  }

  private let limit: WebConfiguration.RateLimit
  private let time: any TimeSource
  private let state: Mutex<State>

  init(_ limit: WebConfiguration.RateLimit, time: any TimeSource = SystemTime()) {
    self.limit = limit
    self.time = time
    state = Mutex(State(tokens: Double(limit.burst), seen: time.uptime))
  }

  /// Whether a request could pass now, which counts nothing.
  var hasRoom: Bool {
    let now = time.uptime
    return state.withLock { state in
      refill(&state, now)
      return state.tokens >= 1
    }
  }

  private func refill(_ state: inout State, _ now: Duration) {
    state.tokens = min(Double(limit.burst), state.tokens + (now - state.seen) / limit.interval)
    state.seen = now
  }

  /// Whether a request may pass now; it counts if it may.
  func passes() -> Bool {
    let now = time.uptime
    return state.withLock { state in
      refill(&state, now)
      guard state.tokens >= 1 else { return false }
      state.tokens -= 1
      return true
    }
  }
}

package import Model

/// Decides, after each attempt, whether there is another one and when. Pure: it is told the time and holds no clock.
///
/// It serves both ways of repeating: the retry of a check, which confirms a failure, and the polling of `until`, which
/// waits for a success.
package struct AttemptMachine {
  /// What to do next.
  package enum Action: Hashable {
    /// Make an attempt that is over by `end`.
    case attempt(number: Int, end: Duration)
    /// Make no attempt before `until`, then ask again.
    case pause(until: Duration)
    /// The last attempt decides.
    case finish
  }

  private let policy: RetryPolicy
  private let timeout: Duration
  private let end: Duration
  private var attempts = 0

  /// A machine for one run, or for one polling step of it.
  ///
  /// - Parameters:
  ///   - policy: how often and with which pauses.
  ///   - timeout: what bounds one attempt.
  ///   - end: the uptime at which all attempts and pauses must be over.
  package init(policy: RetryPolicy, timeout: Duration, end: Duration) {
    self.policy = policy
    self.timeout = timeout
    self.end = end
  }

  /// The first attempt.
  package mutating func start(at uptime: Duration) -> Action {
    attempts = 1
    return .attempt(number: 1, end: min(uptime + timeout, end))
  }

  /// After an attempt that did not settle it.
  package mutating func attemptFailed(at uptime: Duration) -> Action {
    guard attempts < policy.attempts else { return .finish }
    let next = uptime + policy.pause(afterAttempt: attempts)
    // An attempt that could not even begin before the end would only repeat the wait.
    guard next < end else { return .finish }
    return .pause(until: next)
  }

  /// After the pause.
  package mutating func pauseEnded(at uptime: Duration) -> Action {
    attempts += 1
    guard uptime < end else { return .finish }
    return .attempt(number: attempts, end: min(uptime + timeout, end))
  }
}

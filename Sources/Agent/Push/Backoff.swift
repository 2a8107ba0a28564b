import Model

/// Growing pauses with jitter between attempts at something that fails: a pause is between half of the step and the whole
/// of it, so that nodes that failed together do not come back together, and the step doubles up to a bound.
package struct Backoff: Hashable, Sendable {
  /// The first step.
  package let shortest: Duration
  /// No step is longer.
  package let longest: Duration
  /// Failures in a row; 0 after a success.
  package private(set) var failures = 0
  private var random: UInt64

  /// Pauses that grow from one bound to the other.
  ///
  /// - Parameter seed: what the jitter is drawn from; the same seed gives the same pauses.
  package init(from shortest: Duration, to longest: Duration, seed: UInt64) {
    self.shortest = shortest
    self.longest = longest
    random = seed
  }

  /// Another failure: how long to wait before the next attempt.
  package mutating func fail() -> Duration {
    let doublings = min(failures, 40)
    failures += 1
    var step = shortest
    for _ in 0..<doublings where step < longest { step *= 2 }
    return jittered(min(step, longest))
  }

  /// Success: the next failure begins with the shortest pause again.
  package mutating func reset() { failures = 0 }

  /// Between half of a pause and the whole of it.
  package mutating func jittered(_ pause: Duration) -> Duration {
    // Numbers that look like chance, and are the same for the same seed.
    let drawn = StableHash.mixed(random)
    random &+= StableHash.increment
    let half = pause.nanoseconds / 2
    return .nanoseconds(half + Int64(drawn % UInt64(max(1, half + 1))))
  }
}

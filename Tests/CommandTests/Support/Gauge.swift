import Glibc
import Synchronization

/// Counts how many are in a place at the same time.
final class Gauge: Sendable {
  private let state = Mutex((inside: 0, most: 0, visits: 0))

  /// How often anybody went in.
  var visits: Int { state.withLock { $0.visits } }

  /// The most that were inside together.
  var most: Int { state.withLock { $0.most } }

  /// Goes in, and out again once `count` are or have been inside together, or when it takes too long. Blocks its thread.
  func visit(until count: Int, within limit: Duration) {
    state.withLock { state in
      state.inside += 1
      state.visits += 1
      state.most = max(state.most, state.inside)
    }
    let end = ContinuousClock.now + limit
    while most < count, ContinuousClock.now < end { usleep(2000) }
    state.withLock { $0.inside -= 1 }
  }
}

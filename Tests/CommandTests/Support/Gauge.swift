import Dispatch
import Synchronization

/// Counts how many are in a place at the same time.
final class Gauge: Sendable {
  private struct State {
    var inside = 0
    var most = 0
    var visits = 0
    /// Of those who wait inside, told of each who comes.
    var arrivals: [DispatchSemaphore] = []
  }

  private let state = Mutex(State())

  /// How often anybody went in.
  var visits: Int { state.withLock { $0.visits } }

  /// The most that were inside together.
  var most: Int { state.withLock { $0.most } }

  /// Goes in, and out again once `count` are or have been inside together, or when it takes too long. Blocks its thread.
  func visit(until count: Int, within limit: Duration) {
    let arrival = DispatchSemaphore(value: 0)
    state.withLock { state in
      state.inside += 1
      state.visits += 1
      state.most = max(state.most, state.inside)
      for other in state.arrivals { other.signal() }
      state.arrivals.append(arrival)
    }
    let end = DispatchTime.now() + limit / .seconds(1)
    while most < count, arrival.wait(timeout: end) == .success {}
    state.withLock { state in
      state.inside -= 1
      state.arrivals.removeAll { $0 === arrival }
    }
  }
}

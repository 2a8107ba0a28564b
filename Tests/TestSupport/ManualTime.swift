package import Model
import Synchronization

/// Clocks that are turned by hand, so that a test orders events instead of waiting for them.
///
/// Whoever sleeps on it stays asleep until `advance(by:)` has brought it past its deadline. A test that turns the clock
/// for a task must first know that the task sleeps: `sleepers(_:)` waits for that.
package final class ManualTime: TimeSource {
  private struct Sleeper {
    var deadline: Duration
    var continuation: CheckedContinuation<Void, any Error>
  }

  private struct Watcher {
    var count: Int
    var continuation: CheckedContinuation<Void, Never>
  }

  private struct State {
    var now: Timestamp
    var uptime: Duration
    var sleepers: [Int: Sleeper] = [:]
    var watchers: [Watcher] = []
    /// Sleeps that were cancelled before they began.
    var cancelled: Set<Int> = []
    var nextID = 0
  }

  private let state: Mutex<State>

  /// Clocks that stand at these times.
  package init(
    now: Timestamp = Timestamp(secondsSinceEpoch: 1_767_225_600), uptime: Duration = .seconds(1000)
  ) {
    state = Mutex(State(now: now, uptime: uptime))
  }

  package var now: Timestamp { state.withLock { $0.now } }

  package var uptime: Duration { state.withLock { $0.uptime } }

  /// How many tasks sleep at the moment.
  package var sleeperCount: Int { state.withLock { $0.sleepers.count } }

  /// The uptime that the first of the sleepers waits for; nil when nobody sleeps.
  package var nextDeadline: Duration? { state.withLock { state in state.sleepers.values.map(\.deadline).min() } }

  /// Lets time pass on both clocks at one stroke, then wakes whoever is due: to the woken it looks like a process that
  /// was stalled for that long.
  package func advance(by duration: Duration) {
    let due = state.withLock { state in
      state.now = state.now + duration
      state.uptime += duration
      let due = state.sleepers.filter { $0.value.deadline <= state.uptime }
      for id in due.keys { state.sleepers[id] = nil }
      return due.values.sorted { $0.deadline < $1.deadline }
    }
    for sleeper in due { sleeper.continuation.resume() }
  }

  /// Waits until somebody sleeps, then lets time pass exactly to the first deadline, which wakes that sleeper.
  package func advanceToNextDeadline() async {
    await sleepers()
    guard let deadline = nextDeadline else { return }
    advance(by: max(.zero, deadline - uptime))
  }

  /// Sets the wall clock forward, or back when `offset` is negative. Uptime goes on as if nothing had happened, so
  /// nobody wakes.
  package func setClock(by offset: Duration) {
    state.withLock { $0.now = $0.now + offset }
  }

  /// Returns once at least `count` tasks sleep.
  package func sleepers(_ count: Int = 1) async {
    await withCheckedContinuation { continuation in
      let isThere = state.withLock { state in
        if state.sleepers.count >= count { return true }
        state.watchers.append(Watcher(count: count, continuation: continuation))
        return false
      }
      if isThere { continuation.resume() }
    }
  }

  package func sleep(untilUptime deadline: Duration) async throws {
    let id = state.withLock { state in
      state.nextID += 1
      return state.nextID
    }
    try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        register(Sleeper(deadline: deadline, continuation: continuation), as: id)
      }
    } onCancel: {
      let sleeper = state.withLock { state in
        let sleeper = state.sleepers.removeValue(forKey: id)
        if sleeper == nil { state.cancelled.insert(id) }
        return sleeper
      }
      sleeper?.continuation.resume(throwing: CancellationError())
    }
    // A sleep that was over before it was cancelled leaves its mark behind otherwise.
    state.withLock { _ = $0.cancelled.remove(id) }
  }

  private func register(_ sleeper: Sleeper, as id: Int) {
    enum Registration {
      case sleeps([Watcher])
      case isOver
      case isCancelled
    }
    let registration = state.withLock { state -> Registration in
      if state.cancelled.remove(id) != nil { return .isCancelled }
      if sleeper.deadline <= state.uptime { return .isOver }
      state.sleepers[id] = sleeper
      let satisfied = state.watchers.filter { $0.count <= state.sleepers.count }
      state.watchers.removeAll { $0.count <= state.sleepers.count }
      return .sleeps(satisfied)
    }
    switch registration {
    case .sleeps(let watchers): for watcher in watchers { watcher.continuation.resume() }
    case .isOver: sleeper.continuation.resume()
    case .isCancelled: sleeper.continuation.resume(throwing: CancellationError())
    }
  }
}

package import Model
import Synchronization

/// The store's clock as this replica knows it, without asking for each request: replicas whose clocks differ agree by it.
package final class StoreClock: Sendable {
  private struct State {
    var offset = Duration.zero
    var measured: Duration?
  }

  /// Clocks of machines drift by less than a tenth of a second within it.
  private static let interval = Duration.seconds(30)

  private let store: any FleetStore
  private let time: any TimeSource
  private let state = Mutex(State())

  /// Goes by this machine's clock until it was measured.
  package init(store: any FleetStore, time: any TimeSource) {
    self.store = store
    self.time = time
  }

  /// The time of the store.
  package var now: Timestamp { time.now + state.withLock { $0.offset } }

  /// How far the store's clock is ahead of this machine's.
  package var offset: Duration { state.withLock { $0.offset } }

  /// Measures again, where the last measurement is older than half a minute.
  package func refresh() async throws {
    let begin = time.uptime
    if let measured = state.withLock({ $0.measured }), begin - measured < Self.interval { return }
    let theirs = try await store.clock()
    let end = time.uptime
    // The answer was made about half of the way there and back ago.
    let offset = theirs - (time.now - (end - begin) / 2)
    state.withLock { state in
      state.offset = offset
      state.measured = end
    }
  }
}

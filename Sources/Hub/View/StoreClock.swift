package import Model
import Synchronization

/// The store's clock as this replica knows it, without asking for each request: replicas whose clocks differ agree by it.
///
/// Between two measurements it goes by uptime, so that it does not go along when this machine's clock is set.
package final class StoreClock: Sendable {
  private struct Measurement {
    var moment: Timestamp
    var uptime: Duration
    /// What this machine's clock showed.
    var wall: Timestamp
  }

  /// The store cannot say what time it is, and never could.
  private struct Unmeasured: Error, CustomStringConvertible {
    var description: String
  }

  /// The uptime of a machine drifts by less than a tenth of a second within it.
  private static let interval = Duration.seconds(30)
  /// An answer that took longer says too little.
  private static let longestAnswer = Duration.seconds(1)
  /// When this machine's clock and its uptime part by more, one of them was stopped or set, and it is measured again.
  private static let play = Duration.seconds(1)

  private let store: any FleetStore
  private let time: any TimeSource
  private let state = Mutex<Measurement?>(nil)

  /// Goes by this machine's clock until it was measured.
  package init(store: any FleetStore, time: any TimeSource) {
    self.store = store
    self.time = time
  }

  /// The time of the store.
  package var now: Timestamp {
    guard let measured = state.withLock({ $0 }) else { return time.now }
    return measured.moment + (time.uptime - measured.uptime)
  }

  /// Measures again, where the last measurement is older than half a minute, or this machine's clock was set.
  ///
  /// - Throws: what the store throws, and an error when no answer came in time yet.
  package func refresh() async throws {
    let known = state.withLock { $0 }
    if let known, time.uptime - known.uptime < Self.interval, !isParted(from: known) { return }
    let reading = try await store.clock { [time] in time.uptime }
    let took = reading.answered - reading.asked
    guard took <= Self.longestAnswer else {
      if known == nil { throw Unmeasured(description: "the store took \(took) to say what time it is") }
      return
    }
    // The answer was made about half of the way there and back ago.
    let uptime = reading.answered - took / 2
    let wall = time.now - (time.uptime - uptime)
    state.withLock { $0 = Measurement(moment: reading.moment, uptime: uptime, wall: wall) }
  }

  private func isParted(from known: Measurement) -> Bool {
    let apart = (time.now - known.wall) - (time.uptime - known.uptime)
    return apart > Self.play || apart < .zero - Self.play
  }
}

/// The store's clock in place of this machine's: for all whose times replicas have to agree on.
package struct StoreTime: TimeSource {
  private let clock: StoreClock
  private let base: any TimeSource

  /// - Parameter base: this machine's clocks.
  package init(_ clock: StoreClock, base: any TimeSource) {
    self.clock = clock
    self.base = base
  }

  package var now: Timestamp { clock.now }

  package var uptime: Duration { base.uptime }

  package func sleep(untilUptime deadline: Duration) async throws {
    try await base.sleep(untilUptime: deadline)
  }
}

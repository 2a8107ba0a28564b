package import Model
import Regions
import Synchronization

/// The newest decision of each check, as the feed told it: from here a new leader goes on.
package final class DecisionMemory: Sendable {
  private struct State {
    var decisions: [CheckID: SlotDecision] = [:]
    /// Up to here the feed was read by `catchUp`.
    var place: Int64?
  }

  private static let pieces = 100

  private let state = Mutex(State())

  /// Nothing is remembered yet.
  package init() {}

  /// Takes decisions in, in any order.
  package func keep(_ more: [SlotDecision]) {
    state.withLock { state in
      for decision in more where !decision.isLate {
        if let known = state.decisions[decision.check], known.slot.start > decision.slot.start { continue }
        state.decisions[decision.check] = decision
      }
    }
  }

  /// Reads the feed up to its end. Whoever holds the lease for deciding knows of everything that was decided before then,
  /// however far this replica followed the feed by itself.
  ///
  /// - Parameter overlap: how far back it is read at first.
  /// - Throws: what the store throws.
  func catchUp(from store: any FleetStore, overlap: Duration) async throws {
    let known = state.withLock { $0.place }
    var place = try await store.feedPlace(within: overlap)
    // Below the end that was come to, it is the feed of a database that was replaced.
    if let known, known >= place, try await store.feedEnd() >= known { place = known }
    while true {
      let pieces = try await store.decisions(after: place, limit: Self.pieces)
      for piece in pieces { keep(piece.decisions) }
      place = pieces.last?.place ?? place
      state.withLock { $0.place = place }
      guard pieces.count >= Self.pieces else { return }
    }
  }

  /// Forgets all but these checks.
  package func apply(_ checks: Set<CheckID>) {
    state.withLock { state in state.decisions = state.decisions.filter { checks.contains($0.key) } }
  }

  /// What was decided last of each check.
  package var all: [SlotDecision] { state.withLock { Array($0.decisions.values) } }

  /// Whether the slot of a run is decided, as far as anybody told.
  func knows(_ run: HistoryRun) -> Bool {
    // Its start travels in milliseconds.
    decision(of: run.check).map { run.slotStart + run.interval / 2 < $0.slot.end } ?? false
  }

  /// What was decided last of one.
  package func decision(of check: CheckID) -> SlotDecision? { state.withLock { $0.decisions[check] } }

  /// Leaves out slots over regions that a leader still decides, and then tells of: the others are as they will stay.
  ///
  /// - Parameters:
  ///   - runs: a run for each slot (`HistoryStore.heldRuns`).
  ///   - now: by the store's clock.
  package func settled(_ runs: [HistoryRun], at now: Timestamp) -> [HistoryRun] {
    runs.filter { knows($0) || ElectionMachine.isOver($0, at: now) }
  }
}

import Model
import Recording

/// What is held of every check at one moment, with what was kept of its promise.
struct Overview: Sendable {
  var at: Timestamp
  var edition: CheckCatalogue.Edition
  /// One for each check of the edition, in its order.
  var standings: [CheckStanding]
  /// Nil when history cannot be read.
  var board: BoardSnapshot?

  /// What is held of every check of `edition` now.
  @concurrent
  static func taken(
    of edition: CheckCatalogue.Edition, recent: RecentRuns, board: BoardSnapshot?, at now: Timestamp
  ) async -> Overview {
    let standings = edition.checks.map { check in
      CheckStanding.of(check, recent: recent, stored: board?.storedRuns[check.id] ?? [], at: now)
    }
    return Overview(at: now, edition: edition, standings: standings, board: board)
  }

  /// How many of the checks stand in each state.
  func counts(of indices: some Sequence<Int>) -> [CheckStanding.State: Int] {
    indices.reduce(into: [:]) { counts, index in counts[standings[index].state, default: 0] += 1 }
  }
}

import Model
import Recording

/// The overview for everybody who asks at about the same time, so that a page that many people look at costs one look at
/// the checks, and no more than a tenth of one core however many checks there are.
actor OverviewCache {
  /// An overview serves for so many times as long as it took to make: hardly at all for a hundred checks, half a second
  /// for ten thousand.
  private static let restFactor = 10

  private struct Kept {
    var overview: Overview
    var taken: Duration
    var cost: Duration
  }

  private let catalogue: CheckCatalogue
  private let recentRuns: RecentRuns
  private let board: AvailabilityBoard
  private let time: any TimeSource
  private var kept: Kept?
  private var flight: Task<Overview, Never>?

  init(_ sources: ServerSources) {
    catalogue = sources.catalogue
    recentRuns = sources.recentRuns
    board = sources.board
    time = sources.time
  }

  /// What is held of every check, now or a moment ago.
  func current() async -> Overview {
    if let kept, time.uptime - kept.taken <= kept.cost * Self.restFactor,
      kept.overview.edition.number == catalogue.edition.number
    {
      return kept.overview
    }
    if let flight { return await flight.value }
    let task = Task { await taken() }
    flight = task
    defer { flight = nil }
    return await task.value
  }

  private func taken() async -> Overview {
    let figures = await board.latest()
    let begin = time.uptime
    let overview = await Overview.taken(of: catalogue.edition, recent: recentRuns, board: figures, at: time.now)
    let end = time.uptime
    kept = Kept(overview: overview, taken: end, cost: end - begin)
    return overview
  }
}

import Model
import ServiceLevels

/// Reads what became of pieces of time, such as days, with exclusions taken out.
struct DayReader: Sendable {
  let store: any HistoryStore
  let plan: ExclusionPlan

  /// - Throws: what history threw.
  init(_ sources: FigureSources) async throws {
    store = sources.store
    plan = try await sources.plan()
  }

  /// The tallies of each piece between two boundaries, by check.
  ///
  /// - Parameter checks: nil for every check with a run.
  /// - Throws: what history threw.
  func tallies(of checks: [CheckID]?, boundaries: [Timestamp]) async throws -> [CheckID: [SlotTally]] {
    guard let first = boundaries.first, let last = boundaries.last, first < last else { return [:] }
    let rows = try await store.series(SeriesQuery(checks: checks, boundaries: boundaries))
    var found = Dictionary(rows.map { ($0.check, $0.tallies) }) { first, _ in first }
    guard !plan.isEmpty else { return found }
    let bySpans = Dictionary(grouping: found.keys) { check in
      TimeSpans.clipped(plan.spans(of: check), from: first, to: last)
    }
    for (spans, checks) in bySpans where !spans.isEmpty {
      let finer = Set(boundaries + spans.flatMap { [$0.lowerBound, $0.upperBound] }).sorted()
      for row in try await store.series(SeriesQuery(checks: checks, boundaries: finer)) {
        found[row.check] = Self.joined(row.tallies, from: finer, to: boundaries, without: spans)
      }
    }
    return found
  }

  /// The pieces between finer boundaries, put together to those between the coarser ones.
  private static func joined(
    _ pieces: [SlotTally], from finer: [Timestamp], to boundaries: [Timestamp], without spans: [Range<Timestamp>]
  ) -> [SlotTally] {
    var tallies: [SlotTally] = []
    for (begin, piece) in zip(finer, pieces) {
      if tallies.count < boundaries.count - 1, begin >= boundaries[tallies.count] { tallies.append(SlotTally()) }
      guard let last = tallies.indices.last else { continue }
      tallies[last] = tallies[last] + (spans.contains { $0.contains(begin) } ? piece.excluded : piece)
    }
    return tallies
  }
}

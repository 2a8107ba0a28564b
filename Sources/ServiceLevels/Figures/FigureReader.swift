package import Model

/// Reads figures from history, with exclusions taken out: one question for each distinct set of boundaries, however many
/// checks share it.
package struct FigureReader: Sendable {
  private let store: any HistoryStore
  private let plan: ExclusionPlan

  /// A reader of one store.
  package init(store: any HistoryStore, plan: ExclusionPlan = .none) {
    self.store = store
    self.plan = plan
  }

  /// What is asked of history: the slots of one check, without some times.
  private struct Part: Hashable {
    var check: CheckID
    var spans: [Range<Timestamp>]
  }

  /// The figures of subjects over [from, to), in their order.
  ///
  /// - Parameter recent: lengths of further windows that end at `to`.
  /// - Throws: what history throws.
  package func figures(
    of subjects: [FigureSubject], scope: RegionScope = .combined, from: Timestamp, to: Timestamp,
    recent: [Duration] = []
  ) async throws -> [SubjectFigures] {
    guard from < to else { return subjects.map { _ in SubjectFigures(SlotFigures(recent: recent.count)) } }
    let first = recent.reduce(from) { min($0, to - $1) }
    func part(_ check: CheckID, beside other: CheckID? = nil) -> Part {
      var spans = plan.spans(of: check)
      if let other { spans = TimeSpans.merged(spans + plan.spans(of: other)) }
      return Part(check: check, spans: TimeSpans.clipped(spans, from: first, to: to))
    }
    /// What a member's slots are without the times that were taken out of it and of its service.
    func parts(of subject: FigureSubject) -> [Part] {
      [part(subject.check)] + (subject.members ?? []).map { part($0.check, beside: subject.check) }
    }
    let wanted = subjects.map(parts)
    var found: [Part: SlotFigures] = [:]
    found.reserveCapacity(wanted.count)
    for (spans, parts) in Dictionary(grouping: Set(wanted.joined()), by: \.spans) {
      let checks = parts.map(\.check)
      for (check, figures) in try await read(checks, scope, from, to, recent, without: spans) {
        found[Part(check: check, spans: spans)] = figures
      }
    }
    let nothing = SlotFigures(recent: recent.count)
    return zip(subjects, wanted).map { subject, parts in
      var figures = SubjectFigures(found[parts[0]] ?? nothing)
      if let members = subject.members {
        figures.basis = nothing
        for (member, part) in zip(members, parts.dropFirst()) {
          figures.basis.add(found[part] ?? nothing, weight: member.weight)
        }
      }
      return figures
    }
  }

  private func read(
    _ checks: [CheckID], _ scope: RegionScope, _ from: Timestamp, _ to: Timestamp, _ recent: [Duration],
    without spans: [Range<Timestamp>]
  ) async throws -> [(CheckID, SlotFigures)] {
    let begins = recent.map { to - $0 }
    let boundaries = Set([from, to] + begins + spans.flatMap { [$0.lowerBound, $0.upperBound] }).sorted()
    guard boundaries.count > 2 else {
      let rows = try await store.tallies(TallyQuery(checks: checks, scope: scope, from: from, to: to))
      return rows.map { row in
        var figures = SlotFigures(recent: recent.count)
        (figures.tally, figures.unadjusted) = (row.tally, row.tally)
        return (row.check, figures)
      }
    }
    // Which pieces are taken out, and from which piece on each window reaches.
    let isExcluded = boundaries.dropLast().map { begin in spans.contains { $0.contains(begin) } }
    let firstPiece = boundaries.firstIndex(of: from) ?? 0
    let firstPieces = begins.map { boundaries.firstIndex(of: $0) ?? 0 }
    let rows = try await store.series(SeriesQuery(checks: checks, scope: scope, boundaries: boundaries))
    return rows.map { row in
      var figures = SlotFigures(recent: recent.count)
      for (index, tally) in row.tallies.enumerated() where tally != SlotTally() {
        let adjusted = isExcluded[index] ? tally.excluded : tally
        if index >= firstPiece {
          figures.unadjusted = figures.unadjusted + tally
          figures.tally = figures.tally + adjusted
          if isExcluded[index] { figures.excludedSlots += tally.excludable }
        }
        for (place, first) in firstPieces.enumerated() where index >= first {
          figures.recent[place] = figures.recent[place] + adjusted
        }
      }
      return (row.check, figures)
    }
  }
}

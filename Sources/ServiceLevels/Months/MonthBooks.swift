package import Model

/// Writes down what was kept of promises in months that are over. What was written stays; a correction is another row.
package struct MonthBooks: Sendable {
  private let closer: MonthCloser
  private let store: any HistoryStore
  private let incidents: (any IncidentStore)?
  private let months: any ClosedMonths
  private let ledger: any ExclusionLedger
  private let cap: ExclusionCap?

  /// The IANA name of the time zone that months are of.
  package var timeZone: String { closer.timeZone }

  /// Whose months are closed: a check or service with its promise.
  package struct Subject: Sendable {
    package var figures: FigureSubject
    package var objective: Objective

    /// A check or service with its promise.
    package init(_ figures: FigureSubject, objective: Objective) {
      self.figures = figures
      self.objective = objective
    }
  }

  /// Who corrects a month, and why.
  package struct Correction: Hashable, Sendable {
    package var author: String
    package var reason: String

    /// A correction in somebody's name.
    package init(author: String, reason: String) {
      self.author = author
      self.reason = reason
    }
  }

  /// Books over the stores of one process.
  ///
  /// - Parameter incidents: nil where there are none; downtime by them is zero then.
  package init(
    closer: MonthCloser, store: any HistoryStore, incidents: (any IncidentStore)?, months: any ClosedMonths,
    ledger: any ExclusionLedger, cap: ExclusionCap?
  ) {
    self.closer = closer
    self.store = store
    self.incidents = incidents
    self.months = months
    self.ledger = ledger
    self.cap = cap
  }

  /// The rows of one month as they would be written now. Subjects of which nothing was expected in it have none.
  ///
  /// - Parameter revision: of each row.
  package func rows(
    of month: YearMonth, for subjects: [Subject], at now: Timestamp, revision: Int = 1
  ) async throws -> [ClosedMonth] {
    let bounds = closer.bounds(of: month)
    let (from, to) = (bounds.lowerBound, min(bounds.upperBound, now))
    guard from < to, !subjects.isEmpty else { return [] }
    let reader = FigureReader(store: store, plan: ExclusionPlan(try await ledger.exclusions(), cap: cap))
    let figures = try await reader.figures(of: subjects.map(\.figures), from: from, to: to)
    let query = TallyQuery(checks: subjects.map(\.figures.check), from: from, to: to)
    let speeds = Dictionary(try await store.latencies(query).map { ($0.check, $0.latency) }) { first, _ in first }
    let incidents = try await incidents?.all(from: from, to: to) ?? [:]
    return zip(subjects, figures).compactMap { subject, figures in
      let check = subject.figures.check
      guard figures.basis.unadjusted.expected > 0 else { return nil }
      let speed = speeds[check] ?? LatencyHistogram()
      return ClosedMonth(
        check: check, month: month, timeZone: closer.timeZone, revision: revision, closedAt: now,
        tally: figures.basis.tally, unadjusted: figures.basis.unadjusted,
        incidentDowntime: IncidentDowntime.downtime(of: check, in: incidents[check] ?? [], from: from, to: to),
        objective: subject.objective.availability, p50: speed.percentile(0.5), p95: speed.percentile(0.95),
        p99: speed.percentile(0.99))
    }
  }

  /// Closes a month for those of the subjects that it is not closed for, or corrects it.
  ///
  /// - Parameter correction: nil closes; with one, a row is added for each subject whose figures are others than those of
  ///   its last revision.
  /// - Returns: the rows that were added.
  package func close(
    _ month: YearMonth, for subjects: [Subject], at now: Timestamp, correction: Correction? = nil
  ) async throws -> [ClosedMonth] {
    let known = try await months.closedMonths(of: subjects.map(\.figures.check), from: month, to: month)
      .filter { $0.timeZone == closer.timeZone }
    let last = Dictionary(known.map { ($0.check, $0) }) { $0.revision > $1.revision ? $0 : $1 }
    let wanted = correction == nil ? subjects.filter { last[$0.figures.check] == nil } : subjects
    var added: [ClosedMonth] = []
    for var row in try await rows(of: month, for: wanted, at: now) {
      if let before = last[row.check] {
        guard !before.saysTheSame(as: row) else { continue }
        row.revision = before.revision + 1
        row.author = correction?.author
        row.reason = correction?.reason
      }
      if try await months.close(row) { added.append(row) }
    }
    return added
  }

  /// Closes what is due.
  ///
  /// - Returns: the rows that were added.
  package func closeDue(for subjects: [Subject], at now: Timestamp) async throws -> [ClosedMonth] {
    let candidates = closer.due(at: now, closed: [])
    guard let first = candidates.first, let last = candidates.last else { return [] }
    let closed = Set(
      try await months.closedMonths(of: nil, from: first, to: last).filter { $0.timeZone == closer.timeZone }
        .map { [$0.check.text, $0.month.description] })
    var added: [ClosedMonth] = []
    for month in candidates {
      let open = subjects.filter { !closed.contains([$0.figures.check.text, month.description]) }
      if !open.isEmpty { added += try await close(month, for: open, at: now) }
    }
    return added
  }
}

extension ClosedMonth {
  /// Whether the figures are the same, whenever and by whomever they were written.
  fileprivate func saysTheSame(as other: ClosedMonth) -> Bool {
    tally == other.tally && unadjusted == other.unadjusted && incidentDowntime == other.incidentDowntime
      && objective == other.objective && p50 == other.p50 && p95 == other.p95 && p99 == other.p99
  }
}

extension IncidentStore {
  /// Every incident that lasted in [from, to), by each check that it hurts.
  package func all(from: Timestamp, to: Timestamp) async throws -> [CheckID: [Incident]] {
    var found: [CheckID: [Incident]] = [:]
    var cursor: IncidentCursor?
    repeat {
      let page = try await incidents(IncidentQuery(from: from, to: to, limit: 1000, cursor: cursor))
      for incident in page.incidents {
        for check in Set(incident.impacts.map(\.check)) { found[check, default: []].append(incident) }
      }
      cursor = page.next
    } while cursor != nil
    return found
  }
}

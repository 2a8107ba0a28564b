import Calendars
package import Model

/// Everything that figures are reckoned from, and the rows of a report out of it.
package struct FigureSources: Sendable {
  package let store: any HistoryStore
  private let ledger: (any ExclusionLedger)?
  private let cap: ExclusionCap?
  private let incidents: (any IncidentStore)?

  /// Sources of figures.
  ///
  /// - Parameters:
  ///   - ledger: what was excluded afterwards; nil where nothing can be.
  ///   - cap: how much of it counts.
  ///   - incidents: nil where there are none.
  package init(
    store: any HistoryStore, ledger: (any ExclusionLedger)? = nil, cap: ExclusionCap? = nil,
    incidents: (any IncidentStore)? = nil
  ) {
    self.store = store
    self.ledger = ledger
    self.cap = cap
    self.incidents = incidents
  }

  /// A row of a report to come.
  package struct Subject: Sendable {
    /// As the row is called.
    package var check: CheckID
    package var figures: FigureSubject
    package var objective: Objective

    /// A row to come.
    package init(check: CheckID, figures: FigureSubject, objective: Objective) {
      self.check = check
      self.figures = figures
      self.objective = objective
    }
  }

  /// What is taken out of availability now.
  package func plan() async throws -> ExclusionPlan {
    ExclusionPlan(try await ledger?.exclusions() ?? [], cap: cap)
  }

  /// Every incident that lasted in [from, to), by each check that it hurts; nil where there are no incidents at all.
  package func incidents(from: Timestamp, to: Timestamp) async throws -> [CheckID: [Incident]]? {
    try await incidents?.all(from: from, to: to)
  }

  /// Rows over one window, in the order of the subjects.
  ///
  /// - Parameters:
  ///   - region: nil for the slots over all regions, the only ones that incidents speak of.
  ///   - burning: whether burn rates are asked for.
  ///   - latency: whether percentiles are.
  package func reports(
    of subjects: [Subject], window: ObjectiveWindow, end: Timestamp, region: String? = nil, burning: Bool = false,
    latency: Bool = true
  ) async throws -> [ServiceLevelReport] {
    try await reports(
      of: subjects, name: window.text, from: window.begin(at: end), to: end, region: region,
      burnPeriod: burning ? window.period(at: end) : nil, latency: latency)
  }

  /// Rows over [from, to), in the order of the subjects.
  ///
  /// - Parameters:
  ///   - name: of the window.
  ///   - burnPeriod: how long the window is as a whole; nil where burn rates are not asked for.
  package func reports(
    of subjects: [Subject], name: String, from: Timestamp, to: Timestamp, region: String? = nil,
    burnPeriod: Duration? = nil, latency: Bool = true
  ) async throws -> [ServiceLevelReport] {
    let scope = region.map(RegionScope.only) ?? .combined
    let figures = try await FigureReader(store: store, plan: plan()).figures(
      of: subjects.map(\.figures), scope: scope, from: from, to: to,
      recent: burnPeriod == nil ? [] : BurnWindow.lengths)
    var speeds: [CheckID: LatencyHistogram] = [:]
    if latency {
      speeds = try await latencies(of: subjects.map(\.figures.check), region: region, from: from, to: to)
    }
    let incidents = region == nil ? try await incidents(from: from, to: to) : nil
    return zip(subjects, figures).map { subject, figures in
      let target = subject.objective.availability
      return ServiceLevelReport(
        check: subject.check, region: region, window: name, from: from, to: to, tally: figures.own.tally,
        objective: target, latency: speeds[subject.figures.check] ?? LatencyHistogram(), basis: figures.basis.tally,
        unadjustedBasis: figures.basis.unadjusted, excludedSlots: figures.own.excludedSlots,
        incidentDowntime: incidents.map {
          IncidentDowntime.downtime(of: subject.check, in: $0[subject.check] ?? [], from: from, to: to)
        }, latencyObjective: subject.objective.latency,
        burning: burnPeriod.map { period in
          BurnRates(recent: figures.basis.recent, tally: figures.basis.tally, objective: target, period: period)
        })
    }
  }

  private func latencies(
    of checks: [CheckID], region: String?, from: Timestamp, to: Timestamp
  ) async throws -> [CheckID: LatencyHistogram] {
    if checks.count == 1, let check = checks.first {
      return [check: try await store.latency(of: check, region: region, from: from, to: to)]
    }
    let scope = region.map(RegionScope.only) ?? .combined
    let rows = try await store.latencies(TallyQuery(checks: checks, scope: scope, from: from, to: to))
    return Dictionary(rows.map { ($0.check, $0.latency) }) { first, _ in first }
  }
}

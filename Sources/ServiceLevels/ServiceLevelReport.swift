package import Model

/// What was kept of the promise of one check over one window: a row of `curlew report`.
package struct ServiceLevelReport: Sendable {
  package var check: CheckID
  /// Nil over all regions.
  package var region: String?
  /// As the user wrote it: `30d`.
  package var window: String
  /// The window's begin, inclusive.
  package var from: Timestamp
  /// The window's end, exclusive.
  package var to: Timestamp
  package var tally: SlotTally
  /// The promised share of good slots, 0 to 1.
  package var objective: Double
  /// Of runs that were up or degraded, outside maintenance.
  package var latency: LatencyHistogram
  /// What availability and budget are reckoned from: the slots of members for a service that weighs them.
  package var basis: SlotTally
  /// The same without exclusions.
  package var unadjustedBasis: SlotTally
  /// How many slots exclusions took out.
  package var excludedSlots: Int
  /// How long incidents made it unusable; nil where nobody asked, as for a single region.
  package var incidentDowntime: Duration?
  /// What is promised of its speed.
  package var latencyObjective: LatencyObjective?
  /// How fast the budget is used up; nil where nobody asked.
  package var burning: BurnRates?

  /// A row with everything said; what is left out is as if there were no exclusions, no incidents and no service.
  package init(
    check: CheckID, region: String?, window: String, from: Timestamp, to: Timestamp, tally: SlotTally,
    objective: Double, latency: LatencyHistogram, basis: SlotTally? = nil, unadjustedBasis: SlotTally? = nil,
    excludedSlots: Int = 0, incidentDowntime: Duration? = nil, latencyObjective: LatencyObjective? = nil,
    burning: BurnRates? = nil
  ) {
    self.check = check
    self.region = region
    self.window = window
    self.from = from
    self.to = to
    self.tally = tally
    self.objective = objective
    self.latency = latency
    self.basis = basis ?? tally
    self.unadjustedBasis = unadjustedBasis ?? self.basis
    self.excludedSlots = excludedSlots
    self.incidentDowntime = incidentDowntime
    self.latencyObjective = latencyObjective
    self.burning = burning
  }

  /// The figures of the row.
  package var figures: Availability { Availability(basis, objective: objective) }

  /// The figures as if there were no exclusions.
  package var unadjusted: Availability { Availability(unadjustedBasis, objective: objective) }

  /// The share of the window that was not downtime by incidents; nil where those were not asked for.
  package var timeAvailability: Ratio? {
    incidentDowntime.flatMap { IncidentDowntime.availability(downtime: $0, from: from, to: to) }
  }

  /// The share of good runs below the bound of the latency objective; nil without one, and without any run.
  package var latencyRatio: Ratio? {
    guard let latencyObjective, latency.count > 0 else { return nil }
    return Ratio(latency.count(below: latencyObjective.below), of: latency.count)
  }
}

/// How a report is written.
package enum ReportFormat: String, Hashable, Sendable, CaseIterable {
  case table, json, csv, markdown

  /// Writes rows, in the order given, with a final line end. Table and Markdown are for people and floor percentages; JSON
  /// and CSV are for programs and hold ratios as they are.
  ///
  /// - Parameter burning: whether burn rates are shown.
  package func render(_ rows: [ServiceLevelReport], burning: Bool = false) -> String {
    switch self {
    case .table: ReportTable(rows, burning: burning).table.text
    case .markdown: ReportTable(rows, burning: burning).table.markdown
    case .json: ReportJSON.text(rows, burning: burning)
    case .csv: ReportCSV.text(rows, burning: burning)
    }
  }
}

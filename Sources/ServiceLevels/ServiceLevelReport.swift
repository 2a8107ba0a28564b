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

  /// A row with everything said.
  package init(
    check: CheckID, region: String?, window: String, from: Timestamp, to: Timestamp, tally: SlotTally,
    objective: Double, latency: LatencyHistogram
  ) {
    self.check = check
    self.region = region
    self.window = window
    self.from = from
    self.to = to
    self.tally = tally
    self.objective = objective
    self.latency = latency
  }

  /// The figures of the row.
  package var figures: Availability { Availability(tally, objective: objective) }
}

/// How a report is written.
package enum ReportFormat: String, Hashable, Sendable, CaseIterable {
  case table, json, csv, markdown

  /// Writes rows, in the order given, with a final line end. Table and Markdown are for people and floor percentages; JSON
  /// and CSV are for programs and hold ratios as they are.
  package func render(_ rows: [ServiceLevelReport]) -> String {
    switch self {
    case .table: ReportTable(rows).text
    case .markdown: ReportTable(rows).markdown
    case .json: ReportJSON.text(rows)
    case .csv: ReportCSV.text(rows)
    }
  }
}

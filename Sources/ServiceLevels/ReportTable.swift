import Model

/// A report for people: one line a row, percentages floored, `–` where there is no figure.
struct ReportTable {
  private static let titles = [
    "check", "region", "availability", "objective", "budget left", "coverage", "downtime", "slots", "p50", "p95", "p99",
  ]
  /// What stands at the left of its column; all else are figures.
  private static let leftAligned: Set = ["check", "region"]

  private let titles: [String]
  private let rows: [[String]]

  init(_ rows: [ServiceLevelReport], burning: Bool) {
    let hasExclusions = rows.contains { $0.excludedSlots > 0 }
    let hasIncidents = rows.contains { ($0.incidentDowntime ?? .zero) > .zero }
    titles =
      Self.titles + (hasExclusions ? ["excluded", "unadjusted"] : []) + (hasIncidents ? ["incidents"] : [])
      + (burning ? BurnWindow.all.map { "burn " + Units.text(of: $0.long) } + ["empty in"] : [])
    self.rows = rows.map { row in
      let figures = row.figures
      var cells = [
        row.check.text, row.region ?? "–", figures.availability.percentage, Ratio(decimal: row.objective).percentage,
        figures.budgetRemaining.percentage, figures.coverage.percentage, Self.text(row.tally.downtime),
        String(row.tally.expected), Self.latency(row, 0.5), Self.latency(row, 0.95), Self.latency(row, 0.99),
      ]
      if hasExclusions { cells += [String(row.excludedSlots), row.unadjusted.availability.percentage] }
      if hasIncidents { cells.append(row.incidentDowntime.map(Self.text) ?? "–") }
      if burning {
        cells += (row.burning?.pairs ?? []).map { $0.long.rate.map(Self.rate) ?? "–" } as [String]
        cells += Array(repeating: "–", count: row.burning == nil ? BurnWindow.all.count : 0)
        cells.append(row.burning?.timeToEmpty.map(Self.text) ?? "–")
      }
      return cells
    }
  }

  var table: TextTable { TextTable(titles: titles, leftAligned: Self.leftAligned, rows: rows) }

  private static func latency(_ row: ServiceLevelReport, _ fraction: Double) -> String {
    latency(row.latency.percentile(fraction))
  }

  /// Whole milliseconds, or tenths of few.
  static func latency(_ value: Duration?) -> String {
    guard let value else { return "–" }
    let microseconds = value.roundedMicroseconds
    if microseconds >= 10_000_000 { return "\(microseconds / 1_000_000) s" }
    if microseconds >= 10_000 { return "\(microseconds / 1000) ms" }
    return "\(microseconds / 1000).\(microseconds / 100 % 10) ms"
  }

  /// A burn rate with one decimal, rounded down: `14.4`.
  private static func rate(_ rate: Ratio) -> String {
    let tenths = Int128(rate.numerator) * 10 / Int128(rate.denominator)
    return "\(tenths / 10).\(tenths % 10)"
  }

  /// The two largest units: `3h36m`, `7m12s`, `40s`.
  static func text(_ duration: Duration) -> String {
    let seconds = duration.components.seconds
    if seconds >= 86_400 { return "\(seconds / 86_400)d\(seconds / 3600 % 24)h" }
    if seconds >= 3600 { return "\(seconds / 3600)h\(seconds / 60 % 60)m" }
    if seconds >= 60 { return "\(seconds / 60)m\(seconds % 60)s" }
    return "\(seconds)s"
  }
}

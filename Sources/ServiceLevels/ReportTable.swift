import Model

/// A report for people: one line a row, percentages floored, `–` where there is no figure.
struct ReportTable {
  private static let titles = [
    "check", "region", "availability", "objective", "budget left", "coverage", "downtime", "slots", "p50", "p95", "p99",
  ]
  /// What stands at the left of its column; all else are figures.
  private static let leftAligned: Set = ["check", "region"]

  private let rows: [[String]]

  init(_ rows: [ServiceLevelReport]) {
    self.rows = rows.map { row in
      let figures = row.figures
      return [
        row.check.text, row.region ?? "–", figures.availability.percentage, Ratio(decimal: row.objective).percentage,
        figures.budgetRemaining.percentage, figures.coverage.percentage, Self.text(row.tally.downtime),
        String(row.tally.expected), Self.latency(row, 0.5), Self.latency(row, 0.95), Self.latency(row, 0.99),
      ]
    }
  }

  /// Columns filled up with blanks, two between them.
  var text: String {
    let widths = Self.titles.indices.map { column in
      ([Self.titles] + rows).map { $0[column].count }.max() ?? 0
    }
    return ([Self.titles] + rows).map { row in
      var line = ""
      for (column, cell) in row.enumerated() {
        let blanks = String(repeating: " ", count: widths[column] - cell.count)
        line += Self.leftAligned.contains(Self.titles[column]) ? cell + blanks : blanks + cell
        line += "  "
      }
      return String(line.reversed().drop { $0 == " " }.reversed()) + "\n"
    }.joined()
  }

  /// A table as GitHub's Markdown has it.
  var markdown: String {
    let rule = Self.titles.map { Self.leftAligned.contains($0) ? "---" : "---:" }
    return ([Self.titles, rule] + rows).map { row in
      "| "
        + row.map { $0.split(separator: "|", omittingEmptySubsequences: false).joined(separator: "\\|") }
        .joined(separator: " | ") + " |\n"
    }.joined()
  }

  private static func latency(_ row: ServiceLevelReport, _ fraction: Double) -> String {
    guard let value = row.latency.percentile(fraction) else { return "–" }
    let microseconds = value.roundedMicroseconds
    if microseconds >= 10_000_000 { return "\(microseconds / 1_000_000) s" }
    if microseconds >= 10_000 { return "\(microseconds / 1000) ms" }
    return "\(microseconds / 1000).\(microseconds / 100 % 10) ms"
  }

  /// The two largest units: `3h36m`, `7m12s`, `40s`.
  private static func text(_ duration: Duration) -> String {
    let seconds = duration.components.seconds
    if seconds >= 86_400 { return "\(seconds / 86_400)d\(seconds / 3600 % 24)h" }
    if seconds >= 3600 { return "\(seconds / 3600)h\(seconds / 60 % 60)m" }
    if seconds >= 60 { return "\(seconds / 60)m\(seconds % 60)s" }
    return "\(seconds)s"
  }
}

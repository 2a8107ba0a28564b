import Model

/// The figures of `--repeat` as a table: verdicts and percentiles of each check.
struct RepeatTable {
  private let rows: [[String]]

  /// Nil when nothing was repeated.
  init?(_ report: CheckReport) {
    let tallies = report.entries.compactMap { entry in entry.repeats.map { (entry.check, $0) } }
    guard !tallies.isEmpty else { return nil }
    rows =
      [["check", "runs"] + Verdict.allCases.map(\.rawValue) + ["p50", "p95", "p99"]]
      + tallies.map { check, tally in
        [check.id.text, "\(tally.runs)"] + Verdict.allCases.map { "\(tally.count(of: $0))" }
          + [50, 95, 99].map { tally.percentile($0).map(HumanText.duration) ?? "–" }
      }
  }

  /// Names to the left, figures to the right.
  var text: String {
    let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    return rows.map { row in
      zip(row, widths).enumerated().map { column, cell in
        column == 0 ? HumanText.padded(cell.0, to: cell.1) : HumanText.aligned(cell.0, to: cell.1)
      }.joined(separator: "  ") + "\n"
    }.joined()
  }
}

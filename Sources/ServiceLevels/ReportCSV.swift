import Model

/// A report as CSV (RFC 4180, with plain line ends), ratios unrounded, no figure as an empty field.
enum ReportCSV {
  private static let header = """
    check,region,window,from,to,expected,up,degraded,down,unknown,missed,maintenance,availability,coverage,objective,\
    budget_remaining,downtime_seconds,latency_p50_ms,latency_p95_ms,latency_p99_ms,latency_mean_ms
    """

  static func text(_ rows: [ServiceLevelReport]) -> String {
    ([header] + rows.map(line)).joined(separator: "\n") + "\n"
  }

  private static func line(_ row: ServiceLevelReport) -> String {
    let tally = row.tally
    let figures = row.figures
    let counts = [
      tally.expected, tally.up, tally.degraded, tally.down, tally.unknown, tally.missed, tally.maintenance,
    ]
    let numbers: [Double?] = [
      figures.availability?.value, figures.coverage?.value, row.objective, figures.budgetRemaining?.value,
      tally.downtime.seconds, row.latency.percentile(0.5)?.milliseconds, row.latency.percentile(0.95)?.milliseconds,
      row.latency.percentile(0.99)?.milliseconds, row.latency.mean?.milliseconds,
    ]
    let texts = [
      row.check.text, row.region ?? "", row.window, ReportNumber.text(row.from), ReportNumber.text(row.to),
    ]
    return (texts.map(field) + counts.map(String.init) + numbers.map { ReportNumber.text($0) ?? "" })
      .joined(separator: ",")
  }

  private static func field(_ text: String) -> String {
    guard text.contains(where: { ",\"\r\n".contains($0) }) else { return text }
    return "\"" + text.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
  }
}

/// Numbers and moments as programs read them.
enum ReportNumber {
  /// The shortest text that reads back as the same double; whole numbers without a fraction.
  static func text(_ value: Double?) -> String? {
    guard let value, value.isFinite else { return nil }
    if let whole = Int64(exactly: value), whole.magnitude < 1 << 53 { return String(whole) }
    return "\(value)"
  }

  /// RFC 3339, with milliseconds only where there are any.
  static func text(_ moment: Timestamp) -> String {
    moment.rfc3339(fractionDigits: moment.nanosecondsSinceEpoch % 1_000_000_000 == 0 ? 0 : 3)
  }
}

import Model

/// A report as CSV (RFC 4180, with plain line ends), ratios unrounded, no figure as an empty field.
enum ReportCSV {
  private static let header = """
    check,region,window,from,to,expected,up,degraded,down,unknown,missed,maintenance,availability,coverage,objective,\
    budget_remaining,downtime_seconds,latency_p50_ms,latency_p95_ms,latency_p99_ms,latency_mean_ms

    """

  static func text(_ rows: [ServiceLevelReport]) -> String {
    var text = header
    // One text for all lines: a fleet of ten thousand checks is read by a script once a minute.
    text.reserveCapacity(header.utf8.count + rows.count * 200)
    for row in rows { append(row, to: &text) }
    return text
  }

  private static func append(_ row: ServiceLevelReport, to text: inout String) {
    text += field(row.check.text)
    for column in [row.region ?? "", row.window, ReportNumber.text(row.from), ReportNumber.text(row.to)] {
      text += ","
      text += field(column)
    }
    let tally = row.tally
    for count in [tally.expected, tally.up, tally.degraded, tally.down, tally.unknown, tally.missed, tally.maintenance]
    {
      text += ","
      text += String(count)
    }
    let figures = row.figures
    let latency = row.latency
    let numbers = [
      figures.availability?.value, figures.coverage?.value, row.objective, figures.budgetRemaining?.value,
      tally.downtime.seconds, latency.percentile(0.5)?.milliseconds, latency.percentile(0.95)?.milliseconds,
      latency.percentile(0.99)?.milliseconds, latency.mean?.milliseconds,
    ]
    for number in numbers {
      text += ","
      if let number = ReportNumber.text(number) { text += number }
    }
    text += "\n"
  }

  /// RFC 4180 section 2: a field with a comma, a quote or a line end stands in quotes.
  private static func field(_ text: String) -> String {
    let special: StaticString = ",\"\r\n"
    let isPlain = special.withUTF8Buffer { special in !text.utf8.contains { special.contains($0) } }
    if isPlain { return text }
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

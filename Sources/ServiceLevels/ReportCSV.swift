import Model

/// A report as CSV (RFC 4180, with plain line ends), ratios unrounded, no figure as an empty field.
///
/// It writes straight into bytes: a fleet of ten thousand checks is read by a script once a minute.
struct ReportCSV {
  private static let header = """
    check,region,window,from,to,expected,up,degraded,down,unknown,missed,maintenance,availability,coverage,objective,\
    budget_remaining,downtime_seconds,latency_p50_ms,latency_p95_ms,latency_p99_ms,latency_mean_ms,excluded_slots,\
    availability_unadjusted,budget_remaining_unadjusted,downtime_from_incidents_seconds,time_availability,\
    latency_objective_ratio
    """
  private static let burnHeader =
    BurnWindow.lengths.map { ",burn_rate_\(Units.text(of: $0))" }.joined() + ",time_to_empty_seconds"

  /// The region and the window of a row in words, with a comma before each field.
  private struct Span {
    let region: String?
    let window: String
    let from: Timestamp
    let to: Timestamp
    let text: String

    init(_ row: ServiceLevelReport) {
      (region, window, from, to) = (row.region, row.window, row.from, row.to)
      text = [region ?? "", window, ReportCSV.text(from), ReportCSV.text(to)].map { "," + ReportCSV.field($0) }.joined()
    }

    func isThat(of row: ServiceLevelReport) -> Bool {
      from == row.from && to == row.to && window == row.window && region == row.region
    }
  }

  private let burning: Bool
  private var bytes: [UInt8]
  /// Of the row before: nearly always the next one has the same.
  private var span: Span?

  private init(burning: Bool) {
    self.burning = burning
    bytes = Array((Self.header + (burning ? Self.burnHeader : "") + "\n").utf8)
  }

  static func text(_ rows: [ServiceLevelReport], burning: Bool) -> String {
    var csv = ReportCSV(burning: burning)
    csv.bytes.reserveCapacity(header.utf8.count + rows.count * 200)
    for row in rows { csv.append(row) }
    return String(decoding: csv.bytes, as: UTF8.self)
  }

  private mutating func append(_ row: ServiceLevelReport) {
    bytes.append(contentsOf: row.check.text.utf8)
    if span?.isThat(of: row) != true { span = Span(row) }
    if let span { bytes.append(contentsOf: span.text.utf8) }
    let tally = row.tally
    append(tally.expected)
    append(tally.up)
    append(tally.degraded)
    append(tally.down)
    append(tally.unknown)
    append(tally.missed)
    append(tally.maintenance)
    let figures = row.figures
    append(figures.availability?.value)
    append(figures.coverage?.value)
    append(row.objective)
    append(figures.budgetRemaining?.value)
    append(tally.downtime.seconds)
    let latency = row.latency
    append(latency.percentile(0.5)?.milliseconds)
    append(latency.percentile(0.95)?.milliseconds)
    append(latency.percentile(0.99)?.milliseconds)
    append(latency.mean?.milliseconds)
    append(row.excludedSlots)
    let unadjusted = row.unadjusted
    append(unadjusted.availability?.value)
    append(unadjusted.budgetRemaining?.value)
    append(row.incidentDowntime?.seconds)
    append(row.timeAvailability?.value)
    append(row.latencyRatio?.value)
    if burning {
      for place in BurnWindow.lengths.indices { append(row.burning?.rates[place].rate?.value) }
      append(row.burning?.timeToEmpty?.seconds)
    }
    bytes.append(UInt8(ascii: "\n"))
  }

  private mutating func append(_ count: Int) {
    bytes.append(UInt8(ascii: ","))
    // Most counts are of one digit.
    if let digit = UInt8(exactly: count), digit < 10 {
      bytes.append(UInt8(ascii: "0") + digit)
    } else {
      bytes.append(contentsOf: String(count).utf8)
    }
  }

  /// The shortest text that reads back as the same double; whole numbers without a fraction.
  private mutating func append(_ value: Double?) {
    if let value, let whole = Int(exactly: value), whole.magnitude < 1 << 53 {
      append(whole)
      return
    }
    bytes.append(UInt8(ascii: ","))
    if let value, value.isFinite { bytes.append(contentsOf: value.description.utf8) }
  }

  /// RFC 3339, with milliseconds only where there are any.
  private static func text(_ moment: Timestamp) -> String {
    moment.rfc3339(fractionDigits: moment.nanosecondsSinceEpoch % 1_000_000_000 == 0 ? 0 : 3)
  }

  /// RFC 4180 section 2: a field with a comma, a quote or a line end stands in quotes.
  static func field(_ text: String) -> String {
    let special: StaticString = ",\"\r\n"
    let isPlain = special.withUTF8Buffer { special in !text.utf8.contains { special.contains($0) } }
    if isPlain { return text }
    return "\"" + text.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
  }
}

import Model

/// A report as a JSON array, one row a line, keys always in the same order.
enum ReportJSON {
  static func text(_ rows: [ServiceLevelReport]) -> String {
    guard !rows.isEmpty else { return "[]\n" }
    return "[\n" + rows.map { "  " + object($0) }.joined(separator: ",\n") + "\n]\n"
  }

  private static func object(_ row: ServiceLevelReport) -> String {
    let tally = row.tally
    let figures = row.figures
    let counts: [(String, Int)] = [
      ("expected", tally.expected), ("up", tally.up), ("degraded", tally.degraded), ("down", tally.down),
      ("unknown", tally.unknown), ("missed", tally.missed), ("maintenance", tally.maintenance),
    ]
    let durations: [(String, Duration?)] = [
      ("p50", row.latency.percentile(0.5)), ("p95", row.latency.percentile(0.95)),
      ("p99", row.latency.percentile(0.99)), ("mean", row.latency.mean),
    ]
    let slots = counts.map { member($0.0, String($0.1)) }.joined(separator: ",")
    let latency = durations.map { member($0.0, number($0.1?.milliseconds)) }.joined(separator: ",")
    let region: String = row.region.map(quoted) ?? "null"
    let members: [(String, String)] = [
      ("check", quoted(row.check.text)), ("region", region), ("window", quoted(row.window)),
      ("from", quoted(ReportNumber.text(row.from))), ("to", quoted(ReportNumber.text(row.to))),
      ("slots", "{\(slots)}"),
      ("availability", number(figures.availability?.value)),
      ("coverage", number(figures.coverage?.value)),
      ("objective", number(row.objective)),
      ("budget_remaining", number(figures.budgetRemaining?.value)),
      ("downtime_seconds", number(tally.downtime.seconds)),
      ("latency_ms", "{\(latency)}"),
    ]
    return "{" + members.map { member($0.0, $0.1) }.joined(separator: ",") + "}"
  }

  private static func member(_ key: String, _ value: String) -> String { "\"\(key)\":\(value)" }

  private static func number(_ value: Double?) -> String { ReportNumber.text(value) ?? "null" }

  /// A string of RFC 8259 section 7.
  private static func quoted(_ text: String) -> String {
    var quoted = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": quoted += "\\\""
      case "\\": quoted += "\\\\"
      case _ where scalar.value < 0x20:
        let digits = String(scalar.value, radix: 16)
        quoted += "\\u" + String(repeating: "0", count: 4 - digits.utf8.count) + digits
      default: quoted.unicodeScalars.append(scalar)
      }
    }
    return quoted + "\""
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

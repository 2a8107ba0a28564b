package import Model

/// A report as a JSON array, one row a line, keys always in the same order.
enum ReportJSON {
  static func text(_ rows: [ServiceLevelReport]) -> String {
    guard !rows.isEmpty else { return "[]\n" }
    let objects = rows.map { row in
      var json = JSONWriter()
      json.object { $0.write(row) }
      return "  " + String(decoding: json.bytes, as: UTF8.self)
    }
    return "[\n" + objects.joined(separator: ",\n") + "\n]\n"
  }
}

extension JSONWriter {
  /// The members of a row of `curlew report --format json`.
  package mutating func write(_ report: ServiceLevelReport) {
    let figures = report.figures
    member("check", report.check.text)
    member("region", report.region)
    member("window", report.window)
    member("from", report.from)
    member("to", report.to)
    member("slots", object: { $0.write(report.tally) })
    member("availability", figures.availability?.value)
    member("coverage", figures.coverage?.value)
    member("objective", report.objective)
    member("budget_remaining", figures.budgetRemaining?.value)
    member("downtime_seconds", report.tally.downtime.seconds)
    member(
      "latency_ms",
      object: { json in
        json.member("p50", milliseconds: report.latency.percentile(0.5))
        json.member("p95", milliseconds: report.latency.percentile(0.95))
        json.member("p99", milliseconds: report.latency.percentile(0.99))
        json.member("mean", milliseconds: report.latency.mean)
      })
  }

  /// The counts of a tally.
  package mutating func write(_ tally: SlotTally) {
    member("expected", tally.expected)
    member("up", tally.up)
    member("degraded", tally.degraded)
    member("down", tally.down)
    member("unknown", tally.unknown)
    member("missed", tally.missed)
    member("maintenance", tally.maintenance)
  }
}

package import Model

/// A report as a JSON array, one row a line, keys always in the same order.
enum ReportJSON {
  static func text(_ rows: [ServiceLevelReport], burning: Bool) -> String {
    guard !rows.isEmpty else { return "[]\n" }
    let objects = rows.map { row in
      var json = JSONWriter()
      json.object { json in
        json.write(row)
        if burning { json.write(row.burning) }
      }
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
    member("excluded_slots", report.excludedSlots)
    member("availability_unadjusted", report.unadjusted.availability?.value)
    member("budget_remaining_unadjusted", report.unadjusted.budgetRemaining?.value)
    member("downtime_from_incidents_seconds", report.incidentDowntime?.seconds)
    member("time_availability", report.timeAvailability?.value)
    member("latency_objective_ratio", report.latencyRatio?.value)
  }

  /// How fast a budget is used up: `burn_rates`, one for each pair of windows, and `time_to_empty_seconds`.
  package mutating func write(_ burning: BurnRates?) {
    guard let burning else {
      null("burn_rates")
      null("time_to_empty_seconds")
      return
    }
    member(
      "burn_rates",
      array: { json in
        for pair in burning.pairs {
          json.object { json in
            json.member("long", Units.text(of: pair.window.long))
            json.member("short", Units.text(of: pair.window.short))
            json.member("factor", pair.factor.value)
            json.member("long_rate", pair.long.rate?.value)
            json.member("short_rate", pair.short.rate?.value)
            json.member("failures", pair.long.failures)
            json.member("burning", pair.isBurning)
          }
        }
      })
    member("time_to_empty_seconds", burning.timeToEmpty?.seconds)
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

package import Model

/// What was kept of promises in a month, for people and programs: as it was closed, or as it stands while it is open.
package struct MonthReport: Sendable {
  /// One revision of one check's month, or its live figures.
  package struct Row: Hashable, Sendable {
    package var figures: ClosedMonth
    /// Live figures may still change; closed ones never do.
    package var isOpen: Bool

    /// A row with everything said.
    package init(_ figures: ClosedMonth, isOpen: Bool) {
      self.figures = figures
      self.isOpen = isOpen
    }
  }

  private static let titles = [
    "check", "month", "state", "availability", "objective", "budget left", "coverage", "downtime", "incidents",
    "excluded", "unadjusted", "p50", "p95", "p99", "closed", "author", "reason",
  ]

  private let rows: [Row]

  /// A report of rows, in the order given.
  package init(_ rows: [Row]) {
    self.rows = rows
  }

  /// Writes the rows with a final line end.
  package func render(_ format: ReportFormat) -> String {
    switch format {
    case .table: table.text
    case .markdown: table.markdown
    case .json: json
    case .csv: csv
    }
  }

  private var table: TextTable {
    TextTable(
      titles: Self.titles, leftAligned: ["check", "month", "state", "closed", "author", "reason"],
      rows: rows.map { row in
        let month = row.figures
        let (figures, unadjusted) = (month.availability, month.unadjustedAvailability)
        return [
          month.check.text, month.month.description, row.isOpen ? "open" : "closed, revision \(month.revision)",
          figures.availability.percentage, Ratio(decimal: month.objective).percentage,
          figures.budgetRemaining.percentage, figures.coverage.percentage, ReportTable.text(month.tally.downtime),
          ReportTable.text(month.incidentDowntime), String(month.excludedSlots), unadjusted.availability.percentage,
          ReportTable.latency(month.p50), ReportTable.latency(month.p95), ReportTable.latency(month.p99),
          row.isOpen ? "–" : month.closedAt.rfc3339(fractionDigits: 0), month.author ?? "–", month.reason ?? "–",
        ]
      })
  }

  private var json: String {
    guard !rows.isEmpty else { return "[]\n" }
    let objects = rows.map { row in
      var json = JSONWriter()
      json.object { $0.write(row) }
      return "  " + String(decoding: json.bytes, as: UTF8.self)
    }
    return "[\n" + objects.joined(separator: ",\n") + "\n]\n"
  }

  private var csv: String {
    let header = [
      "check", "month", "time_zone", "state", "revision", "closed_at", "author", "reason", "expected", "up", "degraded",
      "down", "unknown", "missed", "maintenance", "availability", "coverage", "objective", "budget_remaining",
      "downtime_seconds", "excluded_slots", "availability_unadjusted", "downtime_from_incidents_seconds",
      "latency_p50_ms", "latency_p95_ms", "latency_p99_ms",
    ]
    let lines = rows.map { row -> [String] in
      let month = row.figures
      let (figures, tally) = (month.availability, month.tally)
      func text(_ value: Double?) -> String { value.map { $0.description } ?? "" }
      let counts = [
        tally.expected, tally.up, tally.degraded, tally.down, tally.unknown, tally.missed, tally.maintenance,
      ]
      let names = [
        month.check.text, month.month.description, month.timeZone, row.isOpen ? "open" : "closed",
        row.isOpen ? "" : String(month.revision), row.isOpen ? "" : month.closedAt.rfc3339(fractionDigits: 0),
        month.author ?? "", month.reason ?? "",
      ]
      let ratios = [
        text(figures.availability?.value), text(figures.coverage?.value), text(month.objective),
        text(figures.budgetRemaining?.value), text(tally.downtime.seconds), String(month.excludedSlots),
        text(month.unadjustedAvailability.availability?.value), text(month.incidentDowntime.seconds),
      ]
      return names.map(ReportCSV.field) + counts.map(String.init) + ratios
        + [month.p50, month.p95, month.p99].map { text($0?.milliseconds) }
    }
    return ([header] + lines).map { $0.joined(separator: ",") + "\n" }.joined()
  }
}

extension ClosedMonth {
  /// What was kept, exclusions taken out.
  package var availability: Availability { Availability(tally, objective: objective) }

  /// What was kept, as if there were no exclusions.
  package var unadjustedAvailability: Availability { Availability(unadjusted, objective: objective) }

  /// How many slots exclusions took out; weighted ones for a service that weighs its members.
  package var excludedSlots: Int { max(0, tally.maintenance - unadjusted.maintenance) }
}

extension JSONWriter {
  /// The members of a row of `curlew report --month --format json`.
  package mutating func write(_ row: MonthReport.Row) {
    let month = row.figures
    let figures = month.availability
    member("check", month.check.text)
    member("month", month.month.description)
    member("time_zone", month.timeZone)
    member("state", row.isOpen ? "open" : "closed")
    member("revision", row.isOpen ? nil : month.revision)
    member("closed_at", row.isOpen ? nil : month.closedAt)
    member("author", month.author)
    member("reason", month.reason)
    member("slots", object: { $0.write(month.tally) })
    member("availability", figures.availability?.value)
    member("coverage", figures.coverage?.value)
    member("objective", month.objective)
    member("budget_remaining", figures.budgetRemaining?.value)
    member("downtime_seconds", month.tally.downtime.seconds)
    member("excluded_slots", month.excludedSlots)
    member("availability_unadjusted", month.unadjustedAvailability.availability?.value)
    member("downtime_from_incidents_seconds", month.incidentDowntime.seconds)
    member(
      "latency_ms",
      object: { json in
        json.member("p50", milliseconds: month.p50)
        json.member("p95", milliseconds: month.p95)
        json.member("p99", milliseconds: month.p99)
      })
  }
}

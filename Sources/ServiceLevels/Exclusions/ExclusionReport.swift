package import Model

/// The ledger of exclusions, for people and programs.
package struct ExclusionReport: Sendable {
  private let entries: [Exclusion]
  private let plan: ExclusionPlan

  /// A report of a whole ledger.
  ///
  /// - Parameter plan: what comes of it.
  package init(_ entries: [Exclusion], plan: ExclusionPlan) {
    self.entries = entries
    self.plan = plan
  }

  /// Writes the entries, oldest first, with a final line end.
  package func render(_ format: ReportFormat) -> String {
    switch format {
    case .table: table.text
    case .markdown: table.markdown
    case .json: json
    case .csv: csv
    }
  }

  /// What came of one new entry, with what is beyond the cap.
  package static func words(for entry: Exclusion, plan: ExclusionPlan) -> String {
    let checks = entry.checks.map { $0.map(\.text).joined(separator: ", ") } ?? "every check and service"
    let time = "\(text(entry.from)) to \(text(entry.until))"
    if let withdrawn = entry.withdraws {
      return "entry \(entry.id) withdraws entry \(withdrawn): \(time) counts again for \(checks)\n"
    }
    var words = "entry \(entry.id) excludes \(time) for \(checks)\n"
    for (name, refusals) in plan.refusals(for: entry) {
      for refusal in refusals {
        let span = "\(text(refusal.span.lowerBound)) to \(text(refusal.span.upperBound))"
        words += "beyond the cap, and not excluded\(name.map { " for \($0)" } ?? ""): \(span)\n"
      }
    }
    return words
  }

  /// What became of an entry: in force, withdrawn, a withdrawal, or cut off by the cap.
  private func state(of entry: Exclusion) -> String {
    if let withdrawn = entry.withdraws { return "withdraws \(withdrawn)" }
    if let withdrawal = entries.first(where: { $0.withdraws == entry.id }) { return "withdrawn by \(withdrawal.id)" }
    return plan.refusals(for: entry).isEmpty ? "in force" : "in force up to the cap"
  }

  private static let titles = ["entry", "from", "until", "checks", "state", "author", "reason", "recorded"]

  private var cells: [[String]] {
    entries.map { entry in
      [
        String(entry.id), Self.text(entry.from), Self.text(entry.until),
        entry.checks.map { $0.map(\.text).joined(separator: " ") } ?? "all", state(of: entry), entry.author,
        entry.reason, Self.text(entry.recordedAt),
      ]
    }
  }

  private var table: TextTable {
    TextTable(titles: Self.titles, leftAligned: Set(Self.titles.dropFirst()), rows: cells)
  }

  private var csv: String {
    ([Self.titles] + cells).map { $0.map(ReportCSV.field).joined(separator: ",") + "\n" }.joined()
  }

  private var json: String {
    guard !entries.isEmpty else { return "[]\n" }
    let objects = entries.map { entry in
      var json = JSONWriter()
      json.object { json in
        json.member("id", Int(entry.id))
        if let checks = entry.checks {
          json.member("checks", array: { json in for check in checks { json.value(check.text) } })
        } else {
          json.null("checks")
        }
        json.member("from", entry.from)
        json.member("until", entry.until)
        json.member("reason", entry.reason)
        json.member("author", entry.author)
        json.member("recorded_at", entry.recordedAt)
        json.member("withdraws", entry.withdraws.map { Int($0) })
        json.member("state", state(of: entry))
      }
      return "  " + String(decoding: json.bytes, as: UTF8.self)
    }
    return "[\n" + objects.joined(separator: ",\n") + "\n]\n"
  }

  private static func text(_ moment: Timestamp) -> String {
    moment.rfc3339(fractionDigits: moment.nanosecondsSinceEpoch % 1_000_000_000 == 0 ? 0 : 3)
  }
}

extension ExclusionPlan {
  /// What an entry asked for beyond the cap, by the check; nil stands for all that no entry names.
  func refusals(for entry: Exclusion) -> [(check: CheckID?, refusals: [Refusal])] {
    let byCheck: [(check: CheckID?, refusals: [Refusal])] =
      entry.checks.map { $0.map { ($0, refusals(of: $0)) } } ?? [(nil, generalRefusals)]
    return byCheck.map { ($0.check, $0.refusals.filter { $0.entry == entry.id }) }.filter { !$0.1.isEmpty }
  }
}

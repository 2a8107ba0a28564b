import Expressions
import Journeys
import Model

/// The JSON report of `curlew check` (docs/reports.md).
package struct JSONReport {
  private let report: CheckReport

  /// A report as JSON.
  package init(_ report: CheckReport) {
    self.report = report
  }

  /// One JSON document, with a line end.
  package func document() throws -> String {
    var members: [(String, Value)] = [
      ("version", .int(1)), ("started", .string(report.started.rfc3339())),
      ("duration_ms", milliseconds(report.duration)),
      ("summary", counts(of: report.count, skipped: report.skippedCount)),
      ("checks", .list(report.entries.map(value))),
    ]
    let repeats = report.entries.compactMap { entry in entry.repeats.map { value(of: $0, check: entry.check) } }
    if !repeats.isEmpty { members.append(("repeats", .list(repeats))) }
    return Self.printable(try JSON.write(object(members))) + "\n"
  }

  /// One run as it stands in the report, with a line end.
  static func document(of run: Run, check: Check) throws -> String {
    let entry = CheckReport.Entry(check: check, run: run)
    let report = JSONReport(CheckReport(started: run.started, duration: run.duration, entries: [entry]))
    return printable(try JSON.write(report.value(of: entry))) + "\n"
  }

  /// JSON leaves characters as they are that a terminal would obey; they stand in strings alone, where an escape means the
  /// same.
  private static func printable(_ json: String) -> String {
    var result = ""
    result.unicodeScalars.reserveCapacity(json.utf8.count)
    for scalar in json.unicodeScalars {
      if HumanText.isControl(scalar) {
        let digits = String(scalar.value, radix: 16)
        result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      } else {
        result.unicodeScalars.append(scalar)
      }
    }
    return result
  }

  private func counts(of verdict: (Verdict) -> Int, skipped: Int) -> Value {
    object(Verdict.allCases.map { ($0.rawValue, .int(Int64(verdict($0)))) } + [("skipped", .int(Int64(skipped)))])
  }

  private func value(of entry: CheckReport.Entry) -> Value {
    let check = entry.check
    let run = entry.run
    return object([
      ("id", .string(check.id.text)), ("name", .string(check.name)), ("group", text(check.group)),
      ("labels", texts(check.labels)), ("verdict", .string(entry.standing)), ("reason", value(of: run?.reason)),
      ("started", text(run?.started.rfc3339())), ("duration_ms", run.map { milliseconds($0.duration) } ?? .null),
      ("attempts", .int(Int64(run?.attempts ?? 0))),
      ("trace_id", text(run.flatMap { $0.traceID.isEmpty ? nil : $0.traceID })),
      ("steps", .list((run?.steps ?? []).map(value))), ("finally", .list((run?.cleanup ?? []).map(value))),
    ])
  }

  private func value(of reason: Reason?) -> Value {
    guard let reason else { return .null }
    let place = reason.excerpt?.location
    return object([
      ("code", .string(reason.code.rawValue)), ("step", text(reason.step)), ("phase", text(reason.phase?.rawValue)),
      ("message", .string(reason.message)), ("file", text(place?.file)),
      ("line", place.map { .int(Int64($0.line)) } ?? .null), ("column", place.map { .int(Int64($0.column)) } ?? .null),
    ])
  }

  private func value(of step: StepResult) -> Value {
    let phases = step.facts?.phases ?? Phases()
    let facts = step.facts.map { FactRecord.value(of: $0, attempt: step.attempts, at: step.started + step.duration) }
    var members: [(String, Value)] = [
      ("name", .string(step.name)), ("kind", text(step.kind?.rawValue)),
      ("verdict", .string(step.verdict?.rawValue ?? "skipped")), ("reason", value(of: step.reason)),
      ("attempts", .int(Int64(step.attempts))), ("started", .string(step.started.rfc3339())),
      ("duration_ms", milliseconds(step.duration)),
      ("phases_ms", object(Phase.allCases.map { ($0.rawValue, milliseconds(phases[$0])) })),
      ("facts", facts ?? object([])), ("expectations", .list(step.expectations.map(value))),
      ("captures", texts(step.captures)),
      ("measures", object(step.measures.sorted { $0.key < $1.key }.map { ($0.key, .double($0.value)) })),
    ]
    if !step.earlier.isEmpty {
      let earlier = step.earlier.map {
        object([("reason", value(of: $0.reason)), ("duration_ms", milliseconds($0.duration))])
      }
      members.append(("earlier", .list(earlier)))
    }
    return object(members)
  }

  private func value(of expectation: ExpectationResult) -> Value {
    object([
      ("kind", .string(expectation.kind.rawValue)), ("source", .string(expectation.source)),
      ("passed", .bool(expectation.passed)), ("detail", text(expectation.detail)),
    ])
  }

  private func value(of tally: RepeatTally, check: Check) -> Value {
    let percentiles = [50, 95, 99].map { percentage in
      ("p\(percentage)", tally.percentile(percentage).map(milliseconds) ?? .null)
    }
    return object([
      ("id", .string(check.id.text)), ("runs", .int(Int64(tally.runs))),
      ("summary", object(Verdict.allCases.map { ($0.rawValue, .int(Int64(tally.count(of: $0)))) })),
      ("latency_ms", object(percentiles)),
    ])
  }

  private func object(_ members: [(String, Value)]) -> Value { .map(MapValue(members)) }
  private func text(_ text: String?) -> Value { text.map { .string($0) } ?? .null }
  private func texts(_ texts: [String: String]) -> Value {
    object(texts.sorted { $0.key < $1.key }.map { ($0.key, .string($0.value)) })
  }

  private func milliseconds(_ duration: Duration) -> Value {
    .double((duration.milliseconds * 1000).rounded() / 1000)
  }
}

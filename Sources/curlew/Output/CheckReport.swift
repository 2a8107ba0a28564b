import Expressions
import Journeys
import Model

/// The JSON report of `curlew check` (docs/commands.md).
struct CheckReport {
  /// A check with its run; nil when it was left out.
  struct Entry {
    var check: Check
    var run: Run?
  }

  var started: Timestamp
  var duration: Duration
  var entries: [Entry]

  /// How many runs had the verdict.
  func count(of verdict: Verdict) -> Int {
    entries.count { $0.run?.verdict == verdict }
  }

  /// One JSON document, with a line end.
  func json() throws -> String {
    let summary = object([
      ("up", count(.up)), ("degraded", count(.degraded)), ("down", count(.down)), ("unknown", count(.unknown)),
      ("skipped", .int(Int64(entries.count { $0.run == nil }))),
    ])
    let report = object([
      ("version", .int(1)), ("started", .string(started.rfc3339())), ("duration_ms", milliseconds(duration)),
      ("summary", summary), ("checks", .list(entries.compactMap(value))),
    ])
    return try JSON.write(report) + "\n"
  }

  private func count(_ verdict: Verdict) -> Value { .int(Int64(count(of: verdict))) }

  private func value(of entry: Entry) -> Value? {
    guard let run = entry.run else { return nil }
    let check = entry.check
    return object([
      ("id", .string(check.id.text)), ("name", .string(check.name)), ("group", text(check.group)),
      ("labels", .map(MapValue(check.labels.sorted { $0.key < $1.key }.map { ($0.key, .string($0.value)) }))),
      ("verdict", .string(run.verdict.rawValue)), ("reason", value(of: run.reason)),
      ("started", .string(run.started.rfc3339())), ("duration_ms", milliseconds(run.duration)),
      ("attempts", .int(Int64(run.attempts))), ("trace_id", .string(run.traceID)),
      ("steps", .list(run.steps.map(value))), ("finally", .list(run.cleanup.map(value))),
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
    var members: [(String, Value)] = [
      ("name", .string(step.name)), ("kind", text(step.kind?.rawValue)),
      ("verdict", .string(step.verdict?.rawValue ?? "skipped")), ("reason", value(of: step.reason)),
      ("attempts", .int(Int64(step.attempts))), ("started", .string(step.started.rfc3339())),
      ("duration_ms", milliseconds(step.duration)),
      ("phases_ms", object(Phase.allCases.map { ($0.rawValue, milliseconds(phases[$0])) })),
      (
        "facts",
        step.facts.map { FactRecord.value(of: $0, attempt: step.attempts, at: step.started + step.duration) }
          ?? object([])
      ),
      ("expectations", .list(step.expectations.map(value))),
      ("captures", .map(MapValue(step.captures.sorted { $0.key < $1.key }.map { ($0.key, .string($0.value)) }))),
      ("measures", .map(MapValue(step.measures.sorted { $0.key < $1.key }.map { ($0.key, .double($0.value)) }))),
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

  private func object(_ members: [(String, Value)]) -> Value { .map(MapValue(members)) }
  private func text(_ text: String?) -> Value { text.map { .string($0) } ?? .null }

  private func milliseconds(_ duration: Duration) -> Value {
    .double((duration.milliseconds * 1000).rounded() / 1000)
  }
}

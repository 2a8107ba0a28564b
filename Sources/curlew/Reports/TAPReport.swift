import Expressions
import Model

/// Test Anything Protocol (https://testanything.org/tap-version-13-specification.html): a test point a
/// check, with a YAML block under each that is not up and under each that has several steps. The document is one of
/// version 14 too, but says 13: `prove` of Perl 5.36 refuses what says 14, and nothing in it is new since 13.
package struct TAPReport {
  private let failsDegraded: Bool

  /// - Parameter failsDegraded: whether a degraded check is not ok, as the exit code has it.
  package init(failsDegraded: Bool = false) {
    self.failsDegraded = failsDegraded
  }

  /// The version and the plan.
  package func opening(count: Int) -> String { "TAP version 13\n1..\(count)\n" }

  /// One test point.
  ///
  /// - Parameter number: its place, counted from 1.
  package func lines(for entry: CheckReport.Entry, number: Int) -> String {
    guard let run = entry.run else { return "ok \(number) - \(entry.check.id) # SKIP left out by --fail-fast\n" }
    let isOK = run.verdict == .up || (run.verdict == .degraded && !failsDegraded)
    var text = "\(isOK ? "ok" : "not ok") \(number) - \(entry.check.id)\n"
    guard run.reason != nil || run.steps.count > 1 || !run.cleanup.isEmpty else { return text }
    text += "  ---\n  verdict: \(run.verdict.rawValue)\n"
    if let reason = run.reason { text += lines(of: reason, indent: "  ") }
    if run.reason != nil {
      let place = run.reason?.excerpt?.location ?? entry.check.location
      text += "  at:\n    file: \(quoted(place.file))\n    line: \(place.line)\n    column: \(place.column)\n"
    }
    text += "  duration_ms: \(milliseconds(run.duration))\n  trace_id: \(quoted(run.traceID))\n"
    if run.steps.count > 1 { text += list("steps", run.steps) }
    if !run.cleanup.isEmpty { text += list("finally", run.cleanup) }
    return text + "  ...\n"
  }

  /// The whole document.
  package func document(of report: CheckReport) -> String {
    opening(count: report.entries.count)
      + report.entries.enumerated().map { lines(for: $1, number: $0 + 1) }.joined()
  }

  private func lines(of reason: Reason, indent: String) -> String {
    var text = "\(indent)code: \(reason.code.rawValue)\n\(indent)message: \(quoted(reason.message))\n"
    if let step = reason.step { text += "\(indent)step: \(quoted(step))\n" }
    if let phase = reason.phase { text += "\(indent)phase: \(phase.rawValue)\n" }
    return text
  }

  private func list(_ name: String, _ steps: [StepResult]) -> String {
    "  \(name):\n"
      + steps.map { step in
        var text = "    - name: \(quoted(step.name))\n      verdict: \(step.verdict?.rawValue ?? "skipped")\n"
        text += "      duration_ms: \(milliseconds(step.duration))\n"
        if let reason = step.reason { text += lines(of: reason, indent: "      ") }
        return text
      }.joined()
  }

  /// A JSON string is YAML too; what a terminal would obey is made visible before.
  private func quoted(_ text: String) -> String { JSON.quote(HumanText.escaped(text)) }

  private func milliseconds(_ duration: Duration) -> String { "\((duration.milliseconds * 1000).rounded() / 1000)" }
}

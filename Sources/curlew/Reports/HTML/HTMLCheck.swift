import Model
import Server

/// One check in the HTML report: its verdict, why, and its steps on a common axis.
struct HTMLCheck {
  private let check: Check
  private let run: Run?
  private let repeats: RepeatTally?
  private let standing: String

  init(_ entry: CheckReport.Entry) {
    check = entry.check
    run = entry.run
    repeats = entry.repeats
    standing = entry.standing
  }

  func write(to html: inout HTMLWriter) {
    html.markup("<details")
    html.attribute("class", "check \(standing)")
    html.attribute("id", check.id.text)
    // What needs a look is open; the rest is a click away.
    if let run, run.verdict != .up || run.cleanup.contains(where: \.isFailed) { html.markup(" open") }
    html.markup(">\n<summary>")
    writeSummary(to: &html)
    html.markup("</summary>\n")
    if let run {
      html.markup("<div class=\"body\">\n")
      if let reason = run.reason { HTMLReason(reason, owner: check.id.text).write(to: &html) }
      writeRun(run, to: &html)
      html.markup("</div>\n")
    } else {
      html.markup("<div class=\"body\"><p class=\"note\">Left out by --fail-fast.</p></div>\n")
    }
    html.markup("</details>\n")
  }

  private func writeSummary(to html: inout HTMLWriter) {
    html.glyph(standing)
    html.markup("<span class=\"title\"><b>")
    html.isolated(check.name)
    html.markup("</b>")
    if check.name != check.id.text {
      html.markup(" <code>")
      html.text(check.id.text)
      html.markup("</code>")
    }
    html.markup("</span><span class=\"verdict\">")
    html.text(standing)
    html.markup("</span><span class=\"time\">")
    html.text(run.map { HumanText.duration($0.duration) } ?? "–")
    html.markup("</span>")
  }

  private func writeRun(_ run: Run, to html: inout HTMLWriter) {
    let axis = TimeAxis(run.steps + run.cleanup)
    if !run.steps.isEmpty {
      html.markup("<section class=\"steps\" aria-label=\"Steps\">\n")
      if axis.length > .zero { writeTicks(axis, to: &html) }
      for step in run.steps { HTMLStep(step, of: run, axis: axis).write(to: &html) }
      html.markup("</section>\n")
    }
    if !run.cleanup.isEmpty {
      html.markup("<section class=\"steps\" aria-label=\"Clean-up\">\n<h3>Clean-up</h3>\n")
      for step in run.cleanup { HTMLStep(step, of: run, axis: axis, isCleanup: true).write(to: &html) }
      html.markup("</section>\n")
    }
    writeRepeats(to: &html)
    writeIdentity(of: run, to: &html)
  }

  private func writeTicks(_ axis: TimeAxis, to html: inout HTMLWriter) {
    html.markup("<div class=\"ticks\" aria-hidden=\"true\"><p>")
    for tick in axis.ticks {
      html.markup("<span>")
      html.text(HumanText.duration(tick))
      html.markup("</span>")
    }
    html.markup("</p></div>\n")
  }

  private func writeRepeats(to html: inout HTMLWriter) {
    guard let repeats else { return }
    let counts = Verdict.allCases.filter { repeats.count(of: $0) > 0 }.map { "\(repeats.count(of: $0)) \($0.rawValue)" }
    html.markup("<p class=\"repeats\"><b>")
    html.text(HumanText.count(repeats.runs, "run"))
    html.markup("</b> ")
    html.text(counts.joined(separator: ", "))
    for percentage in [50, 95, 99] {
      guard let duration = repeats.percentile(percentage) else { continue }
      html.markup(" <span>p")
      html.number(percentage)
      html.markup(" <b>")
      html.text(HumanText.duration(duration))
      html.markup("</b></span>")
    }
    html.markup("</p>\n")
  }

  private func writeIdentity(of run: Run, to html: inout HTMLWriter) {
    var facts = [("file", "\(check.location.file):\(check.location.line)")]
    if let group = check.group { facts.append(("group", group)) }
    facts += check.labels.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    if run.attempts > 1 { facts.append(("attempts", "\(run.attempts)")) }
    if !run.traceID.isEmpty { facts.append(("trace", run.traceID)) }
    html.markup("<dl class=\"identity\">")
    for (name, value) in facts { html.pair(name, value) }
    html.markup("</dl>\n")
  }
}

/// A reason with the source that it speaks of.
struct HTMLReason {
  private let reason: Reason
  private let owner: String

  /// - Parameter owner: the step under whose name it stands already.
  init(_ reason: Reason, owner: String) {
    self.reason = reason
    self.owner = owner
  }

  func write(to html: inout HTMLWriter) {
    html.markup("<div class=\"reason\"><p><code>")
    html.text(reason.code.rawValue)
    html.markup("</code>")
    if reason.code == .timeout, let phase = reason.phase { html.text(" in \(phase.rawValue)") }
    if let step = reason.step, step != owner {
      html.text(" at step ")
      html.markup("<b>")
      html.isolated(HumanText.escaped(step))
      html.markup("</b>")
    }
    html.markup("</p>\n")
    if let excerpt = reason.excerpt?.printable {
      let number = "\(excerpt.location.line)"
      let before = excerpt.lineText.unicodeScalars.prefix(excerpt.location.column - 1)
      let padding = String(String.UnicodeScalarView(before.map { $0 == "\t" ? "\t" : " " }))
      let gutter = String(repeating: " ", count: number.count)
      html.markup("<pre class=\"excerpt\"><span class=\"place\">")
      html.text("\(excerpt.location)")
      html.markup("</span>\n<span class=\"gutter\">")
      html.text(" \(number) │ ")
      html.markup("</span>")
      html.text(excerpt.lineText)
      html.markup("\n<span class=\"gutter\">")
      html.text(" \(gutter) │ ")
      html.markup("</span><span class=\"carets\">")
      html.text(padding + String(repeating: "^", count: max(1, excerpt.width)))
      html.markup("</span></pre>\n")
    }
    html.markup("<p class=\"cause\">")
    html.lines(reason.message)
    html.markup("</p></div>\n")
  }
}

extension HTMLWriter {
  /// A name and its value in a description list; what may be long or foreign is made safe to show.
  mutating func pair(_ name: String, _ value: String) {
    markup("<div><dt>")
    text(HumanText.escaped(name))
    markup("</dt><dd>")
    isolated(HumanText.escaped(value))
    markup("</dd></div>")
  }
}

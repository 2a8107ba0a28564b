import Journeys
import Model
import Server

/// One step in the HTML report: its bar on the run's axis, and all that was seen of it.
struct HTMLStep {
  private let step: StepResult
  private let run: Run
  private let axis: TimeAxis
  private let isCleanup: Bool

  init(_ step: StepResult, of run: Run, axis: TimeAxis, isCleanup: Bool = false) {
    self.step = step
    self.run = run
    self.axis = axis
    self.isCleanup = isCleanup
  }

  private var standing: String { step.verdict?.rawValue ?? "skipped" }

  func write(to html: inout HTMLWriter) {
    html.markup("<details")
    html.attribute("class", "step \(standing)")
    // The reason of the run stands above; the step that it speaks of shows the exchange.
    if step.verdict.map({ $0 != .up }) ?? false { html.markup(" open") }
    html.markup(">\n<summary>")
    html.glyph(standing)
    html.markup("<span class=\"title\">")
    html.isolated(HumanText.escaped(step.name))
    if let kind = step.kind {
      html.markup(" <small>")
      html.text(kind.rawValue)
      html.markup("</small>")
    }
    html.markup("</span>")
    writeBar(to: &html)
    html.markup("<span class=\"time\">")
    html.text(step.verdict == nil ? "skipped" : HumanText.duration(step.duration))
    html.markup("</span></summary>\n<div class=\"detail\">\n")
    writeDetail(to: &html)
    html.markup("</div>\n</details>\n")
  }

  // MARK: Bar

  private func writeBar(to html: inout HTMLWriter) {
    html.markup("<svg class=\"bar\" viewBox=\"0 0 1000 12\" preserveAspectRatio=\"none\" role=\"img\"")
    html.attribute("aria-label", barLabel)
    html.markup("><path class=\"grid\" d=\"M.5 0V12M250 0V12M500 0V12M750 0V12\"/>")
    if step.verdict != nil, axis.length > .zero {
      let phases = step.facts?.phases ?? Phases()
      var place = axis.place(of: step.started)
      if phases.total == .zero { rectangle("plain", at: place, axis.share(of: step.duration), to: &html) }
      for phase in Phase.allCases where phases[phase] > .zero {
        let width = axis.share(of: phases[phase])
        rectangle(phase.rawValue, at: place, width, to: &html)
        place += width
      }
    }
    html.markup("</svg>")
  }

  private func rectangle(_ name: String, at place: Double, _ width: Double, to html: inout HTMLWriter) {
    html.markup("<rect y=\"1\" height=\"10\"")
    html.attribute("class", name)
    // What took time is seen, however little it was.
    let width = max(3, width)
    html.attribute("x", Self.number(min(place, 1000 - width)))
    html.attribute("width", Self.number(width))
    html.markup("/>")
  }

  private static func number(_ value: Double) -> String { "\((value * 10).rounded() / 10)" }

  private var barLabel: String {
    guard let phases = step.facts?.phases, phases.total > .zero else { return HumanText.duration(step.duration) }
    return Phase.allCases.filter { phases[$0] > .zero }.map { "\($0.rawValue) \(HumanText.duration(phases[$0]))" }
      .joined(separator: ", ")
  }

  // MARK: Detail

  private func writeDetail(to html: inout HTMLWriter) {
    // A run's own reason stands above already.
    if let reason = step.reason, isCleanup || reason != run.reason {
      HTMLReason(reason, owner: step.name).write(to: &html)
    }
    if step.verdict == nil { html.markup("<p class=\"note\">This step was skipped.</p>\n") }
    writeExpectations(to: &html)
    if let facts = step.facts {
      writePhases(facts.phases, to: &html)
      writeExchange(facts, to: &html)
    }
    writePairs("Captures", step.captures.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }, to: &html)
    writePairs("Measures", step.measures.sorted { $0.key < $1.key }.map { ($0.key, "\($0.value)") }, to: &html)
    writeEarlier(to: &html)
  }

  private func writeExpectations(to html: inout HTMLWriter) {
    guard !step.expectations.isEmpty else { return }
    html.markup("<ul class=\"expectations\">\n")
    for expectation in step.expectations {
      let standing = expectation.passed ? "up" : expectation.kind == .warn ? "degraded" : "down"
      html.markup("<li>")
      html.glyph(standing)
      html.markup("<span><small>")
      html.text(expectation.kind.rawValue)
      html.markup("</small> <code>")
      html.text(HumanText.escaped(expectation.source))
      html.markup("</code>")
      if let detail = expectation.detail {
        html.markup("<br>")
        html.lines(detail)
      }
      html.markup("</span></li>\n")
    }
    html.markup("</ul>\n")
  }

  private func writePhases(_ phases: Phases, to html: inout HTMLWriter) {
    guard phases.total > .zero else { return }
    html.markup("<dl class=\"phases\">")
    for phase in Phase.allCases where phases[phase] > .zero {
      html.markup("<div><dt><svg viewBox=\"0 0 10 10\" aria-hidden=\"true\"><rect width=\"10\" height=\"10\" rx=\"2\"")
      html.attribute("class", phase.rawValue)
      html.markup("/></svg>")
      html.text(phase.rawValue)
      html.markup("</dt><dd>")
      html.text(HumanText.duration(phases[phase]))
      html.markup("</dd></div>")
    }
    html.markup("</dl>\n")
  }

  private func writeExchange(_ facts: Facts, to html: inout HTMLWriter) {
    if case .http(let http) = facts.detail {
      let heads = HTTPHeads(http)
      html.markup("<div class=\"heads\">\n")
      writeText("Request", heads.request.joined(separator: "\n"), to: &html)
      if !heads.response.isEmpty { writeText("Response", heads.response.joined(separator: "\n"), to: &html) }
      html.markup("</div>\n")
      if !http.body.isEmpty {
        let shown = http.body.count < http.size ? ", its beginning" : ""
        writeText("Body, \(HumanText.size(http.size))\(shown)", String(decoding: http.body, as: UTF8.self), to: &html)
      }
    } else {
      let lines = ExchangeText(step: step, traceID: run.traceID, attempts: step.attempts).lines(withHeads: true)
      if !lines.isEmpty { writeText("Exchange", lines.joined(separator: "\n"), to: &html) }
    }
    if let tls = facts.tls { writePairs("TLS", Self.pairs(of: tls), to: &html) }
  }

  private static func pairs(of tls: TLSFacts) -> [(String, String)] {
    var pairs = [("protocol", tls.version), ("cipher", tls.cipher), ("alpn", tls.alpn)].filter { !$0.1.isEmpty }
    pairs.append(("verified", tls.isVerified ? "yes" : "no: \(tls.verifyError)"))
    if let leaf = tls.chain.first {
      pairs += [
        ("subject", leaf.subject), ("issuer", leaf.issuer), ("not after", leaf.notAfter.rfc3339(fractionDigits: 0)),
      ]
    }
    return pairs
  }

  private func writeText(_ title: String, _ text: String, to html: inout HTMLWriter) {
    html.markup("<figure><figcaption>")
    html.text(title)
    html.markup("</figcaption><pre>")
    html.lines(text)
    html.markup("</pre></figure>\n")
  }

  private func writePairs(_ title: String, _ pairs: [(String, String)], to html: inout HTMLWriter) {
    guard !pairs.isEmpty else { return }
    html.markup("<figure><figcaption>")
    html.text(title)
    html.markup("</figcaption><dl class=\"pairs\">")
    for (name, value) in pairs { html.pair(name, value) }
    html.markup("</dl></figure>\n")
  }

  private func writeEarlier(to html: inout HTMLWriter) {
    guard !step.earlier.isEmpty else { return }
    html.markup("<figure><figcaption>Earlier attempts</figcaption><ol class=\"earlier\">\n")
    for attempt in step.earlier {
      html.markup("<li><code>")
      html.text(attempt.reason.code.rawValue)
      html.markup("</code> ")
      html.lines(attempt.reason.message)
      html.markup(" <small>")
      html.text("after \(HumanText.duration(attempt.duration))")
      html.markup("</small></li>\n")
    }
    html.markup("</ol></figure>\n")
  }
}

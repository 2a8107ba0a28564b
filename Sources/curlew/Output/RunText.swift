import Journeys
import Model

/// One run as lines for people: what happened, and under a failure why.
struct RunText {
  let style: Style
  /// Whether heads and phases are shown of good runs too.
  let isVerbose: Bool

  /// One line a run, and an excerpt under each that is not up.
  func lines(for run: Run, of check: Check, width: Int = 0) -> String {
    var line = "\(mark(run.verdict)) \(HumanText.padded(check.id.text, to: width))  \(word(run.verdict))"
    line += "  \(HumanText.duration(run.duration))"
    if run.attempts > 1 { line += "  " + style("\(run.attempts) attempts", .faint) }
    if let reason = run.reason {
      line += "  \(reason.code.rawValue)"
      if reason.code == .timeout, let phase = reason.phase { line += " in \(phase.rawValue)" }
      if let step = reason.step, step != run.check.text { line += " at step \(step)" }
    }
    line += "\n"
    if let reason = run.reason { line += detail(of: reason) }
    if run.reason != nil || isVerbose, let step = run.steps.last, let facts = step.facts {
      line += exchange(facts, step: step, run: run, attempts: check.retry.attempts)
    }
    if isVerbose {
      for step in run.steps { line += PhaseBars(style: style).text(for: step.facts?.phases ?? Phases(), indent: "  ") }
    }
    return line
  }

  private func mark(_ verdict: Verdict) -> String {
    switch verdict {
    case .up: style("✓", .green)
    case .degraded: style("!", .yellow)
    case .down: style("✗", .red)
    case .unknown: style("?", .magenta)
    }
  }

  private func word(_ verdict: Verdict) -> String {
    let ink: Style.Ink =
      switch verdict {
      case .up: .green
      case .degraded: .yellow
      case .down: .red
      case .unknown: .magenta
      }
    return style(HumanText.padded(verdict.rawValue, to: 8), ink)
  }

  private func detail(of reason: Reason) -> String {
    let message = HumanText.escaped(reason.message)
    guard let excerpt = reason.excerpt else { return "  \(message)\n" }
    let gutter = String(repeating: " ", count: String(excerpt.location.line).count)
    return excerpt.rendered(indent: "  ") + "\n   \(gutter) | " + message + "\n"
  }

  /// Request and response in two lines, as far as the exchange got.
  private func exchange(_ facts: Facts, step: StepResult, run: Run, attempts: Int) -> String {
    var lines: [String] = []
    switch facts.detail {
    case .http(let http):
      let trace = run.traceID.prefix(8) + "…"
      lines.append(
        "request  \(http.method) \(HumanText.escaped(http.url))   "
          // A check that polls has as many attempts as it takes.
          + "attempt \(step.attempts) of \(max(attempts, step.attempts))   trace \(trace)")
      if http.status > 0 { lines.append("response \(response(http))") }
      if isVerbose {
        lines += http.requestHeaders.map { "> \($0.name): \(HumanText.escaped($0.value))" }
        lines += http.headers.map { "< \(HumanText.escaped($0.name)): \(HumanText.escaped($0.value))" }
      }
    case .socket(let socket) where !socket.received.isEmpty:
      lines.append("received " + quoted(socket.received))
    case .exec(let exec):
      lines.append("exit code \(exec.exitCode)")
      if !exec.stdout.isEmpty { lines.append("stdout   " + quoted(exec.stdout)) }
      if !exec.stderr.isEmpty { lines.append("stderr   " + quoted(exec.stderr)) }
    case .dns(let dns) where !dns.rcode.isEmpty:
      lines.append("answer   \(dns.rcode), \(dns.answers.count) records over \(dns.transport.rawValue)")
      for record in dns.answers.prefix(8) {
        lines.append("         \(record.name) \(record.ttl) \(record.type) \(HumanText.escaped(record.data))")
      }
    case .socket, .dns, .icmp, .tls: break
    }
    if let tls = facts.tls, !tls.isVerified || isVerbose, let leaf = tls.chain.first {
      lines.append("certificate \(HumanText.escaped(leaf.subject)) until \(leaf.notAfter.rfc3339(fractionDigits: 0))")
      if !tls.verifyError.isEmpty { lines.append("not verified: \(HumanText.escaped(tls.verifyError))") }
    }
    return lines.map { "  \(style($0, .faint))\n" }.joined()
  }

  private func response(_ http: HTTPFacts) -> String {
    var text = "\(http.status)"
    if !http.statusText.isEmpty { text += " \(HumanText.escaped(http.statusText))" }
    if !http.contentType.isEmpty { text += ", \(HumanText.escaped(http.contentType))" }
    text += ", \(HumanText.size(http.size))"
    if !http.body.isEmpty { text += ": " + quoted(http.body) }
    return text
  }

  private func quoted(_ bytes: [UInt8]) -> String {
    let text = HumanText.escaped(String(decoding: bytes.prefix(200), as: UTF8.self))
    return "\"\(text.prefix(120))" + (text.count > 120 || bytes.count > 200 ? "…\"" : "\"")
  }
}

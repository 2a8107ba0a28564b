import Model

/// One run as lines for people: what happened, and under a failure why.
struct RunText {
  let style: Style
  /// Whether heads and phases are shown, of good runs too.
  let isVerbose: Bool

  init(style: Style, isVerbose: Bool = false) {
    self.style = style
    self.isVerbose = isVerbose
  }

  /// One line a run, and an excerpt under each that is not up.
  func lines(for run: Run, of check: Check, width: Int = 0) -> String {
    head(of: run, width: width) + details(for: run, of: check)
  }

  /// What stands under the one line: nothing for a run that is up, unless heads and phases are asked for.
  func details(for run: Run, of check: Check) -> String {
    var text = run.reason.map { detail(of: $0, indent: "  ") } ?? ""
    let isPlain = run.steps.count <= 1
    if run.reason != nil || isVerbose {
      if let step = decidingStep(of: run) {
        text += exchange(of: step, run: run, check: check, indent: "  ", showsHeads: isVerbose && isPlain)
        text += earlier(of: step, indent: "  ")
        if isVerbose, isPlain, let facts = step.facts {
          text += PhaseBars(style: style).text(for: facts.phases, indent: "  ")
        }
      }
      if !isPlain { text += list(run.steps, of: run, check: check) }
    }
    if isVerbose || run.cleanup.contains(where: \.isFailed) {
      text += cleanup(of: run, check: check)
    }
    return text
  }

  /// The steps of a journey, a line each, clean-up apart.
  func steps(of run: Run, of check: Check) -> String {
    list(run.steps, of: run, check: check) + cleanup(of: run, check: check)
  }

  private func cleanup(of run: Run, check: Check) -> String {
    guard !run.cleanup.isEmpty else { return "" }
    return "  \(style("finally", .faint))\n" + list(run.cleanup, of: run, check: check, isCleanup: true)
  }

  // MARK: Lines

  private func head(of run: Run, width: Int) -> String {
    let word = style(HumanText.padded(run.verdict.rawValue, to: 8), run.verdict.ink)
    var line = "\(mark(run.verdict)) \(HumanText.padded(run.check.text, to: width))  \(word)"
    line += "  \(HumanText.duration(run.duration))"
    if run.attempts > 1 { line += "  " + style("\(run.attempts) attempts", .faint) }
    if let reason = run.reason {
      line += "  \(words(for: reason))"
      if let step = reason.step, step != run.check.text { line += " at step \(HumanText.escaped(step))" }
    }
    return line + "\n"
  }

  private func list(_ steps: [StepResult], of run: Run, check: Check, isCleanup: Bool = false) -> String {
    let names = steps.map { HumanText.escaped($0.name) }
    let width = min(32, names.map(\.count).max() ?? 0)
    var text = ""
    for (step, name) in zip(steps, names) {
      text += "  \(step.verdict.map { mark($0) } ?? style("-", .faint)) \(HumanText.padded(name, to: width))  "
      text += step.verdict == nil ? "skipped" : HumanText.duration(step.duration)
      if step.attempts > 1 { text += "  " + style("\(step.attempts) attempts", .faint) }
      if let reason = step.reason {
        text += "  \(words(for: reason))"
        if isCleanup { text += ": \(HumanText.escaped(reason.message))" }
      }
      text += "\n"
      guard isVerbose, let facts = step.facts else { continue }
      text += exchange(of: step, run: run, check: check, indent: "    ", showsHeads: true)
      text += earlier(of: step, indent: "    ")
      text += PhaseBars(style: style).text(for: facts.phases, indent: "    ")
    }
    return text
  }

  /// The step that the reason speaks of; without one, the last that sent anything.
  private func decidingStep(of run: Run) -> StepResult? {
    run.steps.first { $0.name == run.reason?.step } ?? run.steps.last { $0.facts != nil }
  }

  private func words(for reason: Reason) -> String {
    guard reason.code == .timeout, let phase = reason.phase else { return reason.code.rawValue }
    return "\(reason.code.rawValue) in \(phase.rawValue)"
  }

  private func mark(_ verdict: Verdict) -> String { style(verdict.mark, verdict.ink) }

  private func detail(of reason: Reason, indent: String) -> String {
    let message = HumanText.escaped(reason.message)
    guard let excerpt = reason.excerpt else { return "\(indent)\(message)\n" }
    let gutter = String(repeating: " ", count: String(excerpt.location.line).count)
    return excerpt.printable.rendered(indent: indent) + "\n\(indent) \(gutter) | " + message + "\n"
  }

  private func exchange(of step: StepResult, run: Run, check: Check, indent: String, showsHeads: Bool) -> String {
    let text = ExchangeText(step: step, traceID: run.traceID, attempts: check.retry.attempts)
    return text.lines(withHeads: showsHeads).map { "\(indent)\(style($0, .faint))\n" }.joined()
  }

  private func earlier(of step: StepResult, indent: String) -> String {
    guard isVerbose else { return "" }
    return step.earlier.enumerated().map { number, attempt in
      let line = "attempt \(number + 1)  \(words(for: attempt.reason)): \(HumanText.escaped(attempt.reason.message))"
      return "\(indent)\(style("\(line) after \(HumanText.duration(attempt.duration))", .faint))\n"
    }.joined()
  }
}

extension Verdict {
  /// One character that tells it without colour.
  var mark: String {
    switch self {
    case .up: "✓"
    case .degraded: "!"
    case .down: "✗"
    case .unknown: "?"
    }
  }

  /// Its colour on a terminal.
  var ink: Style.Ink {
    switch self {
    case .up: .green
    case .degraded: .yellow
    case .down: .red
    case .unknown: .magenta
    }
  }
}

extension StepResult {
  /// Whether it was run and did not hold.
  var isFailed: Bool { verdict.map { !$0.isGood } ?? false }
}

extension SourceExcerpt {
  /// The same without characters that a terminal would obey; a tab stays, since the carets line up with it.
  var printable: SourceExcerpt {
    var excerpt = self
    excerpt.location.file = HumanText.escaped(location.file)
    excerpt.lineText = String(
      String.UnicodeScalarView(
        lineText.unicodeScalars.map { $0 == "\t" || !HumanText.isControl($0) ? $0 : "\u{FFFD}" }))
    return excerpt
  }
}

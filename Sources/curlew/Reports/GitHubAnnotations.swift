import Model

/// Workflow commands of GitHub Actions, which show each reason at its line of the scenario file:
/// https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
package struct GitHubAnnotations {
  private let failsDegraded: Bool

  /// - Parameter failsDegraded: whether degraded is an error, as the exit code has it, and no warning.
  package init(failsDegraded: Bool = false) {
    self.failsDegraded = failsDegraded
  }

  /// A plain line for a check that is up, an annotation for each other, and a warning for each step of clean-up that
  /// failed.
  ///
  /// What a target said stands inside of annotations alone: in a line of its own it could be a command itself.
  package func lines(for entry: CheckReport.Entry) -> String {
    let check = entry.check
    guard let run = entry.run else { return "- \(check.id)  skipped\n" }
    var text = ""
    if run.verdict == .up {
      text += "✓ \(check.id)  up  \(HumanText.duration(run.duration))\n"
    } else {
      let isWarning = run.verdict == .degraded && !failsDegraded
      var details = RunText(style: .plain).details(for: run, of: check).split(separator: "\n").map(String.init)
      // Without an excerpt they begin with the message, which stands above them.
      if run.reason?.excerpt == nil, !details.isEmpty { details.removeFirst() }
      text += annotation(
        isWarning ? "warning" : "error", at: run.reason?.excerpt, of: check,
        title: "\(check.id) is \(run.verdict.rawValue)",
        message: ([HumanText.escaped(run.reason?.message ?? run.verdict.rawValue)] + details).joined(separator: "\n"))
    }
    for step in run.cleanup where step.verdict.map({ !$0.isGood }) ?? false {
      text += annotation(
        "warning", at: step.reason?.excerpt, of: check, title: "\(check.id): clean-up failed",
        message: "\(HumanText.escaped(step.name)): \(HumanText.escaped(step.reason?.message ?? ""))")
    }
    return text
  }

  private func annotation(
    _ command: String, at excerpt: SourceExcerpt?, of check: Check, title: String, message: String
  ) -> String {
    let place = excerpt?.location ?? check.location
    var properties = [
      ("file", HumanText.escaped(place.file)), ("line", "\(place.line)"), ("col", "\(place.column)"), ("title", title),
    ]
    if let excerpt { properties.insert(("endColumn", "\(place.column + max(1, excerpt.width))"), at: 3) }
    let list = properties.map { "\($0.0)=\(Self.escaped($0.1, isProperty: true))" }.joined(separator: ",")
    return "::\(command) \(list)::\(Self.escaped(message, isProperty: false))\n"
  }

  /// The runner's own rules: `%`, CR and LF everywhere; `:` and `,` in properties too.
  private static func escaped(_ text: String, isProperty: Bool) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "%": result += "%25"
      case "\r": result += "%0D"
      case "\n": result += "%0A"
      case ":" where isProperty: result += "%3A"
      case "," where isProperty: result += "%2C"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}

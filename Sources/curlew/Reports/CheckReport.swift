package import Model

/// What came of one `curlew check`: what every format and every report is made from.
package struct CheckReport: Sendable {
  /// A check with what came of it.
  package struct Entry: Sendable {
    /// Which check.
    package var check: Check
    /// Its run, the first of the worst ones when there were several; nil when it was left out.
    package var run: Run?
    /// The figures over all its runs; nil without `--repeat`.
    package var repeats: RepeatTally?

    /// A check with what came of it.
    package init(check: Check, run: Run?, repeats: RepeatTally? = nil) {
      self.check = check
      self.run = run
      self.repeats = repeats
    }

    /// What is held of the check, in the word of every report: `skipped` when it was left out.
    var standing: String { run?.verdict.rawValue ?? "skipped" }
  }

  /// When the first check began.
  package var started: Timestamp
  /// Until the last one ended.
  package var duration: Duration
  /// In the files' order.
  package var entries: [Entry]

  /// A report with everything said.
  package init(started: Timestamp, duration: Duration, entries: [Entry]) {
    self.started = started
    self.duration = duration
    self.entries = entries
  }

  /// How many checks had the verdict.
  package func count(of verdict: Verdict) -> Int {
    entries.count { $0.run?.verdict == verdict }
  }

  /// How many checks were left out.
  package var skippedCount: Int { entries.count { $0.run == nil } }

  /// How many checks each verdict has, those without any left out: `2 up, 1 down`.
  var counts: String {
    var counts = Verdict.allCases.map { (count(of: $0), $0.rawValue) }
    counts.append((skippedCount, "skipped"))
    return counts.filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }.joined(separator: ", ")
  }
}

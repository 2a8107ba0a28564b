import Model

/// The report that continuous integration reads: a suite a file, a test case a check. Down is a failure, unknown an
/// error, and what was left out is skipped.
package struct JUnitReport {
  private let report: CheckReport
  private let failsDegraded: Bool

  /// A report as JUnit XML.
  ///
  /// - Parameter failsDegraded: whether degraded is a failure too, as the exit code has it.
  package init(_ report: CheckReport, failsDegraded: Bool = false) {
    self.report = report
    self.failsDegraded = failsDegraded
  }

  /// One XML document.
  package func document() -> String {
    var xml = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
    xml += "<testsuites name=\"curlew\"\(counts(of: report.entries)) time=\"\(seconds(report.duration))\">\n"
    for suite in suites { xml += text(of: suite) }
    return xml + "</testsuites>\n"
  }

  private struct Suite {
    var file: String
    var entries: [CheckReport.Entry]
  }

  /// Checks by their file, files in the order of their first check.
  private var suites: [Suite] {
    var places: [String: Int] = [:]
    var suites: [Suite] = []
    for entry in report.entries {
      let file = entry.check.location.file
      if let place = places[file] {
        suites[place].entries.append(entry)
      } else {
        places[file] = suites.count
        suites.append(Suite(file: file, entries: [entry]))
      }
    }
    return suites
  }

  private func text(of suite: Suite) -> String {
    let runs = suite.entries.compactMap(\.run)
    let time = runs.reduce(Duration.zero) { $0 + $1.duration }
    var xml = "  <testsuite\(attribute("name", suite.file))\(counts(of: suite.entries)) time=\"\(seconds(time))\""
    if let started = runs.map(\.started).min() {
      xml += attribute("timestamp", started.rfc3339())
    }
    if let node = runs.first?.node { xml += attribute("hostname", node) }
    xml += ">\n"
    for entry in suite.entries { xml += testCase(entry) }
    return xml + "  </testsuite>\n"
  }

  private func testCase(_ entry: CheckReport.Entry) -> String {
    let check = entry.check
    var xml = "    <testcase\(attribute("name", check.id.text))\(attribute("classname", check.location.file))"
    xml += "\(attribute("file", check.location.file)) line=\"\(check.location.line)\""
    guard let run = entry.run else {
      return xml + " time=\"0\">\n      <skipped message=\"left out by --fail-fast\"/>\n    </testcase>\n"
    }
    xml += " time=\"\(seconds(run.duration))\">\n"
    let text = RunText(style: .plain)
    if let element = element(of: run.verdict) {
      let reason = run.reason
      xml += "      <\(element)\(attribute("message", HumanText.escaped(reason?.message ?? run.verdict.rawValue)))"
      xml += "\(attribute("type", reason?.code.rawValue ?? run.verdict.rawValue))>"
      xml += "\(XMLText.escaped(text.lines(for: run, of: check), keepsLines: true))</\(element)>\n"
    } else if run.verdict == .degraded {
      xml += "      <system-out>\(XMLText.escaped(text.lines(for: run, of: check), keepsLines: true))</system-out>\n"
    } else if run.steps.count > 1 || !run.cleanup.isEmpty {
      xml += "      <system-out>\(XMLText.escaped(text.steps(of: run, of: check), keepsLines: true))</system-out>\n"
    }
    return xml + "    </testcase>\n"
  }

  /// What holds the reason; nil for a test that passed.
  private func element(of verdict: Verdict) -> String? {
    switch verdict {
    case .up: nil
    case .degraded: failsDegraded ? "failure" : nil
    case .down: "failure"
    case .unknown: "error"
    }
  }

  private func counts(of entries: [CheckReport.Entry]) -> String {
    let elements = entries.map { $0.run.flatMap { element(of: $0.verdict) } }
    return " tests=\"\(entries.count)\" failures=\"\(elements.count { $0 == "failure" })\""
      + " errors=\"\(elements.count { $0 == "error" })\" skipped=\"\(entries.count { $0.run == nil })\""
  }

  private func attribute(_ name: String, _ value: String) -> String { " \(name)=\"\(XMLText.escaped(value))\"" }

  /// Seconds to the microsecond, without an exponent.
  private func seconds(_ duration: Duration) -> String {
    let microseconds = max(0, duration.nanoseconds) / 1000
    let fraction = String(microseconds % 1_000_000)
    return "\(microseconds / 1_000_000)." + String(repeating: "0", count: 6 - fraction.count) + fraction
  }
}

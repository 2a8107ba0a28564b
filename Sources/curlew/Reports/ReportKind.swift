/// The kinds of report that `--report` writes into files.
package enum ReportKind: String, CaseIterable, Sendable {
  case junit, json, html, tap

  /// The whole document.
  ///
  /// - Parameter failsDegraded: whether a degraded check has failed, as the exit code has it.
  package func document(of report: CheckReport, failsDegraded: Bool) throws -> String {
    switch self {
    case .junit: JUnitReport(report, failsDegraded: failsDegraded).document()
    case .json: try JSONReport(report).document()
    case .html: HTMLReport(report).document()
    case .tap: TAPReport(failsDegraded: failsDegraded).document(of: report)
    }
  }
}

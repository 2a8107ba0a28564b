import ArgumentParser
import Model

/// How results are written to standard output.
enum CheckFormat: String, ExpressibleByArgument, CaseIterable, Sendable {
  case pretty, json, tap, github
}

/// Writes results to standard output while they come, in one of the formats.
struct CheckOutput: Sendable {
  let format: CheckFormat
  let text: RunText
  let failsDegraded: Bool
  /// How wide the longest id is, so that what stands behind them is aligned.
  let width: Int

  /// Before the first result.
  func opening(count: Int) -> String {
    format == .tap ? TAPReport(failsDegraded: failsDegraded).opening(count: count) : ""
  }

  /// One result.
  ///
  /// - Parameter number: its place, counted from 1.
  func lines(for entry: CheckReport.Entry, number: Int) -> String {
    switch format {
    case .pretty:
      guard let run = entry.run else {
        return "\(text.style("-", .faint)) \(HumanText.padded(entry.check.id.text, to: width))  skipped\n"
      }
      return text.lines(for: run, of: entry.check, width: width)
    case .json: return ""
    case .tap: return TAPReport(failsDegraded: failsDegraded).lines(for: entry, number: number)
    case .github: return GitHubAnnotations(failsDegraded: failsDegraded).lines(for: entry)
    }
  }

  /// After the last result.
  func closing(_ report: CheckReport) throws -> String {
    switch format {
    case .pretty: (RepeatTable(report).map(\.text) ?? "") + summary(of: report)
    case .json: try JSONReport(report).document()
    case .tap: ""
    case .github: (RepeatTable(report).map(\.text) ?? "") + summary(of: report)
    }
  }

  private func summary(of report: CheckReport) -> String {
    text.style(
      "\(HumanText.count(report.entries.count, "check")): \(report.counts) in \(HumanText.duration(report.duration))",
      .bold) + "\n"
  }
}

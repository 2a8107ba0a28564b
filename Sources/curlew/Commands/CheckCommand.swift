import ArgumentParser
import Foundation
import Journeys
import Model
import Probes
import Scenarios

/// `curlew check`: every check once, for a person or a pipeline.
struct CheckCommand: AsyncParsableCommand {
  enum Format: String, ExpressibleByArgument, CaseIterable {
    case pretty, json
  }

  enum FailOn: String, ExpressibleByArgument, CaseIterable {
    case down, degraded
  }

  static let configuration = CommandConfiguration(
    commandName: "check", abstract: "Runs every check of the files once.",
    discussion: """
      Exit codes: 0 all up, 1 at least one down, 2 wrong usage or a wrong file (nothing was sent), 3 none down but at \
      least one unknown, 130 interrupted.
      """)

  @OptionGroup var scenario: ScenarioOptions
  @OptionGroup var selection: SelectionOptions

  @Option(help: "How many checks run at a time (default: eight a processor).")
  var jobs: Int?

  @Option(help: "How results are written.")
  var format = Format.pretty

  @Option(help: "From which verdict on the exit code is 1.")
  var failOn = FailOn.down

  @Flag(help: "Allows exec checks to run programs.")
  var allowExec = false

  @Flag(help: "Shows heads and phases of good runs too.")
  var verbose = false

  @Flag(help: "Writes without colours; NO_COLOR and a pipe do the same.")
  var noColor = false

  func validate() throws {
    if scenario.files.isEmpty {
      throw ValidationError("name at least one scenario file or directory, or - for standard input")
    }
    if let jobs, jobs < 1 { throw ValidationError("--jobs \(jobs) is too few; at least 1 check runs at a time") }
  }

  func run() async throws {
    let loaded = try scenario.load(files: scenario.files)
    let enabled = loaded.checks.filter(\.check.isEnabled)
    guard !enabled.isEmpty else {
      throw CommandFailure(
        "there is nothing to run: every check in \(scenario.files.map { "'\($0)'" }.joined(separator: ", ")) is disabled"
      )
    }
    let checks = try selection.select(enabled)
    let masks = Masks(loaded.redactor)
    let probing = try ProbingEngine(settings: ProbingSettings(allowsExec: allowExec), masks: masks)
    let runner = JourneyRunner(
      prober: probing.prober, time: SystemTime(), masks: masks, region: "local",
      node: ProcessInfo.processInfo.hostName, detail: .everything)
    let session = CheckSession(
      runner: runner, time: SystemTime(), jobs: jobs ?? ProcessInfo.processInfo.activeProcessorCount * 8)
    let style = Style(allowsColor: !noColor, environment: ProcessInfo.processInfo.environment)
    let text = RunText(style: style, isVerbose: verbose)
    let width = min(40, checks.map { $0.check.id.text.count }.max() ?? 0)
    let (report, isInterrupted) = await Interruption.watched { [format] in
      await session.run(checks) { entry in
        guard format == .pretty, let run = entry.run else { return }
        Terminal.standardOutput.write(text.lines(for: run, of: entry.check, width: width))
      }
    }
    switch format {
    case .pretty: Terminal.standardOutput.write(summary(report, style: style))
    case .json: Terminal.standardOutput.write(try report.json())
    }
    let status = isInterrupted ? ExitStatus.interrupted : exitStatus(of: report)
    if status != ExitStatus.success { throw ExitCode(status) }
  }

  private func summary(_ report: CheckReport, style: Style) -> String {
    let counts = Verdict.allCases.compactMap { verdict -> String? in
      let count = report.count(of: verdict)
      return count > 0 ? "\(count) \(verdict.rawValue)" : nil
    }
    return style(
      "\(HumanText.count(report.entries.count, "check")): \(counts.joined(separator: ", ")) in \(HumanText.duration(report.duration))",
      .bold) + "\n"
  }

  private func exitStatus(of report: CheckReport) -> Int32 {
    if report.count(of: .down) > 0 { return ExitStatus.down }
    if failOn == .degraded, report.count(of: .degraded) > 0 { return ExitStatus.down }
    return report.count(of: .unknown) > 0 ? ExitStatus.unknown : ExitStatus.success
  }
}

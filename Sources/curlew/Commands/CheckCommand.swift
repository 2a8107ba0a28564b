import ArgumentParser
import Foundation
import Journeys
import Model
import Probes
import Scenarios

/// `curlew check`: every check once, for a person or a pipeline.
struct CheckCommand: AsyncParsableCommand {
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

  @Option(help: ArgumentHelp("Runs each check so often, and shows percentiles.", valueName: "n"))
  var `repeat`: Int?

  @Flag(help: "Starts no further check once one has failed.")
  var failFast = false

  @Option(help: ArgumentHelp("Gives every check so many attempts.", valueName: "n"))
  var retryAll: Int?

  @Option(help: "How results are written.")
  var format = CheckFormat.pretty

  @Option(help: ArgumentHelp("Writes a report too: junit=, json=, html= or tap=FILE.", valueName: "kind=file"))
  var report: [String] = []

  @Option(help: "From which verdict on the exit code is 1.")
  var failOn = FailOn.down

  @Flag(help: "Allows exec checks to run programs.")
  var allowExec = false

  @Flag(help: "Prints each request as a curl line.")
  var curl = false

  @Flag(help: "Shows heads and phases of good runs too.")
  var verbose = false

  @Flag(help: "Writes without colours; NO_COLOR and a pipe do the same.")
  var noColor = false

  func validate() throws {
    if scenario.files.isEmpty {
      throw ValidationError("name at least one scenario file or directory, or - for standard input")
    }
    if let jobs, jobs < 1 { throw ValidationError("--jobs \(jobs) is too few; at least 1 check runs at a time") }
    if let count = `repeat`, !(1...Self.mostRepeats).contains(count) {
      throw ValidationError("--repeat \(count) is not between 1 and \(Self.mostRepeats)")
    }
    _ = try reportRequests()
    if let retryAll, !(1...Self.mostAttempts).contains(retryAll) {
      throw ValidationError(
        "--retry-all \(retryAll) is not between 1 and \(Self.mostAttempts); the first attempt counts")
    }
  }

  private func reportRequests() throws -> [ReportRequest] {
    try report.map { text in
      guard let request = ReportRequest(text) else {
        let kinds = ReportKind.allCases.map { "\($0.rawValue)=FILE" }.joined(separator: ", ")
        throw ValidationError(
          "--report '\(text)' is no kind=file; there are \(kinds), and --format for standard output")
      }
      return request
    }
  }

  private static let mostRepeats = 1_000_000
  private static let mostAttempts = 1000

  private var failsDegraded: Bool { failOn == .degraded }

  func run() async throws {
    let loaded = try scenario.load(files: scenario.files)
    let checks = try checks(of: loaded)
    let files = try ReportFiles(try reportRequests())
    let masks = Masks(loaded.redactor)
    let environment = ProcessInfo.processInfo.environment
    let style = Style(allowsColor: !noColor, environment: environment)
    let output = CheckOutput(
      format: format, text: RunText(style: style, isVerbose: verbose), failsDegraded: failsDegraded,
      width: min(40, checks.map { $0.check.id.text.count }.max() ?? 0))
    let display =
      style.isColored && format == .pretty
      ? LiveDisplay(total: checks.count, terminal: .standardOutput, time: SystemTime()) : nil
    let requests = curl ? RequestLog(masks: masks, environment: environment) : nil
    let session = try session(
      masks: masks, expectsTLS: checks.contains(where: \.journey.asksForTLS), display: display, requests: requests)
    Terminal.standardOutput.write(output.opening(count: checks.count))
    let (result, isInterrupted) = await Interruption.watched {
      await Self.shown(on: display) {
        var number = 0
        return await session.run(checks) { entry in
          number += 1
          Self.write(entry, number: number, output: output, display: display, requests: requests)
        }
      }
    }
    Terminal.standardOutput.write(try output.closing(result))
    let failures = files.write(result, failsDegraded: failsDegraded)
    for failure in failures { Terminal.standardError.write("curlew: \(failure)\n") }
    var status = isInterrupted ? ExitStatus.interrupted : exitStatus(of: result)
    if !failures.isEmpty, status == ExitStatus.success { status = ExitStatus.unknown }
    if status != ExitStatus.success { throw ExitCode(status) }
  }

  /// The checks that are meant, as the command line wants them run.
  private func checks(of loaded: Scenario) throws -> [ScenarioCheck] {
    let enabled = loaded.checks.filter(\.check.isEnabled)
    guard !enabled.isEmpty else {
      throw CommandFailure(
        "there is nothing to run: every check in \(scenario.files.map { "'\($0)'" }.joined(separator: ", ")) is disabled"
      )
    }
    let chosen = try selection.select(enabled)
    let selected = chosen.filter(\.check.kind.isProbed)
    if selected.count < chosen.count {
      let names = chosen.filter { !$0.check.kind.isProbed }.map { "'\($0.check.id)'" }.joined(separator: ", ")
      let words = "\(names) skipped: a heartbeat is reported by its job, to 'curlew run'"
      guard !selected.isEmpty else { throw CommandFailure("there is nothing to run; \(words)") }
      Terminal.standardError.write("curlew: \(words)\n")
    }
    guard let retryAll else { return selected }
    return selected.map { check in
      var check = check
      check.check.retry.attempts = retryAll
      return check
    }
  }

  private func session(
    masks: Masks, expectsTLS: Bool, display: LiveDisplay?, requests: RequestLog?
  ) throws -> CheckSession {
    let probing = try ProbingEngine(
      settings: ProbingSettings(allowsExec: allowExec), masks: masks, expectsTLS: expectsTLS)
    var observers: [any RunObserver] = []
    if let display { observers.append(display) }
    if let requests { observers.append(requests) }
    let node = ProcessInfo.processInfo.hostName
    let runner = JourneyRunner(
      prober: probing.prober, time: SystemTime(), masks: masks, region: CheckSession.region, node: node,
      detail: .everything, observer: observers.isEmpty ? nil : RunObservers(all: observers))
    return CheckSession(
      runner: runner, time: SystemTime(), node: node,
      jobs: jobs ?? ProcessInfo.processInfo.activeProcessorCount * 8, repeats: `repeat`, failsFast: failFast,
      failsDegraded: failsDegraded, display: display)
  }

  /// Does the work while the display, if there is one, is drawn beside it.
  private static func shown(
    on display: LiveDisplay?, _ work: @escaping @Sendable () async -> CheckReport
  ) async -> CheckReport {
    guard let display else { return await work() }
    // Not a child of the work, so that the display goes on while interrupted work comes to its end.
    let drawing = Task { await display.run() }
    let report = await work()
    drawing.cancel()
    await drawing.value
    display.finish()
    return report
  }

  private static func write(
    _ entry: CheckReport.Entry, number: Int, output: CheckOutput, display: LiveDisplay?, requests: RequestLog?
  ) {
    let lines = output.lines(for: entry, number: number)
    let curlLines = requests?.take(entry.check.id) ?? ""
    guard output.format == .pretty else {
      // What reads the format would stumble over them.
      Terminal.standardError.write(curlLines)
      Terminal.standardOutput.write(lines)
      return
    }
    if let display {
      display.add(lines + curlLines)
    } else {
      Terminal.standardOutput.write(lines + curlLines)
    }
  }

  private func exitStatus(of report: CheckReport) -> Int32 {
    if report.count(of: .down) > 0 { return ExitStatus.down }
    if failsDegraded, report.count(of: .degraded) > 0 { return ExitStatus.down }
    return report.count(of: .unknown) > 0 ? ExitStatus.unknown : ExitStatus.success
  }
}

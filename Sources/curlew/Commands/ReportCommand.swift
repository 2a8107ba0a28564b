import ArgumentParser
import Foundation
import History
import Model
import Scenarios
import ServiceLevels

/// `curlew report`: what was kept of the promise.
struct ReportCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report", abstract: "Prints availability against the objective, from the store.")

  @OptionGroup var scenario: ScenarioOptions
  @OptionGroup var service: ServiceFileOptions

  @Option(help: ArgumentHelp("Over how long; each check's own objective window when absent.", valueName: "duration"))
  var window: DurationArgument?

  @Option(help: ArgumentHelp("The window's end, RFC 3339, exclusive; now when absent.", valueName: "time"))
  var at: TimestampArgument?

  @Option(name: .customLong("check"), help: ArgumentHelp("Only this check; may be repeated.", valueName: "id"))
  var onlyChecks: [String] = []

  @Option(help: "Only this region; over all regions when absent.")
  var region: String?

  @Option(help: "How the figures are written.")
  var format = Format.table

  @Flag(help: "Leaves percentiles out, which take the longest to read of thousands of checks.")
  var noLatency = false

  enum Format: String, ExpressibleByArgument, CaseIterable {
    case table, json, csv, markdown
  }

  func run() async throws {
    let settings = try service.settings()
    let files = scenario.files.isEmpty ? settings.files : scenario.files
    let checks = files.isEmpty ? [] : try scenario.load(files: files).checks.map(\.check)
    let objectives = Dictionary(checks.map { ($0.id, $0.objective) }) { first, _ in first }
    try await takeOverMoved(checks, in: settings.store)
    let store = try OpenedStore.open(settings.store, mode: .readOnly)
    let known = try await store.checks().map(\.id)
    let wanted = try wantedChecks(known: known, inFiles: objectives)
    let end = at?.timestamp ?? SystemTime().now
    var reports: [ServiceLevelReport] = []
    for (window, checks) in grouped(wanted, objectives: objectives) {
      reports += try await report(checks, window: window, end: end, objectives: objectives, from: store)
    }
    reports.sort { ($0.check, $0.region ?? "") < ($1.check, $1.region ?? "") }
    Terminal.standardOutput.write(format.reportFormat.render(reports))
    try await store.close()
  }

  /// A check that was renamed since the daemon last ran has its history under the old id still.
  private func takeOverMoved(_ checks: [Check], in store: String) async throws {
    guard checks.contains(where: { $0.movedFrom != nil }) else { return }
    let history = try OpenedStore.open(store, mode: .readWrite)
    let known = Set(try await history.checks().map(\.id))
    for check in checks {
      guard let old = check.movedFrom, known.contains(old) else { continue }
      try await history.takeOver(old, by: check.id)
    }
    try await history.close()
  }

  private func wantedChecks(known: [CheckID], inFiles objectives: [CheckID: Objective]) throws -> [CheckID] {
    let all = Set(known).union(objectives.keys)
    guard !onlyChecks.isEmpty else { return objectives.isEmpty ? known : objectives.keys.sorted() }
    return try onlyChecks.map { text in
      guard let id = CheckID(text), all.contains(id) else {
        let some = all.sorted().prefix(10).map(\.text).joined(separator: ", ")
        throw CommandFailure("check '\(text)' is not known\(some.isEmpty ? "" : "; there are \(some)")")
      }
      return id
    }
  }

  /// Checks that look over the same window are asked for together.
  private func grouped(_ checks: [CheckID], objectives: [CheckID: Objective]) -> [Duration: [CheckID]] {
    Dictionary(grouping: checks) { window?.duration ?? (objectives[$0] ?? .standard).window }
  }

  private func report(
    _ checks: [CheckID], window: Duration, end: Timestamp, objectives: [CheckID: Objective],
    from store: any HistoryStore
  ) async throws -> [ServiceLevelReport] {
    let start = end - window
    let scope = region.map { RegionScope.only($0) } ?? .combined
    let query = TallyQuery(checks: checks, scope: scope, from: start, to: end)
    var latencies: [CheckID: LatencyHistogram] = [:]
    if !noLatency {
      for row in try await store.latencies(query) { latencies[row.check] = row.latency }
    }
    return try await store.tallies(query).map { row in
      ServiceLevelReport(
        check: row.check, region: row.region, window: Units.text(of: window), from: start, to: end, tally: row.tally,
        objective: (objectives[row.check] ?? .standard).availability,
        latency: latencies[row.check] ?? LatencyHistogram())
    }
  }
}

extension ReportCommand.Format {
  fileprivate var reportFormat: ReportFormat {
    switch self {
    case .table: .table
    case .json: .json
    case .csv: .csv
    case .markdown: .markdown
    }
  }
}

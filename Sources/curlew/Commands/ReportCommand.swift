import ArgumentParser
import Calendars
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
  var format = ReportFormat.table

  @Flag(help: "Leaves percentiles out, which take the longest to read of thousands of checks.")
  var noLatency = false

  /// A row to come: the check, and under which id its history is kept.
  private struct Subject {
    var check: CheckID
    var kept: CheckID
    var objective: Objective
  }

  func run() async throws {
    let settings = try service.settings()
    let files = scenario.files.isEmpty ? settings.files : scenario.files
    let checks = files.isEmpty ? [] : try scenario.load(files: files).checks.map(\.check)
    let inFiles = Dictionary(checks.map { ($0.id, $0) }) { first, _ in first }
    let store = try OpenedStore.open(settings.store, mode: .readOnly)
    let subjects = try await subjects(inFiles: inFiles, in: store)
    let end = at?.timestamp ?? SystemTime().now
    var reports: [ServiceLevelReport] = []
    if let subjects {
      // Checks that look over the same window are asked for together.
      for (window, subjects) in Dictionary(
        grouping: subjects, by: { window.map { .rolling($0.duration) } ?? $0.objective.window })
      {
        reports += try await report(subjects, window: window, end: end, from: store)
      }
      reports.sort { $0.check < $1.check }
    } else {
      reports = try await report(
        nil, window: window.map { .rolling($0.duration) } ?? Objective.standard.window, end: end, from: store)
    }
    Terminal.standardOutput.write(format.render(reports))
    try await store.close()
  }

  /// The rows to come; nil for every check of the store, by id, when neither files nor options choose: then the store
  /// need not be asked for the checks before it is asked for their slots.
  private func subjects(inFiles: [CheckID: Check], in store: any HistoryStore) async throws -> [Subject]? {
    guard !inFiles.isEmpty || !onlyChecks.isEmpty || region != nil else { return nil }
    let known = try await store.checks()
    try refuseUnknownRegion(known)
    let ids = Set(known.map(\.id))
    return try wantedChecks(known: known.map(\.id), inFiles: inFiles).map { id in
      Subject(
        check: id, kept: keptID(of: id, inFiles: inFiles, known: ids), objective: inFiles[id]?.objective ?? .standard)
    }
  }

  /// A check that was renamed since the daemon last ran has its history under the old id still. To take it over is for the
  /// daemon, which knows what is in force; a report writes nothing.
  private func keptID(of id: CheckID, inFiles: [CheckID: Check], known: Set<CheckID>) -> CheckID {
    guard let old = inFiles[id]?.movedFrom, !known.contains(id), known.contains(old) else { return id }
    return old
  }

  private func refuseUnknownRegion(_ known: [KnownCheck]) throws {
    guard let region else { return }
    let regions = Set(known.flatMap(\.regions))
    guard !regions.contains(region) else { return }
    let some = regions.sorted().prefix(10).joined(separator: ", ")
    throw CommandFailure("region '\(region)' is not known\(some.isEmpty ? "" : "; there are \(some)")")
  }

  private func wantedChecks(known: [CheckID], inFiles: [CheckID: Check]) throws -> [CheckID] {
    guard !onlyChecks.isEmpty else { return inFiles.isEmpty ? known : inFiles.keys.sorted() }
    let all = Set(known).union(inFiles.keys)
    return try onlyChecks.map { text in
      guard let id = CheckID(text), all.contains(id) else {
        let some = all.sorted().prefix(10).map(\.text).joined(separator: ", ")
        throw CommandFailure("check '\(text)' is not known\(some.isEmpty ? "" : "; there are \(some)")")
      }
      return id
    }
  }

  /// A row for each subject: one that never ran is part of the promise, and shows that nothing is known of it.
  ///
  /// - Parameter subjects: nil for every check of the store.
  private func report(
    _ subjects: [Subject]?, window: ObjectiveWindow, end: Timestamp, from store: any HistoryStore
  ) async throws -> [ServiceLevelReport] {
    let start = window.begin(at: end)
    let scope = region.map { RegionScope.only($0) } ?? .combined
    let query = TallyQuery(checks: subjects?.map(\.kept), scope: scope, from: start, to: end)
    let rows = try await store.tallies(query)
    var latencies: [CheckID: LatencyHistogram] = [:]
    if !noLatency {
      for row in try await store.latencies(query) { latencies[row.check] = row.latency }
    }
    let window = window.text
    func report(_ subject: Subject, _ tally: SlotTally) -> ServiceLevelReport {
      ServiceLevelReport(
        check: subject.check, region: region, window: window, from: start, to: end, tally: tally,
        objective: subject.objective.availability, latency: latencies[subject.kept] ?? LatencyHistogram())
    }
    guard let subjects else {
      return rows.map { report(Subject(check: $0.check, kept: $0.check, objective: .standard), $0.tally) }
    }
    let tallies = Dictionary(rows.map { ($0.check, $0.tally) }) { first, _ in first }
    return subjects.map { report($0, tallies[$0.kept] ?? SlotTally()) }
  }
}

extension ReportFormat: ExpressibleByArgument {}

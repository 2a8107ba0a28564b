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

  @Option(
    help: ArgumentHelp(
      "Over how long: 30d, or the day, week, month, quarter or year that is under way; each check's own objective window when absent.",
      valueName: "window"))
  var window: WindowArgument?

  @Option(help: ArgumentHelp("A month: as it was closed, or as it stands where it is open.", valueName: "2026-10"))
  var month: YearMonth?

  @Option(help: ArgumentHelp("Whose calendar: an IANA name, such as Europe/Berlin.", valueName: "zone"))
  var timeZone: TimeZoneArgument?

  @Option(help: ArgumentHelp("The window's end, RFC 3339, exclusive; now when absent.", valueName: "time"))
  var at: TimestampArgument?

  @Option(name: .customLong("check"), help: ArgumentHelp("Only this check; may be repeated.", valueName: "id"))
  var onlyChecks: [String] = []

  @Option(help: "Only this region; over all regions when absent.")
  var region: String?

  @Option(help: "How the figures are written.")
  var format = ReportFormat.table

  @Flag(help: "Adds how fast budgets are used up, and when nothing will be left of them.")
  var burn = false

  @Flag(help: "Leaves percentiles out, which take the longest to read of thousands of checks.")
  var noLatency = false

  func validate() throws {
    if month != nil, window != nil || at != nil || region != nil || burn || noLatency {
      throw ValidationError("--month goes with --check, --time-zone and --format alone")
    }
    if let timeZone, window == nil, month == nil {
      throw ValidationError(
        "--time-zone \(timeZone.name) says whose calendar --window or --month is of; give one of them")
    }
  }

  func run() async throws {
    let settings = try service.settings()
    let files = scenario.files.isEmpty ? settings.files : scenario.files
    let written = files.isEmpty ? nil : try scenario.load(files: files)
    let store = try await OpenedStore.open(settings.store, mode: .readOnly)
    let known = FigureSubjects(scenario: written, known: try await store.checks())
    try known.refuseUnknown(region: region)
    let subjects = try known.subjects(only: onlyChecks)
    if let month {
      Terminal.standardOutput.write(try await text(of: month, subjects, settings, store))
    } else {
      Terminal.standardOutput.write(try await text(of: subjects, settings, store))
    }
    try await store.close()
  }

  /// The rows of each subject's window, by id.
  private func text(
    of subjects: [FigureSources.Subject], _ settings: ServiceFile, _ store: any CurlewStore
  ) async throws -> String {
    let end = at?.timestamp ?? SystemTime().now
    let sources = FigureSources(store: store, ledger: store, cap: settings.exclusionCap, incidents: store)
    var reports: [ServiceLevelReport] = []
    // Checks that look over the same window are asked for together.
    for (window, subjects) in Dictionary(grouping: subjects, by: { window(of: $0.objective) }) {
      reports += try await sources.reports(
        of: subjects, window: window, end: end, region: region, burning: burn, latency: !noLatency)
    }
    return format.render(reports.sorted { $0.check < $1.check }, burning: burn)
  }

  private func window(of objective: Objective) -> ObjectiveWindow {
    window?.window(in: timeZone?.name ?? objective.window.timeZone ?? "UTC") ?? objective.window
  }

  /// Every revision of a closed month, and live figures of those that it is open for.
  private func text(
    of month: YearMonth, _ subjects: [FigureSources.Subject], _ settings: ServiceFile, _ store: any CurlewStore
  ) async throws -> String {
    let books = try MonthBooks(settings, timeZone: timeZone, store: store)
    let closed = try await store.closedMonths(of: subjects.map(\.figures.check), from: month, to: month)
      .filter { $0.timeZone == books.timeZone }
    let closedChecks = Set(closed.map(\.check))
    let open = try await books.rows(
      of: month, for: subjects.filter { !closedChecks.contains($0.figures.check) }.map(MonthBooks.Subject.init),
      at: SystemTime().now)
    let rows = closed.map { MonthReport.Row($0, isOpen: false) } + open.map { MonthReport.Row($0, isOpen: true) }
    return MonthReport(
      rows.sorted { ($0.figures.check, $0.figures.revision) < ($1.figures.check, $1.figures.revision) }
    )
    .render(format)
  }
}

extension MonthBooks {
  /// The books of a store, by the rules of the service file.
  init(_ settings: ServiceFile, timeZone: TimeZoneArgument?, store: any CurlewStore) throws {
    var closing = settings.monthClosing ?? MonthClosing(delay: .zero)
    if let timeZone { closing.timeZone = timeZone.name }
    self.init(
      closer: MonthCloser(closing), store: store, incidents: store, months: store, ledger: store,
      cap: settings.exclusionCap)
  }
}

extension MonthBooks.Subject {
  /// The subject of a report.
  init(_ subject: FigureSources.Subject) {
    self.init(subject.figures, objective: subject.objective)
  }
}

extension ReportFormat: ExpressibleByArgument {}

import ArgumentParser
import Calendars
import Foundation
import History
import Model
import Scenarios
import ServiceLevels

/// `curlew close`: the figures of a month that is over, written down for good.
struct CloseCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "close", abstract: "Writes down the figures of a month that is over.",
    discussion: """
      What is written never changes: late runs and later exclusions are not seen in it. --correct adds a revision with the \
      figures of now, in somebody's name and with a reason, and the one before stays readable.
      """)

  @Argument(help: ArgumentHelp("The month.", valueName: "2026-10"))
  var month: YearMonth

  @OptionGroup var scenario: ScenarioOptions
  @OptionGroup var service: ServiceFileOptions

  @Option(name: .customLong("check"), help: ArgumentHelp("Only this check; may be repeated.", valueName: "id"))
  var onlyChecks: [String] = []

  @Option(
    help: ArgumentHelp(
      "Whose calendar: an IANA name; that of the service file's close_months, or UTC, when absent.", valueName: "zone"))
  var timeZone: TimeZoneArgument?

  @Flag(help: "Adds a revision to months whose figures are others by now.")
  var correct = false

  @Option(help: ArgumentHelp("Who corrects.", valueName: "name"))
  var author: String?

  @Option(help: ArgumentHelp("Why it is corrected.", valueName: "text"))
  var reason: String?

  @Option(help: "How the rows are written.")
  var format = ReportFormat.table

  func validate() throws {
    if correct { _ = try Signature(author: author, reason: reason) }
    if !correct, author != nil || reason != nil {
      throw ValidationError("--author and --reason go with --correct: closing a month needs neither")
    }
  }

  func run() async throws {
    let settings = try service.settings()
    let files = scenario.files.isEmpty ? settings.files : scenario.files
    let written = files.isEmpty ? nil : try scenario.load(files: files)
    let now = SystemTime().now
    var closing = settings.monthClosing ?? MonthClosing(delay: .zero)
    if let timeZone { closing.timeZone = timeZone.name }
    guard MonthCloser(closing).isOver(month, at: now) else {
      throw CommandFailure("\(month) is not over in \(closing.timeZone); only months that are can be closed")
    }
    let store = try await OpenedStore.open(settings.store, mode: .readWrite, retention: settings.retention)
    let subjects = try FigureSubjects(scenario: written, known: try await store.checks()).subjects(only: onlyChecks)
      .map(MonthBooks.Subject.init)
    let correction = try correct ? Signature(author: author, reason: reason).correction : nil
    let added = try await MonthBooks(settings, timeZone: timeZone, store: store).close(
      month, for: subjects, at: now, correction: correction)
    try await store.close()
    guard !added.isEmpty else {
      Terminal.standardError.write("curlew: \(nothingAdded)\n")
      return
    }
    Terminal.standardOutput.write(MonthReport(added.map { MonthReport.Row($0, isOpen: false) }).render(format))
  }

  private var nothingAdded: String {
    correct
      ? "nothing to correct: the figures of \(month) are what they were, or nothing was expected in it"
      : "nothing to close: \(month) is closed already, or nothing was expected in it (--correct adds a revision)"
  }
}

/// Who answers for something that is written down, and why.
struct Signature {
  private static let longestAuthor = 100
  private static let longestReason = 1000

  let author: String
  let reason: String

  /// - Throws: `ValidationError` when one is missing, empty, too long or more than a line.
  init(author: String?, reason: String?) throws {
    self.author = try Self.line(author, "--author", "who answers for it", limit: Self.longestAuthor)
    self.reason = try Self.line(reason, "--reason", "why", limit: Self.longestReason)
  }

  var correction: MonthBooks.Correction { MonthBooks.Correction(author: author, reason: reason) }

  private static func line(_ text: String?, _ option: String, _ meaning: String, limit: Int) throws -> String {
    guard let text else { throw ValidationError("\(option) is missing: say \(meaning)") }
    let line = text.trimmingCharacters(in: .whitespaces)
    guard !line.isEmpty else { throw ValidationError("\(option) is empty: say \(meaning)") }
    guard line.count <= limit else {
      throw ValidationError("\(option) has \(line.count) characters; \(limit) at most are kept")
    }
    guard !line.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) else {
      throw ValidationError("\(option) is one line of text, without control characters")
    }
    return line
  }
}

import ArgumentParser
import Foundation
import History
import Model
import Scenarios
import ServiceLevels

/// `curlew exclude`: time taken out of availability afterwards.
struct ExcludeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "exclude", abstract: "Takes time out of availability afterwards, with a reason and a name.",
    discussion: """
      Entries are never changed or deleted; --withdraw takes one back, and both stay readable. Slots that start within the \
      time count as maintenance, and every report shows the figures without exclusions too. The service file can cap how \
      much of a month may be excluded; what is beyond the cap is not.
      """)

  /// A year at once is no exclusion any more.
  private static let longestDays = 366

  @Option(help: ArgumentHelp("From when on, RFC 3339.", valueName: "time"))
  var from: TimestampArgument?

  @Option(help: ArgumentHelp("Until when, RFC 3339, exclusive.", valueName: "time"))
  var until: TimestampArgument?

  @Option(
    name: .customLong("check"),
    help: ArgumentHelp("Of this check or service; may be repeated. Of all when absent.", valueName: "id"))
  var onlyChecks: [String] = []

  @Option(help: ArgumentHelp("Who answers for it.", valueName: "name"))
  var author: String?

  @Option(help: ArgumentHelp("Why.", valueName: "text"))
  var reason: String?

  @Flag(help: "Prints the whole ledger.")
  var list = false

  @Option(help: ArgumentHelp("Takes back the entry of this number.", valueName: "number"))
  var withdraw: Int64?

  @Option(help: "How the ledger is written: table, json, csv or markdown.")
  var format = ReportFormat.table

  @OptionGroup var service: ServiceFileOptions

  func validate() throws {
    if list {
      guard from == nil, until == nil, withdraw == nil, onlyChecks.isEmpty, author == nil, reason == nil else {
        throw ValidationError("--list prints the ledger and takes nothing but --format")
      }
      return
    }
    _ = try Signature(author: author, reason: reason)
    if withdraw != nil {
      guard from == nil, until == nil, onlyChecks.isEmpty else {
        throw ValidationError("--withdraw takes back a whole entry; --from, --until and --check do not go with it")
      }
      return
    }
    guard let from = from?.timestamp, let until = until?.timestamp else {
      throw ValidationError("give --from and --until, or --list, or --withdraw")
    }
    guard from < until else { throw ValidationError("--until is not after --from: nothing would be excluded") }
    guard until - from <= .days(Self.longestDays) else {
      throw ValidationError("more than \(Self.longestDays) days cannot be excluded at once")
    }
    guard until <= SystemTime().now else {
      throw ValidationError(
        "--until is in the future: what is planned is written as maintenance in a scenario file")
    }
  }

  func run() async throws {
    let settings = try service.settings()
    let store = try await OpenedStore.open(
      settings.store, mode: list ? .readOnly : .readWrite, retention: settings.retention)
    let entries = try await store.exclusions()
    if list {
      let ledger = ExclusionReport(entries, plan: ExclusionPlan(entries, cap: settings.exclusionCap))
      Terminal.standardOutput.write(ledger.render(format))
    } else if let withdraw {
      try await write(withdrawal(of: withdraw, from: entries), beside: entries, to: store, settings)
    } else {
      try await write(try await exclusion(known: try await store.checks()), beside: entries, to: store, settings)
    }
    try await store.close()
  }

  private func withdrawal(of number: Int64, from entries: [Exclusion]) throws -> Exclusion {
    guard let entry = entries.first(where: { $0.id == number }) else {
      throw CommandFailure("there is no entry \(number); curlew exclude --list prints all")
    }
    guard entry.withdraws == nil else { throw CommandFailure("entry \(number) is a withdrawal, which stays") }
    if let before = entries.first(where: { $0.withdraws == number }) {
      throw CommandFailure("entry \(number) was withdrawn already, by entry \(before.id)")
    }
    let signature = try Signature(author: author, reason: reason)
    return Exclusion(
      checks: entry.checks, from: entry.from, until: entry.until, reason: signature.reason, author: signature.author,
      recordedAt: SystemTime().now, withdraws: number)
  }

  private func exclusion(known: [KnownCheck]) async throws -> Exclusion {
    let signature = try Signature(author: author, reason: reason)
    guard let from = from?.timestamp, let until = until?.timestamp else {
      throw CommandFailure("give --from and --until")
    }
    let subjects = try FigureSubjects(scenario: nil, known: known).subjects(only: onlyChecks)
    return Exclusion(
      checks: onlyChecks.isEmpty ? nil : Set(subjects.map(\.check)).sorted(), from: from, until: until,
      reason: signature.reason, author: signature.author, recordedAt: SystemTime().now)
  }

  private func write(
    _ entry: Exclusion, beside entries: [Exclusion], to store: any ExclusionLedger, _ settings: ServiceFile
  ) async throws {
    let entry = try await store.append(entry)
    let plan = ExclusionPlan(entries + [entry], cap: settings.exclusionCap)
    Terminal.standardOutput.write(ExclusionReport.words(for: entry, plan: plan))
  }
}

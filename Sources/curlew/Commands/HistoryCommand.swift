import ArgumentParser
import History
import Model
import PostgresHistory

/// `curlew history`: what is done with a history as a whole.
struct HistoryCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "history", abstract: "Copies a history into another database.",
    subcommands: [HistoryCopyCommand.self])
}

/// `curlew history copy`: everything that one store keeps, into another one.
struct HistoryCopyCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "copy", abstract: "Copies everything that one store keeps into another, empty one.",
    usage: "curlew history copy sqlite:curlew.db postgres://curlew@db.example.com/curlew",
    discussion: """
      Between SQLite and PostgreSQL in both directions, and between two files: runs with their reasons, roll-ups, pauses, \
      incidents, exclusions, closed months, heartbeats. At the end the counts of both sides are compared. A copy that broke \
      off is begun again with the same words, and goes on where it was. A daemon may go on writing into the source; what \
      it writes after the copy has begun is not in it.
      """)

  @Argument(help: ArgumentHelp("The store that is read: sqlite:PATH, or postgres://user@host/database."))
  var from: String

  @Argument(help: ArgumentHelp("The store that is filled: empty, or left by a copy that broke off."))
  var to: String

  func run() async throws {
    let source = try await OpenedStore.open(from, mode: .readOnly)
    let target = try await OpenedStore.open(to, mode: .readWrite)
    let names = (OpenedStore.name(of: from), OpenedStore.name(of: to))
    let display = CopyDisplay(terminal: .standardError)
    do {
      let summary = try await HistoryCopy(from: source, to: target).run(at: SystemTime().now) { display.show($0) }
      display.clear()
      try await target.close()
      try await source.close()
      Terminal.standardOutput.write(Self.words(summary, from: names.0, to: names.1))
    } catch let error as HistoryError {
      display.clear()
      throw CommandFailure("\(error)")
    }
  }

  private static func words(_ summary: HistoryCopy.Summary, from: String, to: String) -> String {
    guard summary.stage != .finished else {
      return "\(from) was copied to \(to) before, and nothing was done: what is there stays\n"
    }
    let parts = [
      HumanText.count(summary.checks - summary.skipped, "check"), HumanText.count(summary.runs, "run"),
      HumanText.count(summary.buckets, "roll-up"), HumanText.count(summary.records, "record"),
    ]
    let skipped = summary.skipped == 0 ? "" : "; \(HumanText.count(summary.skipped, "check")) from before stayed"
    return """
      \(parts.joined(separator: ", ")) copied from \(from) to \(to)\(skipped)
      the counts of \(HumanText.count(summary.compared, "stream")) and of all records are the same on both sides

      """
  }
}

/// A line for a person who waits; nothing where nobody looks.
private struct CopyDisplay {
  let terminal: Terminal

  func show(_ progress: HistoryCopy.Progress) {
    guard terminal.isInteractive else { return }
    terminal.write(
      "\r\u{1B}[K\(progress.checks) of \(HumanText.count(progress.of, "check")), \(HumanText.count(progress.runs, "run"))"
    )
  }

  func clear() {
    guard terminal.isInteractive else { return }
    terminal.write("\r\u{1B}[K")
  }
}

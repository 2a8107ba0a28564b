import ArgumentParser
import Expressions
import Foundation
import History
import Model
import Scenarios

/// `curlew import`: history from elsewhere.
struct ImportCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "import", abstract: "Adds runs from a file of JSON lines to the history.",
    discussion: """
      One run a line: {"check", "region", "slot_start", "interval_ms", "verdict", "duration_ms", "reason", "maintenance"}. \
      A bad line refuses the whole file. A run for a slot that is known already counts once; the first stays.
      """)

  @Argument(help: "The file; - is standard input.")
  var file: String

  @OptionGroup var service: ServiceFileOptions

  func run() async throws {
    let settings = try service.settings()
    let bytes = try read()
    let now = SystemTime().now
    let runs: [HistoryRun]
    do {
      runs = try ImportedRuns.parse(bytes, now: now)
    } catch {
      throw CommandFailure("\(file == "-" ? "<stdin>" : file):\(error.line): \(error.message); nothing was imported")
    }
    let store = try OpenedStore.open(settings.store, mode: .readWrite, retention: settings.retention)
    do {
      let summary = try await store.write(runs, at: now)
      try await store.close()
      Terminal.standardOutput.write(
        "\(HumanText.count(summary.added, "run")) added, \(summary.duplicates) known already\n")
    } catch {
      throw CommandFailure("\(error)")
    }
  }

  private func read() throws -> Data {
    if file == "-" { return Data(try StandardInput.read()) }
    do {
      return try Data(contentsOf: URL(fileURLWithPath: file))
    } catch {
      throw CommandFailure("cannot read '\(file)': \(error.localizedDescription)")
    }
  }
}

import ArgumentParser
import Expressions
import Foundation
import History
import Model
import Scenarios

/// `curlew import`: history from elsewhere.
struct ImportCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "import", abstract: "Adds runs from JSON lines, Gatus or Uptime Kuma to the history.",
    usage: """
      curlew import <file.ndjson> [--config <curlew.yaml>] [--store <url>]
      curlew import --from gatus data.db [--map <key>=<check>] [--dry-run] [--store <url>]
      curlew import --from kuma kuma.db [--map <name>=<check>] [--dry-run] [--store <url>]
      """,
    discussion: """
      JSON has one run a line: {"check", "region", "slot_start", "interval_ms", "verdict", "duration_ms", "reason", \
      "maintenance"}. A bad line refuses the whole file. A run for a slot that is known already counts once; the first \
      stays. So an import that was cut short is begun anew, and ends with the same counts.
      """)

  /// What is imported.
  enum Source: String, CaseIterable, ExpressibleByArgument {
    case ndjson, gatus, kuma
  }

  @Argument(help: "The file; - is standard input, for JSON lines.")
  var file: String

  @Option(help: "What the file is: JSON lines, or the SQLite database of Gatus or Uptime Kuma.")
  var from = Source.ndjson

  @Option(
    help: ArgumentHelp(
      "The check that the history of an endpoint or monitor becomes; may be repeated.", valueName: "old=check"))
  var map: [String] = []

  @Flag(help: "Tells what would be imported, and writes nothing.")
  var dryRun = false

  @OptionGroup var service: ServiceFileOptions

  func validate() throws {
    if from == .ndjson, dryRun || !map.isEmpty {
      throw ValidationError("--map and --dry-run go with --from gatus and --from kuma")
    }
    _ = try names()
  }

  func run() async throws {
    switch from {
    case .ndjson: try await importLines()
    case .gatus: try await importDatabase(of: .gatus)
    case .kuma: try await importDatabase(of: .kuma)
    }
  }

  // MARK: JSON lines

  private func importLines() async throws {
    let settings = try service.settings()
    let bytes = try read()
    let now = SystemTime().now
    let runs: [HistoryRun]
    do {
      runs = try ImportedRuns.parse(bytes, now: now)
    } catch {
      throw CommandFailure("\(file == "-" ? "<stdin>" : file):\(error.line): \(error.message); nothing was imported")
    }
    let store = try await OpenedStore.open(settings.store, mode: .readWrite, retention: settings.retention)
    do {
      let summary = try await store.write(runs, at: now)
      try await store.close()
      tell(summary)
    } catch {
      throw CommandFailure("\(error)")
    }
  }

  private func tell(_ summary: WriteSummary) {
    Terminal.standardOutput.write(
      "\(HumanText.count(summary.added, "run")) added, \(summary.duplicates) known already\n")
  }

  private func read() throws -> Data {
    if file == "-" { return Data(try StandardInput.read()) }
    do {
      return try Data(contentsOf: URL(fileURLWithPath: file))
    } catch {
      throw CommandFailure("cannot read '\(file)': \(error.localizedDescription)")
    }
  }

  // MARK: Databases

  private func names() throws -> [String: CheckID] {
    var names: [String: CheckID] = [:]
    for text in map {
      guard let sign = text.lastIndex(of: "="), sign > text.startIndex else {
        throw ValidationError("--map '\(text)' is no old=check; write for example --map core_frontend=front-page")
      }
      let id = String(text[text.index(after: sign)...])
      guard let check = CheckID(id) else {
        throw ValidationError("--map '\(text)': '\(id)' is no check id: [a-z0-9][a-z0-9-]{0,62}")
      }
      names[String(text[..<sign])] = check
    }
    return names
  }

  private func importDatabase(of system: ForeignSystem) async throws {
    let settings = try service.settings()
    do {
      let database = try ForeignDatabase(of: system, path: file, map: try names())
      Terminal.standardOutput.write(Self.preview(database))
      for loss in database.losses { Terminal.standardError.write("not carried over: \(loss)\n") }
      guard !dryRun else { return }
      let now = SystemTime().now
      let store = try await OpenedStore.open(settings.store, mode: .readWrite, retention: settings.retention)
      var summary = WriteSummary()
      try await database.runs(in: settings.region, until: now) { runs in
        let part = try await store.write(runs, at: now)
        summary.added += part.added
        summary.duplicates += part.duplicates
      }
      try await store.close()
      tell(summary)
    } catch let error as HistoryError {
      throw CommandFailure("\(error)")
    }
  }

  /// A line for each check.
  private static func preview(_ database: ForeignDatabase) -> String {
    database.subjects.map { subject in
      let times = [subject.first, subject.last].compactMap { $0?.rfc3339(fractionDigits: 0) }.joined(separator: " to ")
      let range = times.isEmpty ? "nothing" : times
      return "\(subject.name) -> \(subject.check): every \(Units.text(of: subject.interval)), "
        + "\(HumanText.count(subject.runs, "run")), \(HumanText.count(subject.sums, "sum")), \(range)\n"
    }.joined()
  }
}

import ArgumentParser
import History
import Model
import Scenarios

/// `curlew incidents`: what went wrong, and what was said of it.
struct IncidentsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "incidents", abstract: "Prints incidents from the store, and the whole story of one.",
    subcommands: [ListIncidentsCommand.self, ShowIncidentCommand.self], defaultSubcommand: ListIncidentsCommand.self)
}

/// `curlew incidents [list]`: a line for each.
struct ListIncidentsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "Prints a line for each incident, latest begin first.")

  @OptionGroup var service: ServiceFileOptions

  @Flag(help: "Only those that last.")
  var open = false

  @Option(
    name: .customLong("check"), help: ArgumentHelp("Only those that hurt this check; may be repeated.", valueName: "id")
  )
  var onlyChecks: [String] = []

  @Option(
    help: ArgumentHelp(
      "Only those that lasted then or later: RFC 3339, or a duration back from now.", valueName: "time"))
  var since: SinceArgument?

  @Option(help: ArgumentHelp("How many at most.", valueName: "n"))
  var limit = 100

  @Option(help: "How they are written.")
  var format = IncidentFormat.table

  func validate() throws {
    guard limit >= 1 else { throw ValidationError("--limit \(limit): at least 1 is needed") }
  }

  func run() async throws {
    let settings = try service.settings()
    let checks = try onlyChecks.map { text in
      guard let id = CheckID(text) else { throw CommandFailure("check '\(HumanText.escaped(text))' is not known") }
      return id
    }
    let store = try await OpenedStore.open(settings.store, mode: .readOnly)
    let now = SystemTime().now
    var query = IncidentQuery(
      checks: checks.isEmpty ? nil : checks, from: since?.moment(before: now), isOpen: open ? true : nil)
    var found: [Incident] = []
    do {
      repeat {
        query.limit = min(500, limit - found.count)
        let page = try await store.incidents(query)
        found += page.incidents
        query.cursor = page.next
      } while query.cursor != nil && found.count < limit
      if found.isEmpty { try await refuseUnknown(checks, in: store) }
      try await store.close()
    } catch let error as HistoryError {
      throw CommandFailure("\(error)")
    }
    Terminal.standardOutput.write(format.render(found, at: now))
    if query.cursor != nil {
      Terminal.standardError.write("curlew: there are more than \(limit); see --limit, --since and --check\n")
    }
  }

  private func refuseUnknown(_ checks: [CheckID], in store: any CurlewStore) async throws {
    let known = Set(try await store.checks().map(\.id))
    for check in checks where !known.contains(check) {
      guard try await store.incidents(IncidentQuery(checks: [check], limit: 1)).incidents.isEmpty else { continue }
      let some = known.sorted().prefix(10).map(\.text).joined(separator: ", ")
      throw CommandFailure("check '\(check)' is not known\(some.isEmpty ? "" : "; there are \(some)")")
    }
  }
}

/// `curlew incidents show N`: the whole story of one.
struct ShowIncidentCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Prints the whole story of one incident.")

  @Argument(help: "The number of the incident.")
  var id: Int64

  @OptionGroup var service: ServiceFileOptions

  @Option(help: "How it is written.")
  var format = IncidentFormat.table

  func run() async throws {
    let settings = try service.settings()
    let store = try await OpenedStore.open(settings.store, mode: .readOnly)
    let incident: Incident?
    do {
      incident = try await store.incident(id)
      try await store.close()
    } catch {
      throw CommandFailure("\(error)")
    }
    guard let incident else {
      throw CommandFailure("incident \(id) is not in the store; `curlew incidents` lists those that are")
    }
    Terminal.standardOutput.write(format.renderStory(of: incident, at: SystemTime().now))
  }
}

/// A moment, or how long ago.
struct SinceArgument: ExpressibleByArgument {
  private enum Form {
    case moment(Timestamp)
    case ago(Duration)
  }

  private let form: Form

  init?(argument: String) {
    if let moment = Timestamp(rfc3339: argument) {
      form = .moment(moment)
    } else if let duration = Units.duration(argument), duration > .zero {
      form = .ago(duration)
    } else {
      return nil
    }
  }

  func moment(before now: Timestamp) -> Timestamp {
    switch form {
    case .moment(let moment): moment
    case .ago(let duration): now - duration
    }
  }
}

extension IncidentFormat: ExpressibleByArgument {}

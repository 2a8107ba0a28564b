import Foundation
import History
import Model
import Scenarios
import ServiceLevels

/// Whose figures a command is about: the checks and services of files, or what the store knows.
struct FigureSubjects {
  /// By id; empty where no files are given.
  private let written: [CheckID: (check: Check, service: ServiceDefinition?)]
  private let known: [KnownCheck]

  /// - Parameters:
  ///   - scenario: the files; nil where none are given.
  ///   - known: the checks that the store has runs of.
  init(scenario: Scenario?, known: [KnownCheck]) {
    let checks = (scenario?.checks ?? []).map { ($0.check, ServiceDefinition?.none) }
    let services = (scenario?.services ?? []).map { ($0.check, Optional($0)) }
    written = Dictionary((checks + services).map { ($0.0.id, (check: $0.0, service: $0.1)) }) { first, _ in first }
    self.known = known
  }

  /// Whether nothing is written of any check.
  var isStoreAlone: Bool { written.isEmpty }

  /// All of the files, or of the store where there are no files; or those of some ids.
  ///
  /// - Throws: `CommandFailure` for an id that neither files nor store know.
  func subjects(only ids: [String]) throws -> [FigureSources.Subject] {
    let kept = Set(known.map(\.id))
    let all = kept.union(written.keys)
    guard !ids.isEmpty else {
      return (written.isEmpty ? kept : Set(written.keys)).sorted().map { subject($0, kept: kept) }
    }
    return try ids.map { text in
      guard let id = CheckID(text), all.contains(id) else {
        let some = all.sorted().prefix(10).map(\.text).joined(separator: ", ")
        throw CommandFailure("check '\(text)' is not known\(some.isEmpty ? "" : "; there are \(some)")")
      }
      return subject(id, kept: kept)
    }
  }

  /// Refuses a region that no check has runs of.
  func refuseUnknown(region: String?) throws {
    guard let region else { return }
    let regions = Set(known.flatMap(\.regions))
    guard !regions.contains(region) else { return }
    let some = regions.sorted().prefix(10).joined(separator: ", ")
    throw CommandFailure("region '\(region)' is not known\(some.isEmpty ? "" : "; there are \(some)")")
  }

  private func subject(_ id: CheckID, kept: Set<CheckID>) -> FigureSources.Subject {
    guard let (check, service) = written[id] else {
      return FigureSources.Subject(check: id, figures: FigureSubject(id), objective: .standard)
    }
    var figures = service.map(FigureSubject.init) ?? FigureSubject(id)
    // A check that was renamed since the daemon last ran has its history under the old id still. To take it over is for the
    // daemon, which knows what is in force; a report writes nothing.
    if let old = check.movedFrom, !kept.contains(id), kept.contains(old) { figures.check = old }
    return FigureSources.Subject(check: id, figures: figures, objective: check.objective)
  }
}

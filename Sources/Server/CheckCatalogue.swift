package import Model
import Synchronization

/// The checks in force, swapped as a whole at each reload, so that one answer never mixes two files.
package final class CheckCatalogue: Sendable {
  /// One state of the catalogue.
  struct Edition: Sendable {
    /// In the order of the files; services, as the checks that they are recorded as, behind them.
    var checks: [Check] = []
    /// What those of the checks are that stand for others.
    var services: [CheckID: ServiceDefinition] = [:]
    /// Where each check stands in `checks`.
    var places: [CheckID: Int] = [:]
    /// Headings in order of their first check; nil is the checks without one.
    var groups: [String?] = []
    /// Counts editions; 0 before anything was loaded.
    var number = 0

    subscript(id: CheckID) -> Check? { places[id].map { checks[$0] } }
  }

  private let state = Mutex(Edition())

  /// A catalogue of nothing, which is not ready until checks are applied.
  package init() {}

  /// A catalogue of these checks.
  package convenience init(_ checks: [Check], services: [ServiceDefinition] = []) {
    self.init()
    apply(checks, services: services)
  }

  /// Puts these checks and services in force, in the place of all before. Of two with one id the first counts.
  package func apply(_ checks: [Check], services: [ServiceDefinition] = []) {
    var next = Edition()
    next.checks.reserveCapacity(checks.count)
    var seen: Set<String?> = []
    for check in checks + services.map(\.check) where next.places[check.id] == nil {
      next.places[check.id] = next.checks.count
      next.checks.append(check)
      if seen.insert(check.group).inserted { next.groups.append(check.group) }
    }
    for service in services where next[service.id]?.kind == .service && next.services[service.id] == nil {
      next.services[service.id] = service
    }
    state.withLock { [next] current in
      var next = next
      next.number = current.number + 1
      current = next
    }
  }

  /// In the order of the files.
  package var checks: [Check] { edition.checks }

  /// The services among them, by id.
  package var services: [CheckID: ServiceDefinition] { edition.services }

  /// The state now.
  var edition: Edition { state.withLock { $0 } }

  /// A check in force; nil where there is none of that id.
  package func check(_ id: CheckID) -> Check? { edition[id] }
}

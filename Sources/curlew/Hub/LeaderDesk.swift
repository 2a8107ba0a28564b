import Hub
import Incidents
import Model
import Scheduling
import Server
import Synchronization

/// Incidents and jobs at any replica: the one that decides takes them, and every other one says which that is.
final class LeaderDesk: IncidentDesk, HeartbeatDesk {
  /// Who takes them while this replica decides.
  struct Keepers: Sendable {
    var incidents: IncidentKeeper
    var heartbeats: HeartbeatKeeper
  }

  private let store: any FleetStore
  private let keepers = Mutex<Keepers?>(nil)

  init(store: any FleetStore) {
    self.store = store
  }

  /// This replica decides from now on, or does not.
  func set(_ keepers: Keepers?) {
    self.keepers.withLock { $0 = keepers }
  }

  /// Who takes them here; nil where another replica decides.
  var current: Keepers? { keepers.withLock { $0 } }

  private func leader() async -> String? { (try? await store.holder(of: .deciding))??.holder }

  private func incidents() async throws(IncidentFault) -> IncidentKeeper {
    guard let keepers = current else { throw .elsewhere(await leader()) }
    return keepers.incidents
  }

  func report(
    title: String, impacts: [Impact], state: IncidentState, text: String, author: String, isPublished: Bool,
    began: Timestamp?, ended: Timestamp?
  ) async throws(IncidentFault) -> Incident {
    try await incidents().report(
      title: title, impacts: impacts, state: state, text: text, author: author, isPublished: isPublished, began: began,
      ended: ended)
  }

  func say(
    _ text: String, of id: Int64, state: IncidentState?, author: String, impacts: [Impact]?
  ) async throws(IncidentFault) -> Incident {
    try await incidents().say(text, of: id, state: state, author: author, impacts: impacts)
  }

  func acknowledge(_ id: Int64, by: String, note: String?) async throws(IncidentFault) -> Incident {
    try await incidents().acknowledge(id, by: by, note: note)
  }

  func receive(
    _ signals: [HeartbeatSignal], at now: Timestamp
  ) async throws(HeartbeatFault) -> HeartbeatReceipt {
    guard let keepers = current else { throw .elsewhere(await leader()) }
    return try await keepers.heartbeats.receive(signals, at: now)
  }
}

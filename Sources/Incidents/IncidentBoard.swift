package import Model
import Synchronization

/// The incidents that pages show without asking the store.
package struct CurrentIncidents: Sendable {
  /// Those that last, latest begin first.
  package var open: [Incident]
  /// Those that ended within the last two weeks, latest begin first.
  package var recent: [Incident]

  /// Incidents as they stand.
  package init(open: [Incident] = [], recent: [Incident] = []) {
    self.open = open
    self.recent = recent
  }
}

/// Holds the incidents of now and of the recent past in memory, and tells whoever listens of each change.
final class IncidentBoard: Sendable {
  /// How long an incident stays after its end.
  static let memory = Duration.days(14)
  /// How many stay at most after their end; the latest.
  static let mostRecent = 2000
  /// How many changes wait for a listener that is slow; then it misses the oldest.
  private static let mostWaiting = 256

  private struct State {
    var incidents: [Int64: Incident] = [:]
    /// The incident that lasts of each check, opened by itself.
    var open: [CheckID: Int64] = [:]
    var current = CurrentIncidents()
    var listeners: [Int: AsyncStream<Incident>.Continuation] = [:]
    var nextListener = 0
  }

  private let state = Mutex(State())

  /// What was published last.
  var current: CurrentIncidents { state.withLock { $0.current } }

  /// An incident that is held; nil when it must be looked for in the store.
  func incident(_ id: Int64) -> Incident? { state.withLock { $0.incidents[id] } }

  /// The incident of a check that lasts.
  func openIncident(of check: CheckID) -> Incident? {
    state.withLock { state in state.open[check].flatMap { state.incidents[$0] } }
  }

  /// Every incident that opened by itself and lasts.
  var openIncidents: [Incident] { state.withLock { state in state.open.values.compactMap { state.incidents[$0] } } }

  /// Takes in an incident as it is from now on. It is told of, and is seen once `publish` was called.
  func put(_ incident: Incident, isNews: Bool = true) {
    let listeners = state.withLock { state in
      if let check = state.incidents[incident.id]?.check, state.open[check] == incident.id { state.open[check] = nil }
      state.incidents[incident.id] = incident
      if incident.origin == .automatic, incident.isOpen, let check = incident.check { state.open[check] = incident.id }
      return isNews ? Array(state.listeners.values) : []
    }
    for listener in listeners { listener.yield(incident) }
  }

  /// Gives a check another id in the incidents that are held, as the store does in those that it keeps; but not in the one
  /// that lasts, which the keeper writes.
  func rename(_ old: CheckID, to new: CheckID) {
    state.withLock { state in
      for (id, var incident) in state.incidents where state.open[old] != id {
        incident.rename(old, to: new)
        state.incidents[id] = incident
      }
    }
  }

  /// Makes what was taken in visible, and lets go of what ended long ago.
  func publish(at now: Timestamp) {
    state.withLock { state in
      let sorted = state.incidents.values.sorted { ($1.began, $1.id) < ($0.began, $0.id) }
      let recent = sorted.filter { !$0.isOpen && ($0.ended ?? $0.began) >= now - Self.memory }
      state.current = CurrentIncidents(
        open: sorted.filter(\.isOpen), recent: Array(recent.prefix(Self.mostRecent)))
      state.incidents = Dictionary(
        uniqueKeysWithValues: (state.current.open + state.current.recent).map { ($0.id, $0) })
    }
  }

  /// Every incident that changes from now on, as it is after the change.
  func changes() -> AsyncStream<Incident> {
    let (stream, continuation) = AsyncStream.makeStream(
      of: Incident.self, bufferingPolicy: .bufferingNewest(Self.mostWaiting))
    let number = state.withLock { state in
      state.nextListener += 1
      state.listeners[state.nextListener] = continuation
      return state.nextListener
    }
    continuation.onTermination = { [weak self] _ in
      guard let self else { return }
      self.state.withLock { _ = $0.listeners.removeValue(forKey: number) }
    }
    return stream
  }
}

extension Incident {
  /// Gives a check another id. A check that is hurt under both is hurt as under the new one.
  mutating func rename(_ old: CheckID, to new: CheckID) {
    if check == old { check = new }
    guard impacts.contains(where: { $0.check == old }) else { return }
    if impacts.contains(where: { $0.check == new }) {
      impacts.removeAll { $0.check == old }
    } else {
      for index in impacts.indices where impacts[index].check == old { impacts[index].check = new }
    }
  }
}

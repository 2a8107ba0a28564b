import Incidents
import Model
import Scheduling
import Server
import Synchronization

/// Records in memory, in the place of incidents, ledger, months and heartbeats.
final class FakeRecords: IncidentStore, ExclusionLedger, ClosedMonths, IncidentDesk, HeartbeatDesk {
  struct State {
    var incidents: [Incident] = []
    var exclusions: [Exclusion] = []
    var months: [ClosedMonth] = []
    var signals: [HeartbeatSignal] = []
    var maintenance: [MaintenanceOccurrence] = []
    var incidentQueries: [IncidentQuery] = []
    /// Whether nobody takes incidents.
    var isUndecided = false
  }

  private let state = Mutex(State())
  private let now = Timestamp(secondsSinceEpoch: 1_767_225_600)

  func change(_ body: (inout State) -> Void) { state.withLock { body(&$0) } }

  func read<Value: Sendable>(_ path: (State) -> Value) -> Value { state.withLock { path($0) } }

  /// As the server wants them.
  func sources(time: any TimeSource) -> RecordSources {
    RecordSources(
      incidents: self, incidentDesk: self, ledger: self, ledgerDesk: LedgerDesk(self, time: time), months: self,
      heartbeatDesk: self,
      maintenance: { from, until in self.read(\.maintenance).filter { $0.from < until && $0.until > from } })
  }

  // MARK: Incidents

  func insert(_ incident: Incident) async throws -> Incident { add(incident) }

  func update(_ incident: Incident) async throws {
    change { state in
      if let index = state.incidents.firstIndex(where: { $0.id == incident.id }) { state.incidents[index] = incident }
    }
  }

  func incident(_ id: Int64) async throws -> Incident? { read { $0.incidents.first { $0.id == id } } }

  func incidents(_ query: IncidentQuery) async throws -> IncidentPage {
    state.withLock { state in
      state.incidentQueries.append(query)
      let found = state.incidents.filter { incident in
        (query.isOpen.map { $0 == incident.isOpen } ?? true)
          && (query.isPublished.map { $0 == incident.isPublished } ?? true)
          && (query.checks.map { checks in incident.impacts.contains { checks.contains($0.check) } } ?? true)
          && (query.cursor.map { incident.id < $0.id } ?? true)
      }
      let page = Array(found.sorted { $0.id > $1.id }.prefix(query.limit))
      let next = found.count > page.count ? page.last : nil
      return IncidentPage(
        incidents: page,
        next: next.map { IncidentCursor(beganMilliseconds: $0.began.millisecondsSinceEpoch, id: $0.id) })
    }
  }

  func report(
    title: String, impacts: [Impact], state: IncidentState, text: String, author: String, isPublished: Bool,
    began: Timestamp?, ended: Timestamp?
  ) async throws(IncidentFault) -> Incident {
    if read(\.isUndecided) { throw .undecided }
    return add(
      Incident(
        origin: .manual, check: nil, title: title, impacts: impacts, state: state, began: began ?? now, opened: now,
        isPublished: isPublished,
        updates: [IncidentUpdate(at: now, kind: .opened, author: author, state: state, text: text)]))
  }

  func say(
    _ text: String, of id: Int64, state: IncidentState?, author: String, impacts: [Impact]?
  ) async throws(IncidentFault) -> Incident {
    try changed(id) { incident in
      incident.state = state ?? incident.state
      incident.impacts = impacts ?? incident.impacts
      incident.updates.append(IncidentUpdate(at: now, kind: .comment, author: author, state: state, text: text))
    }
  }

  func acknowledge(_ id: Int64, by name: String, note: String?) async throws(IncidentFault) -> Incident {
    try changed(id) { $0.acknowledgement = Acknowledgement(by: name, note: note, at: now) }
  }

  private func add(_ incident: Incident) -> Incident {
    state.withLock { state in
      var kept = incident
      kept.id = Int64(state.incidents.count + 1)
      state.incidents.append(kept)
      return kept
    }
  }

  private func changed(_ id: Int64, _ change: (inout Incident) -> Void) throws(IncidentFault) -> Incident {
    let changed = state.withLock { state -> Incident? in
      guard let index = state.incidents.firstIndex(where: { $0.id == id }) else { return nil }
      change(&state.incidents[index])
      return state.incidents[index]
    }
    guard let changed else { throw .unknownIncident(id) }
    return changed
  }

  // MARK: The ledger

  func append(_ entry: Exclusion) async throws -> Exclusion {
    state.withLock { state in
      var kept = entry
      kept.id = Int64(state.exclusions.count + 1)
      state.exclusions.append(kept)
      return kept
    }
  }

  func exclusions() async throws -> [Exclusion] { read(\.exclusions) }

  // MARK: Months and heartbeats

  func close(_ month: ClosedMonth) async throws -> Bool {
    change { $0.months.append(month) }
    return true
  }

  func closedMonths(of checks: [CheckID]?, from: YearMonth?, to: YearMonth?) async throws -> [ClosedMonth] {
    read { state in
      state.months.filter { row in
        (checks?.contains(row.check) ?? true) && (from.map { row.month >= $0 } ?? true)
          && (to.map { row.month <= $0 } ?? true)
      }
    }
  }

  func receive(_ signals: [HeartbeatSignal], at now: Timestamp) async throws(HeartbeatFault) -> HeartbeatReceipt {
    state.withLock { state in
      let before = state.signals.count
      for signal in signals {
        let isKnown = signal.idempotencyKey.map { key in state.signals.contains { $0.idempotencyKey == key } } ?? false
        if !isKnown { state.signals.append(signal) }
      }
      let accepted = state.signals.count - before
      return HeartbeatReceipt(accepted: accepted, repeated: signals.count - accepted)
    }
  }
}

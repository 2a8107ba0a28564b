package import Model
import Postgres

/// Incidents and jobs that are written only by whoever holds a lease: each write and the look at the lease are one transaction,
/// which keeps the lease from changing hands meanwhile. A leader that stood still, and was replaced without knowing it, writes
/// nothing, however late it goes on.
///
/// Every write throws `FleetFault.leaseLost` when the lease is another one's, after which nothing has happened.
package struct FencedRecords: IncidentStore, HeartbeatStore {
  private let store: PostgresHistory
  private let lease: SingletonLease

  init(_ store: PostgresHistory, under lease: SingletonLease) {
    self.store = store
    self.lease = lease
  }

  private func write<Result: Sendable>(
    _ body: @escaping @Sendable (PostgresSession) throws -> Result
  ) async throws -> Result {
    try await store.write { [lease] session in
      try LeaseTable(session: session).hold(lease)
      return try body(session)
    }
  }

  // MARK: Incidents

  package func insert(_ incident: Incident) async throws -> Incident {
    var kept = incident
    kept.id = try await write { try IncidentTable(session: $0).insert(incident) }
    return kept
  }

  package func update(_ incident: Incident) async throws {
    guard try await write({ try IncidentTable(session: $0).update(incident) }) else {
      throw store.noIncident(incident.id)
    }
  }

  package func incident(_ id: Int64) async throws -> Incident? { try await store.incident(id) }

  package func incidents(_ query: IncidentQuery) async throws -> IncidentPage { try await store.incidents(query) }

  // MARK: Jobs

  package func heartbeats() async throws -> [HeartbeatState] { try await store.heartbeats() }

  package func keep(_ state: HeartbeatState, keys: [String], at now: Timestamp) async throws {
    try await write { try JobTable(session: $0).keep(state, keys: keys, at: now) }
  }

  package func rememberedKeys(
    of check: CheckID, among keys: [String], at now: Timestamp
  ) async throws -> Set<String> {
    try await store.rememberedKeys(of: check, among: keys, at: now)
  }
}

extension PostgresHistory {
  /// Incidents and jobs as whoever leads writes them.
  package func records(under lease: SingletonLease) -> FencedRecords { FencedRecords(self, under: lease) }
}

import Model

/// Incidents that are written only while a lease is held: a leader that was replaced without knowing it writes none twice.
struct FencedIncidents: IncidentStore {
  let store: any IncidentStore
  let fleet: any FleetStore
  let lease: SingletonLease

  private func check() async throws {
    guard let held = try await fleet.holder(of: lease.singleton), held.token == lease.token else {
      throw FleetFault.leaseLost(lease.singleton)
    }
  }

  func insert(_ incident: Incident) async throws -> Incident {
    try await check()
    return try await store.insert(incident)
  }

  func update(_ incident: Incident) async throws {
    try await check()
    try await store.update(incident)
  }

  func incident(_ id: Int64) async throws -> Incident? { try await store.incident(id) }

  func incidents(_ query: IncidentQuery) async throws -> IncidentPage { try await store.incidents(query) }
}

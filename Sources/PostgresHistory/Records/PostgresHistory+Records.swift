package import Model
import Postgres

extension PostgresHistory: IncidentStore {
  package func insert(_ incident: Incident) async throws -> Incident {
    var kept = incident
    kept.id = try await write { try IncidentTable(session: $0).insert(incident) }
    return kept
  }

  package func update(_ incident: Incident) async throws {
    guard try await write({ try IncidentTable(session: $0).update(incident) }) else {
      throw noIncident(incident.id)
    }
  }

  func noIncident(_ id: Int64) -> HistoryError { HistoryError("history \"\(pool.name)\": it has no incident \(id)") }

  package func incident(_ id: Int64) async throws -> Incident? {
    try await read { try IncidentTable(session: $0).incident(id) }
  }

  package func incidents(_ query: IncidentQuery) async throws -> IncidentPage {
    try await read { try IncidentTable(session: $0).page(query) }
  }
}

extension PostgresHistory: ExclusionLedger {
  package func append(_ entry: Exclusion) async throws -> Exclusion {
    var kept = entry
    kept.id = try await write { try ExclusionTable(session: $0).append(entry) }
    return kept
  }

  package func exclusions() async throws -> [Exclusion] {
    try await read { try ExclusionTable(session: $0).all() }
  }
}

extension PostgresHistory: ClosedMonths {
  package func close(_ month: ClosedMonth) async throws -> Bool {
    try await write { try ClosedMonthTable(session: $0).close(month) }
  }

  package func closedMonths(of checks: [CheckID]?, from: YearMonth?, to: YearMonth?) async throws -> [ClosedMonth] {
    try await read { try ClosedMonthTable(session: $0).rows(of: checks, from: from, to: to) }
  }
}

extension PostgresHistory: HeartbeatStore {
  package func heartbeats() async throws -> [HeartbeatState] {
    try await read { try JobTable(session: $0).states() }
  }

  package func keep(_ state: HeartbeatState, keys: [String], at now: Timestamp) async throws {
    try await write { try JobTable(session: $0).keep(state, keys: keys, at: now) }
  }

  package func rememberedKeys(
    of check: CheckID, among keys: [String], at now: Timestamp
  ) async throws -> Set<String> {
    try await read { try JobTable(session: $0).rememberedKeys(of: check, among: keys, at: now) }
  }
}

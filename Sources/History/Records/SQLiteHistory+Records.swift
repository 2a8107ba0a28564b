package import Model

extension SQLiteHistory: IncidentStore {
  package func insert(_ incident: Incident) async throws -> Incident {
    var kept = incident
    kept.id = try await writeRecords { try IncidentTable(database: $0).insert(incident) }
    return kept
  }

  package func update(_ incident: Incident) async throws {
    guard try await writeRecords({ try IncidentTable(database: $0).update(incident) }) else {
      throw HistoryError("history \"\(path)\": it has no incident \(incident.id)")
    }
  }

  package func incident(_ id: Int64) async throws -> Incident? {
    try await read { try IncidentTable(database: $0).incident(id) }
  }

  package func incidents(_ query: IncidentQuery) async throws -> IncidentPage {
    try await read { try IncidentTable(database: $0).page(query) }
  }
}

extension SQLiteHistory: ExclusionLedger {
  package func append(_ entry: Exclusion) async throws -> Exclusion {
    var kept = entry
    kept.id = try await writeRecords { try ExclusionTable(database: $0).append(entry) }
    return kept
  }

  package func exclusions() async throws -> [Exclusion] {
    try await read { try ExclusionTable(database: $0).all() }
  }
}

extension SQLiteHistory: ClosedMonths {
  package func close(_ month: ClosedMonth) async throws -> Bool {
    try await writeRecords { try ClosedMonthTable(database: $0).close(month) }
  }

  package func closedMonths(of checks: [CheckID]?, from: YearMonth?, to: YearMonth?) async throws -> [ClosedMonth] {
    try await read { try ClosedMonthTable(database: $0).rows(of: checks, from: from, to: to) }
  }
}

extension SQLiteHistory: HeartbeatStore {
  package func heartbeats() async throws -> [HeartbeatState] {
    try await read { try JobTable(database: $0).states() }
  }

  package func keep(_ state: HeartbeatState, keys: [String], at now: Timestamp) async throws {
    try await writeRecords { try JobTable(database: $0).keep(state, keys: keys, at: now) }
  }

  package func rememberedKeys(
    of check: CheckID, among keys: [String], at now: Timestamp
  ) async throws -> Set<String> {
    try await read { try JobTable(database: $0).rememberedKeys(of: check, among: keys, at: now) }
  }
}

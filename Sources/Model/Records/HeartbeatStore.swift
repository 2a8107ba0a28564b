/// What jobs reported last, across restarts.
package protocol HeartbeatStore: Sendable {
  /// The state of every job that ever reported.
  func heartbeats() async throws -> [HeartbeatState]

  /// Keeps a state in place of the one before, and remembers the keys of the reports that it comes from, in one transaction.
  func keep(_ state: HeartbeatState, keys: [String], at now: Timestamp) async throws

  /// Those of the keys that were remembered for a check and are not older than a day.
  func rememberedKeys(of check: CheckID, among keys: [String], at now: Timestamp) async throws -> Set<String>
}

/// Everything that one store keeps.
package typealias CurlewStore = HistoryStore & IncidentStore & ExclusionLedger & ClosedMonths & HeartbeatStore

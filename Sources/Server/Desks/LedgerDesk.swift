package import Model

/// Adds to the ledger of exclusions, one entry at a time, so that nothing is taken back twice.
package actor LedgerDesk {
  /// What came of asking for an entry.
  enum Outcome: Hashable, Sendable {
    case kept(Exclusion)
    /// Why not, in one sentence.
    case refused(String)
    /// There is no entry of that number.
    case unknown
  }

  private let ledger: any ExclusionLedger
  private let time: any TimeSource
  private var last: Task<Outcome, any Error>?

  /// A desk before a ledger.
  package init(_ ledger: any ExclusionLedger, time: any TimeSource = SystemTime()) {
    self.ledger = ledger
    self.time = time
  }

  /// Adds an entry that excludes.
  ///
  /// - Parameter checks: nil for every check and service.
  func exclude(
    checks: [CheckID]?, from: Timestamp, until: Timestamp, reason: String, author: String
  ) async throws -> Outcome {
    let entry = Exclusion(
      checks: checks, from: from, until: until, reason: reason, author: author, recordedAt: time.now)
    return try await inTurn { .kept(try await self.ledger.append(entry)) }
  }

  /// Adds an entry that takes another one back.
  func withdraw(_ id: Int64, reason: String, author: String) async throws -> Outcome {
    try await inTurn {
      let entries = try await self.ledger.exclusions()
      guard let entry = entries.first(where: { $0.id == id }) else { return .unknown }
      if entry.withdraws != nil { return .refused("entry \(id) is a withdrawal, which stays") }
      if let before = entries.first(where: { $0.withdraws == id }) {
        return .refused("entry \(id) was withdrawn already, by entry \(before.id)")
      }
      return .kept(
        try await self.ledger.append(
          Exclusion(
            checks: entry.checks, from: entry.from, until: entry.until, reason: reason, author: author,
            recordedAt: self.time.now, withdraws: id)))
    }
  }

  private func inTurn(_ work: @escaping @Sendable () async throws -> Outcome) async throws -> Outcome {
    let task = Task { [last] in
      _ = await last?.result
      return try await work()
    }
    last = task
    return try await task.value
  }
}

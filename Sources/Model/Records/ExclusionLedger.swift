/// Time taken out of availability afterwards, with a reason and a name: nothing in it is ever changed or deleted.
package protocol ExclusionLedger: Sendable {
  /// Adds an entry.
  ///
  /// - Returns: the entry with its number.
  func append(_ entry: Exclusion) async throws -> Exclusion

  /// Every entry, oldest first, withdrawn ones and withdrawals too.
  func exclusions() async throws -> [Exclusion]
}

/// One entry of the ledger.
package struct Exclusion: Hashable, Sendable {
  /// Numbered by the store; 0 before it is kept.
  package var id: Int64
  /// What it is about; nil for every check and service.
  package var checks: [CheckID]?
  /// Slots that start here or later.
  package var from: Timestamp
  /// Slots that start before.
  package var until: Timestamp
  /// Why, in the author's words; never empty.
  package var reason: String
  /// Who answers for it; never empty.
  package var author: String
  package var recordedAt: Timestamp
  /// The entry that this one takes back; nil for one that excludes.
  package var withdraws: Int64?

  /// An entry with everything said.
  package init(
    id: Int64 = 0, checks: [CheckID]?, from: Timestamp, until: Timestamp, reason: String, author: String,
    recordedAt: Timestamp, withdraws: Int64? = nil
  ) {
    self.id = id
    self.checks = checks
    self.from = from
    self.until = until
    self.reason = reason
    self.author = author
    self.recordedAt = recordedAt
    self.withdraws = withdraws
  }
}

/// The figures of months that are over, as they were published. A row is never changed: a correction is a new one.
package protocol ClosedMonths: Sendable {
  /// Adds a row. Of two with the same check, month, time zone and revision the first stays.
  ///
  /// - Returns: whether it was added.
  func close(_ month: ClosedMonth) async throws -> Bool

  /// Rows by month, check, time zone and revision, oldest first.
  ///
  /// - Parameters:
  ///   - checks: nil for all.
  ///   - from: the first month; nil for the oldest.
  ///   - to: the last month, which is included; nil for the newest.
  func closedMonths(of checks: [CheckID]?, from: YearMonth?, to: YearMonth?) async throws -> [ClosedMonth]
}

/// What was kept of one promise in one month, as it was said when the month was closed.
package struct ClosedMonth: Hashable, Sendable {
  package var check: CheckID
  package var month: YearMonth
  /// The IANA name of the time zone that the month is of.
  package var timeZone: String
  /// 1 for what was said first; a correction has the next number.
  package var revision: Int
  package var closedAt: Timestamp
  /// Who corrected it; nil for the first revision.
  package var author: String?
  /// Why it was corrected; nil for the first revision.
  package var reason: String?
  /// What became of its slots, exclusions taken out.
  package var tally: SlotTally
  /// What became of its slots before exclusions.
  package var unadjusted: SlotTally
  /// How long incidents lasted in it.
  package var incidentDowntime: Duration
  /// The promised share of good slots, 0 to 1, that held at its end.
  package var objective: Double
  /// Of good runs; nil without any.
  package var p50: Duration?
  package var p95: Duration?
  package var p99: Duration?

  /// A closed month with everything said.
  package init(
    check: CheckID, month: YearMonth, timeZone: String, revision: Int, closedAt: Timestamp, author: String? = nil,
    reason: String? = nil, tally: SlotTally, unadjusted: SlotTally, incidentDowntime: Duration, objective: Double,
    p50: Duration? = nil, p95: Duration? = nil, p99: Duration? = nil
  ) {
    self.check = check
    self.month = month
    self.timeZone = timeZone
    self.revision = revision
    self.closedAt = closedAt
    self.author = author
    self.reason = reason
    self.tally = tally
    self.unadjusted = unadjusted
    self.incidentDowntime = incidentDowntime
    self.objective = objective
    self.p50 = p50
    self.p95 = p95
    self.p99 = p99
  }
}

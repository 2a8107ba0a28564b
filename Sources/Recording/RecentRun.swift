package import Model

/// What is kept in memory of one run: enough for a bar on a page, and small, for there are twenty of them a check.
package struct RecentRun: Hashable, Sendable {
  /// When its slot began.
  package let slotStart: Timestamp
  /// When its first attempt began.
  package let started: Timestamp
  private let nanoseconds: Int64
  private let attemptCount: Int32
  /// What was held of it.
  package let verdict: Verdict
  /// Why it was not up; nil when it was.
  package let reason: ReasonCode?
  /// Whether it fell into planned maintenance.
  package let isInMaintenance: Bool

  /// How long the deciding attempt took.
  package var duration: Duration { .nanoseconds(nanoseconds) }

  /// How many attempts were made.
  package var attempts: Int { Int(attemptCount) }

  /// What is kept of `run`.
  package init(_ run: Run) {
    slotStart = run.slot.start
    started = run.started
    nanoseconds = run.duration.nanoseconds
    attemptCount = Int32(clamping: run.attempts)
    verdict = run.verdict
    reason = run.reason?.code
    isInMaintenance = run.isInMaintenance
  }

  /// What is kept of a run that history has; nil for one without a duration, as imports may be.
  init?(_ run: HistoryRun) {
    guard let duration = run.duration else { return nil }
    slotStart = run.slotStart
    started = run.started
    nanoseconds = duration.nanoseconds
    attemptCount = Int32(clamping: run.attempts)
    verdict = run.verdict
    reason = run.reason?.code
    isInMaintenance = run.isInMaintenance
  }
}

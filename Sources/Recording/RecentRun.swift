package import Model

/// What is kept in memory of one run: enough for a bar on a page, and small.
package struct RecentRun: Hashable, Sendable {
  /// When its slot began.
  package var slotStart: Timestamp
  /// When its first attempt began.
  package var started: Timestamp
  /// How long the deciding attempt took.
  package var duration: Duration
  /// What was held of it.
  package var verdict: Verdict
  /// Why it was not up; nil when it was.
  package var reason: ReasonCode?
  /// How many attempts were made.
  package var attempts: Int
  /// Whether it fell into planned maintenance.
  package var isInMaintenance: Bool

  /// What is kept of `run`.
  package init(_ run: Run) {
    slotStart = run.slot.start
    started = run.started
    duration = run.duration
    verdict = run.verdict
    reason = run.reason?.code
    attempts = run.attempts
    isInMaintenance = run.isInMaintenance
  }
}

/// How a check stands in one region.
package struct CurrentState: Hashable, Sendable {
  /// The verdict of its latest run.
  package var verdict: Verdict
  /// When the first of the unbroken row of runs with that verdict began, as far as this process saw it.
  package var since: Timestamp
  /// Why it is not up; nil when it is.
  package var reason: Reason?
  /// Its latest run.
  package var latest: RecentRun
}

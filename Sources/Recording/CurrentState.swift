package import Model

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

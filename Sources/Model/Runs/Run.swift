/// One execution of a check in one region for one slot: the single record that metrics, history, reports and pages are
/// made from. No secret is in it: texts are masked before it is made.
package struct Run: Sendable {
  /// Which check.
  package var check: CheckID
  /// Where it was run from.
  package var region: String
  /// Which node ran it.
  package var node: String
  /// The occasion it was run for.
  package var slot: Slot
  /// When its first attempt began.
  package var started: Timestamp
  /// How late that was: the start of the run less the start of its slot. Zero for a run without a schedule.
  package var lag: Duration
  /// How long the deciding attempt took.
  package var duration: Duration
  /// What is held of it.
  package var verdict: Verdict
  /// Why it is not up; nil when it is.
  package var reason: Reason?
  /// How many attempts were made: at least 1, but for what was not timed: a run that was cancelled before it began, and a
  /// heartbeat whose duration nobody told.
  package var attempts: Int
  /// The W3C trace id of its requests: 32 lower-case hex digits.
  package var traceID: String
  /// Whether it fell into planned maintenance, and so outside of availability.
  package var isInMaintenance: Bool
  /// The steps of the deciding attempt, in order; one for a plain check.
  package var steps: [StepResult]
  /// The steps of clean-up, whose failures do not change the verdict.
  package var cleanup: [StepResult]

  /// A run with everything said.
  package init(
    check: CheckID, region: String, node: String, slot: Slot, started: Timestamp, lag: Duration = .zero,
    duration: Duration, verdict: Verdict, reason: Reason? = nil, attempts: Int = 1, traceID: String,
    isInMaintenance: Bool = false, steps: [StepResult] = [], cleanup: [StepResult] = []
  ) {
    self.check = check
    self.region = region
    self.node = node
    self.slot = slot
    self.started = started
    self.lag = lag
    self.duration = duration
    self.verdict = verdict
    self.reason = reason
    self.attempts = attempts
    self.traceID = traceID
    self.isInMaintenance = isInMaintenance
    self.steps = steps
    self.cleanup = cleanup
  }
}

/// What came of one step of a run.
package struct StepResult: Sendable {
  /// Its name, unique in the journey; the check's id for a plain check.
  package var name: String
  /// Which probe it was; nil for a step without one.
  package var kind: ProbeKind?
  /// What is held of it; nil when it was skipped.
  package var verdict: Verdict?
  /// Why it is not up.
  package var reason: Reason?
  /// How many attempts it took.
  package var attempts: Int
  /// The attempts before the deciding one.
  package var earlier: [EarlierAttempt]
  /// When the deciding attempt began.
  package var started: Timestamp
  /// How long the deciding attempt took.
  package var duration: Duration
  /// What was seen; nil when nothing was sent.
  package var facts: Facts?
  /// Each expectation with what came of it, the default one included.
  package var expectations: [ExpectationResult]
  /// What was captured, name to text as JSON.
  package var captures: [String: String]
  /// What was measured, name to number.
  package var measures: [String: Double]

  /// A step's result with everything said.
  package init(
    name: String, kind: ProbeKind?, verdict: Verdict?, reason: Reason? = nil, attempts: Int = 1,
    earlier: [EarlierAttempt] = [], started: Timestamp, duration: Duration, facts: Facts? = nil,
    expectations: [ExpectationResult] = [], captures: [String: String] = [:], measures: [String: Double] = [:]
  ) {
    self.name = name
    self.kind = kind
    self.verdict = verdict
    self.reason = reason
    self.attempts = attempts
    self.earlier = earlier
    self.started = started
    self.duration = duration
    self.facts = facts
    self.expectations = expectations
    self.captures = captures
    self.measures = measures
  }
}

/// An attempt that did not decide: it stays on record, so that a retry hides nothing.
package struct EarlierAttempt: Hashable, Sendable {
  /// Why it did not hold.
  package var reason: Reason
  /// How long it took.
  package var duration: Duration

  /// An attempt that did not hold.
  package init(reason: Reason, duration: Duration) {
    self.reason = reason
    self.duration = duration
  }
}

/// What came of one expectation.
package struct ExpectationResult: Hashable, Sendable {
  /// Whether it must hold, should hold, or was waited for.
  package enum Kind: String, Hashable, Sendable {
    case expect, warn, until
  }

  /// Whether it must hold, should hold, or was waited for.
  package var kind: Kind
  /// The expression as written.
  package var source: String
  /// Whether it held.
  package var passed: Bool
  /// The values of its parts, when it did not.
  package var detail: String?

  /// An expectation with what came of it.
  package init(kind: Kind, source: String, passed: Bool, detail: String? = nil) {
    self.kind = kind
    self.source = source
    self.passed = passed
    self.detail = detail
  }
}

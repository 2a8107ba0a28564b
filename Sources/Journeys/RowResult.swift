import Model
import Scenarios

/// What has come of one row of a journey so far, over all its attempts; of a table, over all its rows.
struct RowResult {
  private(set) var verdict = Verdict.up
  private(set) var reason: Reason?
  /// That of the deciding attempt, from its start to the end of its steps; of a table the sum over its rows. For a plain check
  /// that of the exchange.
  private(set) var duration = Duration.zero
  /// How often all steps were run, of a table that of the row with the most.
  private(set) var attempts = 1
  /// Those of the deciding attempt.
  private(set) var steps: [StepResult] = []
  /// Those of the deciding attempt, and of the others what failed.
  private(set) var cleanup: [StepResult] = []

  private var earlier: [EarlierAttempt] = []

  // MARK: Attempts

  /// Takes in an attempt of all steps, which decides until there is another one.
  mutating func add(_ attempt: JourneyAttempt, number: Int, isJourney: Bool) {
    if let reason { earlier.append(EarlierAttempt(reason: reason, duration: duration)) }
    if number > 1 { cleanup = cleanup.filter { $0.verdict.map { !$0.isGood } ?? false } }
    steps = attempt.steps
    cleanup += attempt.cleanup
    (verdict, reason) = attempt.outcome
    attempts = number
    duration = attempt.duration
    if !isJourney, let step = steps.first {
      attempts = max(number, step.attempts)
      duration = step.duration
      steps[0].attempts = attempts
    }
    guard !earlier.isEmpty else { return }
    keepEarlier()
    if verdict.isGood, let first = earlier.first {
      let step = isJourney ? first.reason.step : steps.first?.name
      verdict = .degraded
      reason = Reason(
        code: .retried, step: step, message: "attempt \(number) held; attempt 1: \(first.reason.message)")
      if !isJourney {
        steps[0].verdict = verdict
        steps[0].reason = reason
      }
    }
  }

  /// Attempts that did not decide stand with the step that they failed at.
  private mutating func keepEarlier() {
    for index in steps.indices {
      let own = earlier.filter { $0.reason.step == steps[index].name }
      if !own.isEmpty { steps[index].earlier = own + steps[index].earlier }
    }
  }

  /// Says that the run was cancelled before a failure could be confirmed, which is then not held against the target.
  mutating func cancel(_ check: ScenarioCheck, at moment: Timestamp) {
    let message = "cancelled after attempt \(attempts), before the next"
    let isJourney = check.check.kind == .journey
    let cancelled = Reason(code: .cancelled, step: isJourney ? reason?.step : steps.first?.name, message: message)
    if !isJourney, let step = steps.first {
      steps = [
        StepResult(
          name: step.name, kind: step.kind, verdict: .unknown, reason: cancelled, attempts: attempts,
          earlier: step.earlier + step.asEarlier, started: moment, duration: .zero)
      ]
      duration = .zero
    }
    verdict = .unknown
    reason = cancelled
  }

  // MARK: Rows

  /// Takes in a row: the worst of them decides, of several equally bad ones the first; but one that was cancelled says that
  /// the whole was.
  mutating func add(_ result: RowResult, row: Int) {
    if result.verdict.severity > verdict.severity || result.reason?.code == .cancelled {
      verdict = result.verdict
      reason = result.reason.map { $0.named(row: row) }
    }
    duration += result.duration
    attempts = max(attempts, result.attempts)
    steps += result.steps.map { $0.named(row: row) }
    cleanup += result.cleanup.map { $0.named(row: row) }
  }

  /// Says that the rows from here on were not run. What is down stays so, unless the run was cancelled as a whole.
  mutating func end(_ message: String, isCancelled: Bool) {
    guard isCancelled || verdict != .down else { return }
    verdict = .unknown
    reason = Reason(code: .cancelled, message: message)
  }
}

extension StepResult {
  /// The result under the name that it has in a table: `step[2]`, rows counted from 1.
  fileprivate func named(row: Int) -> StepResult {
    var result = self
    result.name = "\(name)[\(row + 1)]"
    result.reason = reason.map { $0.named(row: row) }
    result.earlier = earlier.map { EarlierAttempt(reason: $0.reason.named(row: row), duration: $0.duration) }
    return result
  }
}

extension Reason {
  /// The reason with its row in the message and in the step's name.
  fileprivate func named(row: Int) -> Reason {
    var reason = self
    reason.step = step.map { "\($0)[\(row + 1)]" }
    reason.message = "row \(row + 1): \(message)"
    return reason
  }
}

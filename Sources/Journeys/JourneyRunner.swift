import Expressions
package import Model
package import Scenarios

/// Runs a check once, with its retries, and gives the one record of it.
package struct JourneyRunner: Sendable {
  /// How much of what was seen stays in the record.
  package enum Detail: Sendable {
    /// What metrics need; of a failure everything, its body up to 4 KiB.
    case failures
    /// Everything but bodies; of a failure its body up to 4 KiB too.
    case everything
  }

  private let prober: any Prober
  private let time: any TimeSource
  private let masks: Masks
  private let region: String
  private let node: String
  private let detail: Detail
  private let observer: (any RunObserver)?

  /// A runner.
  ///
  /// - Parameters:
  ///   - prober: makes the exchanges.
  ///   - time: the clock of starts, pauses and deadlines.
  ///   - masks: knows the secrets of all files and what probes obtained; no text leaves the runner without it.
  ///   - region: where it runs.
  ///   - node: which node it is.
  ///   - detail: how much of what was seen stays in the record.
  ///   - observer: told of each attempt before it is made.
  package init(
    prober: any Prober, time: any TimeSource, masks: Masks, region: String, node: String, detail: Detail,
    observer: (any RunObserver)? = nil
  ) {
    self.prober = prober
    self.time = time
    self.masks = masks
    self.region = region
    self.node = node
    self.detail = detail
    self.observer = observer
  }

  /// Runs the check for one slot.
  ///
  /// - Parameters:
  ///   - check: what to run.
  ///   - slot: the occasion.
  ///   - lag: how late the run is.
  ///   - budget: what bounds the whole run, all attempts and pauses included; nil leaves each attempt its time-out.
  package func run(_ check: ScenarioCheck, slot: Slot, lag: Duration = .zero, budget: Duration? = nil) async -> Run {
    let identity = RunIdentity(
      id: RandomHex.digits(16), check: check.check.id.text, region: region, slot: slot.number,
      traceID: RandomHex.digits(32))
    // One for all attempts: a variable that is random, or of the time, is computed once a run.
    let scope = RunScope(variables: check.variables, run: identity, now: { [time] in time.now })
    let started = time.now
    let begin = time.uptime
    let end = budget.map { begin + $0 } ?? .seconds(Int64.max / 2)
    // The `retry` of a check that polls says how it polls.
    let policy = check.journey.steps.contains(where: \.isPolling) ? .none : check.check.retry
    var machine = AttemptMachine(policy: policy, timeout: check.check.timeout, end: end)
    var action = machine.start(at: begin)
    var attempts = 0
    var earlier: [EarlierAttempt] = []
    var last: StepResult?
    repeating: while true {
      switch action {
      case .attempt(let number, let attemptEnd):
        attempts = number
        if let last { earlier.append(contentsOf: last.asEarlier) }
        let result = await attempt(check, number: number, end: attemptEnd, scope: scope, identity: identity)
        last = result
        // What we could not do is no better the second time, and what the target did well needs no second.
        guard result.verdict == .down else { break repeating }
        action = machine.attemptFailed(at: time.uptime)
      case .pause(let until):
        do {
          try await time.sleep(untilUptime: until)
        } catch {
          // A failure that could not be confirmed is not held against the target.
          if let last { earlier.append(contentsOf: last.asEarlier) }
          last = cancelled(check, after: attempts, at: time.now)
          break repeating
        }
        action = machine.pauseEnded(at: time.uptime)
      case .finish:
        break repeating
      }
    }
    var step = last ?? cancelled(check, after: 0, at: started)
    step.attempts = max(attempts, step.attempts)
    step.earlier = earlier + step.earlier
    if step.verdict == .up || step.verdict == .degraded, let first = earlier.first {
      step.verdict = .degraded
      step.reason = Reason(
        code: .retried, step: step.name, message: "attempt \(attempts) held; attempt 1: \(first.reason.message)")
    }
    return Run(
      check: check.check.id, region: region, node: node, slot: slot, started: started, lag: lag,
      duration: step.duration, verdict: step.verdict ?? .unknown, reason: step.reason, attempts: step.attempts,
      traceID: identity.traceID, steps: [step])
  }

  /// One attempt of all steps; a plain check has one.
  private func attempt(
    _ check: ScenarioCheck, number: Int, end: Duration, scope: RunScope, identity: RunIdentity
  ) async -> StepResult {
    guard case .probe(let step)? = check.journey.steps.first?.action else {
      return cancelled(check, after: 0, at: time.now)
    }
    guard step.isPolling else {
      return await exchange(step, of: check, attempt: number, end: end, scope: scope, identity: identity).result
    }
    return await poll(step, of: check, end: end, scope: scope, identity: identity)
  }

  /// Repeats a step until what it waits for holds, or its time is over.
  private func poll(
    _ step: Step, of check: ScenarioCheck, end: Duration, scope: RunScope, identity: RunIdentity
  ) async -> StepResult {
    let policy = step.retry ?? RetryPolicy(attempts: .max, delay: .seconds(1))
    var machine = AttemptMachine(policy: policy, timeout: check.check.timeout, end: end)
    var action = machine.start(at: time.uptime)
    var last: StepResult?
    var earlier: [EarlierAttempt] = []
    polling: while true {
      switch action {
      case .attempt(let number, let attemptEnd):
        // Enough to see how it went; polling may go on for hours.
        if let last, earlier.count < 100 { earlier.append(contentsOf: last.asEarlier) }
        var (result, isSettled) = await exchange(
          step, of: check, attempt: number, end: attemptEnd, scope: scope, identity: identity)
        result.attempts = number
        last = result
        if isSettled || result.verdict == .unknown { break polling }
        action = machine.attemptFailed(at: time.uptime)
      case .pause(let until):
        do {
          try await time.sleep(untilUptime: until)
        } catch {
          if let last { earlier.append(contentsOf: last.asEarlier) }
          last = cancelled(check, after: last?.attempts ?? 0, at: time.now)
          break polling
        }
        action = machine.pauseEnded(at: time.uptime)
      case .finish:
        break polling
      }
    }
    var result = last ?? cancelled(check, after: 0, at: time.now)
    result.earlier = earlier
    return result
  }

  private func exchange(
    _ step: Step, of check: ScenarioCheck, attempt: Int, end: Duration, scope: RunScope, identity: RunIdentity
  ) async -> (result: StepResult, isSettled: Bool) {
    let started = time.now
    let spec: ProbeSpec
    do {
      spec = try step.probe.spec(in: scope)
    } catch {
      let reason = Reason(
        code: .templateFailed, step: step.name, message: error.message, excerpt: error.excerpt)
      let result = StepResult(
        name: step.name, kind: step.kind, verdict: .unknown, reason: redacted(reason, by: masks.current),
        started: started, duration: .zero)
      return (result, false)
    }
    let context = ProbeContext(
      timeout: max(.zero, end - time.uptime),
      traceparent: check.propagatesTrace ? "00-\(identity.traceID)-\(RandomHex.digits(16))-01" : nil,
      folder: step.folder)
    observer?.attemptBegins(
      StepAttempt(
        check: check.check.id, step: step.name, number: attempt, spec: spec, traceparent: context.traceparent,
        folder: context.folder))
    let observation = await prober.probe(spec, in: context)
    let facts = FactBindings(observation, attempt: attempt, now: time.now)
    let judgement = Judge(step: step).judge(observation, of: spec, bindings: scope.bindings(facts: facts))
    // Asked for now, since the probe itself may have obtained a token.
    let redactor = masks.current
    let result = StepResult(
      name: step.name, kind: step.kind, verdict: judgement.verdict,
      reason: judgement.reason.map { redacted($0, by: redactor) }, started: started,
      duration: observation.facts.elapsed,
      facts: recorded(observation.facts, of: step, isGood: judgement.verdict.isGood, by: redactor),
      expectations: redacted(judgement.expectations, by: redactor))
    return (result, judgement.isSettled)
  }

  /// What is said of a run that was cancelled before it was decided.
  private func cancelled(_ check: ScenarioCheck, after attempts: Int, at moment: Timestamp) -> StepResult {
    let message =
      attempts == 0
      ? "cancelled before the first attempt ended" : "cancelled after attempt \(attempts), before the next"
    return StepResult(
      name: check.check.id.text, kind: check.check.kind, verdict: .unknown,
      reason: Reason(code: .cancelled, step: check.check.id.text, message: message), attempts: max(1, attempts),
      started: moment, duration: .zero)
  }

  // MARK: Records

  private func redacted(_ reason: Reason, by redactor: Redactor) -> Reason {
    guard !redactor.isEmpty else { return reason }
    var reason = reason
    reason.message = redactor.redact(reason.message)
    if let line = reason.excerpt?.lineText { reason.excerpt?.lineText = redactor.redact(line) }
    return reason
  }

  private func redacted(_ expectations: [ExpectationResult], by redactor: Redactor) -> [ExpectationResult] {
    guard !redactor.isEmpty else { return expectations }
    return expectations.map { expectation in
      var expectation = expectation
      expectation.source = redactor.redact(expectation.source)
      expectation.detail = expectation.detail.map(redactor.redact)
      return expectation
    }
  }

  private func recorded(_ facts: Facts, of step: Step, isGood: Bool, by redactor: Redactor) -> Facts {
    var facts = facts
    if isGood, detail == .failures {
      facts.dropTexts()
    } else {
      facts.show(with: redactor, keepsBodies: !isGood, isSensitive: step.isSensitive)
    }
    return facts
  }
}

extension JourneyStep {
  /// Whether it is repeated until something holds.
  fileprivate var isPolling: Bool {
    if case .probe(let step) = action { step.isPolling } else { false }
  }
}

extension Step {
  /// Whether it is repeated until something holds.
  fileprivate var isPolling: Bool { expectations.contains { $0.kind == .until } }
}

extension StepResult {
  /// What stays on record of it when another attempt follows.
  fileprivate var asEarlier: [EarlierAttempt] {
    reason.map { [EarlierAttempt(reason: $0, duration: duration)] } ?? []
  }
}

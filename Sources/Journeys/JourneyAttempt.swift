import Expressions
import Model
import Scenarios

/// One attempt of all steps, and the clean-up after it: does what `JourneyMachine` decides, and writes down what comes of
/// it.
struct JourneyAttempt: Sendable {
  private let runner: JourneyRunner
  // Of the check what is needed, since all of it would be a lot to copy.
  private let check: CheckID
  private let timeout: Duration
  private let journey: Journey
  /// Of the requests; nil where they are to carry none.
  private let traceID: String?
  /// Which attempt of all steps it is, counted from 1.
  private let number: Int
  /// Where a plain check finds its variables; a journey asks `journeyScope`.
  private let runScope: RunScope
  private let journeyScope: JourneyScope?
  /// Nil for a plain check, which shares nothing.
  private let session: (any ProbeSession)?

  private var machine: JourneyMachine
  private var isInCleanup = false
  private var bodies = KeptBodies()
  /// The step under way, with its attempts so far.
  private var open: StepResult?

  /// What came of the steps, and of clean-up.
  private(set) var steps: [StepResult] = []
  private(set) var cleanup: [StepResult] = []
  /// Whether the run was cancelled before the steps were over.
  private(set) var isCancelled = false
  /// From the start until the steps were over.
  private(set) var duration = Duration.zero

  /// An attempt that nothing was done of.
  ///
  /// - Parameters:
  ///   - end: the uptime at which the steps must be over.
  ///   - runEnd: the uptime at which clean-up must be over too.
  init(
    _ runner: JourneyRunner, _ check: ScenarioCheck, traceID: String, number: Int, runScope: RunScope,
    journeyScope: JourneyScope?, session: (any ProbeSession)?, end: Duration, runEnd: Duration
  ) {
    self.runner = runner
    self.check = check.check.id
    timeout = check.check.timeout
    journey = check.journey
    self.traceID = check.propagatesTrace ? traceID : nil
    self.number = number
    self.runScope = runScope
    self.journeyScope = journeyScope
    self.session = session
    machine = JourneyMachine(
      steps: check.journey.steps.count, cleanup: check.journey.cleanup.count, end: end,
      cleanupTimeout: check.journey.cleanupTimeout, runEnd: runEnd)
  }

  /// Makes the attempt.
  mutating func run() async {
    let begin = runner.time.uptime
    let action = await drive()
    duration = runner.time.uptime - begin
    recordUnreached()
    guard action == .cleanUp else { return }
    isInCleanup = true
    // A task of its own, since nothing may cut clean-up short but its own time: the task of the run may be cancelled already,
    // and every wait in it would end at once.
    self = await Task { [self] in
      var rest = self
      _ = await rest.drive()
      return rest
    }.value
  }

  /// What is held of the steps: the worst of them, for the reason of the first such one.
  var outcome: (verdict: Verdict, reason: Reason?) {
    if isCancelled {
      let reason = steps.first { $0.reason?.code == .cancelled }?.reason
      return (.unknown, reason ?? Reason(code: .cancelled, message: "cancelled before the first step"))
    }
    var worst = Verdict.up
    var reason: Reason?
    for step in steps {
      guard let verdict = step.verdict, verdict.severity > worst.severity else { continue }
      worst = verdict
      reason = step.reason
    }
    return (worst, reason)
  }

  // MARK: Driving

  /// Goes through one stage, to the action that ends it.
  private mutating func drive() async -> JourneyMachine.Action {
    var action = machine.handle(.begin, at: runner.time.uptime)
    while true {
      let event: JourneyMachine.Event
      switch action {
      case .consider(let index):
        close()
        event = consider(step(index))
      case .attempt(let index, let number, let end):
        event = await attempt(step(index), number: number, end: end)
      case .wait(let until): event = await wait(until: until)
      case .expire(let index):
        expire(step(index))
        event = .expired
      case .cleanUp, .finish:
        close()
        return action
      }
      action = machine.handle(event, at: runner.time.uptime)
    }
  }

  private func step(_ index: Int) -> JourneyStep {
    isInCleanup ? journey.cleanup[index] : journey.steps[index]
  }

  /// Whether the check is more than one probe.
  private var isJourney: Bool { journeyScope != nil }

  private func scope(of step: JourneyStep) throws(TemplateFailure) -> RunScope {
    guard let journeyScope else { return runScope }
    return try journeyScope.scope(of: step)
  }

  /// Finds out whether a step runs, and how.
  private mutating func consider(_ step: JourneyStep) -> JourneyMachine.Event {
    // Between two steps nothing else would notice.
    if isJourney, Task.isCancelled { return cancel(step, "cancelled before step \(step.name) began") }
    var rules = JourneyMachine.StepRules(timeout: step.timeout, continues: step.continues)
    do throws(TemplateFailure) {
      if let journeyScope, try !journeyScope.runs(step) {
        append(StepResult(skipped: step, at: runner.time.now))
        return .considered(.skip, rules)
      }
      switch step.action {
      case .pause(let template):
        rules.pause = try template.duration(in: scope(of: step))
        open = StepResult(name: step.name, kind: nil, verdict: .up, started: runner.time.now, duration: .zero)
        observe(step, number: 1)
      case .probe(let probe):
        // What is written beside a plain check's probe says how the check is repeated.
        if probe.isPolling {
          rules.policy = probe.retry ?? RetryPolicy(attempts: .max, delay: .seconds(1))
        } else if isJourney, let retry = probe.retry {
          rules.policy = retry
        }
      case .assert, .set: break
      }
      return .considered(.run, rules)
    } catch {
      open = failed(step, number: 1, error, at: runner.time.now)
      return .considered(.fail, rules)
    }
  }

  private mutating func wait(until: Duration) async -> JourneyMachine.Event {
    let begin = runner.time.uptime
    do {
      try await runner.time.sleep(untilUptime: until)
      // An entry that pauses is nothing but its wait.
      let passed = runner.time.uptime - begin
      if open?.facts == nil, open?.verdict == .up { open?.duration = passed }
      return .waited
    } catch {
      guard var result = open else { return .cancelled }
      let isPause = result.verdict == .up
      result.earlier += result.asEarlier
      isCancelled = true
      open = StepResult(
        name: result.name, kind: result.kind, verdict: .unknown,
        reason: Reason(
          code: .cancelled, step: result.name,
          message: isPause
            ? "cancelled while it paused" : "cancelled after attempt \(result.attempts), before the next"),
        attempts: result.attempts, earlier: result.earlier, started: runner.time.now, duration: .zero)
      return .cancelled
    }
  }

  /// A step that is left without time.
  private mutating func expire(_ step: JourneyStep) {
    let whose =
      isInCleanup
      ? "the \(Units.text(of: journey.cleanupTimeout)) of clean-up"
      : "the \(Units.text(of: timeout)) of the journey"
    let isPause = open?.name == step.name
    let message =
      isPause ? "\(step.name) was cut short: its time was over" : "\(whose) were over before \(step.name) could begin"
    let begun = isPause ? open : nil
    if !isPause { close() }
    open = StepResult(
      name: step.name, kind: step.kind, verdict: .down,
      reason: Reason(code: .timeout, step: step.name, message: message, excerpt: step.origin), attempts: 1,
      started: begun?.started ?? runner.time.now, duration: begun?.duration ?? .zero)
  }

  private mutating func cancel(_ step: JourneyStep, _ message: String) -> JourneyMachine.Event {
    isCancelled = true
    open = StepResult(
      name: step.name, kind: step.kind, verdict: .unknown,
      reason: Reason(code: .cancelled, step: step.name, message: message), started: runner.time.now, duration: .zero)
    return .cancelled
  }

  // MARK: Attempts

  /// Makes one attempt of a step.
  private mutating func attempt(_ step: JourneyStep, number: Int, end: Duration) async -> JourneyMachine.Event {
    var earlier: [EarlierAttempt] = []
    if number > 1, let before = open {
      earlier = before.earlier
      // Enough to see how it went; polling may go on for hours.
      if earlier.count < 100 { earlier += before.asEarlier }
    }
    var (result, outcome) = await made(step, number: number, end: end)
    result.earlier = earlier
    result.attempts = number
    if number > 1, outcome == .held, !step.isPolling, let first = earlier.first {
      result.verdict = .degraded
      result.reason = Reason(
        code: .retried, step: step.name, message: "attempt \(number) held; attempt 1: \(first.reason.message)")
    }
    open = result
    guard result.reason?.code == .cancelled, !isInCleanup else { return .attempted(outcome) }
    isCancelled = true
    return .cancelled
  }

  private mutating func made(
    _ step: JourneyStep, number: Int, end: Duration
  ) async -> (result: StepResult, outcome: JourneyMachine.Outcome) {
    switch step.action {
    case .probe(let probe): return await exchange(probe, of: step, number: number, end: end)
    case .assert(let expectations): return assert(expectations, of: step)
    case .set(let assignments): return set(assignments, of: step)
    case .pause: preconditionFailure("A pause has no attempts.")
    }
  }

  private mutating func exchange(
    _ probe: Step, of step: JourneyStep, number: Int, end: Duration
  ) async -> (StepResult, JourneyMachine.Outcome) {
    let started = runner.time.now
    let scope: RunScope
    let spec: ProbeSpec
    do {
      scope = try self.scope(of: step)
      spec = try probe.probe.spec(in: scope)
    } catch {
      return (failed(step, number: number, error, at: started), .settled)
    }
    let context = ProbeContext(
      timeout: (end - runner.time.uptime).asTimeout,
      traceparent: traceID.map { "00-\($0)-\(RandomHex.digits(16))-01" },
      folder: probe.folder)
    // A plain check that does not poll is repeated as a whole.
    let number = isJourney || step.isPolling ? number : self.number
    observe(step, number: number, spec: spec, context)
    var observation: Observation
    if let session {
      observation = await session.probe(spec, in: context)
    } else {
      observation = await runner.prober.probe(spec, in: context)
    }
    // A module takes some failures for successes, and the other way round.
    if let module = probe.probe.module { observation.failure = module.failure(of: observation, to: spec) }
    let now = runner.time.now
    let facts = FactBindings(observation, attempt: number, now: now)
    let judge = Judge(probe, of: step)
    var harvest: Harvest?
    if let journeyScope {
      let seen = StepFacts(observation, attempt: number, at: now)
      journeyScope.record(.map(MapValue(lazy: seen)), of: step)
      bodies.add(seen, of: step.name)
    }
    if !step.captures.isEmpty || !step.measures.isEmpty, judge.decides(over: observation) {
      harvest = Harvest(of: step, in: journeyScope, scope, facts)
    }
    let judgement = judge.judge(observation, of: spec, bindings: scope.bindings(facts: facts))
    var (verdict, reason) = (judgement.verdict, judgement.reason)
    if verdict.isGood, let failure = harvest?.failure { (verdict, reason) = (failure.code.verdict, failure) }
    // Asked for now, since the probe itself may have obtained a token.
    let redactor = runner.masks.current
    let result = StepResult(
      name: step.name, kind: probe.kind, verdict: verdict, reason: reason.map { $0.redacted(by: redactor) },
      started: started, duration: observation.facts.elapsed,
      facts: runner.recorded(
        observation.facts, isGood: verdict.isGood, isSensitive: step.isSensitive, by: redactor),
      expectations: judgement.expectations.redacted(by: redactor), captures: harvest?.captures(by: redactor) ?? [:],
      measures: harvest?.measures ?? [:])
    let mayImprove = !probe.isPolling || !judgement.isSettled
    return (result, verdict.isGood && judgement.isSettled ? .held : verdict == .down && mayImprove ? .failed : .settled)
  }

  private func assert(_ expectations: [Expectation], of step: JourneyStep) -> (StepResult, JourneyMachine.Outcome) {
    withoutExchange(step) { scope, started in
      let judgement = Judge(expectations, of: step).judge(scope.bindings())
      let redactor = runner.masks.current
      return StepResult(
        name: step.name, kind: nil, verdict: judgement.verdict,
        reason: judgement.reason.map { $0.redacted(by: redactor) }, started: started, duration: .zero,
        expectations: judgement.expectations.redacted(by: redactor))
    }
  }

  private func set(_ assignments: [Assignment], of step: JourneyStep) -> (StepResult, JourneyMachine.Outcome) {
    withoutExchange(step) { scope, started in
      let harvest = Harvest(setting: assignments, by: step, in: journeyScope, scope)
      let redactor = runner.masks.current
      return StepResult(
        name: step.name, kind: nil, verdict: harvest.failure?.code.verdict ?? .up,
        reason: harvest.failure.map { $0.redacted(by: redactor) }, started: started, duration: .zero,
        captures: harvest.captures(by: redactor))
    }
  }

  /// Makes an entry that nothing is sent for: no other attempt would change what comes of it.
  private func withoutExchange(
    _ step: JourneyStep, _ make: (RunScope, Timestamp) -> StepResult
  ) -> (StepResult, JourneyMachine.Outcome) {
    let started = runner.time.now
    observe(step, number: 1)
    do {
      let result = make(try scope(of: step), started)
      return (result, result.verdict?.isGood == true ? .held : .settled)
    } catch {
      return (failed(step, number: 1, error, at: started), .settled)
    }
  }

  private func observe(
    _ step: JourneyStep, number: Int, spec: ProbeSpec? = nil, _ context: ProbeContext? = nil
  ) {
    runner.observer?.attemptBegins(
      StepAttempt(
        check: check, step: step.name, number: number, spec: spec, traceparent: context?.traceparent,
        folder: context?.folder ?? "."))
  }

  // MARK: Records

  /// Writes down the step under way, which is over.
  private mutating func close() {
    guard let result = open else { return }
    open = nil
    append(result)
  }

  private mutating func append(_ result: StepResult) {
    if isInCleanup { cleanup.append(result) } else { steps.append(result) }
  }

  /// Steps that the end of the others kept from their turn are on record as those that were skipped.
  private mutating func recordUnreached() {
    for step in journey.steps.dropFirst(steps.count) {
      steps.append(StepResult(skipped: step, at: runner.time.now))
    }
  }

  private func failed(
    _ step: JourneyStep, number: Int, _ failure: TemplateFailure, at started: Timestamp
  ) -> StepResult {
    let reason = Reason(
      code: .templateFailed, step: step.name, message: failure.message, excerpt: failure.excerpt)
    return StepResult(
      name: step.name, kind: step.kind, verdict: .unknown, reason: reason.redacted(by: runner.masks.current),
      attempts: number, started: started, duration: .zero)
  }
}

extension StepResult {
  /// A step that did not run.
  fileprivate init(skipped step: JourneyStep, at moment: Timestamp) {
    self.init(name: step.name, kind: step.kind, verdict: nil, attempts: 0, started: moment, duration: .zero)
  }

  /// What stays on record of it when another attempt follows.
  var asEarlier: [EarlierAttempt] {
    reason.map { [EarlierAttempt(reason: $0, duration: duration)] } ?? []
  }
}

extension Duration {
  /// What is left, in whole milliseconds where it is more than a few: messages tell it, to the nanosecond if need be.
  fileprivate var asTimeout: Duration {
    guard self > .milliseconds(10) else { return max(.zero, self) }
    return .milliseconds((nanoseconds + 500_000) / 1_000_000)
  }
}

extension JourneyStep {
  /// Whether it is repeated until something holds.
  var isPolling: Bool {
    if case .probe(let step) = action { step.isPolling } else { false }
  }
}

extension Step {
  /// Whether it is repeated until something holds.
  var isPolling: Bool { expectations.contains { $0.kind == .until } }
}

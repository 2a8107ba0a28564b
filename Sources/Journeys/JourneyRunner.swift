import Expressions
package import Model
package import Scenarios

/// Runs a check once, with its rows and retries, and gives the one record of it.
package struct JourneyRunner: Sendable {
  /// How much of what was seen stays in the record.
  package enum Detail: Sendable {
    /// What metrics need; of a failure everything, its body up to 4 KiB.
    case failures
    /// Everything but bodies; of a failure its body up to 4 KiB too.
    case everything
  }

  let prober: any Prober
  let time: any TimeSource
  let masks: Masks
  private let region: String
  private let node: String
  private let detail: Detail
  let observer: (any RunObserver)?

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
  /// A run that is cancelled ends soon after, but not before clean-up has had its time: it is `unknown`, `cancelled`, and has on
  /// record what was done.
  ///
  /// - Parameters:
  ///   - check: what to run.
  ///   - slot: the occasion.
  ///   - lag: how late the run is.
  ///   - budget: what bounds the whole run, all rows, attempts, pauses and clean-up included; nil leaves each attempt its
  ///     time-out.
  package func run(_ check: ScenarioCheck, slot: Slot, lag: Duration = .zero, budget: Duration? = nil) async -> Run {
    let identity = RunIdentity(
      id: RandomHex.digits(16), check: check.check.id.text, region: region, slot: slot.number,
      traceID: RandomHex.digits(32))
    // One for all rows and attempts: a variable that is random, or of the time, is computed once a run.
    let scope = RunScope(variables: check.variables, run: identity, now: { [time] in time.now })
    let started = time.now
    let end = RunEnd(of: check.journey, at: time.uptime, budget: budget)
    let table: RowResult
    if let rows = check.journey.rows {
      table = await run(rows: rows.count, of: check, identity, scope, until: end)
    } else {
      table = await run(check, row: nil, identity, scope, until: end)
    }
    return Run(
      check: check.check.id, region: region, node: node, slot: slot, started: started, lag: lag,
      duration: table.duration, verdict: table.verdict, reason: table.reason, attempts: table.attempts,
      traceID: identity.traceID, steps: table.steps, cleanup: table.cleanup)
  }

  /// Runs all steps for one row after the other.
  private func run(
    rows: Int, of check: ScenarioCheck, _ identity: RunIdentity, _ scope: RunScope, until end: RunEnd
  ) async -> RowResult {
    var table = RowResult()
    for row in 0..<rows {
      if Task.isCancelled {
        table.end("the run was cancelled before row \(row + 1) of \(rows)", isCancelled: true)
        break
      }
      guard row == 0 || time.uptime < end.ofSteps else {
        table.end(
          "the time of the run, which must be over before the next, did not reach row \(row + 1) of \(rows)",
          isCancelled: false)
        break
      }
      table.add(await run(check, row: row, identity, scope, until: end), row: row)
    }
    return table
  }

  /// Runs all steps, again as often as the check's `retry` says.
  private func run(
    _ check: ScenarioCheck, row: Int?, _ identity: RunIdentity, _ scope: RunScope, until end: RunEnd
  ) async -> RowResult {
    let isJourney = check.check.kind == .journey
    // The `retry` of a plain check that polls says how it polls.
    let isRepeated = isJourney || !check.journey.steps.contains(where: \.isPolling)
    var machine = AttemptMachine(
      policy: isRepeated ? check.check.retry : .none, timeout: check.check.timeout, end: end.ofSteps)
    var action = machine.start(at: time.uptime)
    var result = RowResult()
    while true {
      switch action {
      case .attempt(let number, let attemptEnd):
        let session = isJourney ? prober.session(reusingConnections: check.journey.reusesConnections) : nil
        var attempt = JourneyAttempt(
          self, check, traceID: identity.traceID, number: number, runScope: scope,
          journeyScope: isJourney ? JourneyScope(journey: check.journey, run: scope, row: row) : nil,
          session: session, end: attemptEnd, runEnd: end.ofCleanup)
        await attempt.run()
        if let session { await session.end() }
        result.add(attempt, number: number, isJourney: isJourney)
        // What we could not do is no better the second time, and what the target did well needs no second.
        guard result.verdict == .down else { return result }
        action = machine.attemptFailed(at: time.uptime)
      case .pause(let until):
        do {
          try await time.sleep(untilUptime: until)
        } catch {
          result.cancel(check, at: time.now)
          return result
        }
        action = machine.pauseEnded(at: time.uptime)
      case .finish: return result
      }
    }
  }

  /// What a record keeps of what was seen.
  func recorded(_ facts: Facts, isGood: Bool, isSensitive: Bool, by redactor: Redactor) -> Facts {
    var facts = facts
    if isGood, detail == .failures {
      facts.dropTexts()
    } else {
      facts.show(with: redactor, keepsBodies: !isGood, isSensitive: isSensitive)
    }
    return facts
  }
}

/// The uptimes at which a run must be over.
struct RunEnd {
  /// The steps, all attempts and pauses included.
  let ofSteps: Duration
  /// Clean-up too.
  let ofCleanup: Duration

  /// Clean-up has its time inside of the run's, but takes at most a quarter of it from the steps.
  init(of journey: Journey, at uptime: Duration, budget: Duration?) {
    guard let budget else {
      ofSteps = .seconds(Int64.max / 2)
      ofCleanup = ofSteps
      return
    }
    ofCleanup = uptime + budget
    ofSteps = journey.cleanup.isEmpty ? ofCleanup : ofCleanup - min(journey.cleanupTimeout, budget / 4)
  }
}

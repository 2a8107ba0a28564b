package import Model

/// Decides what is done next in one attempt of all steps, and in the clean-up after it. Pure: it is told the time and what came
/// of each step, holds no clock, and knows nothing of probes.
package struct JourneyMachine {
  /// What to do next. Steps are named by their place, in the list of the stage that the machine is in.
  package enum Action: Hashable {
    /// Find out whether the step runs, and by which rules.
    case consider(Int)
    /// Make an attempt of the step that is over by `end`.
    case attempt(Int, number: Int, end: Duration)
    /// Do nothing before `until`.
    case wait(until: Duration)
    /// No time is left for the step: it has failed.
    case expire(Int)
    /// The steps are over, whatever came of them: begin clean-up, whatever else ends.
    case cleanUp
    /// All is done.
    case finish
  }

  /// What has happened.
  package enum Event: Hashable {
    /// A stage begins.
    case begin
    /// The step was looked at.
    case considered(Decision, StepRules)
    /// An attempt has ended.
    case attempted(Outcome)
    /// The time has come.
    case waited
    /// The step without time was taken note of.
    case expired
    /// The run was cancelled.
    case cancelled
  }

  /// Whether a step runs.
  package enum Decision: Hashable {
    case run
    case skip
    /// It could not be told, or the step could not be prepared.
    case fail
  }

  /// What came of one attempt.
  package enum Outcome: Hashable {
    case held
    /// It may be better at the next.
    case failed
    /// It failed, and no other attempt would change that.
    case settled
  }

  /// How a step is made.
  package struct StepRules: Hashable, Sendable {
    /// How often, and with which pauses.
    package var policy: RetryPolicy
    /// For an entry that waits: how long. It has no attempts.
    package var pause: Duration?
    /// What bounds all its attempts; nil leaves it the time of the stage.
    package var timeout: Duration?
    /// Whether the steps after it run though it failed.
    package var continues: Bool

    /// Rules with everything said.
    package init(
      policy: RetryPolicy = .none, pause: Duration? = nil, timeout: Duration? = nil, continues: Bool = false
    ) {
      self.policy = policy
      self.pause = pause
      self.timeout = timeout
      self.continues = continues
    }
  }

  /// The two lists of a journey.
  package enum Stage: Hashable {
    case steps
    case cleanup
  }

  private enum State {
    case idle
    case considering
    case attempting(AttemptMachine)
    case betweenAttempts(AttemptMachine)
    case pausing(isCut: Bool)
    case expiring
  }

  /// Which list is under way.
  package private(set) var stage = Stage.steps
  private let stepCount: Int
  private let cleanupCount: Int
  private let cleanupTimeout: Duration
  /// The uptime at which the stage must be over.
  private var end: Duration
  private let runEnd: Duration
  private var index = 0
  private var continues = false
  private var state = State.idle
  private var isCancelled = false

  /// A machine for one attempt.
  ///
  /// - Parameters:
  ///   - steps: how many there are, at least 1.
  ///   - cleanup: how many steps of clean-up there are.
  ///   - end: the uptime at which the steps must be over.
  ///   - cleanupTimeout: what bounds all of clean-up.
  ///   - runEnd: the uptime at which clean-up must be over too, unless the run was cancelled: then nothing comes after it.
  package init(
    steps: Int, cleanup: Int = 0, end: Duration, cleanupTimeout: Duration = .zero, runEnd: Duration? = nil
  ) {
    stepCount = steps
    cleanupCount = cleanup
    self.end = end
    self.cleanupTimeout = cleanupTimeout
    self.runEnd = runEnd ?? end + cleanupTimeout
  }

  /// Takes an event at an uptime, and says what to do next. An event that the state has no use for changes nothing but the
  /// stage: it ends.
  package mutating func handle(_ event: Event, at uptime: Duration) -> Action {
    switch (event, state) {
    case (.begin, .idle): return consider()
    case (.considered(let decision, let rules), .considering): return begin(decision, rules, at: uptime)
    case (.attempted(.failed), .attempting(var attempts)):
      switch attempts.attemptFailed(at: uptime) {
      case .pause(let until):
        state = .betweenAttempts(attempts)
        return .wait(until: until)
      case .attempt, .finish: return stepFailed(at: uptime)
      }
    case (.attempted(let outcome), .attempting):
      return outcome == .held ? next(at: uptime) : stepFailed(at: uptime)
    case (.waited, .betweenAttempts(var attempts)):
      return act(on: attempts.pauseEnded(at: uptime), by: &attempts, at: uptime)
    case (.waited, .pausing(let isCut)):
      guard isCut else { return next(at: uptime) }
      state = .expiring
      return .expire(index)
    case (.expired, .expiring): return stepFailed(at: uptime)
    case (.cancelled, _):
      isCancelled = true
      return endStage(at: uptime)
    default: return endStage(at: uptime)
    }
  }

  private mutating func begin(_ decision: Decision, _ rules: StepRules, at uptime: Duration) -> Action {
    continues = rules.continues
    switch decision {
    case .skip: return next(at: uptime)
    case .fail: return stepFailed(at: uptime)
    case .run: break
    }
    let stepEnd = rules.timeout.map { min(end, uptime + $0) } ?? end
    if let pause = rules.pause {
      state = .pausing(isCut: uptime + pause > stepEnd)
      return .wait(until: min(uptime + pause, stepEnd))
    }
    var attempts = AttemptMachine(policy: rules.policy, timeout: stepEnd - uptime, end: stepEnd)
    return act(on: attempts.start(at: uptime), by: &attempts, at: uptime)
  }

  private mutating func act(
    on action: AttemptMachine.Action, by attempts: inout AttemptMachine, at uptime: Duration
  ) -> Action {
    guard case .attempt(let number, let end) = action else { return stepFailed(at: uptime) }
    state = .attempting(attempts)
    return .attempt(index, number: number, end: end)
  }

  private mutating func consider() -> Action {
    state = .considering
    continues = false
    return .consider(index)
  }

  /// After a step that held, or was skipped.
  private mutating func next(at uptime: Duration) -> Action {
    index += 1
    guard index < (stage == .steps ? stepCount : cleanupCount) else { return endStage(at: uptime) }
    guard uptime < end else {
      continues = false
      state = .expiring
      return .expire(index)
    }
    return consider()
  }

  private mutating func stepFailed(at uptime: Duration) -> Action {
    // In clean-up every step has its turn.
    let goesOn = stage == .cleanup || (continues && uptime < end)
    return goesOn ? next(at: uptime) : endStage(at: uptime)
  }

  private mutating func endStage(at uptime: Duration) -> Action {
    state = .idle
    guard stage == .steps, cleanupCount > 0 else { return .finish }
    stage = .cleanup
    index = 0
    end = isCancelled ? uptime + cleanupTimeout : min(uptime + cleanupTimeout, max(runEnd, uptime))
    return .cleanUp
  }
}

package import Fleet
import Model

/// Decides when which runs of the spool are sent to the hub: a pure value that is told what happened, and answers what is to
/// be done.
///
/// - Runs have numbers from 1 in their spool, and go in the order of their numbers, because the hub acknowledges by the highest
///   number up to which nothing is missing. One batch is under way at a time, so a slow hub is asked for no more than it can do.
/// - A batch begins at most every `pace`, and no more than `rate` runs a second are sent on average. A new run waits for those
///   before it: after an hour without a hub, a node that makes 100 runs a second and may send 5,000 is up to date after
///   74 seconds, of `outage · own / (rate − own)`. In between its newest runs come late, and are late votes where their slots
///   were decided meanwhile. The rate is therefore many times what a node makes, and a bound for the hub only.
/// - What is not answered is sent again, after pauses that grow up to `longestPause`; batches that come twice count once.
/// - Refusals: after a gap, it goes on from where the hub says; a batch that is too large, or not understood, is halved, and a
///   run that is not understood alone is given up, one every `slowPause`. Who may not send goes on at `slowPause`, because
///   tokens are renewed without a restart. A hub of another protocol is sent nothing before it has admitted the node again.
package struct Outbox: Sendable {
  /// What bounds sending.
  package struct Settings: Hashable, Sendable {
    /// The most runs of one batch.
    package var batchRuns: Int
    /// The most runs a second, on average.
    package var rate: Double
    /// From the start of one batch to the start of the next.
    package var pace: Duration
    /// How long an answer is waited for.
    package var timeout: Duration
    /// The first pause after a failure.
    package var shortestPause: Duration
    /// The longest pause after a failure.
    package var longestPause: Duration
    /// The pause after a refusal that only people can do something about.
    package var slowPause: Duration

    /// Settings with everything said.
    package init(
      batchRuns: Int = 2_500, rate: Double = 5_000, pace: Duration = .milliseconds(250),
      timeout: Duration = .seconds(20), shortestPause: Duration = .seconds(1), longestPause: Duration = .seconds(30),
      slowPause: Duration = .seconds(60)
    ) {
      self.batchRuns = min(max(1, batchRuns), FleetProtocol.batchRuns)
      self.rate = max(1, rate)
      self.pace = pace
      self.timeout = timeout
      self.shortestPause = shortestPause
      self.longestPause = longestPause
      self.slowPause = slowPause
    }
  }

  /// What happened.
  package enum Event: Hashable, Sendable {
    /// The spool holds runs up to this number, which will outlive the process.
    case spooled(through: Int64)
    /// The hub has taken the node in, and has stored everything up to a number.
    case admitted(acknowledged: Int64)
    /// The hub cannot be spoken to before it admits the node again.
    case dismissed
    /// A batch was taken.
    case answered(batch: Int, acknowledged: Int64)
    /// A batch was refused.
    case refused(batch: Int, FleetProtocol.Refusal, acknowledged: Int64?)
    /// There was nothing to send in a batch: everything up to this number was dropped since it was spooled.
    case nothingLeft(batch: Int, through: Int64)
    /// A batch was not answered, or by something that is no hub.
    case failed(batch: Int)
    /// The time that was waited for has come; harmless at any other time.
    case timer
  }

  /// What is to be done.
  package enum Action: Hashable, Sendable {
    /// Send runs from a number on, at most so many. `answered`, `refused` or `failed` is told with the number of the batch.
    case send(batch: Int, from: Int64, limit: Int)
    /// The hub has everything up to this number: the spool may let it go.
    case release(through: Int64)
    /// This one run is given up, because the hub does not understand it.
    case giveUp(Int64)
    /// The hub wants the node to introduce itself again.
    case register
    /// `timer` is to be told at this uptime. Earlier waits may be forgotten.
    case wait(untilUptime: Duration)
    /// Something is otherwise than before, in words for a log; nil when sending is as it should be again.
    case say(String?)
  }

  private enum State: Hashable {
    /// Not admitted.
    case away
    /// Nothing is under way.
    case idle
    /// A batch is under way, until at most this uptime.
    case sending(batch: Int, count: Int, until: Duration)
    /// Nothing is sent before this uptime.
    case pausing(until: Duration)
  }

  private let settings: Settings
  private var state = State.away
  /// The newest number of the spool.
  private var spooled: Int64 = 0
  /// Everything up to this number is stored at the hub.
  package private(set) var acknowledged: Int64 = 0
  private var batches = 0
  /// Halved when a batch was too large, and doubled by each that was taken.
  private var batchLimit: Int
  private var backoff: Backoff
  /// Runs that may be sent at once, as of a moment.
  private var allowance: Double
  private var allowanceTime: Duration
  private var earliestStart: Duration
  private var complaint: String?

  /// An outbox that knows of no runs yet.
  package init(settings: Settings = Settings(), seed: UInt64, at uptime: Duration) {
    self.settings = settings
    batchLimit = settings.batchRuns
    allowance = Double(settings.batchRuns)
    allowanceTime = uptime
    earliestStart = uptime
    backoff = Backoff(from: settings.shortestPause, to: settings.longestPause, seed: seed)
  }

  /// How many numbers are not acknowledged.
  package var backlog: Int64 { max(0, spooled - acknowledged) }

  /// Takes an event in, and says what is to be done.
  package mutating func handle(_ event: Event, at uptime: Duration) -> [Action] {
    var actions: [Action] = []
    switch event {
    case .spooled(let number): spooled = max(spooled, number)
    case .admitted(let number):
      // The one moment at which the hub may know less than before: its store was set back.
      acknowledged = max(0, number)
      if number > 0 { actions.append(.release(through: number)) }
      if case .away = state { state = .idle }
      if case .pausing = state { state = .idle }
      backoff.reset()
    case .dismissed: state = .away
    case .answered(let batch, let number):
      advance(to: number, &actions)
      guard isUnderWay(batch) else { break }
      state = .idle
      batchLimit = min(settings.batchRuns, batchLimit * 2)
      backoff.reset()
      say(nil, &actions)
    case .refused(let batch, let refusal, let number):
      if isUnderWay(batch) { refuse(refusal, acknowledged: number, at: uptime, &actions) }
    case .nothingLeft(let batch, let number):
      guard isUnderWay(batch) else { break }
      state = .idle
      acknowledged = max(acknowledged, min(number, spooled))
    case .failed(let batch):
      if isUnderWay(batch) { pause(at: uptime) }
    case .timer:
      if case .sending(_, _, let end) = state, uptime >= end { pause(at: uptime) }
      if case .pausing(let end) = state, uptime >= end { state = .idle }
    }
    proceed(at: uptime, &actions)
    return actions
  }

  private func isUnderWay(_ batch: Int) -> Bool {
    if case .sending(batch, _, _) = state { true } else { false }
  }

  private mutating func advance(to number: Int64, _ actions: inout [Action]) {
    // A number beyond the spool's is another spool's, or a lie: nothing is let go for it.
    guard number > acknowledged, number <= spooled else { return }
    acknowledged = number
    actions.append(.release(through: number))
  }

  // MARK: Sending

  private mutating func proceed(at uptime: Duration, _ actions: inout [Action]) {
    switch state {
    case .away: return
    case .sending(_, _, let end), .pausing(let end): actions.append(.wait(untilUptime: end))
    case .idle:
      guard backlog > 0 else { return }
      let passed = max(.zero, uptime - allowanceTime)
      allowance = min(Double(settings.batchRuns), allowance + passed.seconds * settings.rate)
      allowanceTime = uptime
      let count = Int(min(Int64(batchLimit), backlog))
      let missing = Double(count) - allowance
      let start = max(earliestStart, missing > 0 ? uptime + .seconds(missing / settings.rate) : uptime)
      guard start <= uptime else { return actions.append(.wait(untilUptime: start)) }
      allowance -= Double(count)
      earliestStart = uptime + settings.pace
      batches += 1
      let end = uptime + settings.timeout
      state = .sending(batch: batches, count: count, until: end)
      actions.append(.send(batch: batches, from: acknowledged + 1, limit: count))
      actions.append(.wait(untilUptime: end))
    }
  }

  private mutating func pause(at uptime: Duration) {
    state = .pausing(until: uptime + backoff.fail())
  }

  private mutating func pauseSlowly(at uptime: Duration) {
    state = .pausing(until: uptime + backoff.jittered(settings.slowPause))
  }

  // MARK: Refusals

  private mutating func refuse(
    _ refusal: FleetProtocol.Refusal, acknowledged number: Int64?, at uptime: Duration, _ actions: inout [Action]
  ) {
    guard case .sending(_, let count, _) = state else { return }
    switch refusal {
    case .gap:
      guard let number, number < acknowledged else {
        if let number { advance(to: number, &actions) }
        return pause(at: uptime)
      }
      // The hub's store was set back: what the spool still has is sent again.
      acknowledged = max(0, number)
      pause(at: uptime)
    case .tooLarge, .malformed:
      guard count > 1 else {
        say("the hub does not take run \(acknowledged + 1): \(refusal.rawValue)", &actions)
        actions.append(.giveUp(acknowledged + 1))
        return pauseSlowly(at: uptime)
      }
      batchLimit = max(1, count / 2)
      state = .idle
    case .wrongToken, .expiredToken, .foreignRegion, .clock:
      say("the hub refuses runs: \(refusal.rawValue)", &actions)
      pauseSlowly(at: uptime)
    case .protocolVersion:
      say("the hub speaks another version of the protocol; runs stay in the spool", &actions)
      state = .away
    case .unknownNode, .nameTaken:
      state = .away
      actions.append(.register)
    case .future, .tooOften, .unavailable: pause(at: uptime)
    }
  }

  private mutating func say(_ words: String?, _ actions: inout [Action]) {
    guard words != complaint else { return }
    complaint = words
    actions.append(.say(words))
  }
}

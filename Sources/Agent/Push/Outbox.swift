package import Fleet
package import Model
import Regions

/// Decides when which runs of the spool are sent to the hub: a pure value that is told what happened, and answers what is to
/// be done.
///
/// - Runs have numbers from 1 in their spool, and go in the order of their numbers, because the hub acknowledges by the highest
///   number up to which nothing is missing. One batch is under way at a time, so a slow hub is asked for no more than it can do.
/// - A batch begins at most every `pace`, and no more than `rate` runs a second are sent on average. After an hour without a hub,
///   a node that makes 100 runs a second and may send 5,000 has sent everything after 74 seconds, of
///   `outage · own / (rate − own)`.
/// - New runs do not wait for that: once more than a second's worth of runs is waiting, those from then on go *ahead*, in batches
///   that take turns with those of the backlog. The hub keeps which numbers it has ahead (`SpoolProgress`), and the two meet when
///   the backlog is sent. So a slot after the outage is voted on in time, and the slots of the outage are corrected in their order.
/// - What is not answered is sent again, after pauses that grow up to `longestPause`; batches that come twice count once. So is
///   what an answer says nothing of. Failures are told from the second one in a row.
/// - Refusals: after a gap, it goes on from where the hub says. A batch that is too large, not understood, of another region
///   or node, or of slots that have not begun is halved, until the run is found that the hub does not take: it is given up, one
///   every `slowPause`, but waits where its slot begins soon. Who may not send goes on at `slowPause`, because
///   tokens are renewed without a restart. A hub of another protocol is sent nothing before it has admitted the node again.
/// - A hub that has more of the spool than the spool has itself is asked where to go on by registering again.
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

  /// A batch that a hub did not take.
  package struct Rejection: Hashable, Sendable {
    package var refusal: FleetProtocol.Refusal
    /// The hub's words.
    package var words: String
    /// The numbers of the runs that were in the batch.
    package var numbers: ClosedRange<Int64>
    /// How long it is until all of their slots have begun, by the clock of the node; nil where that is not believed.
    package var lead: Duration?
    /// For a gap: everything up to this number is stored.
    package var acknowledged: Int64?

    /// A rejection with everything said.
    package init(
      _ refusal: FleetProtocol.Refusal, _ words: String, of numbers: ClosedRange<Int64>, lead: Duration? = nil,
      acknowledged: Int64? = nil
    ) {
      self.refusal = refusal
      self.words = words
      self.numbers = numbers
      self.lead = lead
      self.acknowledged = acknowledged
    }
  }

  /// What happened.
  package enum Event: Hashable, Sendable {
    /// The spool holds runs up to this number, which will outlive the process.
    case spooled(through: Int64)
    /// The hub has taken the node in, and has stored this much of the spool.
    case admitted(SpoolProgress)
    /// The hub cannot be spoken to before it admits the node again.
    case dismissed
    /// A batch was taken.
    case answered(batch: Int, SpoolProgress)
    /// A batch was refused.
    case refused(batch: Int, Rejection)
    /// There was nothing to send in a batch: everything up to this number was dropped since it was spooled.
    case nothingLeft(batch: Int, through: Int64)
    /// What is wanted ahead begins behind a hole, which only a batch in order can tell the hub of.
    case notAhead(batch: Int)
    /// A batch was not answered, or by something that is no hub; and what there was instead.
    case failed(batch: Int, String)
    /// The time that was waited for has come; harmless at any other time.
    case timer
  }

  /// What is to be done.
  package enum Action: Hashable, Sendable {
    /// Send runs from a number on, at most so many. `answered`, `refused` or `failed` is told with the number of the batch.
    case send(batch: Int, from: Int64, limit: Int, isAhead: Bool)
    /// The hub has everything up to this number: the spool may let it go.
    case release(through: Int64)
    /// This one run is given up, because the hub does not take it, and why.
    case giveUp(Int64, String)
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
    case sending(batch: Int, from: Int64, isAhead: Bool, until: Duration)
    /// Nothing is sent before this uptime.
    case pausing(until: Duration)
  }

  /// A run whose slot begins later than this will not be taken in any time that is worth waiting for.
  private static let longestLead = ClockOffset.bound

  private let settings: Settings
  private var state = State.away
  /// The newest number of the spool.
  private var spooled: Int64 = 0
  /// What of the spool is stored at the hub.
  private var progress = SpoolProgress()
  /// The first number that goes ahead; nil while everything goes in order.
  private var aheadStart: Int64?
  /// Whether something stands against sending ahead until the hub admits the node again.
  private var mayGoAhead = true
  /// Whether the last batch went ahead: the next one is the backlog's turn.
  private var wentAhead = false
  private var batches = 0
  /// Halved when a batch was too large, and doubled by each that was taken.
  private var batchLimit: Int
  private var backoff: Backoff
  /// Runs that may be sent at once, as of a moment.
  private var allowance: Double
  private var allowanceTime: Duration
  private var earliestStart: Duration
  private var complaint: String?
  /// A run that was refused alone as another region's or node's: given up when that is said again.
  private var suspect: Int64?

  /// An outbox that knows of no runs yet.
  package init(settings: Settings = Settings(), seed: UInt64, at uptime: Duration) {
    self.settings = settings
    batchLimit = settings.batchRuns
    allowance = Double(settings.batchRuns)
    allowanceTime = uptime
    earliestStart = uptime
    backoff = Backoff(from: settings.shortestPause, to: settings.longestPause, seed: seed)
  }

  /// Everything up to this number is stored at the hub.
  package var acknowledged: Int64 { progress.acknowledged }

  /// How many numbers are not stored at the hub.
  package var backlog: Int64 { inOrder + fresh }

  /// How many of them wait for their turn in order.
  private var inOrder: Int64 { max(0, (aheadStart.map { $0 - 1 } ?? spooled) - acknowledged) }

  /// How many of them go ahead.
  private var fresh: Int64 { aheadStart == nil ? 0 : max(0, spooled - (nextAhead - 1)) }

  /// The newest number that there can be at the hub.
  private var newest: Int64 { max(spooled, progress.newest) }

  private var nextAhead: Int64 { progress.ahead.map { $0.upperBound + 1 } ?? aheadStart ?? spooled + 1 }

  /// Takes an event in, and says what is to be done.
  package mutating func handle(_ event: Event, at uptime: Duration) -> [Action] {
    var actions: [Action] = []
    switch event {
    case .spooled(let number): spooled = max(spooled, number)
    case .admitted(let known):
      // The one moment at which the hub may know less than before: its store was set back.
      mayGoAhead = true
      adopt(known)
      if acknowledged > 0 { actions.append(.release(through: acknowledged)) }
      if case .away = state { state = .idle }
      if case .pausing = state { state = .idle }
      suspect = nil
      backoff.reset()
    case .dismissed: state = .away
    case .answered(let batch, let known): answer(batch, known, at: uptime, &actions)
    case .refused(let batch, let rejection):
      if isUnderWay(batch) { refuse(rejection, at: uptime, &actions) }
    case .nothingLeft(let batch, let number):
      guard isUnderWay(batch) else { break }
      if case .sending(_, _, true, _) = state {
        // The backlog is there still.
        stayInOrder()
      } else if number >= acknowledged {
        adopt(SpoolProgress(acknowledged: min(number, spooled)))
      }
      state = .idle
    case .notAhead(let batch):
      guard isUnderWay(batch) else { break }
      state = .idle
      stayInOrder()
    case .failed(let batch, let words):
      if isUnderWay(batch) { pause(words, at: uptime, &actions) }
    case .timer:
      if case .sending(_, _, _, let end) = state, uptime >= end {
        pause("the hub did not answer within \(Int(settings.timeout.seconds)) s", at: uptime, &actions)
      }
      if case .pausing(let end) = state, uptime >= end { state = .idle }
    }
    proceed(at: uptime, &actions)
    return actions
  }

  private func isUnderWay(_ batch: Int) -> Bool {
    if case .sending(batch, _, _, _) = state { true } else { false }
  }

  private mutating func answer(
    _ batch: Int, _ known: SpoolProgress, at uptime: Duration, _ actions: inout [Action]
  ) {
    let isBeyond = known.newest > newest
    if !isBeyond { advance(to: known, &actions) }
    guard case .sending(batch, let first, _, _) = state else { return }
    if isBeyond {
      // Another spool's numbers, or this one's before its disk was set back: nothing is let go for them.
      say("the hub has runs up to \(known.newest) of this spool, which has none above \(newest)", &actions)
      state = .away
      actions.append(.register)
    } else if known.holds(first) {
      state = .idle
      batchLimit = min(settings.batchRuns, batchLimit * 2)
      suspect = nil
      backoff.reset()
      say(nil, &actions)
    } else {
      pause("the hub took nothing of what was sent from run \(first) on", at: uptime, &actions)
    }
  }

  private mutating func advance(to known: SpoolProgress, _ actions: inout [Action]) {
    // What is stored only grows; the answer to a batch that was given up may be older than what is known.
    let before = acknowledged
    guard (known.acknowledged, known.newest) > (before, progress.newest) else { return }
    adopt(known)
    if acknowledged > before { actions.append(.release(through: acknowledged)) }
  }

  private mutating func adopt(_ known: SpoolProgress) {
    progress = mayGoAhead ? known : SpoolProgress(acknowledged: known.acknowledged)
    aheadStart = progress.ahead?.lowerBound ?? aheadStart.flatMap { $0 > known.acknowledged + 1 ? $0 : nil }
  }

  /// What was sent ahead is sent again in its turn, and passed over by the hub.
  private mutating func stayInOrder() {
    mayGoAhead = false
    aheadStart = nil
    progress = SpoolProgress(acknowledged: acknowledged)
  }

  // MARK: Sending

  private mutating func proceed(at uptime: Duration, _ actions: inout [Action]) {
    switch state {
    case .away: return
    case .sending(_, _, _, let end), .pausing(let end): actions.append(.wait(untilUptime: end))
    case .idle:
      guard backlog > 0 else { return }
      let passed = max(.zero, uptime - allowanceTime)
      allowance = min(Double(settings.batchRuns), allowance + passed.seconds * settings.rate)
      allowanceTime = uptime
      if aheadStart == nil, mayGoAhead, Double(backlog) > settings.rate { aheadStart = spooled + 1 }
      let isAhead = fresh > 0 && (inOrder == 0 || !wentAhead)
      let count = Int(min(Int64(batchLimit), isAhead ? fresh : inOrder))
      let missing = Double(count) - allowance
      let start = max(earliestStart, missing > 0 ? uptime + .seconds(missing / settings.rate) : uptime)
      guard start <= uptime else { return actions.append(.wait(untilUptime: start)) }
      allowance -= Double(count)
      earliestStart = uptime + settings.pace
      batches += 1
      let end = uptime + settings.timeout
      wentAhead = isAhead
      let first = isAhead ? nextAhead : acknowledged + 1
      state = .sending(batch: batches, from: first, isAhead: isAhead, until: end)
      actions.append(.send(batch: batches, from: first, limit: count, isAhead: isAhead))
      actions.append(.wait(untilUptime: end))
    }
  }

  private mutating func pause(_ words: String, at uptime: Duration, _ actions: inout [Action]) {
    state = .pausing(until: uptime + backoff.fail())
    // One failure is no news.
    if backoff.failures > 1 { say(words, &actions) }
  }

  private mutating func pauseSlowly(at uptime: Duration) {
    state = .pausing(until: uptime + backoff.jittered(settings.slowPause))
  }

  // MARK: Refusals

  private mutating func refuse(_ rejection: Rejection, at uptime: Duration, _ actions: inout [Action]) {
    guard case .sending(_, _, let isAhead, _) = state else { return }
    let words = "the hub refuses runs (\(rejection.refusal.rawValue)): \(rejection.words)"
    switch rejection.refusal {
    case .gap:
      if isAhead { stayInOrder() }
      if let number = rejection.acknowledged {
        // Where that is less than before, the hub's store was set back: what the spool still has is sent again.
        if number < acknowledged {
          adopt(SpoolProgress(acknowledged: max(0, number)))
        } else if number <= newest {
          advance(to: SpoolProgress(acknowledged: number), &actions)
        }
      }
      pause(words, at: uptime, &actions)
    case .malformed where isAhead:
      // A hub of an earlier version; or a run that it does not understand, which is found in order.
      state = .idle
      stayInOrder()
    case .tooLarge, .malformed, .foreignRegion, .future:
      guard rejection.numbers.count == 1 else {
        batchLimit = max(1, rejection.numbers.count / 2)
        state = .idle
        return
      }
      refuseAlone(rejection, words, at: uptime, &actions)
    case .wrongToken, .expiredToken, .clock:
      say(words, &actions)
      pauseSlowly(at: uptime)
    case .protocolVersion:
      say("the hub speaks another version of the protocol; runs stay in the spool", &actions)
      state = .away
    case .unknownNode, .nameTaken:
      state = .away
      actions.append(.register)
    case .tooOften, .unavailable: pause(words, at: uptime, &actions)
    }
  }

  /// The run is found that the hub does not take.
  private mutating func refuseAlone(
    _ rejection: Rejection, _ words: String, at uptime: Duration, _ actions: inout [Action]
  ) {
    let number = rejection.numbers.lowerBound
    switch rejection.refusal {
    case .future where rejection.lead.map { $0 <= Self.longestLead } ?? true:
      return pause(words, at: uptime, &actions)
    case .foreignRegion where suspect != number:
      // It may be the token that is another region's since a moment ago: then the next beat is refused too, and nothing is
      // sent before the node is admitted again.
      suspect = number
      say(words, &actions)
    default:
      suspect = nil
      actions.append(.giveUp(number, words))
    }
    pauseSlowly(at: uptime)
  }

  private mutating func say(_ words: String?, _ actions: inout [Action]) {
    guard words != complaint else { return }
    complaint = words
    actions.append(.say(words))
  }
}

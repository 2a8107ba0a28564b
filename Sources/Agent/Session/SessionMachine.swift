package import Fleet
package import Model

/// Keeps a node and its hub in touch: a pure value that is told what happened, and answers what is to be done.
///
/// - It registers, and then holds two talks side by side: a beat every few seconds, and a question for work that waits for news.
/// - The hub is lost when two beats in a row fail. Then it registers anew, after pauses from 1 s to 30 s that grow with each
///   failure; they begin anew only after a session in which beats were answered for a while, so that a hub that takes nodes in
///   and falls over is not run over.
/// - While the hub is away, the node keeps its schedule by the last configuration for `autonomy`, and then stops and says so:
///   by then others may run its checks, and nobody knows what it should run.
/// - A configuration that cannot be loaded is put aside: the one before goes on, and each beat says which that is.
package struct SessionMachine: Sendable {
  /// What bounds a session.
  package struct Settings: Hashable, Sendable {
    /// For how long the schedule is kept without a hub.
    package var autonomy: Duration
    /// The first pause after a failure.
    package var shortestPause: Duration
    /// The longest pause after a failure.
    package var longestPause: Duration
    /// The pause after a refusal that only people can do something about.
    package var slowPause: Duration
    /// A session that lasted so long was healthy.
    package var healthyAfter: Duration
    /// How long a question for work waits at the hub.
    package var workWait: Duration
    /// From one question for work to the next, at least.
    package var workPace: Duration

    /// Settings with everything said.
    package init(
      autonomy: Duration = .hours(24), shortestPause: Duration = .seconds(1), longestPause: Duration = .seconds(30),
      slowPause: Duration = .seconds(60), healthyAfter: Duration = .seconds(10), workWait: Duration = .seconds(25),
      workPace: Duration = .milliseconds(200)
    ) {
      self.autonomy = autonomy
      self.shortestPause = shortestPause
      self.longestPause = longestPause
      self.slowPause = slowPause
      self.healthyAfter = healthyAfter
      self.workWait = workWait
      self.workPace = workPace
    }
  }

  /// What happened. Answers bear the number of what they answer: those of an earlier session are passed over.
  package enum Event: Hashable, Sendable {
    /// The node is ready.
    case start
    case registered(Int, Admission)
    case registrationFailed(Int, LinkFault)
    case beatAnswered(Int, BeatReply)
    case beatFailed(Int, LinkFault)
    case workArrived(Int, WorkReply)
    case workFailed(Int, LinkFault)
    /// The configuration or the values that came last are in force.
    case loaded(version: Int64)
    /// They are not; the ones before go on.
    case notLoaded(version: Int64, String, isIncomplete: Bool)
    /// The hub refused runs of a node that it does not know.
    case dismissed
    /// The node is about to leave in order.
    case leave
    /// The time that was waited for has come; harmless at any other time.
    case timer
  }

  /// What is to be done.
  package enum Action: Hashable, Sendable {
    case register(Int)
    case beat(Int, isLeaving: Bool)
    case ask(Int, Question)
    /// The hub has taken the node in: runs may be sent.
    case admitted(SpoolProgress)
    /// The hub is away: no runs are sent.
    case lost
    /// Put this in force; `loaded` or `notLoaded` is told, and nothing is asked before.
    case load(ConfigurationChange?, SuppliedValues?)
    /// Who runs what, oldest first.
    case follow([Membership])
    /// What came with them is loaded.
    case giveOpinions([OpinionRequest])
    /// Stop the schedule, or go on, as `isPaused` says by then.
    case setPaused(Bool)
    /// `timer` is to be told at this uptime. Earlier waits may be forgotten.
    case wait(untilUptime: Duration)
    case say(Notice)
  }

  /// What a question for work says that the node knows.
  package struct Question: Hashable, Sendable {
    /// The version whose files it has.
    package var configuration: Int64 = 0
    /// Their digest.
    package var digest: String?
    package var epoch: Int64 = 0
    /// From when on the membership of that number holds, in milliseconds since the epoch.
    package var since: Int64?
    package var values = ""
    package var opinion: Int64 = 0
    package var wait = Duration.zero
  }

  /// What is told to people.
  package enum Notice: Hashable, Sendable {
    /// The hub is there, for the first time or again.
    case connected
    /// The hub is away, and why.
    case away(String)
    /// It refuses the node, and why.
    case refused(FleetProtocol.Refusal, String)
    /// The schedule has stopped.
    case autonomyOver
    /// A version is in force.
    case configured(Int64)
    /// A version is not in force, and why.
    case notConfigured(Int64, String)
    /// The hub does not believe the node, and why; nil when it does again.
    case quarantined(String?)
  }

  private enum Phase: Hashable {
    case idle
    /// Not before this uptime.
    case waiting(until: Duration)
    case registering
    case connected
  }

  private let settings: Settings
  private var phase = Phase.idle
  private var backoff: Backoff
  /// Rises with everything that is asked.
  private var number = 0
  private var registration = 0
  private var beat: (number: Int, failures: Int, next: Duration, isUnderWay: Bool) = (0, 0, .zero, false)
  /// Whether the beat under way says that the node leaves.
  private var saysFarewell = false
  private var beatEvery = FleetProtocol.beatInterval
  private var work: (number: Int, next: Duration, isUnderWay: Bool) = (0, .zero, false)
  private var workBackoff: Backoff
  private var isLoading = false
  /// Requests that came with what is being loaded: the checks that they ask about may be in it.
  private var held: [OpinionRequest] = []
  private var question = Question()
  private var connectedSince: Duration?
  private var lastAnswer: Duration
  /// Whether the schedule has stopped: the hub was away for longer than `autonomy`.
  package private(set) var isPaused = false
  private var isLeaving = false
  /// Whether the hub has heard that the node leaves.
  package private(set) var hasSaidFarewell = false
  private var lastComplaint: Notice?
  private var quarantine: String?
  /// The version in force; 0 before the first one.
  package private(set) var configuration: Int64 = 0

  /// A session that has not begun.
  package init(settings: Settings = Settings(), seed: UInt64, at uptime: Duration) {
    self.settings = settings
    backoff = Backoff(from: settings.shortestPause, to: settings.longestPause, seed: seed)
    workBackoff = Backoff(from: settings.shortestPause, to: settings.longestPause, seed: seed &+ 1)
    lastAnswer = uptime
  }

  /// Whether the hub answers.
  package var isConnected: Bool { phase == .connected }

  /// The number of the membership that is followed; 0 before the first one.
  package var epoch: Int64 { question.epoch }

  /// Takes an event in, and says what is to be done.
  package mutating func handle(_ event: Event, at uptime: Duration) -> [Action] {
    var actions: [Action] = []
    switch event {
    case .start: phase = .waiting(until: uptime)
    case .registered(registration, let admission): connect(admission, at: uptime, &actions)
    case .registrationFailed(registration, let fault): lose(fault, at: uptime, &actions)
    case .beatAnswered(beat.number, let reply): takeBeat(reply, at: uptime, &actions)
    case .beatFailed(beat.number, let fault): missBeat(fault, at: uptime, &actions)
    case .workArrived(work.number, let reply): take(reply, at: uptime, &actions)
    case .workFailed(work.number, let fault): missWork(fault, at: uptime, &actions)
    case .loaded(let version): settle(version, &actions)
    case .notLoaded(let version, let words, let isIncomplete):
      isLoading = false
      if isIncomplete {
        // Asked for as a whole, and not at once: whatever was wrong may be wrong again.
        (question.configuration, question.digest) = (0, nil)
        question.values = ""
        work.next = uptime + workBackoff.fail()
      }
      say(.notConfigured(version, words), &actions)
      giveHeld(&actions)
    case .dismissed:
      if phase == .connected { reconnect(after: backoff.jittered(settings.shortestPause), at: uptime, &actions) }
    case .leave:
      isLeaving = true
      beat.next = uptime
    case .timer, .registered, .registrationFailed, .beatAnswered, .beatFailed, .workArrived, .workFailed: break
    }
    proceed(at: uptime, &actions)
    return actions
  }

  // MARK: Coming and going

  private mutating func connect(_ admission: Admission, at uptime: Duration, _ actions: inout [Action]) {
    guard phase == .registering else { return }
    phase = .connected
    connectedSince = uptime
    beatEvery = .milliseconds(min(max(1_000, admission.beatEvery), 60_000))
    beat = (beat.number, 0, uptime, false)
    work = (work.number, uptime, false)
    hear(at: uptime, &actions)
    lastComplaint = nil
    // A hub whose database was replaced counts these anew, and perhaps to the same numbers.
    (question.epoch, question.since, question.opinion) = (0, nil, 0)
    // So they are asked for again.
    held = []
    actions.append(.admitted(admission.progress))
    actions.append(.say(.connected))
  }

  private mutating func lose(_ fault: LinkFault, at uptime: Duration, _ actions: inout [Action]) {
    let pause: Duration
    switch fault {
    case .unreachable(let words):
      say(.away(words), &actions)
      pause = fail(at: uptime)
    case .refused(let refusal, let words, _):
      say(.refused(refusal, words), &actions)
      switch refusal {
      case .wrongToken, .expiredToken, .foreignRegion, .protocolVersion, .malformed, .tooLarge, .clock:
        pause = backoff.jittered(settings.slowPause)
      case .gap, .future, .unknownNode, .nameTaken, .tooOften, .unavailable: pause = fail(at: uptime)
      }
    }
    reconnect(after: pause, at: uptime, &actions)
  }

  private mutating func fail(at uptime: Duration) -> Duration {
    if let connectedSince, lastAnswer - connectedSince >= settings.healthyAfter { backoff.reset() }
    connectedSince = nil
    return backoff.fail()
  }

  private mutating func reconnect(after pause: Duration, at uptime: Duration, _ actions: inout [Action]) {
    if phase == .connected { actions.append(.lost) }
    phase = .waiting(until: uptime + pause)
    // What is still under way belongs to the session that has ended.
    number += 1
    (registration, beat.number, work.number) = (number, number, number)
    beat.isUnderWay = false
    work.isUnderWay = false
  }

  /// The hub has answered.
  private mutating func hear(at uptime: Duration, _ actions: inout [Action]) {
    lastAnswer = uptime
    guard isPaused else { return }
    isPaused = false
    actions.append(.setPaused(false))
  }

  private mutating func say(_ notice: Notice, _ actions: inout [Action]) {
    guard notice != lastComplaint else { return }
    lastComplaint = notice
    actions.append(.say(notice))
  }

  // MARK: Beats

  private mutating func takeBeat(_ reply: BeatReply, at uptime: Duration, _ actions: inout [Action]) {
    beat.isUnderWay = false
    beat.failures = 0
    if saysFarewell { hasSaidFarewell = true }
    hear(at: uptime, &actions)
    guard quarantine != reply.quarantine else { return }
    quarantine = reply.quarantine
    actions.append(.say(.quarantined(reply.quarantine)))
  }

  private mutating func missBeat(_ fault: LinkFault, at uptime: Duration, _ actions: inout [Action]) {
    beat.isUnderWay = false
    beat.failures += 1
    switch fault {
    case .refused(.tooOften, _, _): return
    case .refused(.clock, let words, _):
      // The beat is kept all the same, and the clock may be set right: the talk goes on.
      hear(at: uptime, &actions)
      return say(.refused(.clock, words), &actions)
    case .unreachable, .refused(.unavailable, _, _): if beat.failures < 2 { return }
    case .refused: break
    }
    lose(fault, at: uptime, &actions)
  }

  // MARK: Work

  private mutating func take(_ reply: WorkReply, at uptime: Duration, _ actions: inout [Action]) {
    work.isUnderWay = false
    workBackoff.reset()
    hear(at: uptime, &actions)
    if isContradicted(by: reply) { question.opinion = 0 }
    if let memberships = reply.memberships, let newest = memberships.max(by: { $0.epoch < $1.epoch }) {
      (question.epoch, question.since) = (newest.epoch, newest.since)
      actions.append(.follow(memberships.map(\.membership).sorted { $0.epoch < $1.epoch }))
    }
    if reply.configuration != nil || reply.values != nil {
      if let change = reply.configuration {
        (question.configuration, question.digest) = (change.version, change.digest)
      }
      if let digest = reply.values?.digest { question.values = digest }
      isLoading = true
      actions.append(.load(reply.configuration, reply.values))
    }
    if let newest = reply.opinions.map(\.number).max(), newest > question.opinion {
      held += reply.opinions.filter { $0.number > question.opinion }
      question.opinion = newest
      if !isLoading { giveHeld(&actions) }
    }
  }

  /// Whether the hub takes back what it said: then its database was replaced, and the numbers of second opinions begin anew too.
  private func isContradicted(by reply: WorkReply) -> Bool {
    if let newest = reply.memberships?.map(\.epoch).max(), newest <= question.epoch { return true }
    return reply.configuration.map { $0.version <= question.configuration } ?? false
  }

  private mutating func missWork(_ fault: LinkFault, at uptime: Duration, _ actions: inout [Action]) {
    work.isUnderWay = false
    switch fault {
    // A balancer that ends long questions, or a busy hub, is no lost hub: beats say whether it is there.
    case .unreachable, .refused(.tooOften, _, _), .refused(.unavailable, _, _):
      work.next = uptime + workBackoff.fail()
    case .refused: lose(fault, at: uptime, &actions)
    }
  }

  private mutating func settle(_ version: Int64, _ actions: inout [Action]) {
    isLoading = false
    if version != configuration {
      configuration = version
      actions.append(.say(.configured(version)))
    }
    giveHeld(&actions)
  }

  private mutating func giveHeld(_ actions: inout [Action]) {
    guard !held.isEmpty else { return }
    actions.append(.giveOpinions(held))
    held = []
  }

  // MARK: Time

  private mutating func proceed(at uptime: Duration, _ actions: inout [Action]) {
    var wakings: [Duration] = []
    if case .waiting(let until) = phase {
      if uptime >= until {
        phase = .registering
        number += 1
        registration = number
        actions.append(.register(number))
      } else {
        wakings.append(until)
      }
    }
    if phase == .connected {
      if !beat.isUnderWay, uptime >= beat.next {
        number += 1
        beat = (number, beat.failures, uptime + beatEvery, true)
        saysFarewell = isLeaving
        actions.append(.beat(number, isLeaving: isLeaving))
      }
      if !beat.isUnderWay { wakings.append(beat.next) }
      if !work.isUnderWay, !isLoading {
        if uptime >= work.next {
          number += 1
          // A hub that has news all the time is not asked all the time.
          work = (number, uptime + settings.workPace, true)
          question.wait = settings.workWait
          actions.append(.ask(number, question))
        } else {
          wakings.append(work.next)
        }
      }
    }
    if phase != .idle, !isPaused {
      let end = lastAnswer + settings.autonomy
      if uptime >= end {
        isPaused = true
        actions.append(.setPaused(true))
        actions.append(.say(.autonomyOver))
      } else if phase != .connected {
        wakings.append(end)
      }
    }
    if let next = wakings.min() { actions.append(.wait(untilUptime: next)) }
  }
}

package import Fleet
package import Model
import Regions
import Synchronization

/// Drives a `SessionMachine` and an `Outbox` by the clock, over a link to the hub: each request is a child task of `run()`.
/// Nothing that probes waits for any of it.
package final class AgentSession: Sendable {
  /// What the session works with.
  package struct Parts: Sendable {
    package var link: any HubLink
    package var spool: SpoolKeeper
    package var plan: WorkPlan
    package var clock: HubClock
    package var loader: any ConfigurationLoader
    /// Makes these the checks of the schedule.
    package var apply: @Sendable ([Check]) -> Void
    /// Runs a check at once for the slot that is asked about, within a budget. Says why where that cannot be done here.
    package var giveOpinion: @Sendable (CheckID, OpinionRequest, Duration) async -> OpinionFault?
    /// Told what people should know.
    package var tell: @Sendable (Notice) -> Void

    /// Parts with everything said.
    package init(
      link: any HubLink, spool: SpoolKeeper, plan: WorkPlan, clock: HubClock, loader: any ConfigurationLoader,
      apply: @escaping @Sendable ([Check]) -> Void,
      giveOpinion: @escaping @Sendable (CheckID, OpinionRequest, Duration) async -> OpinionFault?,
      tell: @escaping @Sendable (Notice) -> Void
    ) {
      self.link = link
      self.spool = spool
      self.plan = plan
      self.clock = clock
      self.loader = loader
      self.apply = apply
      self.giveOpinion = giveOpinion
      self.tell = tell
    }
  }

  /// What people should know.
  package enum Notice: Hashable, Sendable {
    case session(SessionMachine.Notice)
    /// Why runs are not taken; nil when they are again.
    case pushing(String?)
    /// The run of this number is not sent any more, and why.
    case gaveUp(Int64, String)
    /// Why the spool's disk cannot be written; nil when it can again.
    case spoolDisk(String?)
    /// The clock of the machine is off by so much, and nothing is run by it; nil when it is believed again.
    case clock(Duration?)
    /// So many requests for second opinions were passed over, because as many as may be were under way.
    case opinionsPassedOver(Int)
    /// A second opinion of a check cannot be given, and why.
    case opinionNotGiven(String, OpinionFault)
  }

  /// From one write of the spool to the next.
  private static let spoolPace = Duration.milliseconds(100)
  /// The most second opinions that are given at a time.
  private static let opinions = 32
  /// For how long it is waited that the hub has heard that the node leaves.
  private static let farewellBound = Duration.seconds(2)

  private enum Job: Sendable {
    case session(SessionMachine.Action)
    case outbox(Outbox.Action)
    case wait(untilUptime: Duration, isOutbox: Bool)
    case replan(untilUptime: Duration)
  }

  private struct State {
    var session: SessionMachine
    var outbox: Outbox
    /// The earliest uptime that is waited for, for each machine.
    var sessionTimer: Duration?
    var outboxTimer: Duration?
    /// The uptime at which the plan is looked at again.
    var replanTimer: Duration?
    var opinionsUnderWay = 0
    var diskError: String?
    var isClockRefused = false
    var pushed = 0
  }

  private let node: NodeDescription
  private let parts: Parts
  private let state: Mutex<State>
  /// One plan is applied at a time, so that the newest is applied last.
  private let planning = Mutex(())
  private let jobs: AsyncStream<Job>
  private let queue: AsyncStream<Job>.Continuation

  /// A session that has not begun.
  ///
  /// - Parameter seed: what jitter is drawn from.
  package init(
    node: NodeDescription, settings: SessionMachine.Settings = SessionMachine.Settings(),
    pushing: Outbox.Settings = Outbox.Settings(), seed: UInt64, parts: Parts
  ) {
    self.node = node
    self.parts = parts
    let uptime = parts.clock.uptime
    state = Mutex(
      State(
        session: SessionMachine(settings: settings, seed: seed, at: uptime),
        outbox: Outbox(settings: pushing, seed: seed &+ 2, at: uptime)))
    (jobs, queue) = AsyncStream.makeStream()
  }

  // MARK: Status

  /// Whether the hub answers.
  package var isConnected: Bool { state.withLock { $0.session.isConnected } }

  /// The version of the configuration in force; 0 before the first one.
  package var configuration: Int64 { state.withLock { $0.session.configuration } }

  /// Runs that the hub has taken from this process.
  package var pushed: Int { state.withLock { $0.pushed } }

  // MARK: Running

  /// Speaks with the hub and keeps the spool until the task is cancelled. Call it once.
  package func run() async {
    tell(outbox: .spooled(through: await parts.spool.last))
    tell(.start)
    await withDiscardingTaskGroup { group in
      group.addTask { await self.spoolRuns() }
      group.addTask { await self.parts.spool.tend() }
      for await job in jobs {
        // Work for the disk and the loader is begun in its order, and each of them does one thing at a time.
        group.addTask { await self.perform(job) }
      }
      group.cancelAll()
    }
    await parts.spool.close()
  }

  /// Says that the node leaves, and waits until others have taken over what it runs. It goes on running until then.
  ///
  /// - Parameter bound: the longest time; where nobody is there to take over, no more is waited for than that the hub has heard
  ///   it, 2 s at most: else the region would be expected for an hour.
  package func leave(within bound: Duration) async {
    let begun = parts.clock.uptime
    tell(.leave)
    await wait(until: begun + min(bound, Self.farewellBound)) { self.state.withLock { $0.session.hasSaidFarewell } }
    guard parts.plan.hasOthers else { return }
    await wait(until: begun + bound) { self.parts.plan.isHandedOver(at: self.parts.clock.now) }
  }

  /// Waits until something holds, while the hub answers.
  private func wait(until end: Duration, _ condition: () -> Bool) async {
    while parts.clock.uptime < end, isConnected, !condition() {
      guard (try? await parts.clock.sleep(untilUptime: parts.clock.uptime + .milliseconds(50))) != nil else { return }
    }
  }

  /// Waits until the hub has every run.
  ///
  /// - Parameter bound: the longest time; what is left then stays in the spool.
  package func drain(within bound: Duration) async {
    let end = parts.clock.uptime + bound
    tell(outbox: .spooled(through: await parts.spool.write()))
    await wait(until: end) { self.state.withLock { $0.outbox.backlog == 0 } }
  }

  private func spoolRuns() async {
    for await _ in parts.spool.arrivals {
      let newest = await parts.spool.write()
      let diskError = parts.spool.status.diskError
      let isNews = state.withLock { state in
        defer { state.diskError = diskError }
        return state.diskError != diskError
      }
      if isNews { parts.tell(.spoolDisk(diskError)) }
      tell(outbox: .spooled(through: newest))
      // Runs of a moment are written together.
      guard (try? await parts.clock.sleep(untilUptime: parts.clock.uptime + Self.spoolPace)) != nil else { return }
    }
  }

  // MARK: Machines

  private func tell(_ event: SessionMachine.Event) {
    let actions = state.withLock { $0.session.handle(event, at: parts.clock.uptime) }
    for action in actions {
      switch action {
      case .wait(let uptime): arm(uptime, isOutbox: false)
      case .say(let notice): parts.tell(.session(notice))
      case .lost: tell(outbox: .dismissed)
      case .setPaused: replan()
      case .follow(let memberships):
        parts.plan.follow(memberships)
        replan()
      default: queue.yield(.session(action))
      }
    }
  }

  private func tell(outbox event: Outbox.Event) {
    let actions = state.withLock { $0.outbox.handle(event, at: parts.clock.uptime) }
    for action in actions {
      switch action {
      case .wait(let uptime): arm(uptime, isOutbox: true)
      case .say(let words): parts.tell(.pushing(words))
      case .register: tell(.dismissed)
      default: queue.yield(.outbox(action))
      }
    }
  }

  /// Waits, unless something as early is waited for already: what comes too early is harmless, and asks again.
  private func arm(_ uptime: Duration, isOutbox: Bool) {
    let mustWait = state.withLock { state in
      let path: WritableKeyPath<State, Duration?> = isOutbox ? \.outboxTimer : \.sessionTimer
      if let armed = state[keyPath: path], armed <= uptime { return false }
      state[keyPath: path] = uptime
      return true
    }
    if mustWait { queue.yield(.wait(untilUptime: uptime, isOutbox: isOutbox)) }
  }

  private func replan() {
    let now = parts.clock.now
    planning.withLock { _ in
      // As the session has it by now: of two tasks that were told one after the other, the later one may come here first.
      parts.plan.setPaused(state.withLock { $0.session.isPaused })
      parts.apply(parts.plan.planned(at: parts.clock.now))
    }
    guard let change = parts.plan.nextChange(after: now) else { return }
    let uptime = parts.clock.uptime + (change - now) + .milliseconds(10)
    let mustWait = state.withLock { state in
      if let armed = state.replanTimer, armed <= uptime { return false }
      state.replanTimer = uptime
      return true
    }
    if mustWait { queue.yield(.replan(untilUptime: uptime)) }
  }

  private func perform(_ job: Job) async {
    switch job {
    case .session(let action): await perform(action)
    case .outbox(let action): await perform(action)
    case .wait(let uptime, let isOutbox):
      guard (try? await parts.clock.sleep(untilUptime: uptime)) != nil else { return }
      state.withLock { state in
        if isOutbox, state.outboxTimer == uptime { state.outboxTimer = nil }
        if !isOutbox, state.sessionTimer == uptime { state.sessionTimer = nil }
      }
      if isOutbox { tell(outbox: .timer) } else { tell(.timer) }
    case .replan(let uptime):
      guard (try? await parts.clock.sleep(untilUptime: uptime)) != nil else { return }
      // One that an earlier one has taken the place of is nobody's: each would have a successor of its own.
      let isInForce = state.withLock { state in
        guard state.replanTimer == uptime else { return false }
        state.replanTimer = nil
        return true
      }
      if isInForce { replan() }
    }
  }

  // MARK: Session

  private func perform(_ action: SessionMachine.Action) async {
    switch action {
    case .register(let number): await register(number)
    case .beat(let number, let isLeaving): await beat(number, isLeaving: isLeaving)
    case .ask(let number, let question): await ask(number, question)
    case .admitted(let progress):
      await parts.spool.release(through: progress.acknowledged)
      await parts.spool.setAhead(progress.ahead)
      tell(outbox: .admitted(progress))
    case .load(let change, let values): await load(change, values)
    case .giveOpinions(let requests): await giveOpinions(requests)
    case .lost, .follow, .setPaused, .wait, .say: break
    }
  }

  private func register(_ number: Int) async {
    let sent = parts.clock.local
    do throws(LinkFault) {
      let admission = try await parts.link.register(Registration(node))
      try Self.check(admission.progress)
      learn(sent: sent, hubTime: admission.hubTime)
      tell(.registered(number, admission))
    } catch {
      tell(.registrationFailed(number, error))
    }
  }

  /// What no spool can have is adopted by none.
  private static func check(_ progress: SpoolProgress) throws(LinkFault) {
    guard !progress.isPossible else { return }
    throw .unreachable("the hub says that it has runs up to \(progress.newest), which no spool has")
  }

  private func beat(_ number: Int, isLeaving: Bool) async {
    let status = parts.spool.status
    let now = parts.clock.now
    let beat = NodeBeat(
      node: node.name, region: node.region, configuration: configuration, epoch: parts.plan.epoch(at: now),
      clockOffset: parts.clock.offset, spoolLength: status.length, oldestWait: status.oldest.map { now - $0 },
      dropped: status.dropped, checks: parts.plan.count(at: now), isLeaving: isLeaving)
    let sent = parts.clock.local
    do throws(LinkFault) {
      let reply = try await parts.link.beat(Beat(beat))
      learn(sent: sent, hubTime: reply.hubTime)
      tell(.beatAnswered(number, reply))
    } catch {
      tell(.beatFailed(number, error))
    }
  }

  private func learn(sent: ClockOffset.Reading, hubTime: Int64) {
    parts.clock.learn(sent: sent, hubTime: hubTime)
    let isRefused = parts.clock.isRefused
    let isNews = state.withLock { state in
      defer { state.isClockRefused = isRefused }
      return state.isClockRefused != isRefused
    }
    if isNews { parts.tell(.clock(isRefused ? parts.clock.offset : nil)) }
  }

  private func ask(_ number: Int, _ question: SessionMachine.Question) async {
    let message = WorkQuestion(
      node: node.name, region: node.region, configuration: question.configuration, digest: question.digest,
      epoch: question.epoch, since: question.since, values: question.values, opinion: question.opinion,
      wait: question.wait.nanoseconds / 1_000_000)
    do throws(LinkFault) {
      tell(.workArrived(number, try await parts.link.work(message)))
    } catch {
      tell(.workFailed(number, error))
    }
  }

  private func load(_ change: ConfigurationChange?, _ values: SuppliedValues?) async {
    do throws(ConfigurationFault) {
      let loaded = try await parts.loader.load(change, values: values)
      parts.plan.configure(version: loaded.version, checks: loaded.checks)
      replan()
      tell(.loaded(version: loaded.version))
    } catch {
      tell(
        .notLoaded(
          version: change?.version ?? configuration, error.description, isIncomplete: error.isIncomplete))
    }
  }

  // MARK: Second opinions

  private func giveOpinions(_ requests: [OpinionRequest]) async {
    let allowed = state.withLock { state in
      let count = min(requests.count, max(0, Self.opinions - state.opinionsUnderWay))
      state.opinionsUnderWay += count
      return count
    }
    if allowed < requests.count { parts.tell(.opinionsPassedOver(requests.count - allowed)) }
    await withDiscardingTaskGroup { group in
      for request in requests.prefix(allowed) {
        group.addTask {
          if let fault = await self.give(request) { self.parts.tell(.opinionNotGiven(request.check, fault)) }
          self.state.withLock { $0.opinionsUnderWay -= 1 }
        }
      }
    }
  }

  private func give(_ request: OpinionRequest) async -> OpinionFault? {
    let left = Timestamp(millisecondsSinceEpoch: request.until) - parts.clock.now
    guard let check = CheckID(request.check) else { return .unknownCheck }
    guard left > .zero else { return .late }
    guard !parts.clock.isRefused else { return .clock }
    return await parts.giveOpinion(check, request, left)
  }

  // MARK: Pushing

  private func perform(_ action: Outbox.Action) async {
    switch action {
    case .send(let batch, let from, let limit, let isAhead):
      await push(batch, from: from, limit: limit, isAhead: isAhead)
    case .release(let number): await parts.spool.release(through: number)
    case .giveUp(let number, let words):
      parts.tell(.gaveUp(number, words))
      await parts.spool.giveUp(number)
    case .register, .wait, .say: break
    }
  }

  private func push(_ number: Int, from: Int64, limit: Int, isAhead: Bool) async {
    let newest = await parts.spool.last
    let read: (first: Int64, oldest: Int64, runs: [FleetRun])?
    do throws(SpoolFault) {
      read = try await parts.spool.read(from: from, limit: limit)
    } catch {
      // It is read again after a pause.
      return tell(outbox: .failed(batch: number, error.description))
    }
    guard let (first, oldest, runs) = read else {
      return tell(outbox: .nothingLeft(batch: number, through: newest))
    }
    if isAhead, first != from { return tell(outbox: .notAhead(batch: number)) }
    let batch = SpoolBatch(
      node: node.name, region: node.region, spool: node.spool, first: first, oldest: oldest, isAhead: isAhead,
      runs: runs)
    do throws(LinkFault) {
      let reply = try await parts.link.push(batch)
      try Self.check(reply.progress)
      // Of no more runs than were sent.
      let taken = [reply.added, reply.duplicates].reduce(0) { $0 + min(max(0, $1), runs.count) }
      state.withLock { $0.pushed += min(taken, runs.count) }
      await parts.spool.setAhead(reply.progress.ahead)
      tell(outbox: .answered(batch: number, reply.progress))
    } catch {
      switch error {
      case .unreachable(let words): tell(outbox: .failed(batch: number, words))
      case .refused(let refusal, let words, let acknowledged):
        let rejection = Outbox.Rejection(
          refusal, words, of: first...batch.last, lead: lead(of: runs), acknowledged: acknowledged)
        tell(outbox: .refused(batch: number, rejection))
      }
    }
  }

  /// How long it is until all slots of runs have begun; nil where the clock that says so is not believed.
  private func lead(of runs: [FleetRun]) -> Duration? {
    guard parts.clock.offset != nil, !parts.clock.isRefused else { return nil }
    return runs.map { max($0.run.slotStart, $0.run.started) }.max().map { $0 - parts.clock.now }
  }
}

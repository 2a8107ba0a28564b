import Fleet
package import Model
import Regions

/// Decides slots over regions while it leads: votes come out of the store's queue, and what is decided by them is settled there
/// before anybody is told of it.
///
/// It holds nothing that a new leader could not find again in the store. When anything fails it ends, and begins anew from there.
package struct Decider: Sendable {
  /// How often votes are asked for when none were there.
  private static let pause = Duration.milliseconds(100)
  /// As many batches of votes as are decided by at once.
  private static let batches = 100
  /// Checks whose late slots are read from history between two looks at the queue.
  private static let recallsAtOnce = 50
  /// So many slots of a check are read together; those that lie further apart are not.
  private static let stretch: Int64 = 500
  /// How often it is looked which regions there are.
  private static let regionsInterval = Duration.seconds(1)
  /// So many runs of each check and region say where their slots stand, or more where quorums count further.
  private static let restoredRuns = 4
  /// Checks whose quorum counts further than this are asked for one by one.
  private static let mostRestoredRuns = 32

  private let store: any FleetStore
  private let history: any HistoryStore
  private let view: FleetView
  private let supply: any WorkSupply
  private let memory: DecisionMemory
  private let time: any TimeSource
  private let onError: @Sendable (String) -> Void

  /// - Parameters:
  ///   - memory: kept by whoever follows the feed, and brought up to its end by a leader that begins.
  ///   - onError: told of votes that cannot be read. Their runs are in history all the same.
  package init(
    store: any FleetStore, history: any HistoryStore, view: FleetView, supply: any WorkSupply,
    memory: DecisionMemory, time: any TimeSource, onError: @escaping @Sendable (String) -> Void = { _ in }
  ) {
    self.onError = onError
    self.store = store
    self.history = history
    self.view = view
    self.supply = supply
    self.memory = memory
    self.time = time
  }

  /// Brings to mind what was decided before. Whoever begins to lead does it before anything that follows from decisions.
  ///
  /// - Throws: what the store throws.
  package func catchUp() async throws {
    try await view.refresh()
    try await memory.catchUp(from: store, overlap: supply.plan.feedOverlap)
  }

  /// Leaves out slots that this leader decides yet, and then tells of.
  ///
  /// - Parameter runs: of one check, what is held of each slot (`HistoryStore.heldRuns`).
  package func settled(_ runs: [HistoryRun]) -> [HistoryRun] {
    guard let check = runs.first?.check, supply.plan.isVotedOn(check) else { return runs }
    return memory.settled(runs, at: view.clock.now)
  }

  /// Decides until the task is cancelled.
  ///
  /// - Parameter tell: given what was decided, when it is settled.
  /// - Throws: `FleetFault.leaseLost`, and what the store throws.
  package func lead(
    under lease: SingletonLease, tell: @escaping @Sendable ([SlotDecision]) async -> Void
  ) async throws {
    try await catchUp()
    var session = Session(plan: supply.plan, regions: regions(), at: view.clock.now)
    let runs = try await restoredRuns(of: supply.plan.checks)
    let held = try await self.held()
    var actions = session.machine.restore(decisions: memory.all, runs: runs, held: held, at: view.clock.now)
    var looked = time.uptime
    while true {
      try Task.checkCancellation()
      let now = view.clock.now
      actions += session.follow(supply.plan, at: now)
      if time.uptime - looked >= Self.regionsInterval {
        looked = time.uptime
        actions += session.machine.handle(.regionsChanged(regions()), at: now)
      }
      let most = min(Self.batches, session.machine.room / FleetProtocol.batchRuns)
      let batches = most > 0 ? try await store.votes(limit: most) : []
      var decisions: [SlotDecision] = []
      for batch in batches {
        if let fault = batch.fault { onError("votes cannot be read, and are passed over: \(fault)") }
        let own = batch.runs.filter { $0.run.region == HubDesk.ownRegion }
        decisions += own.map { self.decision($0.run, of: batch, at: now) }
        let votes = own.isEmpty ? batch.runs : batch.runs.filter { $0.run.region != HubDesk.ownRegion }
        if !votes.isEmpty {
          actions += session.machine.handle(.votes(votes, received: batch.received), at: now)
        }
      }
      // Votes that wait come first: time says that there are none.
      let isDrained = most > 0 && batches.count < most
      // What was late is recalled either way.
      actions += session.machine.handle(isDrained ? .timer : .recalled([]), at: now)
      try await perform(actions, beside: decisions, of: batches, &session, under: lease, tell)
      actions = try await recall(&session)
      if isDrained, actions.isEmpty { try await time.sleep(untilUptime: time.uptime + Self.pause) }
    }
  }

  /// The newest runs of each region: as many as its quorum may count in a row, and one more.
  private func restoredRuns(of checks: [Check]) async throws -> [HistoryRun] {
    let longest = checks.lazy.map(\.quorum.consecutive).max() ?? 0
    let limit = min(max(Self.restoredRuns, longest + 1), Self.mostRestoredRuns)
    let far = checks.filter { $0.quorum.consecutive >= limit && $0.kind.isProbed }
    let isFar = Set(far.map(\.id))
    var runs = try await history.lastRuns(of: nil, limit: limit)
    if !far.isEmpty { runs.removeAll { isFar.contains($0.check) } }
    for check in far { runs += try await history.lastRuns(of: check.id, limit: check.quorum.consecutive + 1) }
    return runs
  }

  /// What history holds of checks that the feed says nothing of any more.
  private func held() async throws -> [HistoryRun] {
    let known = Set(memory.all.map(\.check))
    let isKnown = supply.plan.checks.allSatisfy { !$0.isEnabled || !$0.kind.isProbed || known.contains($0.id) }
    guard !isKnown else { return [] }
    return try await history.heldRuns(of: nil, limit: Self.restoredRuns).filter { !known.contains($0.check) }
  }

  private struct Session {
    var machine: ElectionMachine
    var configuration: ConfigurationIdentity
    /// What the machine asks for, oldest first.
    var recalls: [(check: CheckID, slots: [Slot])] = []

    init(plan: HubPlan, regions: [FleetRegion], at now: Timestamp) {
      machine = ElectionMachine(at: now)
      configuration = plan.identity
      // Nothing is open yet, so nothing follows from these.
      _ = machine.handle(.planChanged(plan.checks), at: now)
      _ = machine.handle(.regionsChanged(regions), at: now)
    }

    mutating func follow(_ plan: HubPlan, at now: Timestamp) -> [ElectionMachine.Action] {
      guard plan.identity != configuration else { return [] }
      configuration = plan.identity
      return machine.handle(.planChanged(plan.checks), at: now)
    }
  }

  private func regions() -> [FleetRegion] { FleetRegion.regions(of: view.picture.nodes, at: view.clock.now) }

  /// What the hub recorded itself needs no votes.
  private func decision(_ run: HistoryRun, of batch: VoteBatch, at now: Timestamp) -> SlotDecision {
    let grid = SlotGrid(check: run.check, interval: run.interval)
    let slot = grid.slot(at: run.slotStart + run.interval / 2)
    let vote = RegionalVote(
      region: run.region, node: run.node, verdict: run.verdict, reason: run.reason, duration: run.duration)
    return SlotDecision(
      check: run.check, slot: slot, verdict: run.verdict, reason: run.reason, isInMaintenance: run.isInMaintenance,
      isLate: memory.decision(of: run.check).map { $0.slot.start >= slot.start } ?? false, votes: [vote],
      lastVote: batch.received, decided: now)
  }

  // MARK: Actions

  private func perform(
    _ actions: [ElectionMachine.Action], beside decisions: [SlotDecision], of batches: [VoteBatch],
    _ session: inout Session, under lease: SingletonLease, _ tell: @Sendable ([SlotDecision]) async -> Void
  ) async throws {
    var decisions = decisions
    var questions: [OpinionQuestion] = []
    for action in actions {
      switch action {
      case .decide(let decision): decisions.append(decision)
      case .ask(let wish): if let question = question(wish) { questions.append(question) }
      case .recall(let check, let slots): session.recalls.append((check, slots))
      // Each decision says it itself.
      case .blind, .sighted: break
      }
    }
    if !decisions.isEmpty || !batches.isEmpty {
      try await store.settle(batches, decisions: decisions, under: lease)
      memory.keep(decisions)
      if !decisions.isEmpty { await tell(decisions) }
    }
    if !questions.isEmpty {
      try await store.ask(questions, under: lease)
      // The nodes that wait at this replica need not wait for the next reading.
      try await view.refresh()
    }
  }

  private func question(_ wish: OpinionWish) -> OpinionQuestion? {
    guard let check = supply.plan.checks.first(where: { $0.id == wish.check }),
      let node = Assignment(view.picture.memberships[wish.region] ?? [])
        .node(of: wish.check, interval: check.interval, at: wish.slot.start)
    else { return nil }
    return OpinionQuestion(
      check: wish.check, slot: wish.slot.number, node: node, region: wish.region, until: wish.until)
  }

  /// Gives the machine some of what it asks for: votes that came meanwhile shall not wait for a region that was cut off for
  /// hours.
  private func recall(_ session: inout Session) async throws -> [ElectionMachine.Action] {
    let recalls = session.recalls.prefix(Self.recallsAtOnce)
    session.recalls.removeFirst(recalls.count)
    var actions: [ElectionMachine.Action] = []
    for recall in recalls {
      let recalled = try await recalled(recall.check, recall.slots)
      actions += session.machine.handle(.recalled(recalled), at: view.clock.now)
    }
    return actions
  }

  private func recalled(_ check: CheckID, _ slots: [Slot]) async throws -> [RecalledSlot] {
    var recalled: [RecalledSlot] = []
    var rest = slots.sorted()[...]
    while let first = rest.first {
      let together = rest.prefix { $0.interval == first.interval && $0.number - first.number < Self.stretch }
      rest = rest.dropFirst(together.count)
      // With the slot before each, which says what was held.
      let runs = try await runs(of: check, from: first.start - first.interval, to: together.last?.end ?? first.end)
      let bySlot = Dictionary(grouping: runs) { first.number(at: $0.slotStart + first.interval / 2) }
      for slot in together {
        let before = bySlot[slot.number - 1] ?? []
        recalled.append(
          RecalledSlot(
            check: check, slot: slot, runs: bySlot[slot.number] ?? [],
            before: before.isEmpty ? nil : Verdict.overRegions(before.map(\.verdict))))
      }
    }
    return recalled
  }

  /// All runs of a stretch of time; history has their starts to the millisecond.
  private func runs(of check: CheckID, from: Timestamp, to: Timestamp) async throws -> [HistoryRun] {
    var query = RunQuery(
      check: check, from: from - .milliseconds(1), to: to - .milliseconds(1), limit: Int(Self.stretch) * 10)
    var runs: [HistoryRun] = []
    repeat {
      let page = try await history.runs(query)
      runs += page.runs
      query.cursor = page.next
    } while query.cursor != nil
    return runs
  }
}

extension Slot {
  /// The number of the slot of the same beat that lies at a moment.
  fileprivate func number(at moment: Timestamp) -> Int64 {
    let slots = (moment - start).nanoseconds
    let interval = interval.nanoseconds
    return number + (slots >= 0 ? slots / interval : (slots + 1) / interval - 1)
  }
}

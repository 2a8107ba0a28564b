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
  /// How often it is looked which regions there are.
  private static let regionsInterval = Duration.seconds(1)
  /// So many runs of each check and region say where their slots stand.
  private static let restoredRuns = 4
  /// So many pieces of the feed are read at once, from its end.
  private static let pieces: Int64 = 100

  private let store: any FleetStore
  private let history: any HistoryStore
  private let view: FleetView
  private let supply: any WorkSupply
  private let memory: DecisionMemory
  private let time: any TimeSource

  /// - Parameter memory: kept by whoever follows the feed.
  package init(
    store: any FleetStore, history: any HistoryStore, view: FleetView, supply: any WorkSupply,
    memory: DecisionMemory, time: any TimeSource
  ) {
    self.store = store
    self.history = history
    self.view = view
    self.supply = supply
    self.memory = memory
    self.time = time
  }

  /// Decides until the task is cancelled.
  ///
  /// - Parameter tell: given what was decided, when it is settled.
  /// - Throws: `FleetFault.leaseLost`, and what the store throws.
  package func lead(
    under lease: SingletonLease, tell: @escaping @Sendable ([SlotDecision]) async -> Void
  ) async throws {
    try await view.refresh()
    var session = Session(plan: supply.plan, regions: regions(), at: view.clock.now)
    let runs = try await history.lastRuns(of: nil, limit: Self.restoredRuns)
    try await catchUp(with: runs)
    var actions = session.machine.restore(decisions: memory.all, runs: runs, at: view.clock.now)
    var looked = time.uptime
    while true {
      try Task.checkCancellation()
      let now = view.clock.now
      actions += session.follow(supply.plan, at: now)
      if time.uptime - looked >= Self.regionsInterval {
        looked = time.uptime
        actions += session.machine.handle(.regionsChanged(regions()), at: now)
      }
      let batches = session.machine.hasRoom ? try await store.votes(limit: Self.batches) : []
      var decisions: [SlotDecision] = []
      for batch in batches {
        let own = batch.runs.filter { $0.run.region == HubDesk.ownRegion }
        decisions += own.map { self.decision($0.run, of: batch, at: now) }
        let votes = own.isEmpty ? batch.runs : batch.runs.filter { $0.run.region != HubDesk.ownRegion }
        if !votes.isEmpty {
          actions += session.machine.handle(.votes(votes, received: batch.received), at: now)
        }
      }
      // Votes that wait come first: time says that there are none.
      let isDrained = batches.count < Self.batches
      if isDrained { actions += session.machine.handle(.timer, at: now) }
      try await perform(actions, beside: decisions, of: batches, &session, under: lease, tell)
      actions = []
      if isDrained { try await time.sleep(untilUptime: time.uptime + Self.pause) }
    }
  }

  /// Reads what other leaders settled and nobody has read here yet: a replica that has just begun to follow the feed, or whose
  /// leader settled a moment ago, would decide it again. It is read from the end, as far back as a slot that may still be
  /// open begins. Under the lease nobody else settles any more, so nothing is added meanwhile.
  private func catchUp(with runs: [HistoryRun]) async throws {
    let now = view.clock.now
    let open = runs.filter { $0.slotStart + $0.interval + ElectionMachine.grace + ElectionMachine.patience > now }
    var place = try await store.feedEnd()
    while place > 0 {
      let begin = max(0, place - Self.pieces)
      let pieces = try await store.decisions(after: begin, limit: Int(place - begin))
      for piece in pieces { memory.keep(piece.decisions) }
      let oldest = pieces.lazy.flatMap(\.decisions).map(\.decided).min()
      guard let oldest, open.contains(where: { $0.slotStart < oldest && !memory.knows($0) }) else { return }
      place = begin
    }
  }

  private struct Session {
    var machine: ElectionMachine
    var configuration: ConfigurationIdentity

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
    var actions = actions
    var decisions = decisions
    var batches = batches
    var questions: [OpinionQuestion] = []
    repeat {
      var recalls: [(check: CheckID, slots: [Slot])] = []
      for action in actions {
        switch action {
        case .decide(let decision): decisions.append(decision)
        case .ask(let wish): if let question = question(wish) { questions.append(question) }
        case .recall(let check, let slots): recalls.append((check, slots))
        // Each decision says it itself.
        case .blind, .sighted: break
        }
      }
      actions = []
      if !decisions.isEmpty || !batches.isEmpty {
        try await store.settle(batches, decisions: decisions, under: lease)
        memory.keep(decisions)
        if !decisions.isEmpty { await tell(decisions) }
        decisions = []
        batches = []
      }
      for recall in recalls {
        let recalled = try await self.recalled(recall.check, recall.slots)
        actions += session.machine.handle(.recalled(recalled), at: view.clock.now)
      }
    } while !actions.isEmpty
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

  private func recalled(_ check: CheckID, _ slots: [Slot]) async throws -> [RecalledSlot] {
    var recalled: [RecalledSlot] = []
    for slot in slots {
      // With the slot before it, which says what was held.
      let query = RunQuery(
        check: check, from: slot.start - slot.interval - .milliseconds(1), to: slot.end - .milliseconds(1), limit: 1000)
      let runs = try await history.runs(query).runs
      let middle = slot.start - slot.interval / 2
      let before = runs.filter { $0.slotStart < middle }.map(\.verdict)
      recalled.append(
        RecalledSlot(
          check: check, slot: slot, runs: runs.filter { $0.slotStart >= middle },
          before: before.isEmpty ? nil : Verdict.overRegions(before)))
    }
    return recalled
  }
}

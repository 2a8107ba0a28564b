package import Model

extension ElectionMachine {
  /// Takes in a vote of a slot that is decided, or that nobody watched.
  mutating func takeLate(
    _ vote: Ballot.Entry, of slot: Slot, isInMaintenance: Bool, received: Timestamp, at now: Timestamp, _ index: Int,
    _ actions: inout [Action]
  ) {
    guard var closed = entries[index].closed, closed.slot == slot else {
      // Only what its schedule gave is stored, and can be recalled.
      guard vote.origin == .scheduled else { return }
      if late.insert(index, slot, at: now) { counts.late += 1 } else { counts.forgotten += 1 }
      return
    }
    guard closed.ballot.add(vote, isInMaintenance: isInMaintenance, received: received) else {
      counts.duplicates += 1
      return
    }
    counts.late += 1
    entries[index].closed = closed
    let votes = closed.ballot.entries.map(registry.vote)
    let election = SlotElection(quorum: entries[index].quorum, expected: max(closed.expected, votes.count))
    let outcome = election.outcome(of: votes, held: closed.held)
    actions.append(
      .decide(decision(slot, ballot: closed.ballot, votes: votes, outcome, isLate: true, at: now, index)))
  }

  /// Decides a slot anew from what is stored of it.
  mutating func redecide(_ recalled: RecalledSlot, at now: Timestamp, _ actions: inout [Action]) {
    guard let index = indices[recalled.check] else { return }
    late.answered(index, recalled.slot)
    var ballot = Ballot()
    for run in recalled.runs {
      _ = ballot.add(
        registry.entry(run, origin: .scheduled), isInMaintenance: run.isInMaintenance, received: now)
    }
    guard !ballot.entries.isEmpty else { return }
    let votes = ballot.entries.map(registry.vote)
    let outcome = election(index).outcome(of: votes, held: SlotElection.Held(verdict: recalled.before))
    actions.append(
      .decide(decision(recalled.slot, ballot: ballot, votes: votes, outcome, isLate: true, at: now, index)))
  }

  // MARK: Restoring

  /// Takes up the work of another leader. Told once, after the plan and the regions, and before any votes.
  ///
  /// - Parameters:
  ///   - decisions: the newest decision of each check, where one is known: late ones are passed over.
  ///   - runs: the last few stored runs of each check and region, in any order: votes that were taken from the queue
  ///     for slots that were still open.
  /// - Returns: what follows from them: slots that all regions voted in, and that nobody decided.
  package mutating func restore(
    decisions: [SlotDecision], runs: [HistoryRun], at now: Timestamp
  ) -> [Action] {
    for decision in decisions where !decision.isLate { restore(decision) }
    restoreRows(runs)
    var actions: [Action] = []
    for run in runs.sorted(by: { $0.slotStart < $1.slotStart }) {
      guard let index = indices[run.check] else { continue }
      let middle = run.slotStart + run.interval / 2
      if let decided = entries[index].decided, middle < decided + run.interval {
        guard isUnheard(run, index) else { continue }
      }
      guard run.slotStart + run.interval + Self.grace + Self.patience > now else { continue }
      take(FleetRun(run: run, configuration: 0, epoch: 0), received: now, at: now, &actions)
    }
    decideTouched(at: now, &actions)
    return actions
  }

  /// Whether a run is one of the newest decided slot, and was not known when that was decided.
  private mutating func isUnheard(_ run: HistoryRun, _ index: Int) -> Bool {
    guard let closed = entries[index].closed else { return false }
    let middle = run.slotStart + run.interval / 2
    guard closed.slot.start <= middle, middle < closed.slot.end else { return false }
    return !closed.ballot.has(registry.number(ofRegion: run.region), origin: .scheduled)
  }

  private mutating func restore(_ decision: SlotDecision) {
    guard let index = indices[decision.check] else { return }
    if let decided = entries[index].decided, decided >= decision.slot.start { return }
    if decision.verdict != .unknown { entries[index].held.verdict = decision.verdict }
    entries[index].isBlind = decision.isBlind
    entries[index].decided = decision.slot.start
    var ballot = Ballot()
    for vote in decision.votes {
      let entry = Ballot.Entry(
        region: registry.number(ofRegion: vote.region), node: registry.number(ofNode: vote.node),
        verdict: vote.verdict, origin: vote.origin, duration: vote.duration,
        reason: vote.reason.map(SharedReason.init))
      _ = ballot.add(
        entry, isInMaintenance: decision.isInMaintenance, received: decision.lastVote ?? decision.decided)
    }
    entries[index].closed = ClosedSlot(
      slot: decision.slot, ballot: ballot, held: entries[index].held, expected: expected(index).count)
    entries[index].next = entries[index].grid.firstSlot(startingFrom: decision.slot.end)
    arm(index)
  }

  /// For how many slots in a row regions were down, up to the slot that is decided; and what is held, where no decision
  /// says it.
  private mutating func restoreRows(_ runs: [HistoryRun]) {
    for (check, runs) in Dictionary(grouping: runs, by: \.check) {
      guard let index = indices[check] else { continue }
      let ended = runs.filter { run in
        guard let decided = entries[index].decided else { return true }
        return run.slotStart + run.interval / 2 < decided + run.interval
      }
      for (region, runs) in Dictionary(grouping: ended, by: \.region) {
        let known = runs.filter { $0.verdict != .unknown }.sorted { $0.slotStart > $1.slotStart }
        let row = known.prefix { $0.verdict == .down }.count
        if row > 0, expected(index).count <= 2 { entries[index].held.downInRow[region] = row }
      }
      guard entries[index].held.verdict == nil else { continue }
      // A slot in which too few regions had a say says nothing, and the one before it may.
      for (_, runs) in Dictionary(grouping: ended, by: \.slotStart).sorted(by: { $0.key > $1.key }) {
        let given = runs.map { registry.entry($0, origin: .scheduled) }
        let votes = given.map(registry.vote)
        let verdict = election(index).outcome(of: votes).verdict
        guard verdict != .unknown else { continue }
        entries[index].held.verdict = verdict
        break
      }
    }
  }
}

/// Slots that late votes came for, until they are recalled.
struct LateSlots: Sendable {
  private struct Key: Hashable, Sendable {
    let entry: Int
    let slot: Slot
  }

  /// Gathering, and since when.
  private var waiting: [Int: [Slot]] = [:]
  private var order: [(entry: Int, since: Timestamp)] = []
  private var asked: Set<Key> = []
  private var waitingCount = 0

  /// How many there are.
  var count: Int { waitingCount + asked.count }

  /// When some can be asked for; nil where none wait, or too many are asked for.
  var wake: Timestamp? {
    guard asked.count < ElectionMachine.mostRecalled else { return nil }
    return order.first.map { $0.since + ElectionMachine.gathering }
  }

  /// - Returns: false where there is no room.
  mutating func insert(_ entry: Int, _ slot: Slot, at now: Timestamp) -> Bool {
    if waiting[entry]?.contains(slot) ?? false { return true }
    guard count < ElectionMachine.mostLate else { return false }
    if waiting[entry] == nil { order.append((entry, now)) }
    waiting[entry, default: []].append(slot)
    waitingCount += 1
    return true
  }

  mutating func answered(_ entry: Int, _ slot: Slot) {
    asked.remove(Key(entry: entry, slot: slot))
  }

  mutating func forget(_ entry: Int) {
    waitingCount -= waiting.removeValue(forKey: entry)?.count ?? 0
    asked = asked.filter { $0.entry != entry }
    order.removeAll { $0.entry == entry }
  }

  /// Asks for those that were gathered for long enough.
  mutating func recall(
    at now: Timestamp, _ entries: [ElectionMachine.Entry], _ actions: inout [ElectionMachine.Action]
  ) {
    var taken = 0
    for (entry, since) in order {
      guard since + ElectionMachine.gathering <= now, asked.count < ElectionMachine.mostRecalled else { break }
      taken += 1
      guard let slots = waiting.removeValue(forKey: entry) else { continue }
      waitingCount -= slots.count
      asked.formUnion(slots.map { Key(entry: entry, slot: $0) })
      actions.append(.recall(entries[entry].id, slots: slots.sorted()))
    }
    if taken > 0 { order.removeFirst(taken) }
  }
}

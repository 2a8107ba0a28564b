import HeapModule
import Model

extension ElectionMachine {
  /// Takes a vote in.
  mutating func take(_ fleetRun: FleetRun, received: Timestamp, at now: Timestamp, _ actions: inout [Action]) {
    let run = fleetRun.run
    guard let index = indices[run.check], mayVote(run.region, origin: fleetRun.origin, index), run.interval > .zero
    else {
      counts.strangers += 1
      return
    }
    let slot = self.slot(of: run, index)
    guard slot.start <= now + Self.futureTolerance, slot.end + Self.lateness >= now else {
      counts.stale += 1
      return
    }
    let vote = registry.entry(run, origin: fleetRun.origin)
    if entries[index].decided.map({ slot.start <= $0 }) ?? false {
      takeLate(vote, of: slot, isInMaintenance: run.isInMaintenance, received: received, at: now, index, &actions)
      return
    }
    guard let place = place(of: slot, at: now, index, &actions) else {
      takeLate(vote, of: slot, isInMaintenance: run.isInMaintenance, received: received, at: now, index, &actions)
      return
    }
    guard
      entries[index].open[place].ballot.add(vote, isInMaintenance: run.isInMaintenance, received: received)
    else {
      counts.duplicates += 1
      return
    }
    if fleetRun.origin == .opinion, let awaited = entries[index].open[place].opinionsAwaited {
      entries[index].open[place].opinionsAwaited = max(0, awaited - 1)
    }
    guard !entries[index].isTouched else { return }
    entries[index].isTouched = true
    touched.append(index)
  }

  /// Looks at the checks that votes came in for: after all that came together, so that as few slots as possible are decided
  /// with a part of their votes.
  mutating func decideTouched(at now: Timestamp, _ actions: inout [Action]) {
    for index in touched {
      entries[index].isTouched = false
      guard entries[index].isPlanned else { continue }
      decideReady(at: now, index, &actions)
      arm(index)
    }
    touched.removeAll(keepingCapacity: true)
  }

  /// Decides the newest slot of a check that can be, and those before it.
  mutating func decideReady(at now: Timestamp, _ index: Int, _ actions: inout [Action]) {
    for place in entries[index].open.indices.reversed() {
      askForOpinions(about: place, at: now, index, &actions)
      if isReady(place, at: now, index) {
        decide(through: entries[index].open[place].slot, at: now, index, &actions)
        return
      }
    }
  }

  /// The slot that a run belongs to. Its start travels in milliseconds, so the middle of the slot is looked for; a run of an
  /// older configuration has another grid.
  private func slot(of run: HistoryRun, _ index: Int) -> Slot {
    let own = entries[index].grid
    let grid = own.interval == run.interval ? own : SlotGrid(check: run.check, interval: run.interval)
    return grid.slot(at: run.slotStart + run.interval / 2)
  }

  private mutating func mayVote(_ region: String, origin: RegionalVote.Origin, _ index: Int) -> Bool {
    guard let own = entries[index].regions, origin == .scheduled else { return true }
    return own.contains(registry.number(ofRegion: region))
  }

  /// The place of a slot among the open ones; it is opened where it is not. Nil where it is over for too long.
  private mutating func place(of slot: Slot, at now: Timestamp, _ index: Int, _ actions: inout [Action]) -> Int? {
    if let place = entries[index].open.firstIndex(where: { $0.slot == slot }) { return place }
    guard slot.end + Self.grace + Self.patience > now else { return nil }
    if entries[index].open.count >= Self.mostOpen, let oldest = entries[index].open.first?.slot {
      guard slot > oldest else { return nil }
      decide(through: oldest, at: now, index, &actions)
    }
    // A slot that is over already has votes of other regions in the queue behind this one.
    let deadline = max(slot.end + Self.grace, now + .seconds(2))
    let place = entries[index].open.firstIndex { $0.slot > slot } ?? entries[index].open.count
    entries[index].open.insert(OpenSlot(slot: slot, deadline: deadline), at: place)
    return place
  }

  // MARK: Opinions

  /// Asks others what they see where a region sees down what was not, and none sees it working.
  private mutating func askForOpinions(
    about place: Int, at now: Timestamp, _ index: Int, _ actions: inout [Action]
  ) {
    guard entries[index].held.verdict != .down, entries[index].open[place].opinionsAwaited == nil,
      let failing = entries[index].open[place].ballot.failing, !entries[index].open[place].ballot.isSeenWorking
    else { return }
    let entry = entries[index]
    let open = entry.open[place]
    guard now < open.slot.end, !open.ballot.isInMaintenance else { return }
    let regions = SecondOpinion.regions(
      besides: registry.region(failing), expected: expected(index).map(registry.region),
      all: registry.present.map(registry.region), for: entry.id)
    entries[index].open[place].opinionsAwaited = 0
    guard !regions.isEmpty, takeOpinionTokens(regions.count, at: now) else { return }
    let until = min(open.deadline, now + entry.timeout + .seconds(10))
    entries[index].open[place].opinionsAwaited = regions.count
    entries[index].open[place].opinionsUntil = until
    for region in regions {
      actions.append(.ask(OpinionWish(check: entry.id, slot: open.slot, region: region, until: until)))
    }
  }

  /// A sick node fails all of its checks at once: not each of them is worth an opinion.
  private mutating func takeOpinionTokens(_ count: Int, at now: Timestamp) -> Bool {
    let passed = max(0, (now - opinionsFilled).seconds)
    opinionsFilled = now
    opinionTokens = min(Self.opinionBurst, opinionTokens + passed * Self.opinionRate)
    guard opinionTokens >= Double(count) else { return false }
    opinionTokens -= Double(count)
    return true
  }

  // MARK: Deciding

  /// Whether a slot can be decided: no vote is missing, or none can change it any more.
  private func isReady(_ place: Int, at now: Timestamp, _ index: Int) -> Bool {
    let open = entries[index].open[place]
    let expected = expected(index)
    let missing = expected.filter { !open.ballot.has($0, origin: .scheduled) }
    let held = entries[index].held
    let isWaitedFor = missing.contains { registry.region($0).isLive } || missing.count == expected.count
    if isWaitedFor, held.verdict == .down || open.ballot.failing == nil { return false }
    let votes = open.ballot.entries.map(registry.vote)
    let election = SlotElection(quorum: entries[index].quorum, expected: expected.count)
    if isWaitedFor {
      return election.isCertainlyDown(votes, missing: missing.count + (open.opinionsAwaited ?? 0), held: held)
    }
    if open.opinionsAwaited ?? 0 > 0, !open.ballot.isSeenWorking, let until = open.opinionsUntil, now < until {
      return false
    }
    // That too few can vote is held only when nobody can come any more.
    return missing.isEmpty || !election.outcome(of: votes, held: held).isBlind
  }

  /// Decides every slot of a check up to one, in order.
  mutating func decide(through last: Slot, at now: Timestamp, _ index: Int, _ actions: inout [Action]) {
    skipUnwatched(at: now, index)
    while true {
      let open = entries[index].open.first
      let next = entries[index].next
      if next.start < last.start, next.start < (open?.slot.start ?? last.start), now >= quietUntil {
        close(OpenSlot(slot: next, deadline: now), at: now, index, &actions)
      } else if let open, open.slot <= last {
        entries[index].open.removeFirst()
        close(open, at: now, index, &actions)
      } else {
        break
      }
    }
  }

  /// Passes over slots without votes that are over for so long that nobody can have watched.
  func firstWatched(_ entry: Entry, at now: Timestamp) -> Slot {
    guard entry.next.end + Self.grace + Self.patience < now else { return entry.next }
    return entry.grid.firstSlot(startingFrom: now - Self.grace - entry.grid.interval)
  }

  private mutating func skipUnwatched(at now: Timestamp, _ index: Int) {
    entries[index].next = max(entries[index].next, firstWatched(entries[index], at: now))
  }

  private mutating func close(_ open: OpenSlot, at now: Timestamp, _ index: Int, _ actions: inout [Action]) {
    let held = entries[index].held
    let election = election(index)
    let votes = open.ballot.entries.map(registry.vote)
    let outcome = election.outcome(of: votes, held: held)
    let isBlind = outcome.isBlind && !open.ballot.isInMaintenance
    entries[index].held = election.following(held, votes: votes, outcome: outcome)
    entries[index].closed = ClosedSlot(
      slot: open.slot, ballot: open.ballot, held: held, expected: election.expected)
    entries[index].decided = open.slot.start
    if open.slot.start >= entries[index].next.start {
      entries[index].next = entries[index].grid.firstSlot(startingFrom: open.slot.end)
    }
    actions.append(
      .decide(decision(open.slot, ballot: open.ballot, votes: votes, outcome, isLate: false, at: now, index)))
    guard isBlind != entries[index].isBlind else { return }
    entries[index].isBlind = isBlind
    actions.append(
      isBlind ? .blind(entries[index].id, from: open.slot) : .sighted(entries[index].id, from: open.slot))
  }

  func decision(
    _ slot: Slot, ballot: Ballot, votes: [RegionalVote], _ outcome: SlotElection.Outcome, isLate: Bool,
    at now: Timestamp, _ index: Int
  ) -> SlotDecision {
    SlotDecision(
      check: entries[index].id, slot: slot, verdict: outcome.verdict, reason: outcome.reason,
      isBlind: outcome.isBlind && !ballot.isInMaintenance, isInMaintenance: ballot.isInMaintenance, isLate: isLate,
      votes: votes.sorted { $0.region < $1.region }, lastVote: ballot.lastVote, decided: now)
  }

  // MARK: Time

  /// Decides what is due.
  mutating func fire(at now: Timestamp, _ actions: inout [Action]) {
    while let timer = timers.min, timer.time <= now {
      timers.removeMin()
      guard entries[timer.entry].due == timer.time else { continue }
      entries[timer.entry].due = nil
      guard entries[timer.entry].isPlanned else { continue }
      fire(timer.entry, at: now, &actions)
      arm(timer.entry)
    }
  }

  private mutating func fire(_ index: Int, at now: Timestamp, _ actions: inout [Action]) {
    skipUnwatched(at: now, index)
    if let last = entries[index].open.last(where: { $0.deadline <= now })?.slot {
      decide(through: last, at: now, index, &actions)
    }
    while now >= quietUntil, entries[index].next.end + Self.grace <= now {
      let next = entries[index].next
      if let open = entries[index].open.first, open.slot <= next { break }
      close(OpenSlot(slot: next, deadline: now), at: now, index, &actions)
    }
    for place in entries[index].open.indices where entries[index].open[place].opinionsUntil.map({ $0 <= now }) ?? false {
      entries[index].open[place].opinionsUntil = nil
      entries[index].open[place].opinionsAwaited = 0
    }
    decideReady(at: now, index, &actions)
  }

  /// Regions came or went: slots may wait for nobody any more.
  mutating func reconsider(at now: Timestamp, _ actions: inout [Action]) {
    for index in entries.indices where entries[index].isPlanned && !entries[index].open.isEmpty {
      decideReady(at: now, index, &actions)
      arm(index)
    }
  }
}

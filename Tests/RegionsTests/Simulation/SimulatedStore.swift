import Model

/// A fleet's store in memory, with the contract of `FleetStore`: fencing, a queue, and acknowledgements.
struct SimulatedStore {
  struct SlotKey: Hashable {
    let check: CheckID
    let start: Int64
  }

  private struct Holding {
    var holder: String
    var token: Int64
    /// Nil while its holder prolongs it.
    var until: Timestamp?
  }

  private var holdings: [Singleton: Holding] = [:]
  private var progress: [String: SpoolProgress] = [:]
  private var batches = 0
  private(set) var queue: [VoteBatch] = []
  /// Runs by slot, a region each.
  private(set) var history: [SlotKey: [HistoryRun]] = [:]
  private(set) var newest: [CheckID: [String: [HistoryRun]]] = [:]
  /// What was decided, from the oldest that is kept on; the last one has the place `feedEnd`.
  private(set) var feed: [SimulatedPiece] = []
  private(set) var feedEnd = 0
  private(set) var memberships: [String: [Membership]] = [:]
  private(set) var quarantines: [String: Quarantine] = [:]
  private(set) var stored = 0
  private(set) var duplicates = 0
  private(set) var replayed = 0

  // MARK: Leases

  /// Gives a lease to a holder that prolongs it from now on; nil while it is another's.
  mutating func acquire(_ singleton: Singleton, holder: String, at now: Timestamp) -> SingletonLease? {
    var holding = holdings[singleton] ?? Holding(holder: holder, token: 1)
    if holding.holder != holder {
      guard let until = holding.until, until <= now else { return nil }
      holding = Holding(holder: holder, token: holding.token + 1)
    }
    holding.until = nil
    holdings[singleton] = holding
    // Its end is known when it is prolonged no more.
    return SingletonLease(singleton: singleton, holder: holder, token: holding.token, until: now)
  }

  /// A holder does not prolong what it holds any more: it died or stands still, or the store is not there for it.
  mutating func stopProlonging(_ holder: String?, until: Timestamp) {
    for singleton in Array(holdings.keys) where holder == nil || holdings[singleton]?.holder == holder {
      if holdings[singleton]?.until == nil { holdings[singleton]?.until = until }
    }
  }

  /// When a lease ends; nil while it is prolonged, or is another's.
  func end(of lease: SingletonLease) -> Timestamp? { holds(lease) ? holdings[lease.singleton]?.until : nil }

  /// Whoever takes it next has another number.
  mutating func release(_ lease: SingletonLease) {
    guard holds(lease) else { return }
    holdings[lease.singleton]?.holder = ""
    holdings[lease.singleton]?.until = newYear
  }

  func holds(_ lease: SingletonLease) -> Bool {
    holdings[lease.singleton]?.holder == lease.holder && holdings[lease.singleton]?.token == lease.token
  }

  // MARK: Runs

  mutating func ingest(_ batch: SpoolBatch, at now: Timestamp) throws(FleetFault) -> IngestSummary {
    let (fresh, replayedNow) = try progress[batch.node, default: SpoolProgress()].take(batch)
    var summary = IngestSummary(progress: progress(of: batch.node), replayed: replayedNow)
    var votes: [FleetRun] = []
    for fleetRun in fresh {
      if insert(fleetRun.run) {
        summary.added += 1
        votes.append(fleetRun)
      } else {
        summary.duplicates += 1
      }
    }
    stored += summary.added
    duplicates += summary.duplicates
    replayed += summary.replayed
    if !votes.isEmpty {
      batches += 1
      queue.append(VoteBatch(id: Int64(batches), received: now, runs: votes))
    }
    return summary
  }

  private mutating func insert(_ run: HistoryRun) -> Bool {
    let key = SlotKey(check: run.check, start: run.slotStart.millisecondsSinceEpoch)
    guard !history[key, default: []].contains(where: { $0.region == run.region }) else { return false }
    history[key, default: []].append(run)
    var runs = newest[run.check, default: [:]][run.region, default: []]
    let place = runs.firstIndex { $0.slotStart < run.slotStart } ?? runs.count
    if place < 4 {
      runs.insert(run, at: place)
      newest[run.check, default: [:]][run.region] = Array(runs.prefix(4))
    }
    return true
  }

  func progress(of node: String) -> SpoolProgress { progress[node, default: SpoolProgress()] }

  // MARK: Deciding

  mutating func settle(
    _ settled: Set<Int64>, decisions: [SlotDecision], under lease: SingletonLease, at now: Timestamp
  ) throws(FleetFault) {
    guard holds(lease) else { throw .leaseLost(lease.singleton) }
    queue.removeAll { settled.contains($0.id) }
    guard !decisions.isEmpty else { return }
    feedEnd += 1
    feed.append(SimulatedPiece(place: feedEnd, made: now, decisions: decisions))
    // Kept for an hour, and looked at seldom.
    if feed.count > 10_000 { feed.removeAll { $0.made + .hours(1) < now } }
  }

  /// What was decided after a place.
  func decisions(after place: Int) -> ArraySlice<SimulatedPiece> { feed.suffix(max(0, feedEnd - place)) }

  mutating func put(_ membership: Membership, under lease: SingletonLease) throws(FleetFault) {
    guard holds(lease) else { throw .leaseLost(lease.singleton) }
    memberships[membership.region] = memberships[membership.region, default: []].suffix(2) + [membership]
  }

  mutating func setQuarantine(
    _ quarantine: Quarantine?, of node: String, under lease: SingletonLease
  ) throws(FleetFault) {
    guard holds(lease) else { throw .leaseLost(lease.singleton) }
    quarantines[node] = quarantine
  }
}

/// Decisions that were made together.
struct SimulatedPiece {
  let place: Int
  let made: Timestamp
  let decisions: [SlotDecision]
}

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

  static let leaseDuration = Duration.seconds(10)

  private var holdings: [Singleton: Holding] = [:]
  private var progress: [String: SpoolProgress] = [:]
  private var batches = 0
  private(set) var queue: [VoteBatch] = []
  /// Runs by slot, a region each.
  private(set) var history: [SlotKey: [HistoryRun]] = [:]
  private(set) var newest: [CheckID: [String: [HistoryRun]]] = [:]
  private(set) var decisions: [CheckID: SlotDecision] = [:]
  private(set) var memberships: [String: [Membership]] = [:]
  private(set) var quarantines: [String: Quarantine] = [:]
  private(set) var stored = 0
  private(set) var duplicates = 0
  private(set) var replayed = 0

  // MARK: Leases

  mutating func acquire(_ singleton: Singleton, holder: String, at now: Timestamp) -> SingletonLease? {
    var holding = holdings[singleton] ?? Holding(holder: holder, token: 1)
    if holding.holder != holder {
      guard let until = holding.until, until <= now else { return nil }
      holding = Holding(holder: holder, token: holding.token + 1)
    }
    holding.until = nil
    holdings[singleton] = holding
    return SingletonLease(
      singleton: singleton, holder: holder, token: holding.token, until: now + Self.leaseDuration)
  }

  /// A holder does not prolong what it holds any more: it died, or the store was not there for it.
  mutating func stopProlonging(_ holder: String?, at now: Timestamp) {
    for singleton in Array(holdings.keys) where holder == nil || holdings[singleton]?.holder == holder {
      if holdings[singleton]?.until == nil { holdings[singleton]?.until = now + Self.leaseDuration }
    }
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
    _ settled: Set<Int64>, decisions new: [SlotDecision], under lease: SingletonLease
  ) throws(FleetFault) {
    guard holds(lease) else { throw .leaseLost(lease.singleton) }
    queue.removeAll { settled.contains($0.id) }
    for decision in new where !decision.isLate { decisions[decision.check] = decision }
  }

  mutating func put(_ membership: Membership, under lease: SingletonLease) throws(FleetFault) {
    guard holds(lease) else { throw .leaseLost(lease.singleton) }
    memberships[membership.region] = memberships[membership.region, default: []].suffix(2) + [membership]
  }
}

import Model
import Regions

/// Watches a simulation, and knows what must never be.
struct SimulationOracle {
  private(set) var violations: [String] = []
  // What happened, to be told.
  var expected = 0
  private(set) var runs = 0
  private(set) var repeatedRuns = 0
  var faults = 0
  var memberships = 0
  var leaders = 0
  var fenced = 0
  var stalls = 0
  var future = 0
  var gaps = 0
  var blindness = 0
  private(set) var decisions = 0
  private(set) var lateDecisions = 0
  private(set) var downs = 0
  private(set) var falseDowns = 0
  private(set) var droppedRuns = 0
  private(set) var missedSlots = 0
  private(set) var staleVerdicts = 0

  private struct RunKey: Hashable {
    let check: CheckID
    let region: String
    let start: Int64
  }

  private var ran: Set<RunKey> = []
  private var lost: Set<RunKey> = []
  private var passedOver: Set<RunKey> = []
  private var newestDecided: [CheckID: Timestamp] = [:]
  private var held: [CheckID: Verdict] = [:]
  private var newestTokens: [Singleton: Int64] = [:]
  private var toldSlots: Set<SimulatedStore.SlotKey> = []
  private var votesOf: [SimulatedStore.SlotKey: Set<String>] = [:]
  /// When something happened to a region, in order; `""` for what happens to all.
  private var disturbances: [String: [Timestamp]] = [:]
  private var heardNodes: [(at: Timestamp, regions: Set<String>)] = [(newYear, [])]
  /// Since when leaders stood still or were dead whose machines were thrown away, and when they were.
  private var machineEnds: [(since: Timestamp, at: Timestamp)] = []
  /// When runs arrived that were late.
  private var arrivals: [RunKey: Timestamp] = [:]
  var health = HealthOracle()

  mutating func violate(_ text: String) { violations.append(text) }

  // MARK: While it runs

  mutating func executed(_ run: HistoryRun) {
    runs += 1
    if !ran.insert(key(run)).inserted { repeatedRuns += 1 }
  }

  mutating func dropped(_ run: HistoryRun) {
    droppedRuns += 1
    lost.insert(key(run))
  }

  /// A node passes over a slot, because its clock was ahead and it ran a later one already.
  mutating func usedUp(_ check: CheckID, _ region: String, _ slot: Slot) {
    passedOver.insert(RunKey(check: check, region: region, start: slot.start.millisecondsSinceEpoch))
  }

  /// What a leader held in memory is gone. It did nothing with it any more since a moment.
  mutating func machineEnded(_ since: Timestamp, at now: Timestamp) { machineEnds.append((since, now)) }

  /// Runs are stored. Those that come within their slots are decided with them.
  mutating func arrived(_ batch: SpoolBatch, at now: Timestamp) {
    for fleetRun in batch.runs where now - fleetRun.run.slotStart > .seconds(11) {
      let key = key(fleetRun.run)
      if arrivals[key] == nil { arrivals[key] = now }
    }
  }

  /// A replica leads from now on.
  mutating func acquired(_ lease: SingletonLease) {
    if lease.token < newestTokens[lease.singleton, default: 0] { violate("\(lease) is older than one before") }
    newestTokens[lease.singleton] = lease.token
  }

  /// A membership that the store took.
  mutating func put(_ membership: Membership, after epoch: Int64, under lease: SingletonLease, at now: Timestamp) {
    memberships += 1
    checkLeader(lease, at: now)
    if membership.epoch != epoch + 1 { violate("\(now): epoch \(membership.epoch) after \(epoch)") }
  }

  /// Incidents were told of a slot, and whoever told them led.
  mutating func told(_ decision: SlotDecision) {
    let slot = SimulatedStore.SlotKey(check: decision.check, start: decision.slot.start.millisecondsSinceEpoch)
    if !toldSlots.insert(slot).inserted { violate("\(slot) was told twice") }
  }

  /// The store takes nothing from anybody but the newest leader.
  private mutating func checkLeader(_ lease: SingletonLease, at now: Timestamp) {
    let newest = newestTokens[lease.singleton, default: 0]
    if lease.token != newest { violate("\(now): \(lease.singleton) \(lease.token) acted, and \(newest) leads") }
  }

  private func key(_ run: HistoryRun) -> RunKey {
    RunKey(check: run.check, region: run.region, start: run.slotStart.millisecondsSinceEpoch)
  }

  mutating func disturb(_ kind: FleetFaultKind, at now: Timestamp, _ fleet: FleetSimulation) {
    let place =
      switch kind {
      case .death(let node), .hubLink(let node), .targets(let node), .clock(let node): fleet.nodes[node].region
      case .region(let region): region
      case .store, .hub, .freeze: ""
      // They have their runs all the same.
      case .outage, .blackout, .sickness: "none"
      }
    disturbances[place, default: []].append(now)
    let good = fleet.nodes.filter { $0.isAlive && $0.isHeard }
    heardNodes.append((now, Set(good.map(\.region))))
  }

  /// A decision that the store took.
  mutating func decided(_ decision: SlotDecision, under lease: SingletonLease, _ fleet: FleetSimulation) {
    checkLeader(lease, at: fleet.now)
    let regions = decision.votes.map(\.region)
    if Set(regions).count != regions.count { violate("\(decision.slot): a region counts twice: \(regions)") }
    let slot = SimulatedStore.SlotKey(check: decision.check, start: decision.slot.start.millisecondsSinceEpoch)
    let stored = fleet.store.history[slot] ?? []
    for vote in decision.votes where !stored.contains(where: { $0.region == vote.region && $0.verdict == vote.verdict })
    {
      violate("\(decision.slot): \(vote.region) never said \(vote.verdict)")
    }
    votesOf[slot] = Set(regions)
    if decision.isLate {
      lateDecisions += 1
      return
    }
    decisions += 1
    if let newest = newestDecided[decision.check], decision.slot.start <= newest {
      violate("\(decision.slot) of \(decision.check) was decided after \(newest), and is not late")
    }
    newestDecided[decision.check] = decision.slot.start
    checkQuorum(decision, of: fleet.plan.regions.count)
    if fleet.watchesHealth { health.take(decision, at: fleet.now) }
    if decision.verdict == .down {
      downs += 1
      let wasDown = (0...10).contains { step in
        fleet.isDown(decision.check, at: decision.slot.start + .seconds(step))
      }
      // What is held through exactly half is no alarm that begins.
      if !wasDown, held[decision.check] != .down { falseDowns += 1 }
    }
    if decision.verdict != .unknown { held[decision.check] = decision.verdict }
  }

  private mutating func checkQuorum(_ decision: SlotDecision, of regions: Int) {
    let known = decision.votes.count { $0.verdict != .unknown }
    let down = decision.votes.count { $0.verdict == .down }
    let isTie = 2 * down == known && held[decision.check] == .down
    if decision.verdict == .down, 2 * known <= regions || !(down >= 2 && 2 * down > known || isTie) {
      violate("\(decision.slot): down by \(down) of \(known)")
    }
    if decision.isBlind != (2 * known <= regions) {
      violate("\(decision.slot): blind \(decision.isBlind) with \(known)")
    }
  }

  // MARK: At the end

  mutating func conclude(_ fleet: FleetSimulation) {
    health.conclude(at: fleet.now)
    violations += health.violations
    for node in fleet.nodes where !node.spool.isEmpty { violate("\(node.name) still has \(node.spool.count) runs") }
    if !fleet.store.queue.isEmpty { violate("\(fleet.store.queue.count) batches were never settled") }
    var stored: Set<RunKey> = []
    for runs in fleet.store.history.values {
      for run in runs where !stored.insert(key(run)).inserted { violate("\(run.slotStart): stored twice") }
    }
    for key in ran where !stored.contains(key) && !lost.contains(key) { violate("a run was lost: \(key)") }
    findMissing(fleet, stored)
    findStale(fleet)
  }

  /// Slots without a run must have had a reason.
  private mutating func findMissing(_ fleet: FleetSimulation, _ stored: Set<RunKey>) {
    for check in fleet.checks {
      let calm = CheckLease.duration(interval: check.interval) + .seconds(30)
      var slot = check.grid.firstSlot(startingFrom: newYear + .seconds(20))
      while slot.start < fleet.end - .seconds(61) {
        for region in fleet.plan.regions {
          let key = RunKey(check: check.id, region: region, start: slot.start.millisecondsSinceEpoch)
          guard !stored.contains(key), !lost.contains(key) else { continue }
          missedSlots += 1
          // A run that was under way when its node was killed is lost with it.
          let disturbed = hadDisturbance(region, from: slot.start - calm, to: slot.start + .seconds(15))
          guard !disturbed, !passedOver.contains(key), isHeard(region, at: slot.start) else { continue }
          violate("\(check.id) slot \(slot) of \(region) has no run, and nothing was wrong")
        }
        slot = check.grid.slot(number: slot.number + 1)
      }
    }
  }

  private func hadDisturbance(_ region: String, from: Timestamp, to: Timestamp) -> Bool {
    [region, ""].contains { place in
      disturbances[place]?.contains { $0 >= from && $0 <= to } ?? false
    }
  }

  private func isHeard(_ region: String, at moment: Timestamp) -> Bool {
    guard let last = heardNodes.last(where: { $0.at <= moment }), last.at > newYear else { return true }
    return last.regions.contains(region)
  }

  /// What is held of a slot at last must follow from all its runs, except where late votes were lost with the machine of
  /// a leader.
  private mutating func findStale(_ fleet: FleetSimulation) {
    for (slot, runs) in fleet.store.history {
      let regions = votesOf[slot] ?? []
      let missing = runs.filter { !regions.contains($0.region) }
      guard !missing.isEmpty else { continue }
      let start = Timestamp(millisecondsSinceEpoch: slot.start)
      let end = start + (runs.first?.interval ?? .zero)
      // Of the last slot somebody may still wait for votes.
      if regions.isEmpty, end + .seconds(30) >= fleet.end { continue }
      staleVerdicts += 1
      guard missing.contains(where: { !isForgiven(key($0)) }) else { continue }
      if regions.isEmpty, wasUnwatched(from: start, to: end) { continue }
      violate("\(slot) was decided without \(missing.map(\.region)), and no leader had them in its hands")
    }
  }

  /// Whether a machine ended while it gathered late votes with this one.
  private func isForgiven(_ run: RunKey) -> Bool {
    guard let arrival = arrivals[run] else { return false }
    return machineEnds.contains { $0.since <= arrival + .seconds(7) && arrival <= $0.at }
  }

  /// Whether a leader went and none came before the slot was too old to be decided in its turn.
  private func wasUnwatched(from start: Timestamp, to end: Timestamp) -> Bool {
    machineEnds.contains { $0.at >= start && $0.since <= end + ElectionMachine.grace + ElectionMachine.patience }
  }
}

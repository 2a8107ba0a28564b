import Agent
import Fleet
import Model
import Regions

/// A fleet in one value of time: nodes with clocks, networks and spools, replicas of a hub, and their store. Everything that
/// happens follows from the seed. What stands here is the network and the drivers; what is decided is decided by the very
/// machines that agents and hubs run.
final class FleetSimulation {
  /// Boxed, because the heap moves them about.
  indirect enum Event {
    case slot(check: Int, region: String, Slot)
    case ran(node: Int, life: Int, FleetRun)
    case outbox(node: Int, life: Int, Outbox.Event)
    case outboxTimer(node: Int, life: Int)
    case arrive(node: Int, life: Int, batch: Int?, SpoolBatch)
    case admit(node: Int, life: Int)
    case beat(node: Int)
    case memberships(node: Int)
    case assign
    case step(hub: Int, life: Int)
    case settle(hub: Int, life: Int)
    case recalled(hub: Int, life: Int, SingletonLease, CheckID, [Slot])
    case order(hub: Int, life: Int)
    case lost(hub: Int, life: Int, SingletonLease)
    case fed([SlotDecision])
    case known(node: String, Quarantine?)
    case fault
    case begin(FleetFaultKind)
    case heal(FleetFaultKind)
  }

  var plan: SimulationPlan
  var random: SeededGenerator
  var events = EventHeap<Event>()
  var now = newYear
  let end: Timestamp
  let checks: [Check]
  var nodes: [SimulatedNode] = []
  var assignments: [Assignment] = []
  var clocks: [(raw: Duration, offset: ClockOffset)] = []
  var hubs: [SimulatedHub]
  var store = SimulatedStore()
  var storeStalledUntil = newYear
  /// When the store or a replica stood still last.
  var lastStandstill = newYear
  /// What hubs know of quarantines when runs come in.
  var quarantines: [String: Quarantine] = [:]
  /// A leader will stand still with something in its hands.
  var plannedStall: (singleton: Singleton, duration: Duration)?
  var disturbedUntil = newYear + .minutes(5)
  var isAssigning = false
  /// Since when a check is down everywhere, and until when.
  var outages: [CheckID: [(from: Timestamp, to: Timestamp)]] = [:]
  var oracle = SimulationOracle()

  init(_ plan: SimulationPlan, seed: UInt64) throws {
    self.plan = plan
    random = SeededGenerator(seed: seed)
    end = newYear + .seconds(plan.hours * 3600)
    checks = try plan.intervals.enumerated().map { index, interval in
      try .watched("check-\(seed)-\(index)", every: .seconds(interval))
    }
    hubs = (0..<plan.hubs).map { SimulatedHub($0) }
    for region in plan.regions {
      for number in 0..<plan.nodesPerRegion {
        nodes.append(SimulatedNode("\(region)-\(number)", in: region, seed: random.next(), at: now))
        assignments.append(Assignment([]))
        clocks.append((.zero, ClockOffset()))
      }
    }
  }

  /// Lets everything happen, and heals every fault a while before the end.
  func run() {
    for node in nodes.indices { events.plan(.admit(node: node, life: 0), at: now + milliseconds(10...300)) }
    wakeAssigning()
    for (index, check) in checks.enumerated() {
      let slot = check.grid.firstSlot(startingFrom: now + .seconds(20))
      for region in plan.regions { events.plan(.slot(check: index, region: region, slot), at: slot.start) }
    }
    for hub in hubs.indices { step(hub, in: milliseconds(100...900)) }
    if watchesHealth {
      oracle.health.isCalm = plan.kinds.isSubset(of: [.sickness, .outage, .blackout])
      oracle.health.look(self)
    }
    planFault()
    while let (time, event) = events.next(), time < end {
      now = time
      handle(event)
    }
    now = end
  }

  func milliseconds(_ range: ClosedRange<Int>) -> Duration { .milliseconds(Int.random(in: range, using: &random)) }

  private func handle(_ event: Event) {
    switch event {
    case .slot(let check, let region, let slot): start(check, region: region, slot)
    case .ran(let node, let life, let run): keep(run, of: node, life: life)
    case .outbox(let node, let life, let event):
      if nodes[node].life == life, nodes[node].isAlive { tell(node, event) }
    case .outboxTimer(let node, let life):
      guard nodes[node].life == life, nodes[node].wakeTime == now else { return }
      nodes[node].wakeTime = nil
      tell(node, .timer)
    case .arrive(let node, let life, let batch, let runs): arrive(runs, batch: batch, of: node, life: life)
    case .admit(let node, let life): admit(node, life: life)
    case .beat(let node): beat(node)
    case .memberships(let node): learn(node)
    case .assign: assign()
    case .step(let hub, let life): step(hub, life: life)
    case .settle(let hub, let life): settle(hub, life: life)
    case .recalled(let hub, let life, let lease, let check, let slots):
      recalled(hub, life: life, lease, check, slots)
    case .order(let hub, let life): order(hub, life: life)
    case .lost(let hub, let life, let lease): lost(hub, life: life, lease)
    case .fed(let decisions): fed(decisions)
    case .known(let node, let quarantine): quarantines[node] = quarantine
    case .fault: beginFault()
    case .begin(let kind): apply(kind, begins: true)
    case .heal(let kind): apply(kind, begins: false)
    }
  }

  // MARK: Nodes

  private func start(_ index: Int, region: String, _ slot: Slot) {
    // What began before the end is to be seen to its end.
    guard now < end - .seconds(60) else { return }
    let check = checks[index]
    let next = check.grid.slot(number: slot.number + 1)
    events.plan(.slot(check: index, region: region, next), at: next.start)
    oracle.expected += 1
    for node in nodes.indices where nodes[node].region == region && nodes[node].isAlive {
      let error = nodes[node].clockError
      let isRight = error < .seconds(1) && error > .seconds(-1)
      let own = isRight ? slot : check.grid.slot(at: now + error)
      if let last = nodes[node].ran[check.id], last >= own.number {
        oracle.usedUp(check.id, region, own)
        continue
      }
      let owner = assignments[node].node(of: check.id, interval: check.interval, at: own.start)
      guard owner == nodes[node].name else { continue }
      nodes[node].ran[check.id] = own.number
      let run = probe(check, own, by: node)
      let life = nodes[node].life
      events.plan(.ran(node: node, life: life, run), at: now + (run.run.duration ?? .zero))
    }
  }

  private func probe(_ check: Check, _ slot: Slot, by node: Int) -> FleetRun {
    // Not all of them begin at the very same moment.
    let isDown = isDown(check.id, at: now + milliseconds(0...300))
    var verdict = Verdict.up
    var reason: HistoryReason?
    if isDown || !nodes[node].hasTargets || nodes[node].isSick {
      verdict = .down
      reason = HistoryReason(code: .timeout, message: "no answer")
      // References are down too where the network is: mostly the node sees that by itself.
      if !nodes[node].hasTargets, random.chance(plan.selfKnowledge) {
        verdict = .unknown
        reason = HistoryReason(code: .nodeSick, message: "references fail")
      }
    }
    let duration: Duration = verdict == .down && random.chance(0.5) ? .seconds(10) : milliseconds(20...400)
    return FleetRun(
      run: HistoryRun(
        check: check.id, region: nodes[node].region, node: nodes[node].name,
        slotStart: Timestamp(millisecondsSinceEpoch: slot.start.millisecondsSinceEpoch), interval: slot.interval,
        duration: duration, verdict: verdict, reason: reason),
      configuration: 1, epoch: assignments[node].epoch(at: slot.start) ?? 0)
  }

  func isDown(_ check: CheckID, at moment: Timestamp) -> Bool {
    outages[check]?.contains { $0.from <= moment && moment < $0.to } ?? false
  }

  private func keep(_ run: FleetRun, of node: Int, life: Int) {
    guard nodes[node].life == life, nodes[node].isAlive else { return }
    let first = nodes[node].spoolStart
    let oldest = nodes[node].spool.first
    let number = nodes[node].keep(run)
    oracle.executed(run.run)
    if nodes[node].spoolStart > first, let oldest { oracle.dropped(oldest.run) }
    tell(node, .spooled(through: number))
  }

  private func tell(_ node: Int, _ event: Outbox.Event) {
    let life = nodes[node].life
    for action in nodes[node].outbox.handle(event, at: now - newYear) {
      switch action {
      case .send(let batch, let from, let limit, let isAhead):
        let runs = nodes[node].batch(from: from, limit: limit, isAhead: isAhead)
        if isAhead, runs.first != from {
          events.plan(.outbox(node: node, life: life, .notAhead(batch: batch)), at: now)
        } else {
          send(runs, batch, of: node)
        }
      case .release(let number): nodes[node].release(through: number)
      case .wait(let uptime):
        // Of several waits only the last one counts.
        guard nodes[node].wakeTime != newYear + uptime else { continue }
        nodes[node].wakeTime = newYear + uptime
        events.plan(.outboxTimer(node: node, life: life), at: newYear + uptime)
      case .register: events.plan(.admit(node: node, life: life), at: now + milliseconds(20...200))
      case .giveUp, .say: break
      }
    }
  }

  private func send(_ runs: SpoolBatch, _ batch: Int, of node: Int) {
    let life = nodes[node].life
    guard nodes[node].hasHub, hubs.contains(where: { $0.isAlive && !$0.isFrozen }) else {
      events.plan(.outbox(node: node, life: life, .failed(batch: batch, "no route")), at: now + .seconds(1))
      return
    }
    // Lost on its way, sometimes; or twice, the second time whenever the network likes.
    if !random.chance(plan.loss) {
      events.plan(.arrive(node: node, life: life, batch: batch, runs), at: now + milliseconds(10...200))
    }
    if random.chance(plan.duplication) {
      events.plan(.arrive(node: node, life: life, batch: nil, runs), at: now + milliseconds(50...60_000))
    }
  }

  private func arrive(_ runs: SpoolBatch, batch: Int?, of node: Int, life: Int) {
    func reply(_ event: Outbox.Event) {
      guard batch != nil, !random.chance(plan.loss) else { return }
      events.plan(.outbox(node: node, life: life, event), at: now + milliseconds(10...100))
    }
    guard now >= storeStalledUntil, hubs.contains(where: { $0.isAlive && !$0.isFrozen }) else {
      return reply(.failed(batch: batch ?? 0, "no store"))
    }
    guard runs.runs.allSatisfy({ $0.run.slotStart <= now + FleetProtocol.futureTolerance }) else {
      oracle.future += 1
      return reply(.refused(batch: batch ?? 0, Outbox.Rejection(.future, "", of: runs.first...runs.last)))
    }
    var runs = runs
    if let quarantine = quarantines[runs.node] {
      for index in runs.runs.indices {
        runs.runs[index].run = Abstention.abstaining(runs.runs[index].run, quarantine: quarantine)
      }
    }
    do throws(FleetFault) {
      let summary = try store.ingest(runs, at: now)
      oracle.arrived(runs, at: now)
      reply(.answered(batch: batch ?? 0, summary.progress))
      for hub in hubs.indices { step(hub, in: milliseconds(30...150)) }
    } catch {
      guard case .gap(let acknowledged) = error else { return }
      // What comes a second time may have been overtaken by the drops of its spool.
      if batch != nil { oracle.gaps += 1 }
      let numbers = runs.first...max(runs.first, runs.last)
      reply(.refused(batch: batch ?? 0, Outbox.Rejection(.gap, "", of: numbers, acknowledged: acknowledged)))
    }
  }

  private func admit(_ node: Int, life: Int) {
    guard nodes[node].life == life, nodes[node].isAlive else { return }
    guard nodes[node].isHeard else {
      events.plan(.admit(node: node, life: life), at: now + milliseconds(1000...2000))
      return
    }
    tell(node, .admitted(store.progress(of: nodes[node].name)))
    if !nodes[node].spool.isEmpty {
      tell(node, .spooled(through: nodes[node].spoolStart + Int64(nodes[node].spool.count) - 1))
    }
    learn(node)
    beat(node)
  }

  private func beat(_ node: Int) {
    guard nodes[node].isAlive, nodes[node].isHeard else { return }
    let out = milliseconds(5...80)
    let back = milliseconds(5...80)
    let reading = ClockOffset.Reading(wall: now + clocks[node].raw, uptime: now - newYear)
    clocks[node].offset.add(sent: reading, roundTrip: out + back, hubTime: now + out)
    nodes[node].clockError = clocks[node].offset.corrected(reading) - now
  }

  private func learn(_ node: Int) {
    guard nodes[node].isAlive, nodes[node].isHeard else { return }
    assignments[node] = Assignment(store.memberships[nodes[node].region] ?? [])
  }
}

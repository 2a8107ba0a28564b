import Agent
import Model
import Regions

/// What goes wrong.
enum FleetFaultKind: Hashable {
  /// A node is killed, and started again with its spool.
  case death(node: Int)
  /// A node reaches no hub.
  case hubLink(node: Int)
  /// A node reaches nothing that it checks.
  case targets(node: Int)
  /// All nodes of a region reach nothing at all.
  case region(String)
  /// A node's clock is set.
  case clock(node: Int)
  /// The store answers nobody.
  case store
  /// A replica is killed, and started again.
  case hub(Int)
  /// A replica stands still, and goes on as if nothing had been.
  case freeze(Int)
  /// A check is down, wherever one looks from.
  case outage(check: Int)
  /// Every check is.
  case blackout
  /// A node fails what others pass.
  case sickness(node: Int)
}

/// What a simulation is made of.
struct SimulationPlan {
  var hours = 24
  var regions = ["r0", "r1", "r2"]
  var nodesPerRegion = 2
  var hubs = 2
  /// Seconds from slot to slot, a check each.
  var intervals = [60, 300]
  var faultsPerHour = 3.0
  var kinds: Set<Kind> = Set(Kind.allCases)
  /// The share of lost and of doubled messages.
  var loss = 0.01
  var duplication = 0.02
  /// How often a node without a network knows that the fault is its own.
  var selfKnowledge = 0.9
  /// Whether a new leader reads the feed to its end before it begins, as it does.
  var leadersReadFeed = true

  enum Kind: CaseIterable {
    case death, hubLink, targets, region, clock, store, hub, freeze, outage, stall, blackout, sickness
  }
}

extension FleetSimulation {
  func planFault() {
    guard plan.faultsPerHour > 0 else { return }
    let pause = random.exponential(mean: 3600 / plan.faultsPerHour)
    events.plan(.fault, at: now + .milliseconds(Int(pause * 1000)))
  }

  func beginFault() {
    planFault()
    // The last half hour is for healing, and for what spools still hold.
    guard now < end - .minutes(30),
      let drawn = plan.kinds.sorted(by: { "\($0)" < "\($1)" }).randomElement(using: &random)
    else { return }
    let node = nodes.indices.randomElement(using: &random) ?? 0
    let kind: FleetFaultKind
    var mean = 120.0
    switch drawn {
    case .death: kind = .death(node: node)
    case .hubLink:
      kind = .hubLink(node: node)
      if random.chance(0.3) { mean = 600 }
    case .targets: kind = .targets(node: node)
    case .region: kind = .region(plan.regions.randomElement(using: &random) ?? "r0")
    case .clock: kind = .clock(node: node)
    case .store:
      kind = .store
      mean = 30
    case .hub:
      kind = .hub(hubs.indices.randomElement(using: &random) ?? 0)
      mean = 30
    case .freeze:
      kind = .freeze(hubs.indices.randomElement(using: &random) ?? 0)
      mean = 15
    case .outage:
      kind = .outage(check: checks.indices.randomElement(using: &random) ?? 0)
      mean = 400
    case .stall:
      // Mostly longer than a lease. It begins when the leader has something in its hands.
      plannedStall = (random.chance(0.7) ? .deciding : .assigning, milliseconds(1000...20_000))
      return
    case .blackout:
      kind = .blackout
      mean = 300
    case .sickness:
      // Of more sick regions at a time a quorum could be made, as of any that lie.
      let sick = Set(nodes.filter { $0.isSick || store.quarantines[$0.name] != nil }.map(\.region))
        .union([nodes[node].region])
      guard !nodes[node].isSick, 2 * sick.count < plan.regions.count else { return }
      kind = .sickness(node: node)
      mean = 400
    }
    var seconds = min(1200, max(0.5, random.exponential(mean: mean)))
    // What makes a node sick is not over before anybody could know.
    if drawn == .sickness { seconds = min(1200, seconds + 120) }
    apply(kind, begins: true)
    events.plan(.heal(kind), at: now + .milliseconds(Int(seconds * 1000)))
  }

  func apply(_ kind: FleetFaultKind, begins: Bool) {
    oracle.faults += begins ? 1 : 0
    disturbedUntil = max(disturbedUntil, now + .seconds(210))
    wakeAssigning()
    let heard = nodes.map(\.isHeard)
    switch kind {
    case .death(let node): begins ? kill(node) : revive(node)
    case .hubLink(let node): nodes[node].hasHub = !begins
    case .targets(let node): nodes[node].hasTargets = !begins
    case .region(let region):
      for node in nodes.indices where nodes[node].region == region {
        nodes[node].hasHub = !begins
        nodes[node].hasTargets = !begins
      }
    case .clock(let node): if begins { setClock(node) }
    case .store: begins ? stall() : resume()
    case .hub(let hub): begins ? killHub(hub) : startHub(hub)
    case .freeze(let hub): begins ? freeze(hub) : thaw(hub)
    case .outage(let check): outage(of: check, begins: begins)
    case .blackout: for check in checks.indices { outage(of: check, begins: begins) }
    case .sickness(let node):
      nodes[node].isSick = begins
    }
    if watchesHealth { oracle.health.look(self) }
    listen(before: heard)
    oracle.disturb(kind, at: now, self)
    for hub in hubs.indices { step(hub, in: milliseconds(500...1500)) }
  }

  // MARK: Nodes

  private func kill(_ node: Int) {
    nodes[node].isAlive = false
    nodes[node].life += 1
  }

  private func revive(_ node: Int) {
    guard !nodes[node].isAlive else { return }
    nodes[node].isAlive = true
    assignments[node] = Assignment([])
    nodes[node].outbox = Outbox(settings: SimulatedNode.settings, seed: random.next(), at: now - newYear)
    events.plan(.admit(node: node, life: nodes[node].life), at: now + milliseconds(100...1000))
  }

  private func setClock(_ node: Int) {
    // Within what is corrected: a clock that is wrong by more is refused, and its node does nothing.
    let raw = milliseconds(-300_000...300_000)
    clocks[node].raw = raw
    let reading = ClockOffset.Reading(wall: now + raw, uptime: now - newYear)
    nodes[node].clockError = clocks[node].offset.corrected(reading) - now
    // It is measured with the next beat, or when hubs are heard again.
    events.plan(.beat(node: node), at: now + milliseconds(0...3000))
  }

  /// Whom hubs hear follows from everything else.
  private func listen(before: [Bool]) {
    let isAnybodyThere = now >= storeStalledUntil && hubs.contains { $0.isAlive && !$0.isFrozen }
    for node in nodes.indices {
      let isHeard = isAnybodyThere && nodes[node].isAlive && nodes[node].hasHub
      guard isHeard != before[node] else { continue }
      nodes[node].heardChange = isHeard ? now : nodes[node].lastSeen(at: now)
      nodes[node].isHeard = isHeard
      guard isHeard else { continue }
      events.plan(.memberships(node: node), at: now + milliseconds(100...2000))
      events.plan(.beat(node: node), at: now + milliseconds(100...3000))
    }
  }

  // MARK: Hubs

  private func killHub(_ hub: Int) {
    guard hubs[hub].isAlive else { return }
    stopProlonging(hub)
    if hubs[hub].elections != nil { oracle.machineEnded(hubs[hub].stoodSince ?? now, at: now) }
    hubs[hub].life += 1
    hubs[hub].forget()
    hubs[hub].isAlive = false
  }

  private func startHub(_ hub: Int) {
    hubs[hub].isAlive = true
  }

  private func freeze(_ hub: Int) {
    guard hubs[hub].isAlive, !hubs[hub].isFrozen else { return }
    hubs[hub].isFrozen = true
    hubs[hub].stoodSince = hubs[hub].stoodSince ?? now
    lastStandstill = now
    stopProlonging(hub)
  }

  private func thaw(_ hub: Int) {
    guard hubs[hub].isFrozen else { return }
    hubs[hub].isFrozen = false
    // What it wanted to settle before, it settles now: under a lease that is another's, mostly.
    if hubs[hub].pending != nil {
      events.plan(.settle(hub: hub, life: hubs[hub].life), at: now + milliseconds(0...30))
    }
    if hubs[hub].orders != nil {
      events.plan(.order(hub: hub, life: hubs[hub].life), at: now + milliseconds(0...30))
    }
    resumeLeases(hub)
  }

  // MARK: The store

  private func stall() {
    guard now >= storeStalledUntil else { return }
    storeStalledUntil = end
    lastStandstill = now
    for hub in hubs.indices { hubs[hub].stoodSince = hubs[hub].stoodSince ?? now }
    stopProlonging(nil)
  }

  private func resume() {
    storeStalledUntil = now
    for hub in hubs.indices { resumeLeases(hub) }
  }

  // MARK: Checks

  private func outage(of check: Int, begins: Bool) {
    let id = checks[check].id
    oracle.health.outageChanged(at: now)
    if begins {
      outages[id, default: []].append((now, end))
    } else {
      for index in outages[id, default: []].indices where outages[id]?[index].to == end { outages[id]?[index].to = now }
    }
  }
}

import Model
import Regions

extension FleetSimulation {
  /// From one look at the nodes to the next, while something may be wrong. It is looked every second in truth: nodes are
  /// silent for no shorter time.
  private var assigningPace: Duration { watchesHealth ? .seconds(2) : .milliseconds(3500) }

  /// Whether there are enough checks to compare nodes by.
  var watchesHealth: Bool { checks.count >= NodeHealthMachine.leastSubjects }

  func standings() -> [NodeStanding] {
    nodes.map { $0.standing(at: now, quarantine: store.quarantines[$0.name]) }
  }

  func wakeAssigning() {
    guard !isAssigning else { return }
    isAssigning = true
    events.plan(.assign, at: now + milliseconds(100...900))
  }

  func assign() {
    isAssigning = false
    if now < disturbedUntil || watchesHealth && !store.quarantines.isEmpty {
      isAssigning = true
      events.plan(.assign, at: now + assigningPace)
    }
    guard now >= storeStalledUntil else { return }
    for hub in hubs.indices.shuffled(using: &random) where hubs[hub].isAlive && !hubs[hub].isFrozen {
      // Whoever believes to hold the lease acts, though it may be another's by now.
      guard hubs[hub].orders == nil, let lease = lease(.assigning, of: hub) else { continue }
      assign(hub, under: lease)
    }
  }

  private func assign(_ hub: Int, under lease: SingletonLease) {
    if hubs[hub].memberships == nil {
      hubs[hub].memberships = MembershipMachine(plan.regions.compactMap { store.memberships[$0]?.last })
      if watchesHealth { hubs[hub].health = NodeHealthMachine(standings()) }
    }
    let leases = Set(checks.map { CheckLease.duration(interval: $0.interval) })
    let memberships = hubs[hub].memberships?.update(nodes: standings(), leases: leases, at: now) ?? []
    let actions = hubs[hub].health?.judge(at: now) ?? []
    guard !memberships.isEmpty || !actions.isEmpty else { return }
    hubs[hub].orders = SimulatedHub.Orders(memberships: memberships, actions: actions, lease: lease)
    events.plan(.order(hub: hub, life: hubs[hub].life), at: now + milliseconds(2...20))
    stallIfPlanned(.assigning, hub)
  }

  /// Puts in force what a leader ordered.
  func order(_ hub: Int, life: Int) {
    guard hubs[hub].life == life, hubs[hub].isAlive, !hubs[hub].isFrozen, let orders = hubs[hub].orders else { return }
    hubs[hub].orders = nil
    guard now >= storeStalledUntil else { return end(orders.lease, of: hub) }
    do throws(FleetFault) {
      for membership in orders.memberships { try put(membership, under: orders.lease) }
      for action in orders.actions { try perform(action, under: orders.lease) }
    } catch {
      oracle.fenced += 1
      end(orders.lease, of: hub)
    }
  }

  private func put(_ membership: Membership, under lease: SingletonLease) throws(FleetFault) {
    let before = store.memberships[membership.region]?.last?.epoch ?? 0
    try store.put(membership, under: lease)
    oracle.put(membership, after: before, under: lease, at: now)
    for node in nodes.indices where nodes[node].region == membership.region {
      events.plan(.memberships(node: node), at: now + milliseconds(30...400))
    }
  }

  // MARK: Health

  private func perform(_ action: NodeHealthMachine.Action, under lease: SingletonLease) throws(FleetFault) {
    switch action {
    case .quarantine(let node, let quarantine, let cause):
      try store.setQuarantine(quarantine, of: node, under: lease)
      oracle.health.quarantined(node, cause, self)
      events.plan(.known(node: node, quarantine), at: now + milliseconds(0...600))
    case .release(let node):
      try store.setQuarantine(nil, of: node, under: lease)
      oracle.health.released(node, at: now)
      events.plan(.known(node: node, nil), at: now + milliseconds(0...600))
    }
    wakeAssigning()
  }

  /// The replica that assigns hears of what was decided.
  func fed(_ decisions: [SlotDecision]) {
    for hub in hubs.indices where hubs[hub].isAlive && !hubs[hub].isFrozen {
      for decision in decisions { hubs[hub].health?.observe(decision, host: nil, at: now) }
    }
    // Nothing can follow but from a node that sees what others do not.
    let isContradicted = decisions.contains { decision in
      decision.votes.contains { $0.verdict == .down } && decision.votes.contains { $0.verdict.isGood }
    }
    guard isContradicted else { return }
    disturbedUntil = max(disturbedUntil, now + .seconds(5))
    wakeAssigning()
  }
}

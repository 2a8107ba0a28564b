import Model
import Regions

extension FleetSimulation {
  /// Lets a hub look at the queue in a while, unless it will sooner.
  func step(_ hub: Int, in delay: Duration) {
    guard hubs[hub].isAlive else { return }
    let time = now + delay
    if let next = hubs[hub].nextStep, next >= now, next <= time { return }
    hubs[hub].nextStep = time
    events.plan(.step(hub: hub, life: hubs[hub].life), at: time)
  }

  func step(_ hub: Int, life: Int) {
    guard hubs[hub].life == life, hubs[hub].nextStep == now else { return }
    hubs[hub].nextStep = nil
    guard hubs[hub].isAlive, !hubs[hub].isFrozen, hubs[hub].pending == nil else { return }
    guard now >= storeStalledUntil else { return step(hub, in: storeStalledUntil - now + milliseconds(1...500)) }
    guard let lease = store.acquire(.deciding, holder: hubs[hub].holder, at: now) else {
      hubs[hub].elections = nil
      // Whoever does not lead tries again while something may be wrong with the one that does.
      if now < disturbedUntil { step(hub, in: .seconds(2)) }
      return
    }
    var actions: [ElectionMachine.Action] = []
    if hubs[hub].elections == nil || hubs[hub].electionToken != lease.token { actions += restore(hub, lease) }
    guard var machine = hubs[hub].elections else { return }
    hubs[hub].elections = nil
    let regions = FleetRegion.regions(of: standings(), at: now)
    if regions != hubs[hub].regions {
      hubs[hub].regions = regions
      actions += machine.handle(.regionsChanged(regions), at: now)
    }
    let batches = store.queue
    for batch in batches { actions += machine.handle(.votes(batch.runs, received: batch.received), at: now) }
    actions += machine.handle(.timer, at: now)
    hubs[hub].elections = machine
    take(actions, batches: Set(batches.map(\.id)), hub, lease)
  }

  /// Rebuilds what another leader held.
  private func restore(_ hub: Int, _ lease: SingletonLease) -> [ElectionMachine.Action] {
    oracle.leaders += 1
    var machine = ElectionMachine(at: now)
    hubs[hub].regions = FleetRegion.regions(of: standings(), at: now)
    _ = machine.handle(.planChanged(checks), at: now)
    _ = machine.handle(.regionsChanged(hubs[hub].regions), at: now)
    let runs = store.newest.values.flatMap { $0.values.flatMap { $0 } }
    let actions = machine.restore(decisions: Array(store.decisions.values), runs: runs, at: now)
    hubs[hub].elections = machine
    hubs[hub].electionToken = lease.token
    return actions
  }

  private func take(
    _ actions: [ElectionMachine.Action], batches: Set<Int64>, _ hub: Int, _ lease: SingletonLease
  ) {
    var decisions: [SlotDecision] = []
    for action in actions {
      switch action {
      case .decide(let decision): decisions.append(decision)
      case .recall(let check, let slots):
        events.plan(
          .recalled(hub: hub, life: hubs[hub].life, check, slots), at: now + milliseconds(20...200))
      case .blind: oracle.blindness += 1
      case .ask, .sighted: break
      }
    }
    guard decisions.isEmpty, batches.isEmpty else {
      hubs[hub].pending = SimulatedHub.Settling(batches: batches, decisions: decisions, lease: lease)
      events.plan(.settle(hub: hub, life: hubs[hub].life), at: now + milliseconds(2...40))
      return
    }
    wait(hub)
  }

  /// Waits until the machine wants to be woken. One that waits for long looks before that: a driver ticks.
  private func wait(_ hub: Int) {
    if let wake = hubs[hub].elections?.wake { step(hub, in: max(.milliseconds(1), wake - now)) }
  }

  func settle(_ hub: Int, life: Int) {
    guard hubs[hub].life == life, hubs[hub].isAlive, !hubs[hub].isFrozen, let pending = hubs[hub].pending else {
      return
    }
    hubs[hub].pending = nil
    guard now >= storeStalledUntil else {
      // The transaction ended in an error: everything is read anew.
      hubs[hub].elections = nil
      return step(hub, in: storeStalledUntil - now + milliseconds(1...500))
    }
    do throws(FleetFault) {
      try store.settle(pending.batches, decisions: pending.decisions, under: pending.lease)
      for decision in pending.decisions { oracle.decided(decision, token: pending.lease.token, self) }
      if !store.queue.isEmpty { step(hub, in: .milliseconds(20)) }
      wait(hub)
    } catch {
      oracle.fenced += 1
      hubs[hub].elections = nil
      step(hub, in: .seconds(1))
    }
  }

  func recalled(_ hub: Int, life: Int, _ check: CheckID, _ slots: [Slot]) {
    guard hubs[hub].life == life, hubs[hub].elections != nil else { return }
    guard hubs[hub].pending == nil, now >= storeStalledUntil, !hubs[hub].isFrozen,
      let lease = store.acquire(.deciding, holder: hubs[hub].holder, at: now)
    else {
      events.plan(.recalled(hub: hub, life: life, check, slots), at: now + .milliseconds(100))
      return
    }
    let given = slots.map { slot in
      RecalledSlot(
        check: check, slot: slot,
        runs: store.history[.init(check: check, start: slot.start.millisecondsSinceEpoch)] ?? [])
    }
    let actions = hubs[hub].elections?.handle(.recalled(given), at: now) ?? []
    take(actions, batches: [], hub, lease)
  }
}

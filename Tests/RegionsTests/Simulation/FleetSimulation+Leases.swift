import Model
import Regions

extension FleetSimulation {
  /// A lease is prolonged every two seconds and lasts for six: this much is left of it when its holder stands still.
  private var rest: Duration { milliseconds(4000...6000) }
  /// As long before its end the work under a lease is stopped that could not be prolonged.
  private static let margin = Duration.milliseconds(500)
  /// A lease that was let go is asked for again after this.
  private static let patience = Duration.seconds(1)

  /// The lease that a replica believes to hold, or else one that is free. Prolonging it costs no event: it goes on until
  /// `stopProlonging`.
  func lease(_ singleton: Singleton, of hub: Int) -> SingletonLease? {
    if let held = hubs[hub].leases[singleton] { return held }
    guard now >= storeStalledUntil, now >= hubs[hub].patience[singleton] ?? now,
      let lease = store.acquire(singleton, holder: hubs[hub].holder, at: now)
    else { return nil }
    hubs[hub].leases[singleton] = lease
    oracle.acquired(lease)
    return lease
  }

  /// A replica, or every one, does not prolong its leases any more.
  func stopProlonging(_ hub: Int?) { store.stopProlonging(hub.map { hubs[$0].holder }, until: now + rest) }

  /// What a replica does about its leases when it goes on, or when the store is there again: it prolongs those that it still
  /// has time for. Of the others it finds out within a moment, in which what was under way goes on.
  func resumeLeases(_ hub: Int) {
    guard hubs[hub].isAlive, !hubs[hub].isFrozen, now >= storeStalledUntil else { return }
    if hubs[hub].leases.isEmpty { hubs[hub].stoodSince = nil }
    for lease in hubs[hub].leases.values.sorted(by: { $0.singleton.rawValue < $1.singleton.rawValue }) {
      if let end = store.end(of: lease), now < end - Self.margin {
        _ = store.acquire(lease.singleton, holder: lease.holder, at: now)
        hubs[hub].stoodSince = nil
      } else {
        events.plan(.lost(hub: hub, life: hubs[hub].life, lease), at: now + milliseconds(0...50))
      }
    }
  }

  /// A replica notices that it could not prolong a lease.
  func lost(_ hub: Int, life: Int, _ lease: SingletonLease) {
    guard hubs[hub].life == life, hubs[hub].isAlive, hubs[hub].leases[lease.singleton]?.token == lease.token else {
      return
    }
    // One that stands still again notices when it goes on.
    guard !hubs[hub].isFrozen else { return }
    end(lease, of: hub)
  }

  /// The work under a lease has ended, and the lease is given back where it is not another's.
  func end(_ lease: SingletonLease, of hub: Int) {
    guard hubs[hub].leases[lease.singleton]?.token == lease.token else { return }
    hubs[hub].leases[lease.singleton] = nil
    hubs[hub].patience[lease.singleton] = now + Self.patience
    switch lease.singleton {
    case .deciding:
      hubs[hub].elections = nil
      hubs[hub].pending = nil
      oracle.machineEnded(hubs[hub].stoodSince ?? now, at: now)
      for other in hubs.indices { step(other, in: Self.patience + milliseconds(0...500)) }
    case .assigning:
      hubs[hub].memberships = nil
      hubs[hub].health = nil
      hubs[hub].orders = nil
      disturbedUntil = max(disturbedUntil, now + .seconds(30))
      wakeAssigning()
    case .keeping: break
    }
    if hubs[hub].leases.isEmpty { hubs[hub].stoodSince = nil }
    if now >= storeStalledUntil { store.release(lease) }
  }

  /// Lets a leader that has something in its hands stand still, where that is planned.
  func stallIfPlanned(_ singleton: Singleton, _ hub: Int) {
    guard let stall = plannedStall, stall.singleton == singleton, !hubs[hub].isFrozen else { return }
    plannedStall = nil
    oracle.stalls += 1
    // The store may have done already what the leader waits for.
    if singleton == .deciding, random.chance(0.3), now >= storeStalledUntil, settle(hub) {
      hubs[hub].pending?.isDone = true
    }
    apply(.freeze(hub), begins: true)
    events.plan(.heal(.freeze(hub)), at: now + stall.duration)
  }
}

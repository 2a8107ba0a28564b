package import Model
import Regions
import Synchronization

/// Decides who runs what, and which nodes are believed, while it leads.
package final class Assigner: Sendable {
  /// How often nodes are judged by what others see.
  private static let judgement = Duration.seconds(2)
  /// Decisions that wait to be looked at; more are of no use.
  private static let room = 50_000

  private let store: any FleetStore
  private let view: FleetView
  private let supply: any WorkSupply
  private let time: any TimeSource
  private let observe: @Sendable (_ node: String, Quarantine?) -> Void
  /// Nil while another replica leads.
  private let inbox = Mutex<[SlotDecision]?>(nil)

  /// - Parameter observe: told when a node is believed no more, or again.
  package init(
    store: any FleetStore, view: FleetView, supply: any WorkSupply, time: any TimeSource,
    observe: @escaping @Sendable (_ node: String, Quarantine?) -> Void = { _, _ in }
  ) {
    self.store = store
    self.view = view
    self.supply = supply
    self.time = time
    self.observe = observe
  }

  /// Takes in what was decided, from the feed.
  package func take(_ decisions: [SlotDecision]) {
    inbox.withLock { inbox in
      guard let count = inbox?.count, count < Self.room else { return }
      inbox?.append(contentsOf: decisions)
    }
  }

  /// Assigns until the task is cancelled.
  ///
  /// - Throws: `FleetFault.leaseLost`, and what the store throws.
  package func lead(under lease: SingletonLease) async throws {
    inbox.withLock { $0 = [] }
    defer { inbox.withLock { $0 = nil } }
    try await view.refresh()
    var memberships = MembershipMachine(try await store.memberships())
    var health = NodeHealthMachine(view.picture.nodes)
    var judged = time.uptime
    var configuration: ConfigurationIdentity?
    var leases: Set<Duration> = []
    var hosts: [CheckID: String] = [:]
    while true {
      try Task.checkCancellation()
      let plan = supply.plan
      if configuration != plan.identity {
        configuration = plan.identity
        leases = Set(plan.checks.map { CheckLease.duration(interval: $0.interval) })
        hosts = Dictionary(plan.checks.compactMap { check in check.host.map { (check.id, $0) } }) { first, _ in first }
      }
      try await view.refresh()
      let now = view.clock.now
      let nodes = view.picture.nodes.filter { now - $0.lastSeen <= MembershipMachine.memory }
      let changed = memberships.update(nodes: nodes, leases: leases, at: now)
      for membership in changed { try await store.put(membership, under: lease) }
      let decisions = inbox.withLock { inbox in
        defer { inbox = [] }
        return inbox ?? []
      }
      for decision in decisions { health.observe(decision, host: hosts[decision.check], at: now) }
      if time.uptime - judged >= Self.judgement {
        judged = time.uptime
        for action in health.judge(at: now) { try await perform(action, under: lease) }
      }
      // Nodes that wait at this replica hear of it at once.
      if !changed.isEmpty { try await view.refresh() }
      try await time.sleep(untilUptime: time.uptime + MembershipMachine.pace)
    }
  }

  private func perform(_ action: NodeHealthMachine.Action, under lease: SingletonLease) async throws {
    switch action {
    case .quarantine(let node, let quarantine, _):
      try await store.setQuarantine(quarantine, of: node, under: lease)
      observe(node, quarantine)
    case .release(let node):
      try await store.setQuarantine(nil, of: node, under: lease)
      observe(node, nil)
    }
  }
}

package import Exposition
package import Model
import Synchronization

/// What a hub's replica tells of its nodes, of what they send, and of what is decided by it.
package final class FleetMetrics: Sendable {
  /// One node, as it stands at a scrape.
  package struct Node: Hashable, Sendable {
    package var name: String
    package var region: String
    /// Whether it was heard of lately.
    package var isUp: Bool
    package var lastSeen: Timestamp
    package var isQuarantined: Bool
    package var clockOffset: Duration?
    package var spoolLength: Int

    /// A node with everything said.
    package init(
      name: String, region: String, isUp: Bool, lastSeen: Timestamp, isQuarantined: Bool, clockOffset: Duration?,
      spoolLength: Int
    ) {
      self.name = name
      self.region = region
      self.isUp = isUp
      self.lastSeen = lastSeen
      self.isQuarantined = isQuarantined
      self.clockOffset = clockOffset
      self.spoolLength = spoolLength
    }

    fileprivate var labels: Labels { ["node": name, "region": region] }
  }

  /// A verdict is due a second after the last vote; an open slot waits for the regions that are late.
  private static let delayBuckets = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300]

  private let registry: Registry
  private let nodeUp: Family<Gauge>
  private let nodeLastSeen: Family<Gauge>
  private let nodeQuarantined: Family<Gauge>
  private let nodeClockOffset: Family<Gauge>
  private let nodeSpool: Family<Gauge>
  private let regionNodes: Family<Gauge>
  private let runs: Family<Counter>
  private let refused: Family<Counter>
  private let blindSlots: Family<Counter>
  private let checkBlind: Family<Gauge>
  private let delay: Histogram
  private let held: Family<Gauge>
  private let configuration: Gauge
  private let shown = Mutex<(nodes: Set<Labels>, regions: Set<String>)>(([], []))
  private let checks = Mutex<Set<CheckID>>([])

  /// Registers every metric.
  ///
  /// - Throws: `RegistrationError` when the registry has one of the names already.
  package init(registry: Registry) throws(RegistrationError) {
    self.registry = registry
    nodeUp = try registry.gauge("curlew_node_up", help: "Whether a node was heard of lately: 0 or 1.")
    nodeLastSeen = try registry.gauge(
      "curlew_node_last_seen_timestamp_seconds", help: "When a node was heard of last.", unit: "seconds")
    nodeQuarantined = try registry.gauge(
      "curlew_node_quarantined", help: "Whether a node's runs are not believed: 0 or 1.")
    nodeClockOffset = try registry.gauge(
      "curlew_node_clock_offset_seconds", help: "How far a node's clock is ahead of the hub's.", unit: "seconds")
    nodeSpool = try registry.gauge("curlew_node_spool_runs", help: "Runs that wait in a node's spool.")
    regionNodes = try registry.gauge("curlew_region_nodes", help: "Nodes of a region that were heard of lately.")
    runs = try registry.counter(
      "curlew_fleet_runs_total", help: "Runs that nodes sent to this replica, by what became of them.")
    refused = try registry.counter(
      "curlew_fleet_refused_total", help: "Requests of nodes that this replica refused, by reason.")
    blindSlots = try registry.counter(
      "curlew_slots_blind_total", help: "Slots for which too few regions voted to hold anything.")
    checkBlind = try registry.gauge(
      "curlew_check_blind", help: "Whether too few regions voted in the latest slot of a check: 0 or 1.")
    delay = try registry.histogram(
      "curlew_verdict_delay_seconds", help: "From the last vote of a slot to its verdict over regions.",
      unit: "seconds", buckets: Self.delayBuckets
    ).child()
    held = try registry.gauge(
      "curlew_singleton_held", help: "Whether this replica does the work that one of them does at a time: 0 or 1.")
    configuration = try registry.gauge(
      "curlew_configuration_version", help: "The version of the configuration in force."
    ).child()
    for singleton in Singleton.allCases { set(singleton, isHeld: false) }
  }

  /// Makes these the checks whose decisions are shown.
  package func apply(_ checks: [Check]) {
    let known = Set(checks.map(\.id))
    let before = self.checks.withLock { held in
      defer { held = known }
      return held
    }
    for id in before.subtracting(known) {
      blindSlots.remove(["check": id.text])
      checkBlind.remove(["check": id.text])
    }
    for check in checks where check.isEnabled {
      _ = blindSlots.child(["check": check.id.text])
    }
  }

  /// A slot was decided.
  package func record(_ decision: SlotDecision) {
    guard !decision.isLate, checks.withLock({ $0.contains(decision.check) }) else { return }
    let labels: Labels = ["check": decision.check.text]
    checkBlind.child(labels).set(decision.isBlind ? 1 : 0)
    if decision.isBlind { blindSlots.child(labels).increment() }
    if let lastVote = decision.lastVote { delay.observe(max(.zero, decision.decided - lastVote)) }
  }

  /// This replica began or stopped to do the work of a singleton.
  package func set(_ singleton: Singleton, isHeld: Bool) {
    held.child(["singleton": singleton.rawValue]).set(isHeld ? 1 : 0)
  }

  /// Another configuration is in force.
  package func setConfiguration(_ version: Int64) {
    configuration.set(Double(version))
  }

  /// Asks for the nodes at each scrape; those that are not among them any more lose their series.
  package func watch(nodes: @escaping @Sendable () -> [Node]) {
    registry.onScrape { [self] in show(nodes()) }
  }

  /// Asks at each scrape for totals since the start: runs by region and outcome, and refusals by reason.
  package func watch(
    runs totals: @escaping @Sendable () -> [(region: String, outcome: String, count: Int)],
    refused refusals: @escaping @Sendable () -> [String: Int]
  ) {
    let seen = Mutex<[Labels: Int]>([:])
    registry.onScrape { [self] in
      seen.withLock { seen in
        for total in totals() {
          advance(runs, ["region": total.region, "outcome": total.outcome], to: total.count, &seen)
        }
        for (reason, count) in refusals() { advance(refused, ["reason": reason], to: count, &seen) }
      }
    }
  }

  private func advance(_ family: Family<Counter>, _ labels: Labels, to total: Int, _ seen: inout [Labels: Int]) {
    let counter = family.child(labels)
    let before = seen[labels] ?? 0
    if total > before { counter.increment(by: Double(total - before)) }
    seen[labels] = max(before, total)
  }

  private func show(_ nodes: [Node]) {
    var regions: [String: Int] = [:]
    for node in nodes {
      regions[node.region, default: 0] += node.isUp ? 1 : 0
      nodeUp.child(node.labels).set(node.isUp ? 1 : 0)
      nodeLastSeen.child(node.labels).set(node.lastSeen.secondsSinceEpoch)
      nodeQuarantined.child(node.labels).set(node.isQuarantined ? 1 : 0)
      nodeSpool.child(node.labels).set(Double(node.spoolLength))
      if let offset = node.clockOffset { nodeClockOffset.child(node.labels).set(offset.seconds) }
    }
    for (region, count) in regions { regionNodes.child(["region": region]).set(Double(count)) }
    let now = (nodes: Set(nodes.map(\.labels)), regions: Set(regions.keys))
    let before = shown.withLock { shown in
      defer { shown = now }
      return shown
    }
    for labels in before.nodes.subtracting(now.nodes) {
      for family in [nodeUp, nodeLastSeen, nodeQuarantined, nodeClockOffset, nodeSpool] { family.remove(labels) }
    }
    for region in before.regions.subtracting(now.regions) { regionNodes.remove(["region": region]) }
  }
}

import Glibc
import Model
import Regions
import Testing

@Suite("A simulated fleet")
struct FleetSimulationTests {
  /// `CURLEW_SIMULATION_HOURS`: how many hours each of the simulations lasts, for a longer count.
  private static let hours = number("CURLEW_SIMULATION_HOURS")
  /// `CURLEW_SIMULATION_SEEDS`: how many simulations of each kind there are.
  private static let seeds = 0..<UInt64(number("CURLEW_SIMULATION_SEEDS") ?? 3)

  private static func number(_ name: String) -> Int? { getenv(name).flatMap { Int(String(cString: $0)) } }

  private func simulate(_ plan: SimulationPlan, seed: UInt64) throws -> FleetSimulation {
    var plan = plan
    // Fleets of many checks make as many runs in a quarter of the time.
    if let hours = Self.hours { plan.hours = plan.intervals.count > 4 ? max(1, hours / 4) : hours }
    let fleet = try FleetSimulation(plan, seed: seed)
    fleet.run()
    fleet.oracle.conclude(fleet)
    for violation in fleet.oracle.violations.prefix(5) { Issue.record("seed \(seed): \(violation)") }
    if Self.hours != nil { print("seed \(seed), \(plan.hours) h: \(fleet.oracle.summary)") }
    return fleet
  }

  @Test("runs every slot once and decides each while nothing is wrong")
  func calm() throws {
    var plan = SimulationPlan()
    plan.faultsPerHour = 0
    plan.loss = 0
    let fleet = try simulate(plan, seed: 1)
    #expect(fleet.oracle.missedSlots == 0)
    #expect(fleet.oracle.repeatedRuns == 0)
    #expect(fleet.oracle.lateDecisions == 0)
    #expect(fleet.oracle.blindness == 0)
    #expect(fleet.oracle.downs == 0)
    #expect(fleet.oracle.decisions > 24 * 70)
    #expect(fleet.oracle.memberships == plan.regions.count)
  }

  /// Hours with many faults and short intervals, and many hours with a fault now and then.
  enum Density: CaseIterable {
    case dense, sparse
  }

  private func plan(_ density: Density, _ kinds: Set<SimulationPlan.Kind>) -> SimulationPlan {
    var plan = SimulationPlan()
    plan.kinds = kinds
    switch density {
    case .dense:
      plan.hours = 12
      plan.faultsPerHour = 4
    case .sparse:
      plan.hours = 240
      plan.intervals = [600, 900]
      plan.faultsPerHour = 0.5
    }
    return plan
  }

  @Test("counts each slot once and loses none, whatever nodes and networks do", arguments: Density.allCases, Self.seeds)
  func nodesAndNetworks(density: Density, seed: UInt64) throws {
    _ = try simulate(plan(density, [.death, .hubLink, .targets, .region, .clock, .outage]), seed: 100 + seed)
  }

  @Test(
    "has one leader that acts and loses nothing, whatever happens to hubs and their store",
    arguments: Density.allCases, Self.seeds)
  func hubsAndStore(density: Density, seed: UInt64) throws {
    var plan = plan(density, [.store, .hub, .freeze, .hubLink, .outage, .stall])
    plan.hubs = 3
    _ = try simulate(plan, seed: 200 + seed)
  }

  @Test(
    "refuses leaders that stand still with something in their hands, and wake up without their lease", arguments: seeds)
  func lostLeases(seed: UInt64) throws {
    var plan = plan(.dense, [.stall, .death, .outage])
    plan.hours = 4
    plan.hubs = 3
    plan.faultsPerHour = 30
    let fleet = try simulate(plan, seed: 400 + seed)
    #expect(fleet.oracle.stalls > 12)
    // Some stand still for less than their lease, and some find out before they act.
    #expect(fleet.oracle.fenced * 4 > fleet.oracle.stalls)
  }

  @Test("would decide slots twice if a new leader did not read the feed to its end")
  func feedMatters() throws {
    var plan = plan(.dense, [.store, .hub, .stall])
    plan.faultsPerHour = 30
    plan.leadersReadFeed = false
    let fleet = try FleetSimulation(plan, seed: 1)
    fleet.run()
    #expect(fleet.oracle.violations.contains { $0.contains("and is not late") })
  }

  /// Fourteen checks on hosts of their own, so that nodes can be compared.
  private func comparing(_ kinds: Set<SimulationPlan.Kind>, regions: Int) -> SimulationPlan {
    var plan = SimulationPlan()
    plan.hours = 2
    plan.intervals = Array(repeating: 60, count: 14)
    plan.regions = (0..<regions).map { "r\($0)" }
    plan.kinds = kinds
    plan.faultsPerHour = 10
    return plan
  }

  @Test(
    "believes no sick node, every healthy one, and a sick one again when it is well", arguments: [3, 5],
    seeds.dropFirst())
  func sickness(regions: Int, seed: UInt64) throws {
    var plan = comparing([.sickness, .outage, .blackout], regions: regions)
    plan.loss = 0
    let fleet = try simulate(plan, seed: 500 + seed)
    let oracle = fleet.oracle
    #expect(oracle.falseDowns == 0)
    #expect(!oracle.health.findings.isEmpty)
    #expect(!oracle.health.releases.isEmpty)
  }

  @Test("believes every healthy node when everything else goes wrong too", arguments: seeds.dropFirst())
  func sicknessAmongFaults(seed: UInt64) throws {
    var plan = comparing(Set(SimulationPlan.Kind.allCases), regions: seed % 2 == 0 ? 3 : 5)
    plan.hours = 2
    plan.faultsPerHour = 10
    _ = try simulate(plan, seed: 600 + seed)
  }

  @Test("holds all of it when everything goes wrong together", arguments: Density.allCases, Self.seeds)
  func everything(density: Density, seed: UInt64) throws {
    var plan = plan(density, Set(SimulationPlan.Kind.allCases))
    plan.regions = seed % 2 == 0 ? ["r0", "r1", "r2", "r3", "r4"] : ["r0", "r1", "r2"]
    plan.nodesPerRegion = Int(seed % 3) + 1
    if density == .dense { plan.intervals = [30] }
    _ = try simulate(plan, seed: 300 + seed)
  }
}

extension SimulationOracle {
  /// What happened, in one line.
  var summary: String {
    """
    \(expected) slots, \(runs) runs (\(repeatedRuns) repeated, \(missedSlots) missed, \(droppedRuns) dropped), \
    \(faults) faults, \(decisions) decisions (\(downs) down, \(falseDowns) false, \(blindness) times blind), \
    \(lateDecisions) late, \(staleVerdicts) stale, \(leaders) leaders, \(stalls) stalled, \(fenced) fenced, \
    \(memberships) memberships, \(future) from the future, \(gaps) gaps; \(health.findings.count) nodes found sick \
    (after \(health.findings.max()?.seconds ?? 0) s at most), \(health.releases.count) believed again \
    (after \(health.releases.max()?.seconds ?? 0) s), \(health.exempt) not compared
    """
  }
}

import Glibc
import Model
import Regions
import Testing

@Suite("A simulated fleet")
struct FleetSimulationTests {
  /// `CURLEW_SIMULATION_HOURS`: how many hours each of the simulations lasts, for a longer count.
  private static let hours: Int? = getenv("CURLEW_SIMULATION_HOURS").flatMap { Int(String(cString: $0)) }

  private func simulate(_ plan: SimulationPlan, seed: UInt64) throws -> FleetSimulation {
    var plan = plan
    if let hours = Self.hours { plan.hours = hours }
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
      plan.intervals = [300, 900]
      plan.faultsPerHour = 0.5
    }
    return plan
  }

  @Test("counts each slot once and loses none, whatever nodes and networks do", arguments: Density.allCases, 0..<3)
  func nodesAndNetworks(density: Density, seed: UInt64) throws {
    _ = try simulate(plan(density, [.death, .hubLink, .targets, .region, .clock, .outage]), seed: 100 + seed)
  }

  @Test(
    "has one leader that acts and loses nothing, whatever happens to hubs and their store",
    arguments: Density.allCases, 0..<3)
  func hubsAndStore(density: Density, seed: UInt64) throws {
    var plan = plan(density, [.store, .hub, .freeze, .hubLink, .outage])
    plan.hubs = 3
    _ = try simulate(plan, seed: 200 + seed)
  }

  @Test("holds all of it when everything goes wrong together", arguments: Density.allCases, 0..<3)
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
    \(lateDecisions) late, \(staleVerdicts) stale, \(leaders) leaders, \(fenced) fenced, \(memberships) memberships, \
    \(future) from the future, \(gaps) gaps
    """
  }
}

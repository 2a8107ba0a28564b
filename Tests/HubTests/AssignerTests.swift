import Hub
import Model
import TestSupport
import Testing

@Suite struct AssignerTests {
  @Test func `nodes that are heard of run the checks of their region, and one that is silent is replaced`() async throws
  {
    let fleet = try await FleetRig(["a", "b"])
    _ = try await fleet.store.register(NodeDescription(name: "second", region: "a", version: "1", spool: 2))
    let (leader, _) = assigner(fleet)
    #expect(await fleet.until { fleet.store.current.memberships.count == 2 })
    #expect(fleet.store.current.memberships["a"]?.members.map(\.node) == ["node-a", "second"])
    let epoch = fleet.store.current.memberships["a"]?.epoch ?? 0
    // Only one of them goes on beating.
    let end = fleet.time.uptime + .seconds(600)
    while fleet.time.uptime < end, fleet.silence(of: "node-a", in: "a") < .seconds(180) {
      _ = try await fleet.store.keep(NodeBeat(node: "second", region: "a"))
      _ = await fleet.until(within: .seconds(1)) { false }
    }
    let membership = try #require(fleet.store.current.memberships["a"])
    #expect(membership.epoch > epoch)
    #expect(fleet.silence(of: "second", in: "a") == .zero)
    #expect(fleet.silence(of: "node-a", in: "a") == .seconds(180))
    leader.cancel()
    await leader.value
  }

  @Test func `a node that fails what all others pass is believed no more`() async throws {
    let fleet = try await FleetRig(["a", "b", "c"])
    let (leader, assigner) = assigner(fleet)
    #expect(await fleet.until { fleet.store.current.memberships.count == 3 })
    for index in 0..<6 {
      let check = try #require(CheckID("check-\(index)"))
      let slot = SlotGrid(check: check, interval: .seconds(60)).slot(at: fleet.time.now)
      assigner.take([
        SlotDecision(
          check: check, slot: slot, verdict: .degraded,
          votes: ["a", "b", "c"].map { region in
            RegionalVote(region: region, node: "node-\(region)", verdict: region == "a" ? .down : .up)
          }, decided: fleet.time.now)
      ])
    }
    #expect(await fleet.until { fleet.store.current.nodes["node-a"]?.quarantine != nil })
    #expect(fleet.store.current.nodes["node-b"]?.quarantine == nil)
    leader.cancel()
    await leader.value
  }

  private func assigner(_ fleet: FleetRig) -> (Task<Void, Never>, Assigner) {
    let view = FleetView(store: fleet.store, time: fleet.time)
    let assigner = Assigner(store: fleet.store, view: view, supply: fleet.rig.supply, time: fleet.time)
    let task = Task {
      await LeaseKeeper(store: fleet.store, holder: "one", time: fleet.time).hold(.assigning) { lease in
        try await assigner.lead(under: lease)
      }
    }
    return (task, assigner)
  }
}

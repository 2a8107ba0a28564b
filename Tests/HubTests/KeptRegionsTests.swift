import Hub
import Model
import TestSupport
import Testing

@Suite struct KeptRegionsTests {
  private func node(_ region: String) -> NodeStanding {
    let now = ManualTime().now
    return NodeStanding(
      description: NodeDescription(name: "node-\(region)", region: region, version: "1", spool: 1), registered: now,
      lastSeen: now)
  }

  @Test func `slots are expected where nodes are, and of what the hub records itself`() {
    var regions = KeptRegions(at: .zero)
    let first = regions.changes(nodes: [node("eu")], known: [], at: .zero)
    #expect(first == KeptRegions.Changes(expected: ["eu", HubDesk.ownRegion]))
    #expect(regions.changes(nodes: [node("eu")], known: ["eu"], at: .seconds(5)) == KeptRegions.Changes())
    let more = regions.changes(nodes: [node("eu"), node("us")], known: ["eu"], at: .seconds(10))
    #expect(more == KeptRegions.Changes(expected: ["us"]))
    regions.forget()
    let again = regions.changes(nodes: [node("eu"), node("us")], known: ["eu", "us"], at: .seconds(15))
    #expect(again == KeptRegions.Changes(expected: ["eu", HubDesk.ownRegion, "us"]))
  }

  @Test func `a region that no node stands for is let go, once, and comes back with its first node`() {
    var regions = KeptRegions(at: .zero)
    // "local" came with the history of a single daemon.
    let known = ["eu", "local"]
    #expect(regions.changes(nodes: [node("eu")], known: known, at: .minutes(59)).letGo.isEmpty)
    #expect(regions.changes(nodes: [node("eu")], known: known, at: .minutes(60)).letGo == ["local"])
    #expect(regions.changes(nodes: [node("eu")], known: known, at: .minutes(61)).letGo.isEmpty)
    let back = regions.changes(nodes: [node("eu"), node("local")], known: known, at: .minutes(62))
    #expect(back == KeptRegions.Changes(expected: ["local"]))
    #expect(regions.changes(nodes: [node("eu")], known: known, at: .minutes(63)).letGo == ["local"])
    let again = regions.changes(nodes: [node("local")], known: known, at: .minutes(64))
    #expect(again == KeptRegions.Changes(expected: ["local"], letGo: ["eu"]))
  }
}

import Model
import Regions
import Testing

@Suite("Regions of a fleet")
struct FleetRegionTests {
  @Test("are there while a node of them is heard of, and are missed for an hour")
  func presence() {
    let nodes = [
      NodeStanding.node("a", in: "eu", seen: newYear - .seconds(30)), .node("b", in: "eu", seen: newYear - .seconds(3)),
      .node("c", in: "us", seen: newYear - .minutes(59)), .node("d", in: "ap", seen: newYear - .minutes(61)),
      .node("e", in: "af", seen: newYear, isLeaving: true),
    ]
    #expect(
      FleetRegion.regions(of: nodes, at: newYear) == [
        FleetRegion(name: "eu"), FleetRegion(name: "us", isLive: false),
      ])
  }

  @Test("have the labels that all their nodes share")
  func labels() {
    let nodes = [
      NodeStanding.node("a", seen: newYear, labels: ["provider": "x", "asn": "1", "rack": "7"]),
      .node("b", seen: newYear, labels: ["provider": "x", "asn": "2"]),
    ]
    #expect(FleetRegion.regions(of: nodes, at: newYear).map(\.labels) == [["provider": "x"]])
  }
}

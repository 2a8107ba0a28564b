import Model
import Regions
import Testing

@Suite("An assignment")
struct AssignmentTests {
  private func membership(
    _ nodes: [String], silent: [String: Duration] = [:], epoch: Int64 = 1, since: Timestamp = newYear
  ) -> Membership {
    Membership(
      region: "eu", epoch: epoch, since: since,
      members: nodes.map { Membership.Member(node: $0, silence: silent[$0, default: .zero]) })
  }

  private func owners(_ membership: Membership, of checks: [CheckID]) -> [String?] {
    let assignment = Assignment([membership])
    return checks.map { assignment.node(of: $0, interval: .seconds(60), at: newYear) }
  }

  @Test("spreads 10,000 checks over its nodes, each within a few percent of its share", arguments: 3...10)
  func balance(count: Int) throws {
    let nodes = (1...count).map { "probe-\($0)" }
    let owners = owners(membership(nodes), of: try CheckID.numbered(0..<10_000))
    let shares = Dictionary(grouping: owners) { $0 }.mapValues(\.count)
    #expect(Set(shares.keys) == Set(nodes))
    let mean = 10_000.0 / Double(count)
    for share in shares.values { #expect(abs(Double(share) - mean) / mean < 0.08) }
  }

  @Test("moves only the checks of a node that goes, to all the others, and gives it the same ones when it returns")
  func movement() throws {
    let checks = try CheckID.numbered(0..<10_000)
    let nodes = (1...5).map { "probe-\($0)" }
    let before = owners(membership(nodes), of: checks)
    let without = owners(membership(nodes.filter { $0 != "probe-3" }), of: checks)
    let silent = owners(membership(nodes, silent: ["probe-3": .seconds(180)]), of: checks)
    #expect(without == silent)
    var heirs: [String: Int] = [:]
    for (old, new) in zip(before, without) {
      if old == "probe-3" { heirs[new ?? "nobody", default: 0] += 1 } else { #expect(old == new) }
    }
    #expect(heirs.count == 4)
    for share in heirs.values { #expect((400...600).contains(share)) }
    #expect(owners(membership(nodes.reversed()), of: checks) == before)
  }

  @Test("is the same in every process and version")
  func stability() throws {
    let owners = owners(membership(["a", "b", "c"]), of: try CheckID.numbered(0..<8))
    #expect(owners.compactMap { $0 }.joined() == "bcbacbbb")
  }

  @Test("takes a check from a node that is silent for the check's lease, and no other")
  func leases() throws {
    let assignment = Assignment([membership(["a", "b"], silent: ["a": .seconds(30)])])
    let checks = try CheckID.numbered(0..<100)
    #expect(checks.allSatisfy { assignment.node(of: $0, interval: .seconds(10), at: newYear) == "b" })
    #expect(Set(checks.map { assignment.node(of: $0, interval: .seconds(11), at: newYear) }) == ["a", "b"])
  }

  @Test("leaves the checks of a region that is silent as a whole with those that were heard of last")
  func silentRegion() throws {
    let silent: [String: Duration] = ["a": .seconds(180), "b": .seconds(30), "c": .seconds(30)]
    let assignment = Assignment([membership(["a", "b", "c"], silent: silent)])
    let owners = Set(try CheckID.numbered(0..<100).map { assignment.node(of: $0, interval: .seconds(5), at: newYear) })
    #expect(owners == ["b", "c"])
    #expect(Assignment([membership([])]).node(of: try .named("x"), interval: .seconds(5), at: newYear) == nil)
  }

  @Test("follows the newest membership that is in force when a slot starts")
  func memberships() throws {
    let assignment = Assignment([
      membership(["b"], epoch: 2, since: newYear + .seconds(10)), membership(["a"], epoch: 1, since: newYear),
    ])
    let check = try CheckID.named("front-page")
    func node(_ start: Timestamp) -> String? { assignment.node(of: check, interval: .seconds(60), at: start) }
    #expect(node(newYear - .milliseconds(1)) == nil)
    #expect(node(newYear) == "a")
    #expect(node(newYear + .milliseconds(9999)) == "a")
    #expect(node(newYear + .seconds(10)) == "b")
    #expect(assignment.epoch(at: newYear) == 1)
    #expect(assignment.epoch(at: newYear + .seconds(10)) == 2)
    #expect(assignment.epoch(at: newYear - .seconds(1)) == nil)
  }
}

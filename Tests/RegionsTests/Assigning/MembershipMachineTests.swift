import Model
import Regions
import Testing

@Suite("Memberships")
struct MembershipMachineTests {
  private let leases: Set<Duration> = [.seconds(10), .seconds(30), .seconds(180)]

  /// A region whose nodes beat every three seconds while they live.
  private struct Fleet {
    var machine = MembershipMachine()
    var now = newYear
    var lastSeen: [String: Timestamp] = [:]
    var dead: Set<String> = []
    var leaving: Set<String> = []
    var history: [Membership] = []

    init(_ nodes: [String]) {
      for node in nodes { lastSeen[node] = now }
    }

    mutating func pass(_ seconds: Int, leases: Set<Duration>) {
      for _ in 0..<seconds {
        now = now + .seconds(1)
        let isBeat = now.millisecondsSinceEpoch / 1000 % 3 == 0
        for node in lastSeen.keys where isBeat && !dead.contains(node) { lastSeen[node] = now }
        ask(leases: leases)
      }
    }

    mutating func ask(leases: Set<Duration>) {
      let nodes = lastSeen.map { NodeStanding.node($0.key, seen: $0.value, isLeaving: leaving.contains($0.key)) }
      history += machine.update(nodes: nodes, leases: leases, at: now)
    }

    func silence(of node: String) -> Duration? { history.last?.members.first { $0.node == node }?.silence }
  }

  @Test("begin with every node, and change nothing while all are heard of")
  func steady() throws {
    var fleet = Fleet(["b", "a"])
    fleet.ask(leases: leases)
    #expect(
      fleet.history == [
        Membership(region: "eu", epoch: 1, since: newYear, members: [.init(node: "a"), .init(node: "b")])
      ])
    fleet.pass(600, leases: leases)
    #expect(fleet.history.count == 1)
  }

  @Test("replace a dead node when the lease of each check ends, and not later")
  func death() throws {
    var fleet = Fleet(["a", "b"])
    fleet.pass(60, leases: leases)
    let seen = try #require(fleet.lastSeen["a"])
    fleet.dead = ["a"]
    fleet.pass(300, leases: leases)
    let changes = fleet.history.dropFirst()
    #expect(changes.map { $0.members.first?.silence } == [.seconds(10), .seconds(30), .seconds(180)])
    #expect(changes.map { $0.since - seen } == [.seconds(10), .seconds(30), .seconds(180)])
    #expect(changes.map(\.epoch) == [2, 3, 4])
  }

  @Test("end a lease at its end, whenever the machine is asked", arguments: [0, 1, 250, 400, 999])
  func endOfLease(_ milliseconds: Int64) {
    var machine = MembershipMachine()
    let seen = newYear + .milliseconds(milliseconds)
    var changes: [Membership] = []
    for second in Int64(1)...20 {
      let now = newYear + .seconds(second)
      changes += machine.update(
        nodes: [.node("a", seen: min(seen, now)), .node("b", seen: now)], leases: leases, at: now)
    }
    #expect(changes.last?.since == seen + .seconds(10))
    #expect(changes.last?.members.first?.silence == .seconds(10))
  }

  @Test("give a node its share again when it is heard of, a little ahead")
  func comingBack() throws {
    var fleet = Fleet(["a", "b"])
    fleet.pass(60, leases: leases)
    fleet.dead = ["a"]
    fleet.pass(60, leases: leases)
    fleet.dead = []
    fleet.pass(4, leases: leases)
    #expect(fleet.silence(of: "a") == .zero)
    let last = try #require(fleet.history.last)
    #expect(last.since > fleet.now - .seconds(4))
    #expect(last.since <= fleet.now + MembershipMachine.lead)
  }

  @Test("hold back a node that keeps going away, longer each time, but never the only one")
  func flapping() throws {
    var pair = Fleet(["a", "b"])
    var alone = Fleet(["a"])
    var absences: [Int] = []
    pair.pass(30, leases: leases)
    for _ in 0..<5 {
      pair.dead = ["a"]
      pair.pass(20, leases: leases)
      pair.dead = []
      var waited = 0
      while pair.silence(of: "a") != .zero, waited < 1000 {
        pair.pass(1, leases: leases)
        waited += 1
      }
      absences.append(waited)
    }
    #expect(absences[0] <= 4)
    #expect(absences[4] >= 80)
    for (one, next) in zip(absences, absences.dropFirst()) { #expect(next > one) }
    alone.pass(30, leases: leases)
    for _ in 0..<5 {
      alone.dead = ["a"]
      alone.pass(20, leases: leases)
      alone.dead = []
      alone.pass(4, leases: leases)
      #expect(alone.silence(of: "a") == .zero)
    }
  }

  @Test("hand the checks of a node that leaves to others at once, and give them back when it is there again")
  func leaving() throws {
    var fleet = Fleet(["a", "b"])
    fleet.pass(30, leases: leases)
    fleet.leaving = ["a"]
    fleet.pass(1, leases: leases)
    let membership = try #require(fleet.history.last)
    #expect(membership.since == fleet.now + MembershipMachine.lead)
    let assignment = Assignment([membership])
    for check in try CheckID.numbered(0..<50) {
      #expect(assignment.node(of: check, interval: .hours(1), at: membership.since) == "b")
    }
    fleet.leaving = []
    fleet.pass(1, leases: leases)
    #expect(fleet.silence(of: "a") == .zero)
  }

  @Test("take nobody for silent before all could be heard of again, when nobody asked for a while")
  func stall() throws {
    var fleet = Fleet(["a", "b", "c"])
    fleet.pass(30, leases: leases)
    let before = fleet.history.count
    // The store stood still: no beat was kept, and nobody asked.
    fleet.now = fleet.now + .seconds(120)
    fleet.ask(leases: leases)
    fleet.pass(60, leases: leases)
    #expect(fleet.history.count == before)
  }

  @Test("go on from what is stored when another hub leads, and find who died meanwhile")
  func newLeader() throws {
    var fleet = Fleet(["a", "b"])
    fleet.pass(30, leases: leases)
    let stored = try #require(fleet.history.last)
    fleet.dead = ["a"]
    fleet.now = fleet.now + .seconds(20)
    fleet.lastSeen["b"] = fleet.now
    fleet.machine = MembershipMachine([stored])
    fleet.pass(6, leases: leases)
    let last = try #require(fleet.history.last)
    #expect(last.epoch == stored.epoch + 1)
    #expect(fleet.silence(of: "a") == .seconds(10))
    #expect(fleet.silence(of: "b") == .zero)
  }

  @Test("keep their order when two changes come at once")
  func order() throws {
    var machine = MembershipMachine()
    _ = machine.update(nodes: [.node("a", seen: newYear)], leases: leases, at: newYear)
    let first = machine.update(
      nodes: [.node("a", seen: newYear), .node("b", seen: newYear)], leases: leases, at: newYear + .seconds(1))
    let second = machine.update(
      nodes: [.node("a", seen: newYear)], leases: leases, at: newYear + .milliseconds(900))
    #expect(first.map(\.epoch) == [2])
    #expect(second.map(\.epoch) == [3])
    #expect(try #require(second.first).since > (try #require(first.first)).since)
  }

  @Test("empty a region whose nodes are all forgotten")
  func forgotten() throws {
    var machine = MembershipMachine()
    _ = machine.update(nodes: [.node("a", seen: newYear)], leases: leases, at: newYear)
    let emptied = machine.update(nodes: [], leases: leases, at: newYear + .seconds(1))
    #expect(emptied.map(\.members) == [[]])
    #expect(machine.update(nodes: [], leases: leases, at: newYear + .seconds(2)) == [])
  }
}

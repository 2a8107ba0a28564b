import Model
import Regions
import Testing

@Suite("The health of nodes")
struct NodeHealthMachineTests {
  /// Three regions of two nodes each. Checks alternate between the nodes of a region, and lie on hosts of their own.
  private struct Fleet {
    var machine = NodeHealthMachine()
    var now = newYear
    var quarantines: [String: Quarantine] = [:]
    var causes: [String: NodeHealthMachine.Cause] = [:]
    var log: [String] = []
    var hosts: Int?

    /// Lets ten seconds pass in which `checks` checks are decided.
    mutating func round(_ checks: Int = 10, isDown: (String, Int) -> Bool) throws {
      for index in 0..<checks {
        let votes = ["a", "b", "c"].map { region in
          let node = "\(region)-\(index % 2)"
          var vote = RegionalVote.of(region, isDown(node, index) ? .down : .up)
          vote.node = node
          if let quarantine = quarantines[node] {
            let run = HistoryRun(
              check: CheckID.first, region: region, slotStart: now, interval: .seconds(60), duration: nil,
              verdict: vote.verdict, reason: vote.reason)
            let abstaining = Abstention.abstaining(run, quarantine: quarantine)
            vote.verdict = abstaining.verdict
            vote.reason = abstaining.reason
          }
          return vote
        }
        let decision = SlotDecision(
          check: try .named("check-\(index)"), slot: Slot(number: 1, start: now, interval: .seconds(60)),
          verdict: .up, votes: votes, decided: now)
        let host = hosts.map { "host-\(index % $0)" } ?? "host-\(index)"
        machine.observe(decision, host: host, at: now)
      }
      for action in machine.judge(at: now) {
        switch action {
        case .quarantine(let node, let quarantine, let cause):
          quarantines[node] = quarantine
          causes[node] = cause
          log.append("- \(node)")
        case .release(let node):
          quarantines[node] = nil
          log.append("+ \(node)")
        }
      }
      now = now + .seconds(10)
    }
  }

  @Test("believes everybody while regions agree, about what is down too")
  func agreement() throws {
    var fleet = Fleet()
    for _ in 0..<30 { try fleet.round { _, index in index < 8 } }
    #expect(fleet.log.isEmpty)
  }

  @Test("finds the node that fails what all others pass, and believes it again when it agrees for a while")
  func sickNode() throws {
    var fleet = Fleet()
    for _ in 0..<5 { try fleet.round { _, _ in false } }
    try fleet.round { node, _ in node == "a-1" }
    #expect(fleet.log == ["- a-1"])
    #expect(fleet.causes["a-1"] == .node)
    #expect(
      fleet.quarantines["a-1"]?.reason
        == "it fails 5 of 5 checks that other regions pass, and others of region a do not")
    for _ in 0..<5 { try fleet.round { node, _ in node == "a-1" } }
    #expect(fleet.log == ["- a-1"])
    for _ in 0..<6 { try fleet.round { _, _ in false } }
    #expect(fleet.log == ["- a-1"])
    try fleet.round { _, _ in false }
    #expect(fleet.log == ["- a-1", "+ a-1"])
  }

  @Test("tells a region that is cut off from a node that is sick")
  func regionCutOff() throws {
    var fleet = Fleet()
    try fleet.round { node, _ in node.hasPrefix("b") }
    #expect(fleet.log == ["- b-0", "- b-1"])
    #expect(fleet.causes["b-0"] == .region("b"))
    #expect(fleet.causes["b-1"] == .region("b"))
    #expect(fleet.quarantines["b-0"]?.reason == "region b is cut off: all its 2 nodes fail what other regions pass")
  }

  @Test("does not take checks of one host for unrelated ones")
  func relatedChecks() throws {
    var fleet = Fleet()
    fleet.hosts = 4
    for _ in 0..<20 { try fleet.round { node, _ in node == "a-1" } }
    #expect(fleet.log.isEmpty)
  }

  @Test("leaves a node alone that fails a part of its checks")
  func partialFailure() throws {
    var fleet = Fleet()
    for _ in 0..<30 { try fleet.round(20) { node, index in node == "a-1" && index < 14 } }
    #expect(fleet.log.isEmpty)
  }

  @Test("does not come to hold a node for sick by what it passes, after an outage in which nothing was compared")
  func staleContradictions() throws {
    var machine = NodeHealthMachine()
    func observe(_ numbers: [Int], _ verdict: Verdict, at seconds: Int) throws {
      for number in numbers {
        let votes = [RegionalVote.of("a", verdict), .of("b", .up), .of("c", .up)]
        let moment = newYear + .seconds(seconds)
        machine.observe(
          SlotDecision(
            check: try .named("check-\(number)"), slot: Slot(number: 1, start: moment, interval: .seconds(60)),
            verdict: .up, votes: votes, decided: moment), host: nil, at: moment)
      }
    }
    // Five of eight are too few.
    try observe([4], .down, at: 0)
    try observe([5, 6, 7], .up, at: 1)
    try observe([0, 1, 2, 3], .down, at: 10)
    #expect(machine.judge(at: newYear + .seconds(11)) == [])
    // Four minutes later it passes again. Of the newest five it failed four, long ago.
    try observe([5], .up, at: 250)
    #expect(machine.judge(at: newYear + .seconds(251)) == [])
    // One that fails still is found all the same.
    try observe([0], .down, at: 260)
    #expect(machine.judge(at: newYear + .seconds(261)).count == 1)
  }

  @Test("says of a region of one node that it cannot tell which it is")
  func singleNode() throws {
    var machine = NodeHealthMachine()
    for index in 0..<6 {
      let votes = [RegionalVote.of("a", .down), .of("b", .up), .of("c", .up)]
      machine.observe(
        SlotDecision(
          check: try .named("check-\(index)"), slot: Slot(number: 1, start: newYear, interval: .seconds(60)),
          verdict: .degraded, votes: votes, decided: newYear), host: nil, at: newYear)
    }
    let actions = machine.judge(at: newYear)
    guard case .quarantine(let node, let quarantine, .node)? = actions.first else {
      Issue.record("\(actions)")
      return
    }
    #expect(node == "a-1")
    #expect(quarantine.reason.contains("no other node to tell"))
  }

  @Test("believes a node again that cannot be compared any more, after a long time")
  func forgiveness() throws {
    let quarantine = Quarantine(since: newYear, reason: "it fails")
    var machine = NodeHealthMachine([.node("a-1", seen: newYear, quarantine: quarantine)])
    #expect(machine.judge(at: newYear + .minutes(29)) == [])
    #expect(machine.judge(at: newYear + .minutes(31)) == [.release(node: "a-1")])
  }

  @Test("keeps what an unbelieved node saw in the words of its runs", arguments: [Verdict.up, .degraded, .down])
  func abstention(verdict: Verdict) throws {
    let run = HistoryRun(
      check: .first, region: "a", slotStart: newYear, interval: .seconds(60), duration: nil, verdict: verdict,
      reason: HistoryReason(code: .timeout, step: "login", message: "no answer"))
    let abstaining = Abstention.abstaining(run, quarantine: Quarantine(since: newYear, reason: "it fails, you know"))
    #expect(abstaining.verdict == .unknown)
    #expect(abstaining.reason?.code == .nodeSick)
    #expect(Abstention.seen(abstaining.reason) == verdict)
    #expect(Abstention.seen(run.reason) == nil)
    #expect(Abstention.seen(HistoryReason(code: .nodeSick, message: "references fail")) == nil)
  }

  @Test("leaves a run that is unknown as it is")
  func unknownRun() throws {
    let run = HistoryRun(
      check: .first, region: "a", slotStart: newYear, interval: .seconds(60), duration: nil, verdict: .unknown,
      reason: HistoryReason(code: .templateFailed, message: "no such name"))
    #expect(Abstention.abstaining(run, quarantine: Quarantine(since: newYear, reason: "x")) == run)
  }
}

extension CheckID {
  /// Some check.
  fileprivate static var first: CheckID {
    guard let id = CheckID("first") else { preconditionFailure("first is an id") }
    return id
  }
}

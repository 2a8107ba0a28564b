import Model
import Recording
import ServiceLevels
import Synchronization
import TestSupport
import Testing

/// The same numbers for the same seed (SplitMix64), so that a failure can be run again.
private struct SeededGenerator: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return mixed ^ (mixed >> 31)
  }
}

private final class Kept: RunSink {
  let runs = Mutex<[Run]>([])
  func record(_ run: Run) { runs.withLock { $0.append(run) } }
  func record(_ missed: MissedSlots, in region: String) {}
}

@Suite("Services against an oracle")
struct ServicePropertyTests {
  /// What comes in at one moment.
  private enum Arrival {
    case run(Run)
    case missed(MissedSlots)
  }

  @Test(
    "every slot is judged once, by the members' slots that cover it, whatever order runs come in", arguments: 0..<20)
  func oracle(seed: UInt64) throws {
    var random = SeededGenerator(state: seed)
    let time = ManualTime()
    let begin = time.now
    let place = SourceLocation(file: "checks.yaml", line: 1, column: 1)
    let rule = [ServiceRule.all, .any, .atLeast(2), .weighted(downBelow: 0.6)][Int(seed % 4)]
    let checks = try (0..<3).map { index in
      Check(
        id: try makeID("check-\(index)"), kind: .http,
        interval: .seconds([20, 30, 60, 90].randomElement(using: &random) ?? 60), location: place)
    }
    let members = checks.enumerated().map { ServiceDefinition.Member(check: $1.id, weight: $0 + 1) }
    let service = ServiceDefinition(
      id: try makeID("shop"), members: members, rule: rule, interval: .seconds(30), location: place)

    // What comes of every slot of every member, and when it is known.
    let end = begin + .minutes(30)
    var arrivals: [(at: Timestamp, what: Arrival)] = []
    var outcomes: [CheckID: [Int64: Run]] = [:]
    for check in checks {
      var slot = check.grid.firstSlot(startingFrom: begin)
      while slot.start < end {
        defer { slot = check.grid.slot(number: slot.number + 1) }
        let known = slot.start + .milliseconds(Int.random(in: 0..<Int(check.interval.milliseconds), using: &random))
        switch Int.random(in: 0..<10, using: &random) {
        case 0:
          let missed = MissedSlots(
            check: check.id, grid: check.grid, numbers: slot.number...slot.number, cause: .late)
          arrivals.append((known, .missed(missed)))
        // Nobody ever says anything of this one.
        case 1: break
        case let dice:
          let reason: ReasonCode? = dice < 4 ? [.timeout, .warning, .internal].randomElement(using: &random) : nil
          let run = Run(
            check: check.id, region: "eu", node: "node", slot: slot, started: slot.start, duration: .milliseconds(5),
            verdict: reason?.verdict ?? .up, reason: reason.map { Reason(code: $0, message: "so") }, traceID: "",
            isInMaintenance: dice == 9)
          outcomes[check.id, default: [:]][slot.number] = run
          arrivals.append((known, .run(run)))
        }
      }
    }
    arrivals.sort { $0.at < $1.at }

    let kept = Kept()
    let recorder = ServiceRecorder(region: "eu", node: "node", time: time, sink: kept)
    recorder.apply([service], checks: checks)
    recorder.restore([:])
    for (at, what) in arrivals {
      time.advance(by: at - time.now)
      switch what {
      case .run(let run): recorder.record(run)
      case .missed(let missed): recorder.record(missed, in: "eu")
      }
    }
    time.advance(by: .minutes(5))
    recorder.judgeDue()

    let runs = kept.runs.withLock { $0 }
    #expect(Set(runs.map(\.slot.number)).count == runs.count, "no slot twice, seed \(seed)")
    let found = Dictionary(runs.map { ($0.slot.number, $0) }) { first, _ in first }
    let judge = ServiceJudge(rule: rule, members: members)
    // From where every member's slot was seen from its begin.
    var slot = service.check.grid.firstSlot(startingFrom: begin + .seconds(90))
    while slot.end + .minutes(3) < end {
      defer { slot = service.check.grid.slot(number: slot.number + 1) }
      let verdicts = checks.map { check -> MemberVerdict in
        let run = outcomes[check.id]?[check.grid.slot(at: slot.start).number]
        return MemberVerdict(
          check: check.id, name: check.name, verdict: run?.verdict, code: run?.reason?.code,
          message: run?.reason?.message ?? "", isInMaintenance: run?.isInMaintenance ?? false)
      }
      guard verdicts.contains(where: { $0.verdict != nil }) else {
        #expect(found[slot.number] == nil, "seed \(seed), slot \(slot.number)")
        continue
      }
      let expected = judge.judge(verdicts)
      let run = try #require(found[slot.number], "seed \(seed), slot \(slot.number)")
      #expect(run.verdict == expected.verdict, "seed \(seed), slot \(slot.number)")
      #expect(run.reason == expected.reason, "seed \(seed), slot \(slot.number)")
      #expect(run.isInMaintenance == expected.isInMaintenance, "seed \(seed), slot \(slot.number)")
    }
  }
}

import Model
import Recording
import Synchronization
import TestSupport
import Testing

/// Keeps what it is given.
private final class Kept: RunSink {
  private let kept = Mutex<[Run]>([])
  var runs: [Run] { kept.withLock { $0 } }
  func record(_ run: Run) { kept.withLock { $0.append(run) } }
  func record(_ missed: MissedSlots, in region: String) {}
}

/// A service over two checks, with clocks that are turned by hand.
private struct Scene {
  let time = ManualTime()
  let kept = Kept()
  let recorder: ServiceRecorder
  let service: ServiceDefinition
  let checks: [Check]

  init(
    rule: ServiceRule = .all, kinds: [ProbeKind] = [.http, .http],
    intervals: [Duration] = [.seconds(60), .seconds(60)],
    interval: Duration = .seconds(60),
    isInMaintenance: @escaping @Sendable (Check, Timestamp) -> Bool = { _, _ in false }
  ) throws {
    let place = SourceLocation(file: "checks.yaml", line: 1, column: 1)
    checks = try zip(["front", "checkout"], zip(kinds, intervals)).map { name, rest in
      Check(id: try makeID(name), kind: rest.0, interval: rest.1, location: place)
    }
    service = ServiceDefinition(
      id: try makeID("shop"), members: checks.map { ServiceDefinition.Member(check: $0.id) }, rule: rule,
      interval: interval, location: place)
    recorder = ServiceRecorder(
      region: "eu", node: "node-1", time: time, sink: kept, isInMaintenance: isInMaintenance)
    recorder.apply([service], checks: checks)
  }

  /// The first slot of the service that this process can judge.
  var first: Slot {
    service.check.grid.firstSlot(startingFrom: Timestamp(secondsSinceEpoch: 1_767_225_600) + .minutes(2))
  }

  /// The run of a member's slot that covers a moment.
  func run(_ place: Int, at moment: Timestamp, reason: ReasonCode? = nil, region: String = "eu") -> Run {
    let check = checks[place]
    let slot = check.grid.slot(at: moment)
    return Run(
      check: check.id, region: region, node: "node-1", slot: slot, started: slot.start,
      duration: .milliseconds(100 * (place + 1)), verdict: reason?.verdict ?? .up,
      reason: reason.map { Reason(code: $0, message: "status is 503") }, traceID: "4bf92f3577b34da6a3ce929d0e0e4736")
  }

  /// Lets the clocks reach a moment.
  func turn(to moment: Timestamp) { time.advance(by: moment - time.now) }

  /// Runs the recorder while `body` runs, with nothing stored but `stored`.
  func running(stored: [HistoryRun] = [], _ body: () async throws -> Void) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { [recorder] in await recorder.run { id in stored.filter { $0.check == id } } }
      await time.sleepers()
      try await body()
      group.cancelAll()
    }
  }
}

struct ServiceRecorderTests {
  @Test("a slot is judged as soon as every member's slot that covers its start has a run")
  func judges() async throws {
    let scene = try Scene()
    try await scene.running {
      let slot = scene.first
      scene.turn(to: slot.start + .seconds(59))
      scene.recorder.record(scene.run(0, at: slot.start))
      #expect(!scene.kept.runs.contains { $0.slot == slot })
      scene.recorder.record(scene.run(1, at: slot.start, reason: .expectationFailed))
      let run = try #require(scene.kept.runs.first { $0.slot == slot })
      #expect(run.check.text == "shop")
      #expect(run.verdict == .down)
      #expect(run.reason?.message == "checkout is down: status is 503")
      #expect(run.region == "eu")
      #expect(run.steps.isEmpty)
      #expect(run.duration == .milliseconds(100), "a service takes as long as its slowest good member")
    }
  }

  @Test("what a member did before this process watched it makes no slot unknown")
  func beginning() async throws {
    let scene = try Scene(interval: .seconds(5))
    try await scene.running {
      let begin = scene.time.now
      for second in 1...180 {
        scene.turn(to: begin + .seconds(second))
        for (place, check) in scene.checks.enumerated() {
          let slot = check.grid.slot(at: scene.time.now)
          guard slot.start >= begin, scene.time.now - slot.start < .seconds(1) else { continue }
          scene.recorder.record(scene.run(place, at: slot.start))
        }
        scene.recorder.judgeDue()
      }
    }
    #expect(scene.kept.runs.count > 12)
    #expect(scene.kept.runs.allSatisfy { $0.verdict == .up })
  }

  @Test("runs of other regions, and of checks that are no members, say nothing")
  func strangers() async throws {
    let scene = try Scene()
    try await scene.running {
      let slot = scene.first
      scene.turn(to: slot.start + .seconds(30))
      scene.recorder.record(scene.run(0, at: slot.start, region: "us"))
      scene.recorder.record(scene.run(1, at: slot.start, region: "us"))
      scene.recorder.record(try makeRun("other"))
      #expect(scene.kept.runs.isEmpty)
    }
  }

  @Test("a member whose run never comes is waited for one interval beyond its slot, and then not known")
  func deadline() async throws {
    let scene = try Scene(rule: .any)
    try await scene.running {
      let slot = scene.first
      scene.turn(to: slot.start)
      scene.recorder.record(scene.run(0, at: slot.start, reason: .timeout))
      let late = scene.checks[1].grid.slot(at: slot.start)
      await scene.time.sleepers()
      scene.turn(to: late.end + .seconds(59))
      await scene.time.sleepers()
      #expect(!scene.kept.runs.contains { $0.slot == slot })
      scene.turn(to: late.end + .seconds(60))
      await scene.time.sleepers()
      let run = try #require(scene.kept.runs.first { $0.slot == slot })
      #expect(run.verdict == .unknown)
      #expect(run.reason?.message == "checkout has no run")
    }
  }

  @Test("a member that was told missed is not waited for, and a slot that all members missed has no run")
  func missed() async throws {
    let scene = try Scene(rule: .any)
    try await scene.running {
      let slot = scene.first
      scene.turn(to: slot.start + .seconds(59))
      for (place, check) in scene.checks.enumerated() {
        let number = check.grid.slot(at: slot.start).number
        let missed = MissedSlots(check: check.id, grid: check.grid, numbers: number...number + 1, cause: .late)
        scene.recorder.record(missed, in: "eu")
        if place == 0 { #expect(scene.kept.runs.isEmpty) }
      }
      let next = scene.service.check.grid.slot(number: slot.number + 2)
      scene.turn(to: next.start + .seconds(59))
      scene.recorder.record(scene.run(0, at: next.start))
      scene.recorder.record(scene.run(1, at: next.start))
      #expect(scene.kept.runs.map(\.slot).contains(next))
      #expect(!scene.kept.runs.map(\.slot).contains(slot))
    }
  }

  @Test("a quick member is judged beside a slow one: every slot takes the slow one's slot that covers it")
  func differentIntervals() async throws {
    let scene = try Scene(intervals: [.seconds(60), .seconds(600)])
    try await scene.running {
      let begin = scene.checks[1].grid.firstSlot(startingFrom: scene.first.start)
      scene.turn(to: begin.start)
      scene.recorder.record(scene.run(1, at: begin.start))
      var moment = begin.start
      while moment < begin.end {
        scene.turn(to: scene.checks[0].grid.slot(at: moment).end - .seconds(1))
        scene.recorder.record(scene.run(0, at: moment))
        moment = moment + .seconds(60)
      }
      await scene.time.sleepers()
      let within = scene.kept.runs.filter { $0.slot.start >= begin.start && $0.slot.start < begin.end }
      #expect(within.count >= 9)
      #expect(within.allSatisfy { $0.verdict == .up })
    }
  }

  @Test("a heartbeat says what it said last until its slot is over")
  func heartbeat() async throws {
    let scene = try Scene(kinds: [.http, .heartbeat], intervals: [.seconds(60), .seconds(86_400)])
    try await scene.running {
      let slot = scene.first
      let before = scene.checks[1].grid.slot(at: slot.start).start - .seconds(1)
      scene.recorder.record(scene.run(1, at: before, reason: .timeout))
      scene.turn(to: slot.start + .seconds(59))
      scene.recorder.record(scene.run(0, at: slot.start))
      #expect(scene.kept.runs.first { $0.slot == slot }?.verdict == .down)
    }
  }

  @Test("no slot is recorded twice: not after a reload, not after the clock was set back")
  func recordsOnce() async throws {
    let scene = try Scene()
    try await scene.running {
      let slot = scene.first
      scene.turn(to: slot.start + .seconds(59))
      for _ in 0..<2 {
        for place in 0..<2 { scene.recorder.record(scene.run(place, at: slot.start)) }
        scene.recorder.apply([scene.service], checks: scene.checks)
        scene.time.setClock(by: .seconds(-3600))
        for place in 0..<2 { scene.recorder.record(scene.run(place, at: slot.start)) }
        scene.time.setClock(by: .seconds(3600))
      }
      #expect(scene.kept.runs.filter { $0.slot == slot }.count == 1)
    }
  }

  @Test("a process that begins goes on after the last stored slot, with the members' stored runs")
  func restart() async throws {
    let scene = try Scene()
    let start = scene.time.now
    let current = scene.service.check.grid.slot(at: start)
    let last = scene.service.check.grid.slot(number: current.number - 2)
    func stored(_ run: Run) -> HistoryRun {
      var stored = HistoryRun(run)
      stored.slotStart = Timestamp(millisecondsSinceEpoch: stored.slotStart.millisecondsSinceEpoch)
      return stored
    }
    var own = scene.run(0, at: last.start)
    own.check = scene.service.id
    own.slot = last
    let members = [last.start, current.start - .seconds(60), current.start].flatMap { moment in
      [stored(scene.run(0, at: moment)), stored(scene.run(1, at: moment))]
    }
    try await scene.running(stored: [stored(own)] + members) {
      #expect(scene.kept.runs.map(\.slot.number) == [current.number - 1, current.number])
      #expect(scene.kept.runs.allSatisfy { $0.verdict == .up })
    }
  }

  @Test("a clock that is set a year forward does not make a year of slots")
  func clockJump() async throws {
    let scene = try Scene()
    try await scene.running {
      scene.turn(to: scene.first.start)
      scene.time.setClock(by: .days(365))
      scene.time.advance(by: .seconds(1))
      await scene.time.sleepers()
      let now = scene.time.now
      scene.recorder.record(scene.run(0, at: now))
      scene.recorder.record(scene.run(1, at: now))
      let slot = scene.service.check.grid.slot(at: now)
      scene.turn(to: slot.end + .seconds(1))
      scene.recorder.record(scene.run(0, at: slot.end))
      scene.recorder.record(scene.run(1, at: slot.end))
      #expect(scene.kept.runs.count < 10)
      #expect(scene.kept.runs.contains { $0.slot.number >= slot.number })
    }
  }

  @Test("a service in planned maintenance is recorded, and marked")
  func maintenance() async throws {
    let scene = try Scene(isInMaintenance: { check, _ in check.kind == .service })
    try await scene.running {
      let slot = scene.first
      scene.turn(to: slot.start + .seconds(59))
      for place in 0..<2 { scene.recorder.record(scene.run(place, at: slot.start)) }
      #expect(scene.kept.runs.first { $0.slot == slot }?.isInMaintenance == true)
    }
  }

  @Test("members that are disabled, or run elsewhere, are left out; without any the service has no slots")
  func absentMembers() async throws {
    let scene = try Scene()
    var checks = scene.checks
    checks[1].isEnabled = false
    scene.recorder.apply([scene.service], checks: checks)
    try await scene.running {
      let slot = scene.first
      scene.turn(to: slot.start + .seconds(59))
      scene.recorder.record(scene.run(0, at: slot.start))
      #expect(scene.kept.runs.first { $0.slot == slot }?.verdict == .up)
      checks[0].regions = ["us"]
      scene.recorder.apply([scene.service], checks: checks)
      let count = scene.kept.runs.count
      scene.turn(to: slot.end + .seconds(59))
      scene.recorder.record(scene.run(0, at: slot.end))
      #expect(scene.kept.runs.count == count)
    }
  }
}

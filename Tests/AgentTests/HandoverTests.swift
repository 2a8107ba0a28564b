import Agent
import Fleet
import Glibc
import Model
import Synchronization
import TestSupport
import Testing
import Transport

@Suite("Hand-over to a new process")
struct HandoverTests {
  private let folder: Folder
  private let time = ManualTime()

  init() throws {
    folder = try Folder()
  }

  /// A plan of one check that this node runs alone.
  private func plan() throws -> (plan: WorkPlan, check: Check) {
    let check = Check(
      id: try #require(CheckID("shop")), kind: .http, interval: .seconds(1),
      location: SourceLocation(file: "shop.yaml", line: 1, column: 1))
    let plan = WorkPlan(node: "n1", region: "eu")
    plan.configure(version: 1, checks: [check])
    plan.follow([
      Membership(region: "eu", epoch: 1, since: time.now - .hours(1), members: [Membership.Member(node: "n1")])
    ])
    return (plan, check)
  }

  /// Lets time pass until a condition holds. It stands still while one of so many tasks is not asleep: a machine that is busy with
  /// something else is no slow process.
  private func until(asleep sleepers: Int = 1, _ condition: () -> Bool) async {
    for _ in 0..<100_000 {
      if condition() { return }
      await pass(.milliseconds(20), asleep: sleepers, unless: condition)
    }
    Issue.record("it never held")
  }

  private func pass(_ duration: Duration, asleep sleepers: Int, unless condition: () -> Bool = { false }) async {
    while time.sleeperCount < sleepers {
      if condition() { return }
      await Task.yield()
    }
    time.advance(by: duration)
    await Task.yield()
  }

  @Test("Each slot around a hand-over is run by one of the two processes, and no run is lost")
  func slots() async throws {
    let (oldPlan, check) = try plan()
    let (newPlan, _) = try plan()
    newPlan.setSlots(from: Timestamp(nanosecondsSinceEpoch: .max), until: nil)
    let loops = (try EventLoop(name: "old-spool"), try EventLoop(name: "new-spool"))
    defer {
      loops.0.stop()
      loops.1.stop()
    }
    let path = folder.path
    let old = SpoolKeeper(on: loops.0, time: time)
    _ = try await old.open(at: path, settings: Spool.Settings(), identity: 42)
    let new = SpoolKeeper(on: loops.1, time: time)
    let progress = Progress()
    let clock = time
    let holding = Task {
      let moment = await Handover(in: path, plan: oldPlan, clock: clock).waitForSuccessor()
      progress.state.withLock { $0.oldEnd = moment }
    }
    let succeeding = Task {
      try await Handover(in: path, plan: newPlan, clock: clock).succeed(isReady: {
        progress.state.withLock { $0.isReady }
      }) {
        () async throws(SpoolFault) in
        _ = try await new.open(at: path, settings: Spool.Settings(), identity: 7)
      }
      progress.state.withLock { $0.hasNew = true }
    }
    // One run a slot, by whoever has it, as two schedules would.
    var slot = check.grid.slot(at: time.now)
    var attempts = 0
    func runSlots() {
      while slot.start <= time.now {
        let keepers = [(oldPlan, old), (newPlan, new)].filter {
          $0.0.ticket(for: check.id, slotStart: slot.start) != nil
        }
        #expect(keepers.count == 1)
        attempts += 1
        keepers.first?.1.add(
          FleetRun(
            run: HistoryRun(
              check: check.id, region: "eu", slotStart: slot.start, interval: check.interval, duration: .zero,
              verdict: .up, attempts: attempts), configuration: 1, epoch: 1))
        slot = check.grid.slot(number: slot.number + 1)
      }
    }
    await until(asleep: 2) {
      runSlots()
      return attempts >= 5
    }
    progress.state.withLock { $0.isReady = true }
    await until(asleep: 2) {
      runSlots()
      return progress.state.withLock { $0.oldEnd } != nil
    }
    await holding.value
    // The old process finishes a run while the new one runs already.
    for _ in 0..<100 {
      await pass(.milliseconds(20), asleep: 1)
      runSlots()
    }
    #expect(progress.state.withLock { !$0.hasNew })
    await old.close()
    await until { progress.state.withLock { $0.hasNew } }
    try await succeeding.value
    runSlots()
    _ = await new.write()
    let stored = try #require(try await new.read(from: 1, limit: 1_000))
    #expect(stored.runs.map(\.run.attempts) == Array(1...attempts))
    #expect(stored.first == 1)
    #expect(!folder.names.contains("handover") && !folder.names.contains("successor"))
  }

  @Test("A place that is left without a word is taken at once")
  func abandoned() async throws {
    let (plan, check) = try plan()
    plan.setSlots(from: Timestamp(nanosecondsSinceEpoch: .max), until: nil)
    try await Handover(in: folder.path, plan: plan, clock: time).succeed(isReady: { false }) {}
    #expect(plan.ticket(for: check.id, slotStart: time.now) != nil)
  }

  @Test("Of two processes that want a place one gets it, and the spool is locked by one process at any time")
  func two() async throws {
    let (oldPlan, check) = try plan()
    let plans = (try plan().plan, try plan().plan)
    for plan in [plans.0, plans.1] { plan.setSlots(from: Timestamp(nanosecondsSinceEpoch: .max), until: nil) }
    let loops = try (0..<3).map { try EventLoop(name: "spool-\($0)") }
    defer { for loop in loops { loop.stop() } }
    let (path, clock) = (folder.path, time)
    let old = SpoolKeeper(on: loops[0], time: time)
    _ = try await old.open(at: path, settings: Spool.Settings(), identity: 42)
    let progress = (Progress(), Progress())
    func successor(_ plan: WorkPlan, _ loop: EventLoop, _ progress: Progress) -> (SpoolKeeper, Task<Void, Never>) {
      let keeper = SpoolKeeper(on: loop, time: time)
      let task = Task {
        do throws(SpoolFault) {
          try await Handover(in: path, plan: plan, clock: clock).succeed(isReady: { true }) {
            () async throws(SpoolFault) in
            _ = try await keeper.open(at: path, settings: Spool.Settings(), identity: 7)
          }
          progress.state.withLock { $0.hasNew = true }
        } catch {
          progress.state.withLock { $0.fault = error }
        }
      }
      return (keeper, task)
    }
    let first = successor(plans.0, loops[1], progress.0)
    let handover = Handover(in: path, plan: oldPlan, clock: time)
    await until { handover.isAwaited }
    let second = successor(plans.1, loops[2], progress.1)
    await until(asleep: 2) { progress.1.state.withLock { $0.fault } != nil }
    #expect(
      try #require(progress.1.state.withLock { $0.fault }).description.hasPrefix(
        "another process is about to take over"))
    #expect(plans.1.ticket(for: check.id, slotStart: time.now) == nil)
    #expect(handover.isAwaited)
    #expect(!progress.0.state.withLock { $0.hasNew })

    let holding = Task { await handover.waitForSuccessor() }
    await until(asleep: 2) { oldPlan.ticket(for: check.id, slotStart: clock.now + .hours(1)) == nil }
    await until(asleep: 1) { plans.0.ticket(for: check.id, slotStart: clock.now + .hours(1)) != nil }
    let moment = try #require(await ending(holding))
    // The one before has its slots still, and the lock; nobody else can open the spool.
    #expect(plans.0.ticket(for: check.id, slotStart: moment - .seconds(1)) == nil)
    #expect(plans.0.ticket(for: check.id, slotStart: moment + .seconds(1)) != nil)
    #expect(#expect(throws: SpoolFault.self) { try Spool(at: path, identity: 9) }?.code == EWOULDBLOCK)
    await old.close()
    await until { progress.0.state.withLock { $0.hasNew } }
    await first.1.value
    await second.1.value
    #expect(#expect(throws: SpoolFault.self) { try Spool(at: path, identity: 9) }?.code == EWOULDBLOCK)
    #expect(!handover.isAwaited)
    #expect(await first.0.last == 0)
  }

  /// Lets time pass until a task has ended.
  private func ending(_ task: Task<Timestamp?, Never>) async -> Timestamp? {
    let progress = Progress()
    let watching = Task {
      let moment = await task.value
      progress.state.withLock { $0.oldEnd = moment }
    }
    await until { progress.state.withLock { $0.oldEnd } != nil }
    await watching.value
    return await task.value
  }

  @Test("Whoever looks at a claim at the moment when it is made does not keep it from being made")
  func looking() async throws {
    let (plan, _) = try plan()
    let holder = try Spool(at: folder.path, identity: 42)
    // As the holder holds it for the moment in which it looks.
    let look = open(folder.path + "/successor", O_RDWR | O_CREAT, 0o600)
    #expect(flock(look, LOCK_EX | LOCK_NB) == 0)
    let loop = try EventLoop(name: "new-spool")
    defer { loop.stop() }
    let keeper = SpoolKeeper(on: loop, time: time)
    let progress = Progress()
    let (path, clock) = (folder.path, time)
    let succeeding = Task {
      do throws(SpoolFault) {
        try await Handover(in: path, plan: plan, clock: clock).succeed(isReady: { true }) {
          () async throws(SpoolFault) in
          _ = try await keeper.open(at: path, settings: Spool.Settings(), identity: 7)
        }
      } catch {
        progress.state.withLock { $0.fault = error }
      }
    }
    await time.sleepers()
    close(look)
    let handover = Handover(in: path, plan: plan, clock: time)
    await until { handover.isAwaited || progress.state.withLock { $0.fault } != nil }
    #expect(progress.state.withLock { $0.fault } == nil)
    succeeding.cancel()
    await succeeding.value
    withExtendedLifetime(holder) {}
  }

  @Test("A claim whose process has ended is none")
  func abandonedClaim() throws {
    let (plan, _) = try plan()
    close(open(folder.path + "/successor", O_RDWR | O_CREAT, 0o600))
    #expect(!Handover(in: folder.path, plan: plan, clock: time).isAwaited)
  }

  @Test("A successor that is gone before the moment leaves the place to the holder")
  func goneSuccessor() async throws {
    let (plan, check) = try plan()
    let (path, clock) = (folder.path, time)
    let progress = Progress()
    let holding = Task {
      let moment = await Handover(in: path, plan: plan, clock: clock).waitForSuccessor()
      progress.state.withLock { $0.oldEnd = moment }
    }
    let claim = open(path + "/successor", O_RDWR | O_CREAT, 0o600)
    try #require(flock(claim, LOCK_EX | LOCK_NB) == 0)
    let later = clock.now + .seconds(30)
    await until { plan.ticket(for: check.id, slotStart: later) == nil }
    close(claim)
    await until { plan.ticket(for: check.id, slotStart: later) != nil }
    #expect(!folder.names.contains("handover"))
    #expect(progress.state.withLock { $0.oldEnd } == nil)
    holding.cancel()
    await holding.value
  }

  @Test("A successor goes on for as long as the process before does not end, and says so once")
  func slowEnd() async throws {
    let (oldPlan, _) = try plan()
    let (newPlan, check) = try plan()
    newPlan.setSlots(from: Timestamp(nanosecondsSinceEpoch: .max), until: nil)
    let loop = try EventLoop(name: "new-spool")
    defer { loop.stop() }
    let keeper = SpoolKeeper(on: loop, time: time)
    let progress = Progress()
    let (path, clock) = (folder.path, time)
    // It holds the spool for as long as this test lets it.
    let held = open(path + "/lock", O_RDWR | O_CREAT, 0o600)
    try #require(flock(held, LOCK_EX | LOCK_NB) == 0)
    let holding = Task { await Handover(in: path, plan: oldPlan, clock: clock).waitForSuccessor() }
    let succeeding = Task {
      try await Handover(in: path, plan: newPlan, clock: clock).succeed(
        isReady: { true }, isLate: { progress.state.withLock { $0.lateWords += 1 } }
      ) {
        () async throws(SpoolFault) in
        _ = try await keeper.open(at: path, settings: Spool.Settings(), identity: 7)
      }
    }
    await until { progress.state.withLock { $0.lateWords } > 0 }
    #expect(await holding.value != nil)
    #expect(newPlan.ticket(for: check.id, slotStart: time.now) != nil)
    let later = time.uptime + .minutes(3)
    await until { clock.uptime >= later }
    close(held)
    await until { !folder.names.contains("successor") }
    try await succeeding.value
    #expect(progress.state.withLock { $0.lateWords } == 1)
  }

  @Test("A process that does not hand over keeps its place")
  func silent() async throws {
    let (plan, check) = try plan()
    plan.setSlots(from: Timestamp(nanosecondsSinceEpoch: .max), until: nil)
    let holder = try Spool(at: folder.path, identity: 42)
    let loop = try EventLoop(name: "new-spool")
    defer { loop.stop() }
    let keeper = SpoolKeeper(on: loop, time: time)
    let progress = Progress()
    let (path, clock) = (folder.path, time)
    let succeeding = Task {
      do throws(SpoolFault) {
        try await Handover(in: path, plan: plan, clock: clock).succeed(isReady: { true }) {
          () async throws(SpoolFault) in
          _ = try await keeper.open(at: path, settings: Spool.Settings(), identity: 7)
        }
      } catch {
        progress.state.withLock { $0.fault = error }
      }
    }
    await until { progress.state.withLock { $0.fault } != nil }
    await succeeding.value
    #expect(try #require(progress.state.withLock { $0.fault }).description.hasSuffix("which does not hand it over"))
    #expect(plan.ticket(for: check.id, slotStart: time.now) == nil)
    withExtendedLifetime(holder) {}
  }
}

/// How far the processes of a test are.
private final class Progress: Sendable {
  struct State {
    var isReady = false
    var oldEnd: Timestamp?
    var lateWords = 0
    var hasNew = false
    var fault: SpoolFault?
  }

  let state = Mutex(State())
}

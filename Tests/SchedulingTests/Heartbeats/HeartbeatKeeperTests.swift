import Model
import Scheduling
import TestSupport
import Testing

@Suite("The keeper of heartbeats")
struct HeartbeatKeeperTests {
  private let time = ManualTime()
  private let sink = RunCollector()
  private let history = RunCollector()
  private let store = HeartbeatMemory()

  private func keeper(secrets: [Secret] = []) -> HeartbeatKeeper {
    HeartbeatKeeper(
      region: "eu", node: "node-1", time: time, sink: sink, lateSink: history, store: store,
      masks: Masks(Redactor(secrets)), retention: .days(7))
  }

  private func signal(
    _ check: Check, _ kind: HeartbeatSignal.Kind = .success, ago: Duration = .zero, key: String? = nil,
    output: String? = nil
  ) -> HeartbeatSignal {
    HeartbeatSignal(check: check.id, kind: kind, at: time.now - ago, output: output, idempotencyKey: key)
  }

  @Test("records a report as a run at once, and keeps it")
  func records() async throws {
    let check = try makeHeartbeat()
    let keeper = keeper()
    await keeper.apply([check])
    #expect(keeper.lastReports.isEmpty)
    let receipt = try await keeper.receive([signal(check, .start, ago: .seconds(5)), signal(check)], at: time.now)
    #expect(receipt == HeartbeatReceipt(accepted: 2, repeated: 0))
    let run = try #require(sink.runs.first)
    #expect(sink.runs.count == 1)
    #expect(run.check == check.id)
    #expect(run.region == "eu")
    #expect(run.verdict == .up)
    #expect(run.duration == .seconds(5))
    #expect(run.attempts == 1)
    #expect(run.slot == check.grid.slot(at: time.now))
    #expect(keeper.lastReports == [check.id: time.now])
    #expect(try await store.heartbeats().first?.lastSignal?.at == time.now)
  }

  @Test("a report that comes again with its key changes nothing, in one batch and across restarts")
  func keys() async throws {
    let check = try makeHeartbeat()
    let first = keeper()
    await first.apply([check])
    let receipt = try await first.receive(
      [signal(check, .failure, key: "a"), signal(check, .failure, key: "a"), signal(check)], at: time.now)
    #expect(receipt == HeartbeatReceipt(accepted: 2, repeated: 1))
    let second = keeper()
    try await second.restore()
    await second.apply([check])
    let before = sink.runs.count
    #expect(try await second.receive([signal(check, .failure, key: "a")], at: time.now).repeated == 1)
    #expect(sink.runs.count == before)
  }

  @Test("two that bring one key at the same time are one")
  func concurrentKeys() async throws {
    let check = try makeHeartbeat()
    let keeper = keeper()
    await keeper.apply([check])
    let report = signal(check, key: "a")
    let accepted = try await withThrowingTaskGroup(of: Int.self) { group in
      for _ in 0..<20 { group.addTask { try await keeper.receive([report], at: report.at).accepted } }
      return try await group.reduce(0, +)
    }
    #expect(accepted == 1)
  }

  @Test("refuses a batch with one bad report as a whole")
  func refusals() async throws {
    let check = try makeHeartbeat()
    let keeper = keeper()
    await keeper.apply([check, try makeHeartbeat("off", isEnabled: false)])
    let now = time.now
    await #expect(throws: HeartbeatFault.inFuture(now + .minutes(6), latest: now + .minutes(5))) {
      try await keeper.receive([signal(check), signal(check, ago: .minutes(-6))], at: now)
    }
    await #expect(throws: HeartbeatFault.tooOld(now - .days(8), oldest: now - .days(7))) {
      try await keeper.receive([signal(check), signal(check, ago: .days(8))], at: now)
    }
    let off = try makeHeartbeat("off")
    await #expect(throws: HeartbeatFault.unknown(off.id)) {
      try await keeper.receive([signal(check), signal(off)], at: now)
    }
    await #expect(throws: HeartbeatFault.tooMany(count: 1001, limit: 1000)) {
      try await keeper.receive(Array(repeating: signal(check), count: 1001), at: now)
    }
    #expect(sink.runs.isEmpty)
    #expect(try await store.heartbeats().isEmpty)
  }

  @Test("a batch lands in the slots of its times, whatever its order, and only its present speaks of the check")
  func batch() async throws {
    let check = try makeHeartbeat()
    let keeper = keeper()
    await keeper.apply([check])
    let ages = [40, 0, 20, 30, 10].map { Duration.minutes($0) }
    _ = try await keeper.receive(ages.map { signal(check, ago: $0) }, at: time.now)
    #expect(sink.runs.map(\.slot) == [check.grid.slot(at: time.now)])
    #expect(history.runs.map(\.slot) == [40, 30, 20, 10].map { check.grid.slot(at: time.now - .minutes($0)) })
  }

  @Test("masks secrets in the output before it is cut, and bounds it")
  func output() async throws {
    let check = try makeHeartbeat()
    let secret = "hunter2-hunter2"
    let keeper = keeper(secrets: [Secret(secret)])
    await keeper.apply([check])
    // The cut goes through the secret.
    let text = "x" + secret + String(repeating: "y", count: HeartbeatKeeper.outputBytes - 5)
    _ = try await keeper.receive([signal(check, .failure, output: text)], at: time.now)
    let kept = try #require(try await store.heartbeats().first?.lastSignal?.output)
    #expect(kept.utf8.count <= HeartbeatKeeper.outputBytes)
    #expect(!kept.contains("nter2"))
    #expect(sink.runs.first?.reason?.message.hasSuffix("yyy") == true)
    time.advance(by: .minutes(11))
    _ = try await keeper.receive([signal(check, .failure, output: "no entry with \(secret)")], at: time.now)
    #expect(sink.runs.last?.reason?.message.contains(secret) == false)
  }

  @Test("a store that is broken is said, and the same report is taken again once it is whole")
  func brokenStore() async throws {
    let check = try makeHeartbeat()
    let keeper = keeper()
    await keeper.apply([check])
    store.breakDown()
    for key in ["a", nil] {
      do {
        _ = try await keeper.receive([signal(check, key: key)], at: time.now)
        Issue.record("the store is broken")
      } catch {
        guard case .store = error else {
          Issue.record("\(error)")
          continue
        }
      }
    }
    store.breakDown(false)
    #expect(try await keeper.receive([signal(check, key: "a")], at: time.now).accepted == 1)
  }

  @Test("tells of silence on time to the second, by itself")
  func silence() async throws {
    let check = try makeHeartbeat()
    let keeper = keeper()
    await keeper.apply([check])
    let reported = time.now
    _ = try await keeper.receive([signal(check)], at: time.now)
    let work = Task { await keeper.run() }
    while !sink.runs.contains(where: { $0.verdict == .down }), time.now < reported + .hours(1) {
      await time.advanceToNextDeadline()
      await time.sleepers()
    }
    let down = try #require(sink.runs.last)
    #expect(down.verdict == .down)
    #expect(down.reason?.code == .heartbeatMissed)
    #expect(down.attempts == 0)
    #expect(down.slot == check.grid.slot(at: reported + .minutes(12)))
    #expect(time.now > reported + .minutes(12))
    #expect(time.now <= reported + .minutes(12) + .seconds(1))
    work.cancel()
    await work.value
  }

  @Test("what jobs reported outlives a restart, a reload and another id")
  func survives() async throws {
    let check = try makeHeartbeat()
    let first = keeper()
    await first.apply([check])
    _ = try await first.receive([signal(check)], at: time.now)
    let reported = time.now
    let second = keeper()
    try await second.restore()
    await second.apply([check])
    #expect(second.lastReports == [check.id: reported])
    await second.apply([])
    #expect(second.lastReports.isEmpty)
    await second.apply([check])
    #expect(second.lastReports == [check.id: reported])
    let heir = try makeHeartbeat("copy", movedFrom: check.id)
    await second.apply([heir])
    #expect(second.lastReports == [heir.id: reported])
  }
}

import Fleet
import FoundationEssentials
import Hub
import Model
import Synchronization
import TestSupport
import Testing

@Suite struct ReportTests {
  private let time = ManualTime()
  private let store: MemoryFleetStore
  private let queue: ReportQueue

  init() {
    store = MemoryFleetStore(time: time)
    queue = ReportQueue(store: store, time: time)
  }

  private func signal(_ number: Int) -> FleetReport {
    .signals([
      HeartbeatSignal(
        check: FixedSupply.shop.id, kind: .success, at: time.now + .seconds(number), duration: .milliseconds(1500),
        output: "day \(number)", idempotencyKey: "key-\(number)")
    ])
  }

  private func lease(_ holder: String) async throws -> SingletonLease {
    try #require(try await store.acquire(.deciding, holder: holder, for: .seconds(6)))
  }

  @Test func `what jobs report at any replica is taken once, in its order, by whoever leads later`() async throws {
    for number in 0..<300 { try await queue.post(signal(number)) }
    let taken = Mutex<[FleetReport]>([])
    try await ReportReader(store: store, time: time).drain(under: try await lease("a")) { report, _, isAgain in
      #expect(!isAgain)
      taken.withLock { $0.append(report) }
      return .done
    }
    #expect(taken.withLock { $0 } == (0..<300).map(signal))
    #expect(store.current.reports.isEmpty)
    #expect(store.current.answers.isEmpty)
  }

  @Test func `whoever waits is told what came of a report, and nothing is left of it`() async throws {
    let lease = try await lease("a")
    async let answer = queue.ask(.incident(.acknowledgement(of: 7, by: "ada", note: nil)), for: [Int].self)
    await time.sleepers()
    try await ReportReader(store: store, time: time).drain(under: lease) { report, _, _ in
      #expect(report == .incident(.acknowledgement(of: 7, by: "ada", note: nil)))
      return .answered(Array("[7]".utf8))
    }
    time.advance(by: .milliseconds(100))
    #expect(try await answer == [7])
    #expect(store.current.reports.isEmpty && store.current.answers.isEmpty)
  }

  @Test func `a report that nobody takes is taken back, so that it can be sent again`() async throws {
    async let answer = queue.ask(.incident(.acknowledgement(of: 7, by: "ada", note: nil)), for: [Int].self)
    for _ in 0..<200 {
      await time.sleepers()
      time.advance(by: .milliseconds(100))
    }
    #expect(try await answer == nil)
    #expect(store.current.reports.isEmpty)
  }

  @Test func `a report that a leader has taken is not taken back, and comes again to the next one`() async throws {
    struct Killed: Error {}
    let old = try await lease("a")
    try await queue.post(signal(1))
    let reader = ReportReader(store: store, time: time)
    await #expect(throws: Killed.self) { try await reader.drain(under: old) { _, _, _ in throw Killed() } }
    let number = try #require(store.current.reports.first?.number)
    #expect(try await store.withdraw(number) == false)
    time.advance(by: .seconds(10))
    let new = try await lease("b")
    await #expect(throws: FleetFault.leaseLost(.deciding)) { try await reader.drain(under: old) { _, _, _ in .done } }
    let again = Mutex<[Bool]>([])
    try await reader.drain(under: new) { _, _, isAgain in
      again.withLock { $0.append(isAgain) }
      return .done
    }
    #expect(again.withLock { $0 } == [true])
    #expect(store.current.reports.isEmpty)
  }

  @Test func `a report that is early waits for its configuration, lets others pass, and is let go in the end`()
    async throws
  {
    let lease = try await lease("a")
    for number in 0..<2 { try await queue.post(signal(number)) }
    let dropped = Mutex<[String]>([])
    let taken = Mutex(0)
    let first = signal(0)
    let reader = ReportReader(store: store, time: time) { why in dropped.withLock { $0.append(why) } }
    let task = Task {
      try await reader.run(under: lease) { report, _, _ in
        if report == first { return .early("no such check", answer: nil) }
        taken.withLock { $0 += 1 }
        return .done
      }
    }
    await time.sleepers()
    #expect(taken.withLock { $0 } == 1)
    #expect(store.current.reports.count == 1)
    let end = time.uptime + ReportReader.patience + .seconds(1)
    while time.uptime < end {
      time.advance(by: .seconds(1))
      await time.sleepers()
    }
    #expect(dropped.withLock { $0 } == ["no such check"])
    #expect(store.current.reports.isEmpty)
    task.cancel()
    _ = await task.result
  }

  @Test func `a report that cannot be read keeps nobody waiting`() async throws {
    _ = try await store.post(Array("{}".utf8))
    try await queue.post(signal(1))
    let dropped = Mutex(0)
    let reader = ReportReader(store: store, time: time) { _ in dropped.withLock { $0 += 1 } }
    try await reader.drain(under: try await lease("a")) { _, _, _ in .done }
    #expect(dropped.withLock { $0 } == 1)
    #expect(store.current.reports.isEmpty)
  }

  @Test func `no more reports are kept than a hub without a leader can hold`() async throws {
    let store = MemoryFleetStore(time: time, mostReports: 1)
    let queue = ReportQueue(store: store, time: time)
    try await queue.post(signal(1))
    await #expect(throws: FleetFault.tooManyReports) { try await queue.post(signal(2)) }
  }
}

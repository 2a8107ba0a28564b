import Dispatch
import Model
import Scheduling
import Synchronization
import TestSupport
import Testing

/// Keeps what it is told.
private final class Collector: RunSink {
  private let missed = Mutex<[MissedSlots]>([])
  private let places = Mutex<Set<String>>([])
  private let onMissed: @Sendable () -> Void

  init(onMissed: @escaping @Sendable () -> Void = {}) { self.onMissed = onMissed }

  var missedSlots: [MissedSlots] { missed.withLock { $0 } }
  var regions: Set<String> { places.withLock { $0 } }

  func record(_ run: Run) {}

  func record(_ slots: MissedSlots, in region: String) {
    onMissed()
    missed.withLock { $0.append(slots) }
    places.withLock { _ = $0.insert(region) }
  }
}

/// Stands in for the runner: tells of each start, and lets runs end when the test says so.
private final class Runner: Sendable {
  let starts: AsyncStream<SlotStart>
  private let started: AsyncStream<SlotStart>.Continuation
  private let ends: AsyncStream<Void>
  private let end: AsyncStream<Void>.Continuation
  private let cancellations = Mutex(0)

  init() {
    (starts, started) = AsyncStream.makeStream()
    (ends, end) = AsyncStream.makeStream()
  }

  var cancelled: Int { cancellations.withLock { $0 } }

  func run(_ start: SlotStart) async {
    started.yield(start)
    for await _ in ends { return }
    if Task.isCancelled { cancellations.withLock { $0 += 1 } }
  }

  func endOne() { end.yield() }
}

/// Does one job after the other, as the daemon's pacemaker does.
private final class OneThread: TaskExecutor {
  private let queue = DispatchQueue(label: "pacemaker")

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    queue.async { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
  }
}

@Suite("The scheduler", .timeLimit(.minutes(1)))
struct SchedulerTests {
  private let time = ManualTime(now: epoch)
  private let sink = Collector()
  private let runner = Runner()

  private func makeScheduler(limits: ConcurrencyLimits = .standard) -> Scheduler {
    Scheduler(region: "eu", limits: limits, time: time, sink: sink) { [runner] in await runner.run($0) }
  }

  /// Lets time pass as the scheduler asks for it, up to `wall`.
  private func pass(to wall: Timestamp) async {
    while time.now < wall {
      await time.sleepers()
      guard let deadline = time.nextDeadline else { continue }
      time.advance(by: min(deadline - time.uptime, wall - time.now))
    }
  }

  @Test("runs a check at its slots, in time, and tells how many runs are under way")
  func rhythm() async throws {
    let check = try makeCheck("front-page")
    let scheduler = makeScheduler()
    scheduler.apply([check])
    async let run: Void = scheduler.run()
    var starts = runner.starts.makeAsyncIterator()
    for index in 0..<3 as Range<Int64> {
      await pass(to: check.slot(index).start)
      let start = try #require(await starts.next())
      #expect(start.check == check.id)
      #expect(start.slot == check.slot(index))
      #expect(start.lag == .zero)
      #expect(start.budget == .milliseconds(9900))
      #expect(scheduler.inFlight == 1)
      runner.endOne()
    }
    scheduler.stop(within: .seconds(30))
    await run
    #expect(scheduler.inFlight == 0)
    #expect(sink.missedSlots.isEmpty)
  }

  @Test("records missed slots in its region")
  func missed() async throws {
    let check = try makeCheck("front-page")
    let scheduler = makeScheduler()
    scheduler.apply([check])
    async let run: Void = scheduler.run()
    await time.sleepers()
    time.advance(by: check.slot(2).start + .seconds(1) - epoch)
    var starts = runner.starts.makeAsyncIterator()
    #expect(await starts.next()?.lag == .seconds(1))
    scheduler.stop(within: .seconds(30))
    runner.endOne()
    await run
    #expect(sink.missedSlots.flatMap(\.slots) == [0, 1].map { check.slot($0) })
    #expect(sink.missedSlots.map(\.cause) == [.late])
    #expect(sink.regions == ["eu"])
  }

  @Test("tells of all slots of a long sleep at once")
  func longGap() async throws {
    let check = try makeCheck("front-page")
    let scheduler = makeScheduler()
    scheduler.apply([check])
    async let run: Void = scheduler.run()
    await time.sleepers()
    time.advance(by: check.slot(200_000).start - epoch)
    var starts = runner.starts.makeAsyncIterator()
    #expect(await starts.next()?.slot == check.slot(200_000))
    scheduler.stop(within: .seconds(30))
    runner.endOne()
    await run
    #expect(sink.missedSlots.map(\.count) == [200_000])
    #expect(sink.missedSlots.last?.last == check.slot(199_999))
  }

  @Test("begins the runs of the present before it tells of the slots that a stall cost, on whatever thread it runs")
  func startsFirst() async throws {
    let check = try makeCheck("front-page")
    let hasStarted = DispatchSemaphore(value: 0)
    let wasFirst = Mutex(false)
    let sink = Collector {
      // Told on the scheduler's own thread, the start could not come while this waits.
      wasFirst.withLock { $0 = hasStarted.wait(timeout: .now() + 10) == .success }
    }
    let scheduler = Scheduler(region: "eu", time: time, sink: sink) { _ in hasStarted.signal() }
    scheduler.apply([check])
    time.advance(by: check.slot(3).start - epoch)
    scheduler.apply([check])
    scheduler.stop(within: .seconds(30))
    await withTaskExecutorPreference(OneThread()) { await scheduler.run() }
    #expect(sink.missedSlots.map(\.count) == [3])
    #expect(wasFirst.withLock { $0 })
  }

  @Test("refuses a start for which its own delay leaves too little time")
  func lateExecutor() async throws {
    let check = try makeCheck("front-page")
    let scheduler = makeScheduler()
    scheduler.apply([check])
    time.advance(by: check.slot(0).start - epoch)
    scheduler.apply([check])
    #expect(scheduler.inFlight == 1)
    time.advance(by: .seconds(9))
    scheduler.stop(within: .seconds(30))
    // A run would wait for its end, and be cancelled by the bound only.
    await scheduler.run()
    #expect(sink.missedSlots.map(\.first) == [check.slot(0)])
    #expect(sink.missedSlots.map(\.cause) == [.late])
    #expect(scheduler.inFlight == 0)
  }

  @Test("takes up a plan while it runs")
  func reload() async throws {
    let first = try makeCheck("first", every: .hours(1))
    let second = try makeCheck("second")
    let scheduler = makeScheduler()
    scheduler.apply([first])
    async let run: Void = scheduler.run()
    await time.sleepers()
    scheduler.apply([first, second])
    await pass(to: second.slot(0).start)
    var starts = runner.starts.makeAsyncIterator()
    #expect(await starts.next()?.check == second.id)
    runner.endOne()
    scheduler.stop(within: .seconds(30))
    await run
  }

  @Test("gives a place to the next in line when a run ends")
  func places() async throws {
    let checks = try (0..<2).map { try makeCheck("check-\($0)", every: .seconds(60), host: "shop.example") }
    let order = checks.sorted { $0.slot(0) < $1.slot(0) }
    let scheduler = makeScheduler(limits: ConcurrencyLimits(global: 10, perHost: 1))
    scheduler.apply(checks)
    async let run: Void = scheduler.run()
    await pass(to: order[1].slot(0).start + .milliseconds(20))
    var starts = runner.starts.makeAsyncIterator()
    #expect(await starts.next()?.check == order[0].id)
    runner.endOne()
    let second = try #require(await starts.next())
    #expect(second.check == order[1].id)
    #expect(second.lag >= .milliseconds(20))
    #expect(second.lag + second.budget == .milliseconds(59_400))
    runner.endOne()
    scheduler.stop(within: .seconds(30))
    await run
  }

  @Test("waits for runs when it is stopped, and cancels those that take longer than the bound")
  func stop() async throws {
    let check = try makeCheck("front-page", every: .seconds(600))
    let scheduler = makeScheduler()
    scheduler.apply([check])
    async let run: Void = scheduler.run()
    await pass(to: check.slot(0).start)
    var starts = runner.starts.makeAsyncIterator()
    _ = await starts.next()
    scheduler.stop(within: .seconds(30))
    #expect(runner.cancelled == 0)
    // The timer of the next slot, and that of the bound.
    await time.sleepers(2)
    time.advance(by: .seconds(30))
    await run
    #expect(runner.cancelled == 1)
  }

  @Test("returns at once from a stop when nothing runs, and cancels its runs when its task is cancelled")
  func cancellation() async throws {
    let idle = makeScheduler()
    idle.apply([try makeCheck("front-page")])
    async let idleRun: Void = idle.run()
    idle.stop(within: .seconds(30))
    await idleRun

    let check = try makeCheck("front-page")
    let scheduler = makeScheduler()
    scheduler.apply([check])
    await withTaskGroup { group in
      group.addTask { await scheduler.run() }
      await pass(to: check.slot(0).start)
      var starts = runner.starts.makeAsyncIterator()
      _ = await starts.next()
      group.cancelAll()
    }
    #expect(runner.cancelled == 1)
  }
}

import Glibc
import Testing
import Transport

@Suite("Event loop") struct EventLoopTests {
  private let loop: EventLoop

  init() throws {
    loop = try EventLoop(name: "test-loop")
  }

  @Test("what an actor of the loop does runs on the loop's thread, before and after a wait")
  func isolation() async {
    let (before, after) = await loop.actor.perform(within: .seconds(60)) { actor, deadline in
      let before = actor.loop.isCurrent
      try? await deadline.sleep(until: EventLoop.now + 1_000_000)
      return (before, actor.loop.isCurrent)
    }
    #expect(before)
    #expect(after)
    #expect(!loop.isCurrent)
    loop.stop()
  }

  @Test("an object of a loop stops the program on another thread")
  func wrongThread() async {
    await #expect(processExitsWith: .failure) {
      let loop = try EventLoop(name: "test-loop")
      loop.unwatch(0)
    }
  }

  @Test("a wait ends with the deadline, not before it and not long after")
  func deadline() async {
    let (failure, late) = await loop.actor.perform(within: .milliseconds(30)) { _, deadline in
      do throws(WaitFailure) {
        while true { _ = try await deadline.wait() }
      } catch {
        return (error, EventLoop.now - deadline.end)
      }
    }
    #expect(failure == .deadline)
    #expect(late >= 0)
    #expect(late < 10_000_000_000)
    loop.stop()
  }

  @Test("a deadline that has passed fails every wait after it at once")
  func afterDeadline() async {
    let failures = await loop.actor.perform(within: .zero) { _, deadline in
      var failures: [WaitFailure] = []
      for _ in 0..<3 {
        do throws(WaitFailure) {
          _ = try await deadline.wait()
        } catch {
          failures.append(error)
        }
      }
      return failures
    }
    #expect(failures == [.deadline, .deadline, .deadline])
    loop.stop()
  }

  @Test("a wait for a shorter time ends with it, and the exchange goes on")
  func shorterWait() async throws {
    let (isWoken, isOver) = await loop.actor.perform(within: .seconds(60)) { _, deadline in
      (try? await deadline.wait(until: EventLoop.now + 1_000_000), deadline.isOver)
    }
    #expect(isWoken == false)
    #expect(isOver == nil)
    loop.stop()
  }

  @Test("a wake ends the wait that is under way, or else the next one, once")
  func wake() async {
    let results = await loop.actor.perform(within: .seconds(60)) { _, deadline in
      deadline.wake()
      deadline.wake()
      let remembered = try? await deadline.wait()
      let unwoken = try? await deadline.wait(until: EventLoop.now + 1_000_000)
      deadline.loop.schedule(LoopTimer { deadline.wake() }, at: EventLoop.now + 1_000_000)
      return [remembered, unwoken, try? await deadline.wait()]
    }
    #expect(results == [true, false, true])
    loop.stop()
  }

  @Test("a task that is cancelled fails its wait, also when it was cancelled before it began")
  func cancellation() async {
    let loop = loop
    let (waits, begun) = AsyncStream<Void>.makeStream()
    let running = Task {
      await loop.actor.perform(within: .seconds(60)) { _, deadline -> WaitFailure? in
        begun.yield()
        do throws(WaitFailure) {
          _ = try await deadline.wait()
          return nil
        } catch {
          return error
        }
      }
    }
    for await _ in waits { break }
    running.cancel()
    #expect(await running.value == .cancelled)

    let (gate, open) = AsyncStream<Void>.makeStream()
    let late = Task {
      for await _ in gate { break }
      return await loop.actor.perform(within: .seconds(60)) { _, deadline -> WaitFailure? in
        do throws(WaitFailure) {
          _ = try await deadline.wait()
          return nil
        } catch {
          return error
        }
      }
    }
    late.cancel()
    open.finish()
    #expect(await late.value == .cancelled)
    loop.stop()
  }

  @Test("timers fire in the order of their times, and those of one time in the order of their making")
  func timers() async {
    let order = await loop.actor.perform(within: .seconds(60)) { _, deadline in
      let box = Box<[Int]>([])
      let now = EventLoop.now
      for (index, offset) in [3, 1, 2, 1].enumerated() {
        deadline.loop.schedule(LoopTimer { box.value.append(index) }, at: now + Int64(offset) * 1_000_000)
      }
      let cancelled = LoopTimer { box.value.append(99) }
      deadline.loop.schedule(cancelled, at: now + 1_500_000)
      cancelled.cancel()
      try? await deadline.sleep(until: now + 4_000_000)
      return box.value
    }
    #expect(order == [1, 3, 2, 0])
    loop.stop()
  }

  @Test("timers that were cancelled do not stay until their time comes")
  func cancelledTimers() async {
    let (left, fired) = await loop.actor.perform(within: .seconds(60)) { _, deadline in
      var cancelled: [WeakTimer] = []
      let box = Box(0)
      for index in 0..<20_000 {
        let timer = LoopTimer { box.value += 1 }
        deadline.loop.schedule(timer, at: EventLoop.now + (index % 100 == 0 ? 1_000_000 : 3_600_000_000_000))
        if index % 100 == 0 { continue }
        timer.cancel()
        cancelled.append(WeakTimer(timer: timer))
      }
      try? await deadline.sleep(until: EventLoop.now + 2_000_000)
      return (cancelled.count { $0.timer != nil }, box.value)
    }
    #expect(left < 2048)
    #expect(fired == 200)
    loop.stop()
  }

  @Test("a descriptor that becomes ready is told, and one that was forgotten is not")
  func readiness() async {
    let told = await loop.actor.perform(within: .seconds(60)) { _, deadline in
      var ends: [CInt] = [0, 0]
      pipe(&ends)
      let handler = Counter(deadline)
      try? deadline.loop.watch(ends[0], for: [.readable, .edgeTriggered], handler: handler)
      write(ends[1], "x", 1)
      while handler.count == 0 { _ = try? await deadline.wait() }
      deadline.loop.unwatch(ends[0])
      write(ends[1], "y", 1)
      _ = try? await deadline.wait(until: EventLoop.now + 2_000_000)
      close(ends[0])
      close(ends[1])
      return handler.count
    }
    #expect(told == 1)
    loop.stop()
  }

  @Test("a new descriptor of an old number does not get the old one's events")
  func reusedDescriptor() async {
    let counts = await loop.actor.perform(within: .seconds(60)) { _, deadline in
      var first: [CInt] = [0, 0]
      pipe(&first)
      let old = Counter(deadline)
      try? deadline.loop.watch(first[0], for: [.readable], handler: old)
      deadline.loop.unwatch(first[0], isClosing: true)
      close(first[0])
      var second: [CInt] = [0, 0]
      pipe(&second)
      let new = Counter(deadline)
      try? deadline.loop.watch(second[0], for: [.readable, .edgeTriggered], handler: new)
      write(second[1], "x", 1)
      while new.count == 0 { _ = try? await deadline.wait() }
      deadline.loop.unwatch(second[0], isClosing: true)
      for descriptor in [first[1], second[0], second[1]] { close(descriptor) }
      return [old.count, new.count]
    }
    #expect(counts == [0, 1])
    loop.stop()
  }

  @Test("exchanges take turns: one that never ends does not hold up another")
  func turns() async {
    let loop = loop
    async let endless: Int = loop.actor.perform(within: .milliseconds(300)) { _, deadline in
      var rounds = 0
      while (try? await deadline.wait(until: EventLoop.now)) != nil { rounds += 1 }
      return rounds
    }
    for _ in 0..<20 {
      let isOver = await loop.actor.perform(within: .seconds(60)) { _, deadline in
        try? await deadline.sleep(until: EventLoop.now + 1_000_000)
        return deadline.isOver
      }
      #expect(isOver == nil)
    }
    #expect(await endless > 0)
    loop.stop()
  }

  @Test("work is dealt to all loops in turn")
  func dealing() throws {
    let loops = try EventLoops(count: 3)
    let dealt = (0..<6).map { _ in loops.next }
    #expect(dealt[0] !== dealt[1])
    #expect(dealt[0] === dealt[3])
    #expect(Set(dealt.map(ObjectIdentifier.init)).count == 3)
    loops.stop()
  }

  private struct WeakTimer {
    weak var timer: LoopTimer?
  }

  /// State of a test that stays on its loop.
  private final class Box<Value> {
    var value: Value

    init(_ value: Value) {
      self.value = value
    }
  }

  private final class Counter: ReadinessHandler {
    private(set) var count = 0
    private let deadline: Deadline

    init(_ deadline: Deadline) {
      self.deadline = deadline
    }

    func descriptor(_ descriptor: CInt, isReadyFor readiness: Readiness) {
      count += 1
      deadline.wake()
    }
  }
}

import Hub
import Model
import Synchronization
import TestSupport
import Testing

@Suite struct LeaseTests {
  @Test func `one replica alone does the work, and the other one when it has left`() async throws {
    let time = ManualTime()
    let store = MemoryFleetStore(time: time)
    let workers = Workers()
    let first = Task { await keeper("a", store, time, workers).hold(.deciding) { try await workers.work($0, time) } }
    await workers.began("a")
    let second = Task { await keeper("b", store, time, workers).hold(.deciding) { try await workers.work($0, time) } }
    // Renewal, watch and the work of the first, and the patience of the second.
    await time.sleepers(4)
    #expect(workers.active == ["a"])
    first.cancel()
    await first.value
    #expect(workers.active.isEmpty)
    time.advance(by: .seconds(1))
    await workers.began("b")
    #expect(store.current.leases[.deciding]?.token == 2)
    second.cancel()
    await second.value
    #expect(workers.most == 1)
  }

  @Test func `a replica that cannot prolong its lease stops before another one may begin`() async throws {
    let time = ManualTime()
    let store = MemoryFleetStore(time: time)
    let workers = Workers()
    let task = Task { await keeper("a", store, time, workers).hold(.keeping) { try await workers.work($0, time) } }
    await workers.began("a")
    await time.sleepers(3)
    store.change { $0.fault = "connection refused" }
    let begin = time.uptime
    while !workers.active.isEmpty {
      await time.sleepers()
      time.advance(by: .milliseconds(250))
      await Task.yield()
    }
    #expect(time.uptime - begin <= .seconds(6))
    task.cancel()
    await task.value
  }

  @Test func `a replica that may not lead takes no lease, and gives back the one that it has`() async throws {
    let time = ManualTime()
    let store = MemoryFleetStore(time: time)
    let workers = Workers()
    let mayLead = Mutex(false)
    let task = Task {
      await LeaseKeeper(store: store, holder: "a", time: time, mayLead: { mayLead.withLock { $0 } })
        .hold(.deciding) { try await workers.work($0, time) }
    }
    await time.sleepers()
    #expect(store.current.leases.isEmpty)
    mayLead.withLock { $0 = true }
    time.advance(by: .seconds(1))
    await workers.began("a")
    await time.sleepers(3)
    mayLead.withLock { $0 = false }
    time.advance(by: .seconds(2))
    await workers.ended("a")
    // The pause before it is tried again.
    await time.sleepers()
    #expect(store.current.leases.isEmpty)
    task.cancel()
    await task.value
  }

  @Test func `a lease that another one took is noticed at the next prolongation`() async throws {
    let time = ManualTime()
    let store = MemoryFleetStore(time: time)
    let workers = Workers()
    let task = Task { await keeper("a", store, time, workers).hold(.assigning) { try await workers.work($0, time) } }
    await workers.began("a")
    await time.sleepers(3)
    store.change { state in
      state.leases[.assigning] = SingletonLease(
        singleton: .assigning, holder: "b", token: 9, until: time.now + .seconds(60))
      state.tokens[.assigning] = 9
    }
    time.advance(by: .seconds(2))
    await workers.ended("a")
    task.cancel()
    await task.value
    #expect(store.current.leases[.assigning]?.holder == "b")
  }

  @Test func `a lease that changed hands and came back is given back as it is now`() async throws {
    let time = ManualTime()
    let store = MemoryFleetStore(time: time)
    let workers = Workers()
    let task = Task { await keeper("a", store, time, workers).hold(.keeping) { try await workers.work($0, time) } }
    await workers.began("a")
    await time.sleepers(3)
    // Another one had it, and has given it back.
    store.change { state in
      state.leases[.keeping] = nil
      state.tokens[.keeping] = 8
    }
    time.advance(by: .seconds(2))
    await workers.ended("a")
    // The pause before it is tried again.
    await time.sleepers()
    #expect(store.current.leases[.keeping] == nil)
    #expect(store.current.tokens[.keeping] == 9)
    task.cancel()
    await task.value
  }

  @Test func `a replica says that it leads no more before its work has come to an end`() async throws {
    let time = ManualTime()
    let store = MemoryFleetStore(time: time)
    let (events, told) = AsyncStream.makeStream(of: LeaseKeeper.Event.self)
    let (release, released) = AsyncStream.makeStream(of: Void.self)
    let task = Task {
      await LeaseKeeper(store: store, holder: "a", time: time, observe: { told.yield($0) }).hold(.keeping) { _ in
        // A write that nothing ends.
        await Task { for await _ in release { return } }.value
      }
    }
    var iterator = events.makeAsyncIterator()
    #expect(await iterator.next() == .began(.keeping))
    await time.sleepers(2)
    task.cancel()
    #expect(await iterator.next() == .ended(.keeping, because: nil))
    released.yield()
    await task.value
  }

  private func keeper(
    _ holder: String, _ store: MemoryFleetStore, _ time: ManualTime, _ workers: Workers
  ) -> LeaseKeeper {
    LeaseKeeper(store: store, holder: holder, time: time)
  }
}

/// Who works at the moment, and who ever did at the same time.
private final class Workers: Sendable {
  private struct State {
    var active: Set<String> = []
    var most = 0
    var waiting: [(holder: String, isActive: Bool, continuation: CheckedContinuation<Void, Never>)] = []
  }
  private let state = Mutex(State())

  var active: Set<String> { state.withLock { $0.active } }
  var most: Int { state.withLock { $0.most } }

  func work(_ lease: SingletonLease, _ time: ManualTime) async throws {
    set(lease.holder, isActive: true)
    defer { set(lease.holder, isActive: false) }
    try await time.sleep(untilUptime: time.uptime + .seconds(100_000))
  }

  func began(_ holder: String) async { await wait(holder, isActive: true) }
  func ended(_ holder: String) async { await wait(holder, isActive: false) }

  private func set(_ holder: String, isActive: Bool) {
    let woken = state.withLock { state in
      if isActive { state.active.insert(holder) } else { state.active.remove(holder) }
      state.most = max(state.most, state.active.count)
      let woken = state.waiting.filter { $0.holder == holder && $0.isActive == isActive }
      state.waiting.removeAll { $0.holder == holder && $0.isActive == isActive }
      return woken
    }
    for waiter in woken { waiter.continuation.resume() }
  }

  private func wait(_ holder: String, isActive: Bool) async {
    await withCheckedContinuation { continuation in
      let isThere = state.withLock { state in
        if state.active.contains(holder) == isActive { return true }
        state.waiting.append((holder, isActive, continuation))
        return false
      }
      if isThere { continuation.resume() }
    }
  }
}

import Hub
import Model
import TestSupport
import Testing

@Suite struct StoreClockTests {
  private let time = ManualTime()
  private let store: MemoryFleetStore
  private let clock: StoreClock

  init() {
    store = MemoryFleetStore(time: time)
    store.change { $0.clockOffset = .seconds(7) }
    clock = StoreClock(store: store, time: time)
  }

  @Test func `shows the time of the store, and goes on with uptime`() async throws {
    #expect(clock.now == time.now)
    try await clock.refresh()
    #expect(clock.now == time.now + .seconds(7))
    time.advance(by: .seconds(20))
    #expect(clock.now == time.now + .seconds(7))
  }

  @Test func `does not go along when the clock of its machine is set`() async throws {
    try await clock.refresh()
    let before = clock.now
    // The store's clock is another machine's, and stays.
    time.setClock(by: .seconds(86_400 * 31))
    store.change { $0.clockOffset = .seconds(7 - 86_400 * 31) }
    #expect(clock.now == before)
    try await clock.refresh()
    #expect(clock.now == before)
    time.advance(by: .seconds(5))
    #expect(clock.now == before + .seconds(5))
  }

  @Test func `measures again at once when its machine was suspended, and uptime with it`() async throws {
    try await clock.refresh()
    time.setClock(by: .minutes(10))
    try await clock.refresh()
    #expect(clock.now == time.now + .seconds(7))
  }

  @Test func `believes no answer that took long`() async throws {
    try await clock.refresh()
    let before = clock.now
    store.change { [time] in $0.answering = { time.advance(by: .seconds(8)) } }
    time.advance(by: .seconds(31))
    try await clock.refresh()
    #expect(clock.now == before + .seconds(39))
  }

  @Test func `says so when it never had an answer that it could believe`() async throws {
    store.change { [time] in $0.answering = { time.advance(by: .seconds(8)) } }
    await #expect(throws: (any Error).self) { try await clock.refresh() }
  }

  @Test func `gives its time to others, and the uptime of its machine`() async throws {
    try await clock.refresh()
    let shared = StoreTime(clock, base: time)
    #expect(shared.now == time.now + .seconds(7))
    #expect(shared.uptime == time.uptime)
  }
}

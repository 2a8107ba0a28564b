import Glibc
import Server
import Synchronization
import Testing
import Transport
import curlew

@Suite("The health of threads")
struct LoopHealthTests {
  @Test("says of a thread that is held up that it is not ready, within a bounded time, and of the others that they are")
  func heldUp() async throws {
    let loops = try EventLoops(count: 2)
    let healthy = await LoopHealth.components(of: loops)
    #expect(healthy.map(\.name) == ["scheduler", "probing-1"])
    #expect(healthy.allSatisfy { $0.isReady && $0.latency < .seconds(1) })

    let isHeld = Atomic(true)
    let (started, start) = AsyncStream.makeStream(of: Void.self)
    async let held: Void = loops.all[0].actor.perform(within: .seconds(60)) { _, _ in
      start.yield()
      while isHeld.load(ordering: .relaxed) { usleep(1000) }
    }
    for await _ in started { break }
    let components = await LoopHealth.components(of: loops)
    isHeld.store(false, ordering: .relaxed)
    await held
    #expect(components.map(\.isReady) == [false, true])
    #expect(components[0].message?.contains("not answered") == true)
    loops.stop()
  }
}

import Dispatch
import Server
import Testing
import Transport
import curlew

@Suite("The health of threads")
struct LoopHealthTests {
  @Test("says of a thread that is held up that it is not ready, within a bounded time, and of the others that they are")
  func heldUp() async throws {
    let loops = try EventLoops(count: 2)
    let healthy = await LoopHealth.components(of: loops, within: .seconds(60))
    #expect(healthy.map(\.name) == ["scheduler", "probing-1"])
    #expect(healthy.allSatisfy { $0.isReady })

    let release = DispatchSemaphore(value: 0)
    let hold: @Sendable () -> Void = { release.wait() }
    let (started, start) = AsyncStream.makeStream(of: Void.self)
    async let held: Void = loops.all[0].actor.perform(within: .seconds(60)) { _, _ in
      start.yield()
      hold()
    }
    for await _ in started { break }
    // The whole limit is waited for, and leaves a busy machine the time that the other thread needs.
    let components = await LoopHealth.components(of: loops, within: .seconds(5))
    release.signal()
    await held
    #expect(components.map(\.isReady) == [false, true])
    #expect(components[0].message?.hasSuffix("not answered within 5s") == true)
    loops.stop()
  }
}

import Glibc
import Model
import TestSupport
import Testing
import Transport

@Suite("Listener")
struct ListenerTests {
  @Test("without descriptors a listener rests, and goes on when there are some")
  func outOfDescriptors() async {
    await #expect(processExitsWith: .success) {
      let loop = try EventLoop(name: "test-loop")
      let listener = try Listener(on: SocketAddress(.loopbackV4, port: 0), loop: loop)
      let client = socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
      let (served, serves) = AsyncStream<Void>.makeStream()
      let serving = Task { await listener.serve { _ in serves.yield() } }
      // Once a first connection is served, the listener waits for the next.
      let first = socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
      #expect(listener.address.withSocketAddress { connect(first, $0, $1) } == 0)
      for await _ in served { break }

      var limit = rlimit()
      getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
      let old = limit.rlim_cur
      limit.rlim_cur = 3
      setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
      let before = await Self.threadTime(of: loop)
      #expect(listener.address.withSocketAddress { connect(client, $0, $1) } == 0)
      await loop.actor.perform(within: .seconds(60)) { _, deadline in
        try? await deadline.sleep(until: EventLoop.now + 350_000_000)
      }
      #expect(await Self.threadTime(of: loop) - before < 100_000_000)
      limit.rlim_cur = old
      setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
      for await _ in served { break }
      serving.cancel()
    }
  }

  /// The processor time of a loop's thread, in nanoseconds.
  private static func threadTime(of loop: EventLoop) async -> Int64 {
    await loop.actor.perform(within: .seconds(60)) { _, _ in
      var time = timespec()
      clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
      return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
  }
}

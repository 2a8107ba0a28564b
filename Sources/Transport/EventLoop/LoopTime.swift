package import Model

/// The machine's clocks, with sleeps that are timers of an event loop: whoever runs on that loop sleeps and wakes without a
/// change of thread.
package struct LoopTime: TimeSource {
  private let loop: EventLoop
  private let system = SystemTime()

  /// Time whose sleepers are woken by `loop`.
  package init(_ loop: EventLoop) {
    self.loop = loop
  }

  package var now: Timestamp { system.now }

  package var uptime: Duration { system.uptime }

  package func sleep(untilUptime deadline: Duration) async throws {
    let left = deadline - uptime
    guard left > .zero else { return try Task.checkCancellation() }
    let failure = await loop.actor.perform(within: left) { _, deadline -> WaitFailure in
      while true {
        do throws(WaitFailure) { _ = try await deadline.wait() } catch { return error }
      }
    }
    if failure == .cancelled { throw CancellationError() }
  }
}

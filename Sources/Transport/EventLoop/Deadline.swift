import Model

/// The one deadline of an exchange, from resolution to the last byte, and the only thing that the exchange ever waits on.
///
/// An exchange is sequential, so it has at most one wait at a time: whatever it waits for, readiness, a timer, a libcurl
/// transfer, calls `wake`, and the deadline or a cancellation wakes it with a failure instead. No wait can be forgotten.
/// Belongs to one loop and is used on its thread alone.
package final class Deadline: @unchecked Sendable {
  // Sendable only so that a cancellation handler can carry it to its own loop; every use checks the thread.

  /// The loop it belongs to.
  package let loop: EventLoop
  /// When the exchange began, in nanoseconds of `EventLoop.now`.
  package let start: Int64
  /// When the exchange is over, in nanoseconds of `EventLoop.now`.
  package let end: Int64

  private var failure: WaitFailure?
  private var continuation: UnsafeContinuation<Wake, Never>?
  /// A wake that came while nobody waited. The next wait returns at once: what it was to tell may have come between the
  /// look at the condition and the wait, since the runtime is free to let other jobs of the loop run at any `await`.
  private var isWoken = false
  private var timer: LoopTimer?

  fileprivate enum Wake {
    case ready
    case timer
    case failure(WaitFailure)
  }

  init(loop: EventLoop, timeout: Duration) {
    loop.preconditionOnLoop("A deadline")
    self.loop = loop
    start = EventLoop.now
    end = start &+ min(max(0, timeout.nanoseconds), Duration.days(365).nanoseconds)
    let timer = LoopTimer { [weak self] in self?.fail(.deadline) }
    self.timer = timer
    loop.schedule(timer, at: end)
  }

  /// Why no wait can succeed any more; nil as long as there is time.
  package var isOver: WaitFailure? {
    if failure == nil, EventLoop.now >= end { failure = .deadline }
    return failure
  }

  /// What is left, never negative.
  package var remaining: Duration { .nanoseconds(max(0, end - EventLoop.now)) }

  /// Throws when the deadline has passed or the task was cancelled: for loops that do not wait.
  package func check() throws(WaitFailure) {
    if let failure = isOver { throw failure }
  }

  /// Waits until somebody calls `wake`.
  ///
  /// - Parameter soonest: an earlier end for this wait alone, in nanoseconds of `EventLoop.now`.
  /// - Returns: true when woken, false when the earlier end came first.
  package func wait(until soonest: Int64? = nil) async throws(WaitFailure) -> Bool {
    loop.preconditionOnLoop("A deadline")
    try check()
    if isWoken {
      isWoken = false
      return true
    }
    var earlier: LoopTimer?
    defer { earlier?.cancel() }
    let wake = await withUnsafeContinuation { (continuation: UnsafeContinuation<Wake, Never>) in
      if let failure {
        continuation.resume(returning: .failure(failure))
      } else if isWoken {
        isWoken = false
        continuation.resume(returning: .ready)
      } else {
        self.continuation = continuation
        // Here and not before: a timer that came before there was a continuation would be lost, and the wait with it.
        guard let soonest, soonest < end else { return }
        let timer = LoopTimer { [weak self] in self?.resume(.timer) }
        loop.schedule(timer, at: soonest)
        earlier = timer
      }
    }
    switch wake {
    case .ready: return true
    case .timer: return false
    case .failure(let failure): throw failure
    }
  }

  /// Waits until a time, unless the deadline comes first.
  ///
  /// - Parameter time: nanoseconds of `EventLoop.now`.
  package func sleep(until time: Int64) async throws(WaitFailure) {
    while EventLoop.now < time {
      _ = try await wait(until: time)
    }
  }

  /// Ends the wait that is under way, or else the next one at once. A wait may therefore end for nothing: whoever waits looks
  /// at what it waits for, in a loop.
  package func wake() {
    loop.preconditionOnLoop("A deadline")
    if continuation != nil { resume(.ready) } else { isWoken = true }
  }

  func cancel() {
    fail(.cancelled)
  }

  func release() {
    timer?.cancel()
    timer = nil
  }

  private func fail(_ failure: WaitFailure) {
    loop.preconditionOnLoop("A deadline")
    if self.failure == nil { self.failure = failure }
    resume(.failure(failure))
  }

  private func resume(_ wake: Wake) {
    guard let continuation else { return }
    self.continuation = nil
    continuation.resume(returning: wake)
  }
}

/// Why a wait ended without what it waited for.
package enum WaitFailure: Error, Hashable {
  /// The exchange took as long as it may.
  case deadline
  /// The task was cancelled.
  case cancelled
}

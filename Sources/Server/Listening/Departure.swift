import NIOCore
import Synchronization

/// Knows whether the client of a connection has gone, and ends the work that nobody waits for any more.
///
/// A client that has closed its half of the connection counts as gone for such work, as in Go's net/http; what answers at once
/// does not ask, and is sent all the same.
final class Departure: ChannelInboundHandler, Sendable {
  typealias InboundIn = Any

  /// That of the connection whose request is being answered.
  @TaskLocal static var current: Departure?

  private struct State {
    var hasLeft = false
    var lastWatch = 0
    var watches: [Int: @Sendable () -> Void] = [:]
  }

  private let state = Mutex(State())

  /// A handler that is told by its place in the pipeline.
  init() {}

  /// That of a channel which is closed when the client goes.
  init(of channel: any Channel) {
    channel.closeFuture.whenComplete { _ in self.clientLeft() }
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if let event = event as? ChannelEvent, event == .inputClosed { clientLeft() }
    context.fireUserInboundEventTriggered(event)
  }

  func channelInactive(context: ChannelHandlerContext) {
    clientLeft()
    context.fireChannelInactive()
  }

  /// Does `work` in a task of its own, which is cancelled when the client goes, or when the caller's task is cancelled.
  ///
  /// - Parameter executor: where it is done.
  func cancelling<Outcome: Sendable>(
    on executor: (any TaskExecutor)?, _ work: @escaping @Sendable () async -> Outcome
  ) async -> Outcome {
    let task = Task(executorPreference: executor) { await work() }
    let watch = add { task.cancel() }
    defer { remove(watch) }
    return await withTaskCancellationHandler {
      await task.value
    } onCancel: {
      task.cancel()
    }
  }

  /// Calls `body` once the client has gone; at once when it has.
  func onLeaving(_ body: @escaping @Sendable () -> Void) {
    _ = add(body)
  }

  private func add(_ cancel: @escaping @Sendable () -> Void) -> Int {
    let (number, hasLeft) = state.withLock { state in
      state.lastWatch += 1
      if !state.hasLeft { state.watches[state.lastWatch] = cancel }
      return (state.lastWatch, state.hasLeft)
    }
    if hasLeft { cancel() }
    return number
  }

  private func remove(_ watch: Int) {
    state.withLock { _ = $0.watches.removeValue(forKey: watch) }
  }

  private func clientLeft() {
    let watches = state.withLock { state in
      state.hasLeft = true
      defer { state.watches = [:] }
      return state.watches
    }
    for cancel in watches.values { cancel() }
  }
}

import NIOCore

/// Closes a connection whose client leaves an answer unread for too long, so that slow readers cannot hold all places.
///
/// It counts writes that have not been flushed to the socket; the clock runs while there are any, and starts anew each time
/// one is done.
final class StalledWriteHandler: ChannelOutboundHandler, RemovableChannelHandler {
  typealias OutboundIn = Any
  typealias OutboundOut = Any

  private let limit: TimeAmount
  private var pending = 0
  private var timer: Scheduled<Void>?

  init(limit: TimeAmount) {
    self.limit = limit
  }

  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    let promise = promise ?? context.eventLoop.makePromise()
    pending += 1
    if timer == nil { restart(context) }
    promise.futureResult.assumeIsolated().whenComplete { _ in
      self.pending -= 1
      self.timer?.cancel()
      self.timer = nil
      if self.pending > 0 { self.restart(context) }
    }
    context.write(data, promise: promise)
  }

  func handlerRemoved(context: ChannelHandlerContext) {
    timer?.cancel()
    timer = nil
  }

  private func restart(_ context: ChannelHandlerContext) {
    timer = context.eventLoop.assumeIsolated().scheduleTask(in: limit) {
      context.close(promise: nil)
    }
  }
}

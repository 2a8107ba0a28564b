import HummingbirdCore
import Logging
import NIOCore

/// A connection with what its requests have in common: the thread that they are answered on, and whether the client is still
/// there.
struct Connection<Base: ServerChildChannel>: ServerChildChannel {
  struct Value: ServerChildChannelValue {
    var base: Base.Value
    var departure: Departure
    var channel: any Channel { base.channel }
  }

  let base: Base
  let executor: (@Sendable () -> any TaskExecutor)?

  func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
    let departure = Departure()
    do {
      // First, so that it hears of the end of the connection whatever is spoken over it.
      try channel.pipeline.syncOperations.addHandler(departure)
    } catch {
      return channel.eventLoop.makeFailedFuture(error)
    }
    return base.setup(channel: channel, logger: logger).map { Value(base: $0, departure: departure) }
  }

  func handle(value: Value, logger: Logger) async {
    await Departure.$current.withValue(value.departure) {
      await withTaskExecutorPreference(executor?()) { await base.handle(value: value.base, logger: logger) }
    }
  }
}

import Model
import StatusPages

/// Tells the readers of pages what changes, as server-sent events.
///
/// Each page that somebody looks at is composed every two seconds, whatever the number of readers. A reader that does not take
/// what it is sent is let go; it comes back by itself, and is told everything anew.
actor LiveHub {
  private static let interval = Duration.seconds(2)
  /// Proxies close what is silent for half a minute.
  private static let pause = Duration.seconds(15)
  /// Events that wait for a reader.
  private static let mostWaiting = 16

  private struct Channel {
    var live: LivePage
    var task: Task<Void, Never>
    var readers: [Int: AsyncStream<[UInt8]>.Continuation] = [:]
    var lastSent: Duration
  }

  private let compose: @Sendable (_ page: String) async -> PageContent?
  private let limit: Int
  private let time: any TimeSource
  private var channels: [String: Channel] = [:]
  private var lastNumber = 0
  private var count = 0
  private var isClosed = false

  /// - Parameters:
  ///   - limit: readers at a time.
  ///   - compose: the content of a page by its id; nil when it is there no more.
  init(limit: Int, time: any TimeSource, compose: @escaping @Sendable (_ page: String) async -> PageContent?) {
    self.limit = limit
    self.time = time
    self.compose = compose
  }

  /// What happens on a page from now on.
  ///
  /// - Parameter departure: of the reader.
  /// - Returns: nil when there are too many readers, or the server ends.
  func join(_ page: String, departure: Departure?) async -> AsyncStream<[UInt8]>? {
    guard !isClosed, count < limit else { return nil }
    count += 1
    if channels[page] == nil {
      guard let content = await compose(page), !isClosed else {
        count -= 1
        return nil
      }
      // Another reader may have come in the meantime.
      if channels[page] == nil {
        channels[page] = Channel(
          live: LivePage(content), task: Task { await self.watch(page) }, lastSent: time.uptime)
      }
    }
    lastNumber += 1
    let number = lastNumber
    let (stream, continuation) = AsyncStream.makeStream(
      of: [UInt8].self, bufferingPolicy: .bufferingOldest(Self.mostWaiting))
    continuation.onTermination = { _ in Task { await self.leave(page, number) } }
    channels[page]?.readers[number] = continuation
    if let live = channels[page]?.live { continuation.yield(live.greeting().bytes) }
    departure?.onLeaving { continuation.finish() }
    return stream
  }

  /// Ends all streams, and takes no more readers.
  func close() {
    isClosed = true
    for page in channels.keys { end(page) }
  }

  private func leave(_ page: String, _ number: Int) {
    guard channels[page]?.readers.removeValue(forKey: number) != nil else { return }
    count -= 1
    if channels[page]?.readers.isEmpty == true { end(page) }
  }

  private func end(_ page: String) {
    guard let channel = channels.removeValue(forKey: page) else { return }
    channel.task.cancel()
    count -= channel.readers.count
    for reader in channel.readers.values { reader.finish() }
  }

  private func watch(_ page: String) async {
    while (try? await time.sleep(untilUptime: time.uptime + Self.interval)) != nil {
      guard let content = await compose(page) else { return end(page) }
      guard let channel = channels[page] else { return }
      let live = LivePage(content)
      if let event = live.event(after: channel.live) {
        channels[page]?.live = live
        send(event, to: page)
      } else if time.uptime - channel.lastSent >= Self.pause {
        send(.pause, to: page)
      }
    }
  }

  private func send(_ event: LiveEvent, to page: String) {
    channels[page]?.lastSent = time.uptime
    guard let readers = channels[page]?.readers.values else { return }
    for reader in readers {
      if case .dropped = reader.yield(event.bytes) { reader.finish() }
    }
  }
}

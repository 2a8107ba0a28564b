import Synchronization

/// Keeps partitions from being tried to be dropped again and again while somebody reads them.
final class DropPause: Sendable {
  private static let length = Duration.seconds(60)
  private let earliest = Mutex(ContinuousClock.now)

  var mayTry: Bool { earliest.withLock { .now >= $0 } }

  func wait() { earliest.withLock { $0 = .now + Self.length } }
}

package import Model

/// Reads what was decided, on every replica: pages, metrics and the API of each of them show the same.
package struct FeedFollower: Sendable {
  /// From one reading to the next.
  private static let interval = Duration.milliseconds(250)
  private static let pieces = 100

  private let store: any FleetStore
  private let time: any TimeSource
  private let overlap: @Sendable () -> Duration
  private let onError: @Sendable (String?) -> Void

  /// - Parameters:
  ///   - overlap: so far back it is read at the beginning: what was decided just before is known then.
  ///   - onError: told why the feed cannot be read, once for each cause; nil when it can be again.
  package init(
    store: any FleetStore, time: any TimeSource, overlap: @escaping @Sendable () -> Duration,
    onError: @escaping @Sendable (String?) -> Void = { _ in }
  ) {
    self.store = store
    self.time = time
    self.overlap = overlap
    self.onError = onError
  }

  /// Follows the feed until the task is cancelled.
  ///
  /// - Parameter take: given decisions, oldest first; some of them may come twice.
  package func run(take: @Sendable ([SlotDecision]) async -> Void) async {
    var place: Int64?
    var lastRead = time.uptime
    var lastError: String?
    while !Task.isCancelled {
      do {
        if place == nil || time.uptime - lastRead > Self.memory {
          place = try await store.feedPlace(within: overlap())
        }
        var isMore = true
        while isMore, let from = place {
          let pieces = try await store.decisions(after: from, limit: Self.pieces)
          for piece in pieces {
            if let fault = piece.fault { onError("piece \(piece.place) is passed over: \(fault)") }
            await take(piece.decisions)
          }
          place = pieces.last?.place ?? from
          isMore = pieces.count >= Self.pieces
        }
        lastRead = time.uptime
        // The feed of a database that was replaced begins anew, below the place that was come to.
        if let from = place, try await store.feedEnd() < from { place = 0 }
        if lastError != nil { onError(nil) }
        lastError = nil
      } catch {
        guard !Task.isCancelled else { return }
        let words = "\(error)"
        if lastError != words { onError(words) }
        lastError = words
      }
      guard (try? await time.sleep(untilUptime: time.uptime + Self.interval)) != nil else { return }
    }
  }

  /// Shorter than the hour that the feed is kept for.
  private static let memory = Duration.minutes(50)
}

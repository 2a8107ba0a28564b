package import Model

/// Puts the newest configuration of the store in force, on every replica: whoever's files changed last rules.
package struct ConfigurationFollower: Sendable {
  /// From one look to the next: nodes hear of a change within two seconds, whichever replica they ask.
  private static let interval = Duration.milliseconds(500)

  private let store: any FleetStore
  private let time: any TimeSource

  /// - Parameter store: whose newest configuration rules.
  package init(store: any FleetStore, time: any TimeSource) {
    self.store = store
    self.time = time
  }

  /// Looks until the task is cancelled. What cannot be read now is read the next time.
  ///
  /// - Parameters:
  ///   - version: that is in force now.
  ///   - apply: puts a configuration in force.
  package func run(
    version: @Sendable () -> Int64, apply: @Sendable (StoredConfiguration) async -> Void
  ) async {
    while !Task.isCancelled {
      if let newer = try? await store.configuration(newerThan: version()) { await apply(newer) }
      guard (try? await time.sleep(untilUptime: time.uptime + Self.interval)) != nil else { return }
    }
  }
}

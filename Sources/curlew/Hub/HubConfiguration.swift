package import Fleet
package import Hub
package import Logging
package import Model
import Regions
package import Scenarios
import Synchronization

/// The configuration of a fleet, as one replica has it. The newest one of the store rules: a replica publishes what its files say
/// when it starts and when they change, and follows what others publish.
package final class HubConfiguration: WorkSupply {
  /// From one look at the store to the next: nodes hear of a change within two seconds, whichever replica they ask.
  private static let interval = Duration.milliseconds(500)
  /// Of so many versions it is known what is in them, so that nodes are sent what is different.
  private static let rememberedVersions = 8

  private struct State {
    /// Nil before the first one.
    var inForce: ConfigurationIdentity?
    var reading: HubReading?
    var plan = HubPlan()
    var bundles: [Int64: ScenarioBundle] = [:]
    /// Read from the files, and not published yet.
    var pending: HubReading?
    /// One that this replica cannot read.
    var refused: ConfigurationIdentity?
    /// When the last look at the store began, by this machine's uptime.
    var looked: Duration?
    var values: [String: Given] = [:]
  }

  /// What a node was given last, and for what.
  private struct Given {
    var configuration: ConfigurationIdentity?
    var memberships: [Membership]
    var opinions: [CheckID]
    var values: SuppliedValues
  }

  private let store: any FleetStore
  private let holder: String
  private let time: any TimeSource
  private let logger: Logger
  private let apply: @Sendable (Scenario, _ version: Int64) async -> Void
  private let state = Mutex(State())
  private let turns = Turns<Void>()

  /// Nothing is in force yet.
  ///
  /// - Parameters:
  ///   - holder: this replica, unique for each start of a process.
  ///   - apply: puts a scenario in force in this replica.
  package init(
    store: any FleetStore, holder: String, time: any TimeSource, logger: Logger,
    apply: @escaping @Sendable (Scenario, _ version: Int64) async -> Void
  ) {
    self.store = store
    self.holder = holder
    self.time = time
    self.logger = logger
    self.apply = apply
  }

  /// The version in force; 0 before the first one.
  package var version: Int64 { state.withLock { $0.inForce?.version ?? 0 } }

  package var plan: HubPlan { state.withLock { $0.plan } }

  // MARK: Putting in force

  /// Publishes what the files say. Where the store is away, it is published later.
  package func offer(_ reading: HubReading) async {
    state.withLock { $0.pending = reading }
    await turns.take { await self.step() }
  }

  /// Publishes and follows until the task is cancelled.
  package func run() async {
    while !Task.isCancelled {
      await turns.take { await self.step() }
      guard (try? await time.sleep(untilUptime: time.uptime + Self.interval)) != nil else { return }
    }
  }

  private func step() async {
    do {
      if let pending = state.withLock({ $0.pending }) {
        let version = try await store.publish(pending.bundle.bytes, digest: pending.bundle.digest, by: holder)
        state.withLock { state in
          if state.pending?.bundle.digest == pending.bundle.digest { state.pending = nil }
        }
        await putInForce(pending, version: version)
      }
      let begin = time.uptime
      let newest = try await store.newestConfiguration()
      let (inForce, refused, reading) = state.withLock { ($0.inForce, $0.refused, $0.reading) }
      if newest == nil, let reading {
        // The database was replaced by an empty one.
        await putInForce(
          reading, version: try await store.publish(reading.bundle.bytes, digest: reading.bundle.digest, by: holder))
      } else if newest != inForce, newest != refused, let stored = try await store.configuration() {
        await follow(stored)
      }
      state.withLock { $0.looked = begin }
    } catch {
      logger.debug("the configuration could not be looked at", metadata: ["error": "\(error)"])
    }
  }

  private func follow(_ stored: StoredConfiguration) async {
    do {
      await putInForce(try HubReading.following(stored.content), version: stored.version)
      logger.notice("follows another replica's files", metadata: ["version": "\(stored.version)"])
    } catch {
      state.withLock { $0.refused = stored.identity }
      logger.error(
        "the newest configuration cannot be read here; the one before stays in force",
        metadata: ["version": "\(stored.version)", "error": "\(error)"])
    }
  }

  private func putInForce(_ reading: HubReading, version: Int64) async {
    let identity = ConfigurationIdentity(version: version, digest: reading.bundle.digest)
    let isNew = state.withLock { state in
      // Values may have changed where files have not: those of a secret in a file, or of the environment.
      let isNew = state.inForce != identity
      // Versions of another database mean other files.
      if isNew, let before = state.inForce, version <= before.version { state.bundles = [:] }
      state.inForce = identity
      state.refused = nil
      state.reading = reading
      state.plan = HubPlan(reading.scenario.checks.map(\.check), configuration: version, digest: identity.digest)
      state.bundles[version] = reading.bundle
      state.values = [:]
      if let oldest = state.bundles.keys.min(), state.bundles.count > Self.rememberedVersions {
        state.bundles[oldest] = nil
      }
      return isNew
    }
    await apply(reading.scenario, version)
    if isNew {
      logger.notice(
        "configuration in force",
        metadata: ["version": "\(version)", "checks": "\(reading.scenario.checks.count)"])
    }
  }

  // MARK: Nodes

  package func change(since version: Int64, digest: String?, asked: Duration) -> ConfigurationChange? {
    let (inForce, current, known, looked) = state.withLock {
      ($0.inForce, $0.reading?.bundle, $0.bundles[version], $0.refused == nil ? $0.looked : nil)
    }
    guard let inForce, let current else { return nil }
    if version == inForce.version, digest ?? inForce.digest == inForce.digest { return nil }
    // A node may have heard of a newer one from another replica, or in a database that is no more. Where the newest one cannot be
    // read here, this replica is no judge of that.
    if version >= inForce.version, looked.map({ $0 < asked }) ?? true { return nil }
    // Files of a database that is no more are not those of the same number here.
    let isKnown = digest.map { $0 == known?.digest } ?? true
    return current.change(from: isKnown ? known : nil, version: inForce.version)
  }

  package func values(
    for node: String, in region: String, memberships: [Membership], opinions: [CheckID]
  ) -> SuppliedValues {
    let (inForce, reading, given) = state.withLock { ($0.inForce, $0.reading, $0.values[node]) }
    guard let reading else { return SuppliedValues() }
    if let given, given.configuration == inForce, given.memberships == memberships, given.opinions == opinions {
      return given.values
    }
    var checks = Set(opinions)
    for membership in memberships {
      // A newer membership comes to the node together with what it needs for it, so no check of others is told of here.
      let assignment = Assignment([membership])
      for entry in reading.scenario.checks where entry.check.kind.isProbed && entry.check.runs(in: region) {
        let check = entry.check
        if assignment.node(of: check.id, interval: check.interval, at: membership.since) == node {
          checks.insert(check.id)
        }
      }
    }
    let values = reading.supply.values(for: checks)
    state.withLock { state in
      guard state.inForce == inForce else { return }
      state.values[node] = Given(
        configuration: inForce, memberships: memberships, opinions: opinions, values: values)
    }
    return values
  }
}

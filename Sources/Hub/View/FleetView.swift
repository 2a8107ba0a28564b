package import Model
import Synchronization

/// What a replica knows of the fleet: nodes, memberships, second opinions. It is read from the store again and again, so that
/// every replica may answer every node; whoever waits for news is woken by it.
package final class FleetView: Sendable {
  /// From one reading to the next.
  private static let interval = Duration.milliseconds(500)

  /// What is known at one moment.
  package struct Picture: Sendable {
    /// By region and name.
    package fileprivate(set) var nodes: [NodeStanding] = []
    /// Of each region, the oldest first: the one in force, those that slots under way may be of, and one that begins soon.
    package fileprivate(set) var memberships: [String: [Membership]] = [:]
    /// Those of use, by number.
    package fileprivate(set) var opinions: [OpinionQuestion] = []
    /// Rises with everything that a node may have to be told.
    package fileprivate(set) var generation = 0
    /// When the last reading of the store began, by this machine's uptime; nil before the first one.
    package fileprivate(set) var read: Duration?
    fileprivate var readings = 0
    fileprivate var places: [String: Int] = [:]

    /// A node by its name.
    package subscript(node: String) -> NodeStanding? { places[node].map { nodes[$0] } }

    /// The membership of a region that holds at a moment; nil before its first one.
    package func membership(of region: String, at moment: Timestamp) -> Membership? {
      let known = memberships[region] ?? []
      return known.last { $0.since <= moment } ?? known.first
    }
  }

  private struct State {
    var picture = Picture()
    var waiting: [Int: CheckedContinuation<Void, Never>] = [:]
    var cancelled: Set<Int> = []
    var nextWaiter = 0
  }

  private let store: any FleetStore
  /// The store's clock.
  package let clock: StoreClock
  private let time: any TimeSource
  private let onError: @Sendable (String?) -> Void
  private let state = Mutex(State())

  /// A view of nothing, until it is refreshed.
  ///
  /// - Parameter onError: told why the store cannot be read, once for each cause; nil when it can be again.
  package init(
    store: any FleetStore, time: any TimeSource, onError: @escaping @Sendable (String?) -> Void = { _ in }
  ) {
    self.store = store
    self.time = time
    self.onError = onError
    clock = StoreClock(store: store, time: time)
  }

  /// What is known now.
  package var picture: Picture { state.withLock { $0.picture } }

  /// Reads the store until the task is cancelled.
  package func run() async {
    var lastError: String?
    while !Task.isCancelled {
      do {
        try await refresh()
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

  /// Reads the store once.
  package func refresh() async throws {
    try await clock.refresh()
    let (newest, readings) = state.withLock { ($0.picture.opinions.last?.number ?? 0, $0.picture.readings) }
    let begin = time.uptime
    let nodes = try await store.nodes(seenWithin: NodeDescription.memory).filter {
      $0.description.region != HubDesk.ownRegion
    }
    let memberships = try await store.memberships()
    let opinions = try await store.opinions(after: newest)
    let now = clock.now
    let isNew = state.withLock { state in
      var picture = state.picture
      // Two readings may overlap, and the older one end last: then what it says of the past is no news.
      let isAlone = picture.readings == readings
      let asked = opinions.filter { $0.number > picture.opinions.last?.number ?? 0 }
      var hasNews = !asked.isEmpty
      picture.nodes = nodes
      picture.places = Dictionary(nodes.enumerated().map { ($1.description.name, $0) }) { first, _ in first }
      for membership in memberships {
        let known = picture.memberships[membership.region] ?? []
        let isNewer = membership.epoch > known.last?.epoch ?? 0
        // Otherwise the store was replaced, or is an older backup of itself: what it holds now holds.
        guard isNewer || isAlone && membership != known.last else { continue }
        picture.memberships[membership.region] = isNewer ? known + [membership] : [membership]
        hasNews = true
      }
      let regions = Set(memberships.map(\.region))
      if isAlone { picture.memberships = picture.memberships.filter { regions.contains($0.key) } }
      for (region, known) in picture.memberships where known.count > 1 {
        // Those before the one in force are of the past, once nobody runs the slots any more that began under them: until then
        // their nodes are given what they need for these.
        let first = known.lastIndex { $0.since + CheckLease.longest <= now } ?? 0
        picture.memberships[region] = Array(known[first...])
      }
      picture.opinions = picture.opinions.filter { $0.until > now } + asked
      picture.read = max(begin, picture.read ?? begin)
      picture.readings += 1
      if hasNews { picture.generation += 1 }
      state.picture = picture
      return hasNews
    }
    if isNew { wake() }
  }

  /// Something else that nodes may have to be told is new.
  package func announce() {
    state.withLock { $0.picture.generation += 1 }
    wake()
  }

  // MARK: Waiting

  /// Waits until something is newer than a generation, for a bounded time.
  func change(after generation: Int, until deadline: Duration) async {
    await withTaskGroup { group in
      group.addTask { await self.change(after: generation) }
      group.addTask { [time] in try? await time.sleep(untilUptime: deadline) }
      _ = await group.next()
      group.cancelAll()
    }
  }

  private func change(after generation: Int) async {
    let id = state.withLock { state in
      state.nextWaiter += 1
      return state.nextWaiter
    }
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let isOver = state.withLock { state in
          if state.cancelled.remove(id) != nil || state.picture.generation != generation { return true }
          state.waiting[id] = continuation
          return false
        }
        if isOver { continuation.resume() }
      }
    } onCancel: {
      let continuation = state.withLock { state in
        let continuation = state.waiting.removeValue(forKey: id)
        if continuation == nil { state.cancelled.insert(id) }
        return continuation
      }
      continuation?.resume()
    }
    // One that was over before it was cancelled leaves its mark behind otherwise.
    state.withLock { _ = $0.cancelled.remove(id) }
  }

  private func wake() {
    let waiting = state.withLock { state in
      defer { state.waiting = [:] }
      return state.waiting.values.map { $0 }
    }
    for continuation in waiting { continuation.resume() }
  }
}

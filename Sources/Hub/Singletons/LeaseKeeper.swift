package import Model
import Synchronization

/// Takes the lease of a singleton whenever it is free, and does its work for as long as it is held.
///
/// A replica that cannot prolong its lease in time stops the work before another one may begin it. What it still wrote then
/// is refused by the store, which knows the lease's number.
package struct LeaseKeeper: Sendable {
  /// How long a lease lasts without being prolonged.
  package static let duration = Duration.seconds(6)
  /// From one prolongation to the next.
  static let renewal = Duration.seconds(2)
  /// How often a lease of another one is asked for: a killed leader is replaced within `duration` and this.
  static let patience = Duration.seconds(1)
  /// The work is stopped so long before the end of a lease that could not be prolonged.
  private static let margin = Duration.milliseconds(500)

  /// What is told as it happens.
  package enum Event: Hashable, Sendable {
    case began(Singleton)
    /// The work is not done here any more; why, in words, where something went wrong.
    case ended(Singleton, because: String?)
    /// The store cannot be asked.
    case fails(Singleton, because: String)
  }

  private let store: any FleetStore
  private let holder: String
  private let time: any TimeSource
  private let observe: @Sendable (Event) -> Void
  private let mayLead: @Sendable () -> Bool

  /// - Parameters:
  ///   - holder: this replica, unique for each start of a process.
  ///   - mayLead: whether this replica may hold any lease now.
  ///   - observe: told what happens; must not wait.
  package init(
    store: any FleetStore, holder: String, time: any TimeSource, mayLead: @escaping @Sendable () -> Bool = { true },
    observe: @escaping @Sendable (Event) -> Void = { _ in }
  ) {
    self.store = store
    self.holder = holder
    self.time = time
    self.mayLead = mayLead
    self.observe = observe
  }

  /// Does the work of a singleton whenever its lease can be had, until the task is cancelled, and gives the lease back then.
  ///
  /// - Parameter work: is cancelled when the lease is lost. When it ends by itself, it is begun anew after a pause.
  package func hold(
    _ singleton: Singleton, work: @escaping @Sendable (SingletonLease) async throws -> Void
  ) async {
    var lastError: String?
    while !Task.isCancelled {
      // Before the question: by the store's clock the lease begins no earlier.
      let asked = time.uptime
      do {
        if mayLead(), let lease = try await store.acquire(singleton, holder: holder, for: Self.duration) {
          lastError = nil
          observe(.began(singleton))
          let last = await perform(lease, until: asked + Self.duration, work)
          // By a task that is not cancelled: a replica that leaves in order is followed at once.
          await Task { [store] in try? await store.release(last) }.value
        }
      } catch {
        guard !Task.isCancelled else { return }
        let words = "\(error)"
        if lastError != words { observe(.fails(singleton, because: words)) }
        lastError = words
      }
      guard (try? await time.sleep(untilUptime: time.uptime + Self.patience)) != nil else { return }
    }
  }

  private enum End: Error {
    case lost(String)
  }

  /// - Returns: the lease as it was prolonged last; it may have changed hands, and come back, in between.
  private func perform(
    _ lease: SingletonLease, until end: Duration, _ work: @escaping @Sendable (SingletonLease) async throws -> Void
  ) async -> SingletonLease {
    let term = Term(lease, until: end)
    await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await work(lease) }
      group.addTask { try await self.renew(term) }
      group.addTask { try await self.watch(term) }
      var reason: String?
      do {
        try await group.next()
      } catch End.lost(let why) {
        reason = why
      } catch {
        reason = Task.isCancelled ? nil : "\(error)"
      }
      // Another one may begin now, whatever the work still waits for.
      observe(.ended(lease.singleton, because: reason))
      group.cancelAll()
    }
    return term.lease
  }

  /// Prolongs the lease again and again.
  private func renew(_ term: Term) async throws {
    let first = term.lease
    while true {
      try await time.sleep(untilUptime: time.uptime + Self.renewal)
      guard mayLead() else { throw End.lost("this replica may not lead any more") }
      let asked = time.uptime
      do {
        guard let renewed = try await store.acquire(first.singleton, holder: holder, for: Self.duration) else {
          throw End.lost("the lease is another one's")
        }
        term.set(renewed, until: asked + Self.duration)
        guard renewed.token == first.token else { throw End.lost("the lease was another one's in between") }
      } catch let end as End {
        throw end
      } catch {
        // Tried again until the lease ends.
        try Task.checkCancellation()
      }
    }
  }

  /// Ends with the lease, whatever the store is doing.
  private func watch(_ term: Term) async throws {
    while true {
      let end = term.end - Self.margin
      guard time.uptime < end else { throw End.lost("the lease could not be prolonged in time") }
      try await time.sleep(untilUptime: end)
    }
  }
}

/// A lease as it was prolonged last, and when it ends by this machine's uptime.
private final class Term: Sendable {
  private let value: Mutex<(lease: SingletonLease, end: Duration)>

  init(_ lease: SingletonLease, until end: Duration) {
    value = Mutex((lease, end))
  }

  var lease: SingletonLease { value.withLock { $0.lease } }
  var end: Duration { value.withLock { $0.end } }

  func set(_ lease: SingletonLease, until end: Duration) {
    value.withLock { $0 = (lease, end) }
  }
}

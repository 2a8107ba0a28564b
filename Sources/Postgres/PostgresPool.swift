import Synchronization

/// A bounded number of connections to one database. Whatever breaks is replaced: with growing pauses while the server is away,
/// and whoever waits meanwhile waits for a bounded time.
package final class PostgresPool: Sendable {
  /// The database, for people; without its password.
  package let name: String
  private let address: PostgresAddress
  private let options: PostgresOptions
  private let state = Mutex(State())

  private struct State {
    var idle: [PostgresConnection] = []
    /// Those in use, idle and being opened.
    var count = 0
    var waiters: [Waiter] = []
    var nextWaiter = 0
    var isClosed = false
    /// Whether the server was ever reached: before, a fault is told at once, as it is most likely one of the address.
    var wasReached = false
    var failures = 0
    /// While connecting fails, one at a time tries.
    var isTrying = false
    var nextTrial = ContinuousClock.now
    var lastFault: PostgresFault?
  }

  private struct Waiter {
    var id: Int
    /// Gets a connection, or nil: look again.
    var continuation: CheckedContinuation<PostgresConnection?, Never>
  }

  /// A pool that connects when it is first asked for something.
  package init(_ address: PostgresAddress, options: PostgresOptions = PostgresOptions()) {
    self.address = address
    self.options = options
    name = address.description
  }

  // MARK: Work

  /// Reads: everything that the body sees is of one moment, and it can change nothing.
  ///
  /// - Parameter body: runs on a thread of the connection's own, once more when a lost connection made it fail.
  /// - Throws: `PostgresFault`, what the body throws, and `CancellationError`.
  package func read<Result: Sendable>(
    _ body: @Sendable (PostgresSession) throws -> Result
  ) async throws -> Result {
    do {
      return try await work("ISOLATION LEVEL REPEATABLE READ READ ONLY", attempts: 3, body)
    } catch let fault as PostgresFault where fault.kind == .unsure {
      // Nothing was to be stored, so nothing is in doubt.
      return try await work("ISOLATION LEVEL REPEATABLE READ READ ONLY", attempts: 3, body)
    }
  }

  /// One transaction, all or nothing; it is undone when the body throws, or the task is cancelled before the commit.
  ///
  /// - Parameters:
  ///   - attempts: how often the body may run at most, when another transaction was in the way or the connection was lost
  ///     before the commit; 1 for a body that must not be repeated.
  ///   - body: runs on a thread of the connection's own.
  /// - Throws: `PostgresFault`, what the body throws, and `CancellationError`.
  package func transaction<Result: Sendable>(
    attempts: Int = 5, _ body: @Sendable (PostgresSession) throws -> Result
  ) async throws -> Result {
    // Whatever the database has for its own: what waited for a lock has to see what was done before it.
    try await work("ISOLATION LEVEL READ COMMITTED READ WRITE", attempts: attempts, body)
  }

  private func work<Result: Sendable>(
    _ mode: String, attempts: Int, _ body: @Sendable (PostgresSession) throws -> Result
  ) async throws -> Result {
    var end = ContinuousClock.now + options.patience
    var attempt = 1
    var losses = 0
    while true {
      try Task.checkCancellation()
      let connection = try await lease(until: end)
      let interruption = Interruption()
      let (outcome, isUsable) = await withTaskCancellationHandler {
        await connection.run(mode, interruption, body)
      } onCancel: {
        interruption.cancel()
      }
      await giveBack(connection, isUsable: isUsable)
      switch outcome {
      case .done(let result): return result
      case .neverBegun:
        losses += 1
        // One that was lost while it was idle is replaced at once; a server that ends each new one is not run over.
        if losses > options.connections { try await Task.sleep(for: options.pauses.lowerBound) }
      case .failed(let error):
        guard let fault = error as? PostgresFault, [.conflict, .connection].contains(fault.kind), attempt < attempts
        else { throw error }
        attempt += 1
        end = .now + options.patience
        // By chance, so that two who were in each other's way are not again.
        try await Task.sleep(for: .milliseconds(Int64.random(in: 1...20) << min(attempt, 6)))
      }
    }
  }

  /// Ends all connections, those in use once their work is done. Whoever asks for something afterwards gets a fault.
  package func close() async {
    let (idle, waiters) = state.withLock { state in
      state.isClosed = true
      defer {
        state.count -= state.idle.count
        (state.idle, state.waiters) = ([], [])
      }
      return (state.idle, state.waiters)
    }
    for waiter in waiters { waiter.continuation.resume(returning: nil) }
    for connection in idle { await connection.close() }
  }

  // MARK: Connections

  private enum Step {
    case use(PostgresConnection)
    case open
    case wait
    case pause(until: ContinuousClock.Instant)
    case fail(PostgresFault)
  }

  private func lease(until end: ContinuousClock.Instant) async throws -> PostgresConnection {
    while true {
      try Task.checkCancellation()
      switch nextStep(end) {
      case .use(let connection): return connection
      case .fail(let fault): throw fault
      case .pause(let moment): try await Task.sleep(until: min(moment, end), clock: .continuous)
      case .wait: if let connection = await wait(until: end) { return connection }
      case .open:
        do {
          return try await open()
        } catch let fault as PostgresFault where isWorthWaiting(fault, until: end) {
          continue
        }
      }
    }
  }

  private func nextStep(_ end: ContinuousClock.Instant) -> Step {
    state.withLock { state in
      if state.isClosed {
        return .fail(PostgresFault(.connection, "the pool of connections was closed", database: name))
      }
      if let connection = state.idle.popLast() { return .use(connection) }
      let now = ContinuousClock.now
      guard now < end else {
        let busy = PostgresFault(
          .busy, "all \(options.connections) connections were in use for \(options.patience)", database: name)
        return .fail(state.failures > 0 ? state.lastFault ?? busy : busy)
      }
      guard state.count < options.connections, !(state.failures > 0 && state.isTrying) else { return .wait }
      if state.failures > 0, now < state.nextTrial { return .pause(until: state.nextTrial) }
      state.count += 1
      state.isTrying = true
      return .open
    }
  }

  private func isWorthWaiting(_ fault: PostgresFault, until end: ContinuousClock.Instant) -> Bool {
    guard fault.kind == .connection, ContinuousClock.now < end else { return false }
    return state.withLock { $0.wasReached }
  }

  private func open() async throws -> PostgresConnection {
    do {
      let connection = try PostgresConnection()
      try await connection.open(address, options)
      let waiters = state.withLock { state in
        state.failures = 0
        state.isTrying = false
        state.wasReached = true
        defer { state.waiters = [] }
        return state.waiters
      }
      // There may be room for more of them by now.
      for waiter in waiters { waiter.continuation.resume(returning: nil) }
      return connection
    } catch {
      let waiters = state.withLock { state in
        state.count -= 1
        state.isTrying = false
        state.failures += 1
        state.lastFault = error as? PostgresFault
        let longest = min(options.pauses.lowerBound * (1 << min(state.failures - 1, 16)), options.pauses.upperBound)
        state.nextTrial = .now + longest * Double.random(in: 0.5...1)
        defer { state.waiters = [] }
        return state.waiters
      }
      for waiter in waiters { waiter.continuation.resume(returning: nil) }
      throw error
    }
  }

  /// Waits until somebody gives a connection back, or room for another one.
  private func wait(until end: ContinuousClock.Instant) async -> PostgresConnection? {
    let id = state.withLock { state in
      state.nextWaiter += 1
      return state.nextWaiter
    }
    let limit = Task {
      try await Task.sleep(until: end, clock: .continuous)
      self.wake(id)
    }
    defer { limit.cancel() }
    return await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let isTooLate = state.withLock { state in
          // What one waits for may have come since one looked.
          let hasRoom = state.count < options.connections && !(state.failures > 0 && state.isTrying)
          let mayGoOn = !state.idle.isEmpty || hasRoom || state.isClosed || Task.isCancelled || .now >= end
          if !mayGoOn { state.waiters.append(Waiter(id: id, continuation: continuation)) }
          return mayGoOn
        }
        if isTooLate { continuation.resume(returning: nil) }
      }
    } onCancel: {
      wake(id)
    }
  }

  private func wake(_ id: Int) {
    let waiter = state.withLock { state in
      state.waiters.firstIndex { $0.id == id }.map { state.waiters.remove(at: $0) }
    }
    waiter?.continuation.resume(returning: nil)
  }

  private func giveBack(_ connection: PostgresConnection, isUsable: Bool) async {
    let (next, others, isKept) = state.withLock { state -> (Waiter?, [Waiter], Bool) in
      guard isUsable, !state.isClosed else {
        state.count -= 1
        defer { state.waiters = [] }
        return (nil, state.waiters, false)
      }
      if state.waiters.isEmpty {
        state.idle.append(connection)
        return (nil, [], true)
      }
      return (state.waiters.removeFirst(), [], true)
    }
    next?.continuation.resume(returning: connection)
    for waiter in others { waiter.continuation.resume(returning: nil) }
    if !isKept { await connection.close() }
  }
}

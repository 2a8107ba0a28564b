/// One connection. Everything of it happens on its own thread, which is the actor's executor.
actor PostgresConnection {
  nonisolated private let thread: ConnectionThread
  private var session: PostgresSession?

  nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

  init() throws {
    thread = try ConnectionThread()
  }

  deinit { thread.stop() }

  /// Connects.
  ///
  /// - Throws: `PostgresFault`.
  func open(_ address: PostgresAddress, _ options: PostgresOptions) throws {
    session = try PostgresSession(address, options: options, on: thread)
  }

  /// Ends the connection.
  func close() { session = nil }

  /// What became of a piece of work.
  enum Outcome<Result: Sendable>: Sendable {
    case done(Result)
    case failed(any Error)
    /// The connection had been lost before; nothing was tried.
    case neverBegun
  }

  /// One transaction: undone when the body throws, or the work is cancelled before the commit.
  ///
  /// - Returns: what came of it, and whether the connection can be used again.
  func run<Result: Sendable>(
    _ mode: String, _ interruption: Interruption, _ body: @Sendable (PostgresSession) throws -> Result
  ) -> (Outcome<Result>, isUsable: Bool) {
    guard let session, session.isAlive else { return (.neverBegun, false) }
    do {
      try session.begin(mode)
    } catch let fault as PostgresFault where fault.kind != .connection {
      // The server is there, and does not do such work: a standby, say. Another connection would hear the same.
      session.rollBack()
      return (.failed(fault), session.isIdle)
    } catch {
      return (.neverBegun, false)
    }
    session.interruption = interruption
    interruption.begin(session.cancelHandle)
    let outcome: Outcome<Result>
    do {
      let result = try body(session)
      try session.commit()
      outcome = .done(result)
    } catch let fault as PostgresFault where fault.sqlState == "57014" && interruption.isCancelled {
      outcome = .failed(CancellationError())
    } catch {
      outcome = .failed(error)
    }
    let wasInterrupted = interruption.end()
    session.interruption = nil
    if !wasInterrupted { session.rollBack() }
    return (outcome, !wasInterrupted && session.isIdle)
  }
}

package import Model
package import Postgres

/// History, records and the fleet's shared state in PostgreSQL: for histories that outgrow one machine, and for hubs of
/// which several serve at the same time.
package final class PostgresHistory: Sendable {
  /// The connections.
  let pool: PostgresPool
  /// A few more for leases alone: whoever reads much or stores slowly must not keep a leader from prolonging what it holds.
  let leasePool: PostgresPool
  /// For how long what is kept.
  let retention: HistoryRetention
  /// The keys of streams and nodes.
  let keys = StreamKeys()
  /// The days that runs and roll-ups lie in.
  let partitions = Partitions()
  /// When partitions may be dropped.
  let dropping = DropPause()

  /// Connects, and brings the tables to the newest schema; of several that start at once, one does.
  ///
  /// - Parameter isReadOnly: whether the tables must be there already, and nothing is made.
  /// - Throws: `HistoryError` when the server cannot be reached or refuses, and when the database is that of something else, or of
  ///   a newer version.
  package init(
    _ address: PostgresAddress, options: PostgresOptions = PostgresOptions(), retention: HistoryRetention = .standard,
    isReadOnly: Bool = false
  ) async throws {
    pool = PostgresPool(address, options: options)
    leasePool = PostgresPool(
      address, options: PostgresOptions(connections: 3, statementTimeout: .seconds(4), patience: .seconds(5)))
    self.retention = retention
    do {
      if isReadOnly { try await PostgresSchema.check(pool) } else { try await PostgresSchema.migrate(pool) }
    } catch {
      await pool.close()
      await leasePool.close()
      if let fault = error as? PostgresFault { throw HistoryError(fault, in: pool) }
      throw error
    }
  }

  /// The same by what a user wrote.
  ///
  /// - Parameters:
  ///   - url: a URL, with a password or without.
  ///   - connections: how many there are at most.
  package convenience init(
    url: Secret, connections: Int = PostgresOptions().connections, retention: HistoryRetention = .standard,
    isReadOnly: Bool = false
  ) async throws {
    let address: PostgresAddress
    do {
      address = try PostgresAddress(url.exposedValue)
    } catch let fault as PostgresFault {
      throw HistoryError("history: \(fault.message)")
    }
    try await self.init(
      address, options: PostgresOptions(connections: connections), retention: retention, isReadOnly: isReadOnly)
  }

  /// A URL as it may be told: without its password.
  package static func name(of url: Secret) -> String {
    (try? PostgresAddress(url.exposedValue).description) ?? "postgres://…"
  }

  /// One transaction that changes something. It is done whole even when the caller is cancelled meanwhile.
  ///
  /// - Throws: `HistoryError` in place of a `PostgresFault`; whatever else the body throws.
  func write<Result: Sendable>(
    attempts: Int = 5, _ body: @escaping @Sendable (PostgresSession) throws -> Result
  ) async throws -> Result {
    let work = Task { try await pool.transaction(attempts: attempts, body) }
    do {
      return try await work.value
    } catch let fault as PostgresFault {
      throw HistoryError(fault, in: pool)
    }
  }

  /// Reads, all of one moment.
  ///
  /// - Throws: `HistoryError` in place of a `PostgresFault`; whatever else the body throws.
  func read<Result: Sendable>(_ body: @Sendable (PostgresSession) throws -> Result) async throws -> Result {
    do {
      return try await pool.read(body)
    } catch let fault as PostgresFault {
      throw HistoryError(fault, in: pool)
    }
  }

  /// Tries to write, within a bounded time.
  package func health() async -> HistoryHealth {
    let start = ContinuousClock.now
    do {
      // A real commit: only that shows a full disk, or a standby.
      let name = archiveName
      try await write { session in
        try Keeping(reading: session).refuseFilling(name)
        _ = try session.execute(
          "INSERT INTO written (key, at) VALUES (1, now()) ON CONFLICT (key) DO UPDATE SET at = excluded.at")
      }
      return HistoryHealth(isWritable: true, latency: .now - start)
    } catch {
      return HistoryHealth(isWritable: false, latency: .now - start, message: "\(error)")
    }
  }

  /// Ends the connections; nothing may be asked afterwards.
  package func close() async throws {
    await pool.close()
    await leasePool.close()
  }
}

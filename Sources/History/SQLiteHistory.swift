import GRDB
package import Model
import Synchronization

/// History in one SQLite file, with nothing to install.
///
/// The file is in WAL mode with `synchronous = NORMAL` (https://sqlite.org/wal.html): what a write returned from survives
/// the death of the process; a power failure may take back the last commits but leaves the file whole. One writer and
/// several readers do not wait for one another; another process may write too, and is waited for up to two seconds.
package final class SQLiteHistory: HistoryStore {
  /// What the file is opened for.
  package enum Mode: Sendable {
    /// Made when it is missing, and brought to the newest schema.
    case readWrite
    /// Must be there; nothing is ever written.
    case readOnly
  }

  let path: String
  private let connection: any DatabaseWriter
  private let retention: HistoryRetention
  /// Nil until the first write, and after a failed one.
  private let ledger = Mutex<Ledger?>(nil)

  /// Opens the file.
  ///
  /// - Parameter maximumPages: how many pages of 4 KiB the file may grow to, beyond which it is as full as a full disk;
  ///   nil for SQLite's own limit.
  /// - Throws: `HistoryError` when the file cannot be opened, is no history, or was written by a newer version.
  package init(path: String, mode: Mode = .readWrite, retention: HistoryRetention = .standard, maximumPages: Int? = nil)
    throws
  {
    self.path = path
    self.retention = retention
    do {
      connection = try Self.open(path, mode, maximumPages: maximumPages)
    } catch let error as DatabaseError {
      throw HistoryError(error, path: path)
    }
  }

  private static func open(_ path: String, _ mode: Mode, maximumPages: Int?) throws -> any DatabaseWriter {
    var configuration = Configuration()
    configuration.foreignKeysEnabled = false
    configuration.busyMode = .timeout(2)
    configuration.readonly = mode == .readOnly
    configuration.prepareDatabase { database in
      let isWriter = mode == .readWrite && !database.configuration.readonly
      // 64 MiB for the writer: the newest page of ten thousand streams. Readers look at most pages once, and are quickest
      // where those of the upper levels stay in the processor's cache.
      try database.execute(sql: "PRAGMA cache_size = -\(isWriter ? 65_536 : 2048)")
      if isWriter {
        if let maximumPages { try database.execute(sql: "PRAGMA max_page_count = \(maximumPages)") }
        // 64 MiB of log, so that a page that changes every few seconds is copied to the file only now and then.
        try database.execute(sql: "PRAGMA wal_autocheckpoint = 16384")
      }
    }
    let migrator = HistorySchema.migrator
    guard mode == .readWrite else {
      let queue = try DatabaseQueue(path: path, configuration: configuration)
      try queue.read { try refuseStrangers($0, path) }
      guard try queue.read({ try migrator.hasCompletedMigrations($0) }) else {
        throw HistoryError(
          "history \"\(path)\": the file holds no history of this version yet; start curlew run once with it")
      }
      return queue
    }
    let pool = try DatabasePool(path: path, configuration: configuration)
    try pool.read { try refuseStrangers($0, path) }
    try migrator.migrate(pool)
    return pool
  }

  /// - Throws: `HistoryError` for a database of something else, and for one of a newer version.
  private static func refuseStrangers(_ database: Database, _ path: String) throws {
    let isEmpty = try Int64.fetchOne(database, sql: "SELECT count(*) FROM sqlite_master") == 0
    let mark = try Int64.fetchOne(database, sql: "PRAGMA application_id")
    guard isEmpty || mark == HistorySchema.applicationID else {
      throw HistoryError("history \"\(path)\": the file is the database of something else; use another --store")
    }
    guard try !HistorySchema.migrator.hasBeenSuperseded(database) else {
      throw HistoryError(
        "history \"\(path)\": the file was written by a newer version; use that version, or another --store")
    }
  }

  // MARK: Writing

  package func register(_ checks: [CheckRegistration], in region: String, at moment: Timestamp) async throws {
    let name = archiveName
    try await write { ledger, database in
      try CopyJournal(database).refuseUnfinished(name)
      try ledger.register(checks, in: region, at: moment, in: database)
    }
  }

  package func takeOver(_ old: CheckID, by new: CheckID) async throws {
    try await write { ledger, database in
      if try ledger.takeOver(old, by: new, in: database) { ledger = try Ledger(reading: database) }
    }
  }

  @discardableResult
  package func write(_ runs: [HistoryRun], at now: Timestamp) async throws -> WriteSummary {
    let retention = retention
    return try await write { try $0.write(runs, at: now, retention: retention, in: $1) }
  }

  package func judge(_ verdicts: [JudgedSlot]) async throws {
    try await write { try $0.judge(verdicts, in: $1) }
  }

  package func maintain(at now: Timestamp) async throws -> Bool {
    let retention = retention
    let name = archiveName
    return try await write { ledger, database in
      try CopyJournal(database).refuseUnfinished(name)
      return try ledger.upkeep(at: now, retention: retention, in: database)
    }
  }

  /// One transaction with the ledger in hand. When it fails, the ledger no longer tells the truth and is read anew.
  func write<Result: Sendable>(
    _ body: @escaping @Sendable (inout Ledger, Database) throws -> Result
  ) async throws -> Result {
    do {
      return try await writeRecords { database in
        try self.ledger.withLock { stored in
          var ledger = try self.current(stored, in: database)
          stored = nil
          let result = try body(&ledger, database)
          stored = ledger
          return result
        }
      }
    } catch {
      // The commit itself may have failed, after the ledger was put back.
      ledger.withLock { $0 = nil }
      throw error
    }
  }

  /// One transaction that touches nothing of what the ledger knows, which takes long to read of thousands of checks.
  ///
  /// It is done whole even when the caller is cancelled meanwhile: at its end a cancelled transaction is undone.
  func writeRecords<Result: Sendable>(_ body: @escaping @Sendable (Database) throws -> Result) async throws -> Result {
    let transaction = Task { try await connection.write(body) }
    do {
      return try await transaction.value
    } catch let error as DatabaseError {
      throw HistoryError(error, path: path)
    }
  }

  private func current(_ ledger: Ledger?, in database: Database) throws -> Ledger {
    guard let ledger, try Ledger.dataVersion(of: database) == ledger.dataVersion else {
      return try Ledger(reading: database)
    }
    return ledger
  }

  // MARK: Reading

  package func checks() async throws -> [KnownCheck] {
    try await read { try RunReader($0).checks() }
  }

  package func runs(_ query: RunQuery) async throws -> RunPage {
    try await read { try RunReader($0).page(query) }
  }

  package func lastRuns(of check: CheckID?, limit: Int) async throws -> [HistoryRun] {
    try await read { database in
      let reader = RunReader(database)
      return try reader.streams(of: check).flatMap {
        try reader.runs(of: $0, from: .min, to: .max, verdict: nil, limit: limit)
      }
    }
  }

  package func stateChanges(
    of check: CheckID, from: Timestamp, to: Timestamp, limit: Int
  ) async throws -> [StateChange] {
    try await read {
      try RunReader($0).stateChanges(of: check, from: from.firstMillisecond, to: to.firstMillisecond, limit: limit)
    }
  }

  package func tallies(_ query: TallyQuery) async throws -> [TallyRow] {
    try await read { try TallyReader($0).rows(query) }
  }

  package func series(_ query: SeriesQuery) async throws -> [TallySeries] {
    let moments = query.boundaries.map(\.firstMillisecond)
    return try await read { database in
      let reader = try TallyReader(database)
      return try reader.streams(of: query.checks, scope: query.scope).map { named in
        // Each boundary is looked up once, for the piece before it and the one after it.
        let edges = try reader.edges(of: named.stream, at: moments)
        let tallies = try zip(edges, edges.dropFirst()).map {
          try reader.tally(of: named.stream, from: $0, to: $1, knownUntil: edges.last)
        }
        return TallySeries(check: named.check, region: named.region, tallies: tallies)
      }
    }
  }

  package func latencySeries(
    of check: CheckID, region: String?, boundaries: [Timestamp]
  ) async throws -> [LatencyHistogram] {
    let moments = boundaries.map(\.firstMillisecond)
    return try await read { database in
      let reader = try TallyReader(database)
      let scope = region.map { RegionScope.only($0) } ?? .each
      var histograms = Array(repeating: LatencyHistogram(), count: max(0, moments.count - 1))
      for named in try reader.streams(of: [check], scope: scope) {
        for (index, piece) in zip(moments, moments.dropFirst()).enumerated() {
          histograms[index].merge(try reader.latency(of: named.stream, from: piece.0, to: piece.1))
        }
      }
      return histograms
    }
  }

  package func latency(
    of check: CheckID, region: String?, from: Timestamp, to: Timestamp
  ) async throws -> LatencyHistogram {
    try await read { database in
      let reader = try TallyReader(database)
      let scope = region.map { RegionScope.only($0) } ?? .each
      var histogram = LatencyHistogram()
      for named in try reader.streams(of: [check], scope: scope) {
        histogram.merge(
          try reader.latency(of: named.stream, from: from.firstMillisecond, to: to.firstMillisecond))
      }
      return histogram
    }
  }

  package func latencies(_ query: TallyQuery) async throws -> [LatencyRow] {
    try await read { database in
      let reader = try TallyReader(database)
      let (from, to) = (query.from.firstMillisecond, query.to.firstMillisecond)
      let isCombined = query.scope == .combined
      var found: [LatencyRow] = []
      for named in try reader.streams(of: query.checks, scope: isCombined ? .each : query.scope) {
        let latency = try reader.latency(of: named.stream, from: from, to: to)
        if isCombined, let last = found.indices.last, found[last].check == named.check {
          found[last].latency.merge(latency)
        } else {
          found.append(
            LatencyRow(check: named.check, region: isCombined ? nil : named.region, latency: latency))
        }
      }
      return found
    }
  }

  func read<Result: Sendable>(
    _ body: @escaping @Sendable (Database) throws -> Result
  ) async throws -> Result {
    do {
      return try await connection.read(body)
    } catch let error as DatabaseError {
      throw HistoryError(error, path: path)
    }
  }

  // MARK: Health

  package func health() async -> HistoryHealth {
    let start = ContinuousClock.now
    do {
      // A real commit: only that shows a full disk.
      try await write { _, database in
        try database.execute(sql: "INSERT OR REPLACE INTO heartbeat (key, at) VALUES (1, unixepoch())")
      }
      return HistoryHealth(isWritable: true, latency: .now - start)
    } catch {
      return HistoryHealth(isWritable: false, latency: .now - start, message: "\(error)")
    }
  }

  package func close() async throws {
    do {
      // The file alone then holds everything, and may be copied. A reader elsewhere may prevent that, which costs nothing.
      if !connection.configuration.readonly {
        _ = try? await connection.writeWithoutTransaction { _ = try $0.checkpoint(.truncate) }
      }
      try connection.close()
    } catch let error as DatabaseError {
      throw HistoryError(error, path: path)
    }
  }
}

extension HistoryError {
  /// An SQLite fault in words, with what to do about it.
  init(_ error: DatabaseError, path: String) {
    let advice =
      switch error.resultCode {
      case .SQLITE_FULL: "the disk is full; free some space"
      case .SQLITE_READONLY: "the file cannot be written; check its owner and mode, and that the disk is not read-only"
      case .SQLITE_BUSY, .SQLITE_LOCKED: "the file is locked by another process"
      case .SQLITE_CANTOPEN:
        "the file cannot be opened; check that its folder exists and may be used (SQLite also needs \"\(path)-wal\" there)"
      case .SQLITE_CORRUPT, .SQLITE_NOTADB:
        "the file is damaged or no SQLite database; restore it, or use another --store"
      case .SQLITE_IOERR: "the disk failed to read or write"
      default: error.message ?? "SQLite gave code \(error.resultCode.rawValue)"
      }
    self.init("history \"\(path)\": \(advice)")
  }
}

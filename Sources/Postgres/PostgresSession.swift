import CPostgres
import Glibc

/// What the body of a transaction speaks to: one connection, on the connection's own thread. Its calls wait for the server.
///
/// It stays inside of the body.
package final class PostgresSession {
  private struct StatementKey: Hashable {
    var sql: String
    var types: [UInt32]
  }

  private let connection: OpaquePointer
  private let thread: ConnectionThread
  private let database: String
  /// What the server allows a statement; the address may say something of its own.
  private var statementLimit: Duration
  private var statements: [StatementKey: String] = [:]
  private var statementsMade = 0
  private var lastFault: PostgresFault?
  /// Beyond so many, all are forgotten: SQL texts are those of the program, so that there are few unless they name tables.
  private static let mostStatements = 200

  let cancelHandle: CancelHandle
  /// Who may cancel the work that is going on.
  var interruption: Interruption?

  /// Connects. It takes at most the `connect_timeout` of the address for each of its hosts.
  ///
  /// - Throws: `PostgresFault`.
  init(_ address: PostgresAddress, options: PostgresOptions, on thread: ConnectionThread) throws {
    self.thread = thread
    database = address.description
    statementLimit = options.statementTimeout
    let settings = options.settings(for: address)
    var keywords: [UnsafePointer<CChar>?] = []
    var values: [UnsafePointer<CChar>?] = []
    defer { for pointer in keywords + values { free(UnsafeMutablePointer(mutating: pointer)) } }
    for (keyword, value) in settings {
      keywords.append(UnsafePointer(strdup(keyword)))
      values.append(UnsafePointer(strdup(value)))
    }
    keywords.append(nil)
    values.append(nil)
    guard let connection = PQconnectdbParams(keywords, values, 0) else {
      throw PostgresFault(.connection, "no memory is left for a connection", database: database)
    }
    self.connection = connection
    guard PQstatus(connection) == CONNECTION_OK, let handle = CancelHandle(of: connection) else {
      let fault = PostgresFault.unconnected(String(cString: PQerrorMessage(connection)), database: database)
      PQfinish(connection)
      throw fault
    }
    cancelHandle = handle
    PQsetnonblocking(connection, 1)
    // Notices are for people at psql; libpq would write them to standard error.
    _ = PQsetNoticeReceiver(connection, { _, _ in }, nil)
    if settings["options"]?.contains("statement_timeout") == true {
      let said: String? = try value("SELECT setting FROM pg_settings WHERE name = 'statement_timeout'")
      // 0 is without end; a server that is gone is noticed by `tcp_user_timeout` all the same.
      statementLimit =
        said.flatMap { Int64($0) }.map { $0 == 0 ? .seconds(86_400) : .milliseconds($0) } ?? statementLimit
    } else {
      try run("SET statement_timeout = \(options.statementTimeout.wholeMilliseconds)")
    }
    let idle = min(statementLimit * 2, .seconds(86_400)).wholeMilliseconds
    // To compile a statement takes longer than any of ours runs.
    try run("SET idle_in_transaction_session_timeout = \(idle); SET client_min_messages = warning; SET jit = off")
  }

  deinit { PQfinish(connection) }

  // MARK: Statements

  /// Runs one statement with its parameters, `$1` and so on. It is prepared the first time, by its text.
  ///
  /// - Throws: `PostgresFault`; `CancellationError` once the task that asked for the work was cancelled.
  @discardableResult
  package func execute(_ sql: String, _ parameters: [PostgresValue] = []) throws -> PostgresRows {
    try refuseCancelled()
    let name = try prepared(sql, types: parameters.map(\.type))
    let encoded = parameters.map(\.encoded)
    let storage = encoded.reduce(into: [UInt8]()) { $0 += $1 ?? [] }
    let sent = storage.withUnsafeBytes { storage in
      var values: [UnsafePointer<CChar>?] = []
      var lengths: [CInt] = []
      var offset = 0
      // An empty value is no NULL, so it needs an address too.
      let base = storage.baseAddress ?? UnsafeRawPointer(bitPattern: 1)
      for value in encoded {
        values.append(value == nil ? nil : base?.advanced(by: offset).assumingMemoryBound(to: CChar.self))
        lengths.append(CInt(value?.count ?? 0))
        offset += value?.count ?? 0
      }
      let formats = [CInt](repeating: 1, count: encoded.count)
      return PQsendQueryPrepared(connection, name, CInt(encoded.count), values, lengths, formats, 1)
    }
    guard sent == 1 else { throw lost() }
    return PostgresRows(try result(statementLimit))
  }

  /// The first column of the first row; nil without any row.
  package func value<Value: PostgresReadable>(
    _ sql: String, _ parameters: [PostgresValue] = [], as type: Value.Type = Value.self
  ) throws -> Value? {
    try execute(sql, parameters).first.map { try $0[0] }
  }

  /// Runs statements without parameters, several with `;` between them. Nothing of them is prepared or given back.
  package func run(_ script: String) throws {
    try refuseCancelled()
    try send(script)
  }

  /// Adds rows by COPY, quicker than any INSERT.
  ///
  /// - Parameters:
  ///   - target: the table, with its columns: `runs (stream, slot)`.
  ///   - write: writes the rows.
  /// - Returns: how many rows there were.
  @discardableResult
  package func copyIn(_ target: String, _ write: (inout CopyWriter) throws -> Void) throws -> Int {
    try refuseCancelled()
    var writer = CopyWriter()
    try write(&writer)
    guard writer.rows > 0 else { return 0 }
    writer.end()
    guard PQsendQuery(connection, "COPY \(target) FROM STDIN (FORMAT binary)") == 1 else { throw lost() }
    try result(statementLimit)
    let end = ContinuousClock.now + statementLimit + Self.grace
    try writer.bytes.withUnsafeBytes { bytes in
      for start in stride(from: 0, to: bytes.count, by: Self.copyPiece) {
        let address = bytes.baseAddress?.advanced(by: start).assumingMemoryBound(to: CChar.self)
        let count = min(Self.copyPiece, bytes.count - start)
        guard PQputCopyData(connection, address, CInt(count)) == 1 else { throw lost() }
        try flush(until: end)
      }
    }
    guard PQputCopyEnd(connection, nil) == 1 else { throw lost() }
    return PostgresRows(try result(statementLimit)).affected
  }

  private static let copyPiece = 1 << 16

  // MARK: For the connection

  /// Whether the server has not closed the connection while nobody looked.
  var isAlive: Bool {
    var descriptor = pollfd(fd: PQsocket(connection), events: Int16(POLLIN), revents: 0)
    if poll(&descriptor, 1, 0) > 0, PQconsumeInput(connection) == 0 { return false }
    return PQstatus(connection) == CONNECTION_OK
  }

  /// Whether the next work finds it as the last one did: connected, and in no transaction.
  var isIdle: Bool {
    PQstatus(connection) == CONNECTION_OK && PQtransactionStatus(connection) == PQTRANS_IDLE
  }

  func begin(_ mode: String) throws { try send("BEGIN \(mode)") }

  /// - Throws: what failed in the transaction, also where the body went on as if nothing had; a fault of kind `unsure` when the
  ///   connection is lost at this very moment.
  func commit() throws {
    try refuseCancelled()
    guard PQtransactionStatus(connection) != PQTRANS_INERROR else {
      throw lastFault ?? PostgresFault(.other, "the transaction had failed before its end", database: database)
    }
    do {
      try send("COMMIT")
    } catch var fault as PostgresFault where fault.kind == .connection {
      fault.kind = .unsure
      fault.message += "; whether the last transaction was stored is not known"
      throw fault
    }
  }

  /// Undoes what is open. A connection that cannot do that is not idle afterwards, and thrown away.
  func rollBack() {
    guard PQstatus(connection) == CONNECTION_OK, PQtransactionStatus(connection) != PQTRANS_IDLE else { return }
    try? send("ROLLBACK")
  }

  // MARK: libpq

  private func refuseCancelled() throws {
    thread.checkIsolated()
    if interruption?.isCancelled == true { throw CancellationError() }
  }

  private func prepared(_ sql: String, types: [UInt32]) throws -> String {
    let key = StatementKey(sql: sql, types: types)
    if let name = statements[key] { return name }
    if statements.count >= Self.mostStatements {
      try send("DEALLOCATE ALL")
      statements = [:]
    }
    statementsMade += 1
    let name = "s\(statementsMade)"
    guard PQsendPrepare(connection, name, sql, CInt(types.count), types) == 1 else { throw lost() }
    try result(statementLimit)
    statements[key] = name
    return name
  }

  private func send(_ script: String) throws {
    guard PQsendQuery(connection, script) == 1 else { throw lost() }
    try result(statementLimit)
  }

  /// The server ends a statement that takes too long; it has this much longer to say so.
  private static let grace = Duration.seconds(5)

  /// What the server answers: the last result of several, or the first error.
  @discardableResult
  private func result(_ limit: Duration) throws -> StatementResult {
    let end = ContinuousClock.now + limit + Self.grace
    try flush(until: end)
    var last: StatementResult?
    var failed: StatementResult?
    while true {
      while PQisBusy(connection) == 1 {
        try wait(for: Int16(POLLIN), until: end)
        guard PQconsumeInput(connection) == 1 else { throw lost() }
      }
      guard let pointer = PQgetResult(connection) else { break }
      let result = StatementResult(pointer)
      let status = PQresultStatus(pointer)
      last = result
      if status == PGRES_FATAL_ERROR || status == PGRES_BAD_RESPONSE { failed = failed ?? result }
      if status == PGRES_COPY_IN { break }
    }
    if let failed { throw fault(of: failed) }
    guard let last else { throw lost() }
    return last
  }

  private func flush(until end: ContinuousClock.Instant) throws {
    while true {
      switch PQflush(connection) {
      case 0: return
      case 1:
        // A server that is sending itself reads nothing before it was read.
        if try wait(for: Int16(POLLIN | POLLOUT), until: end) & Int16(POLLIN) != 0, PQconsumeInput(connection) == 0 {
          throw lost()
        }
      default: throw lost()
      }
    }
  }

  @discardableResult
  private func wait(for events: Int16, until end: ContinuousClock.Instant) throws -> Int16 {
    while true {
      var descriptor = pollfd(fd: PQsocket(connection), events: events, revents: 0)
      let left = ContinuousClock.now.duration(to: end).wholeMilliseconds
      guard left > 0, descriptor.fd >= 0 else { break }
      let count = poll(&descriptor, 1, CInt(clamping: left))
      if count > 0 { return descriptor.revents }
      if count < 0, errno != EINTR { break }
    }
    // The answer may still come, as that of another statement: the connection is of no use.
    shutdown(PQsocket(connection), CInt(SHUT_RDWR))
    _ = PQconsumeInput(connection)
    throw note(PostgresFault(.timeout, "the server has stopped answering", database: database))
  }

  private func fault(of result: StatementResult) -> PostgresFault {
    // PG_DIAG_SQLSTATE and PG_DIAG_MESSAGE_PRIMARY. Details of the server may quote rows, so they are left out.
    guard let state = result.errorField("C") else { return lost() }
    if state == "57014", interruption?.isCancelled == true {
      return note(PostgresFault(.timeout, sqlState: state, "the work was cancelled", database: database))
    }
    return note(PostgresFault(sqlState: state, said: result.errorField("M") ?? "", database: database))
  }

  private func lost() -> PostgresFault {
    let isLost = PQstatus(connection) != CONNECTION_OK
    let said = String(cString: PQerrorMessage(connection))
    guard isLost else { return note(PostgresFault(.other, said, database: database)) }
    return note(PostgresFault.unconnected(said.isEmpty ? "the connection was lost" : said, database: database))
  }

  private func note(_ fault: PostgresFault) -> PostgresFault {
    lastFault = fault
    return fault
  }
}

import Glibc
import Postgres
import TestSupport
import Testing

@Suite("A pool whose server goes away")
struct ReconnectionTests {
  private static let pauses = Duration.milliseconds(10) ... .milliseconds(200)

  @Test("replaces connections that the server ended, and nobody notices")
  func killedConnections() async throws {
    let server = try await PostgresServer.shared()
    let url = try await server.makeDatabase()
    let database = String(url.split(separator: "/").last ?? "")
    let pool = PostgresPool(try PostgresAddress(url), options: PostgresOptions(connections: 2, pauses: Self.pauses))
    for _ in 0..<5 {
      #expect(try await pool.read { try $0.value("SELECT 1::bigint") } == Int64(1))
      _ = try await server.query(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '\(database)' AND pid <> pg_backend_pid()",
        in: "postgres")
    }
    await pool.close()
  }

  @Test("does a transaction again whose connection was lost before its end, and once only")
  func lostWithin() async throws {
    let pool = PostgresPool(
      try PostgresAddress(try await PostgresServer.database()), options: PostgresOptions(pauses: Self.pauses))
    try await pool.transaction { try $0.run("CREATE TABLE t (i bigint); CREATE SEQUENCE tries") }
    try await pool.transaction { session in
      try session.execute("INSERT INTO t VALUES (1)")
      // A sequence is not undone: the second time the connection may live.
      let attempt: Int64? = try session.value("SELECT nextval('tries')")
      if attempt == 1 { try session.execute("SELECT pg_terminate_backend(pg_backend_pid())") }
    }
    #expect(try await pool.read { try $0.value("SELECT count(*) FROM t") } == Int64(1))
    await pool.close()
  }

  @Test("tells at once that nobody is there, when nobody ever was")
  func neverThere() async throws {
    let port = try SocketServer { _ in }.port
    let pool = PostgresPool(try PostgresAddress("postgres://ada:s3cret@127.0.0.1:\(port)/x"))
    let fault = await #expect(throws: PostgresFault.self) { try await pool.read { try $0.run("SELECT 1") } }
    #expect(fault?.kind == .connection)
    #expect(
      fault?.description
        == """
        database "postgres://ada@127.0.0.1:\(port)/x": connection to server at "127.0.0.1", port \(port) failed: \
        Connection refused; Is the server running on that host and accepting TCP/IP connections?; \
        check that PostgreSQL runs and listens there
        """)
    await pool.close()
  }

  @Test("waits for a server that restarts, and gives up on one that stays away after a bounded time")
  func restart() async throws {
    let server = try await PostgresServer()
    let url = try await server.makeDatabase()
    let patient = PostgresPool(
      try PostgresAddress(url), options: PostgresOptions(patience: .seconds(120), pauses: Self.pauses))
    let hasty = PostgresPool(
      try PostgresAddress(url), options: PostgresOptions(patience: .milliseconds(300), pauses: Self.pauses))
    for pool in [patient, hasty] { try await pool.read { try $0.run("SELECT 1") } }
    try await server.stop(SIGQUIT)
    let waiting = (0..<8).map { _ in
      Task { try await patient.read { try $0.value("SELECT 7::bigint") } as Int64? }
    }
    let fault = await #expect(throws: PostgresFault.self) { try await hasty.read { try $0.run("SELECT 1") } }
    #expect(fault?.kind == .connection)
    try await server.start()
    for task in waiting { #expect(try await task.value == 7) }
    _ = try await eventually("the hasty one is served again") {
      try? await hasty.read { try $0.value("SELECT 7::bigint") } as Int64?
    }
    for pool in [patient, hasty] { await pool.close() }
  }

  @Test("says that a server became a standby, at once and without connecting again and again")
  func standby() async throws {
    let server = try await PostgresServer()
    let pool = PostgresPool(
      try PostgresAddress(try await server.makeDatabase()),
      options: PostgresOptions(connections: 2, pauses: Self.pauses))
    try await pool.transaction { try $0.run("CREATE TABLE t (i bigint)") }
    try await server.becomeStandby()
    let fault = await #expect(throws: PostgresFault.self) {
      try await pool.transaction { try $0.run("INSERT INTO t VALUES (1)") }
    }
    #expect(fault?.kind == .refused)
    #expect(fault?.message.contains("it is a standby; name the primary server (SQLSTATE 0A000)") == true)
    let process: Int64? = try await pool.read { try $0.value("SELECT pg_backend_pid()::bigint") }
    // The connection that heard it is as good as before.
    _ = try? await pool.transaction { try $0.run("INSERT INTO t VALUES (1)") }
    #expect(try await pool.read { try $0.value("SELECT pg_backend_pid()::bigint") } == process)
    await pool.close()
  }

  @Test("allows a statement as long as the address says, not as long as its own options do")
  func ownStatementTimeout() async throws {
    let url = try await PostgresServer.database()
    let pool = PostgresPool(
      try PostgresAddress(url + "?options=-cstatement_timeout%3D60s"),
      options: PostgresOptions(statementTimeout: .milliseconds(100)))
    // Longer than its own options with all that is granted on top of them.
    try await pool.read { try $0.run("SELECT pg_sleep(5.5)") }
    await pool.close()
  }

  @Test("a server that stops answering is given up, and its connection with it")
  func silence() async throws {
    // It accepts and never speaks, like one behind a network that swallows packets.
    let silent = try SocketServer { $0.waitForEnd() }
    let pool = PostgresPool(
      try PostgresAddress(
        "postgres://ada@127.0.0.1:\(silent.port)/x?connect_timeout=2&sslmode=disable&gssencmode=disable"))
    let fault = await #expect(throws: PostgresFault.self) { try await pool.read { try $0.run("SELECT 1") } }
    #expect(fault?.kind == .connection)
    await pool.close()
  }
}

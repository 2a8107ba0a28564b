import Postgres
import TestSupport
import Testing

@Suite("A pool of connections to PostgreSQL")
struct PostgresPoolTests {
  @Test("values of every type come back as they went")
  func roundTrip() async throws {
    let pool = try await makePool()
    let bytes: [UInt8] = [0, 1, 255]
    try await pool.transaction { session in
      try session.run("CREATE TABLE t (i bigint, s smallint, n integer, d float8, b boolean, x text, y bytea, z text)")
      try session.execute(
        "INSERT INTO t VALUES ($1, 2, 3, $2, $3, $4, $5, $6)",
        [.int(.min), .double(0.1), .bool(true), .text("día\0x"), .bytes(bytes), .null])
    }
    try await pool.read { session in
      let rows = try session.execute("SELECT i, s, n, d, b, x, y, z, ''::text, ''::bytea FROM t")
      let row = try #require(rows.first)
      #expect(try row[0] == Int64.min)
      #expect(try row[1] == Int64(2))
      #expect(try row[2] == 3)
      #expect(try row[3] == 0.1)
      #expect(try row[4] == true)
      #expect(try row[5] == "día\u{FFFD}x")
      #expect(try row[6] == bytes)
      #expect(try row[7] == String?.none)
      #expect(try row[8] == "")
      #expect(try row[9] == [UInt8]())
    }
    await pool.close()
  }

  @Test("arrays are parameters too, and so are empty ones")
  func arrays() async throws {
    let pool = try await makePool()
    try await pool.read { session throws in
      let sum = "SELECT coalesce(sum(x), 0)::bigint FROM unnest($1) AS x"
      #expect(try session.value(sum, [.ints([1, 2, -4])]) == Int64(-1))
      #expect(try session.value(sum, [.ints([])]) == Int64(0))
      let joined = "SELECT array_to_string($1, '|')"
      #expect(try session.value(joined, [.texts(["a", "", "b"])]) == "a||b")
    }
    await pool.close()
  }

  @Test("rows that are copied in are there, and the table's keys hold for them")
  func copy() async throws {
    let pool = try await makePool()
    let copied = try await pool.transaction { session in
      try session.run(
        "CREATE TABLE t (i bigint PRIMARY KEY, s smallint, n integer, d float8, b boolean, x text, y bytea)")
      return try session.copyIn("t (i, s, n, d, b, x, y)") { writer in
        for number in 0..<10_000 {
          writer.row(columns: 7)
          writer.int64(Int64(number))
          writer.int16(number % 2 == 0 ? nil : 7)
          writer.int32(-5)
          writer.double(0.5)
          writer.bool(number % 3 == 0)
          writer.text(number == 0 ? nil : "row \(number)")
          writer.blob([UInt8(number % 256)])
        }
      }
    }
    #expect(copied == 10_000)
    let sums = try await pool.read { session in
      let row = try #require(
        session.execute(
          "SELECT sum(i)::bigint, sum(s)::bigint, count(x), count(*) FILTER (WHERE b), max(get_byte(y, 0)) FROM t"
        ).first)
      return try [row[0], row[1], row[2], row[3], row[4]] as [Int64]
    }
    #expect(sums == [49_995_000, 35_000, 9999, 3334, 255])
    let fault = await #expect(throws: PostgresFault.self) {
      try await pool.transaction { session in
        _ = try session.copyIn("t (i)") { writer in
          writer.row(columns: 1)
          writer.int64(3)
        }
      }
    }
    #expect(fault?.kind == .uniqueViolation)
    await pool.close()
  }

  @Test("a body that throws leaves nothing behind, also when it hides what failed")
  func undone() async throws {
    let pool = try await makePool()
    try await pool.transaction { try $0.run("CREATE TABLE t (i bigint PRIMARY KEY)") }
    await #expect(throws: CancellationError.self) {
      try await pool.transaction { session in
        try session.execute("INSERT INTO t VALUES (1)")
        throw CancellationError()
      }
    }
    let fault = await #expect(throws: PostgresFault.self) {
      try await pool.transaction { session in
        try session.execute("INSERT INTO t VALUES (2)")
        _ = try? session.execute("INSERT INTO t VALUES (2)")
      }
    }
    #expect(fault?.kind == .uniqueViolation)
    #expect(try await count(pool) == 0)
    await pool.close()
  }

  @Test("a reader can change nothing")
  func reading() async throws {
    let pool = try await makePool()
    let fault = await #expect(throws: PostgresFault.self) { try await pool.read { try $0.run("CREATE TABLE t ()") } }
    #expect(fault?.sqlState == "25006")
    await pool.close()
  }

  @Test("faults name the database, what happened and its SQLSTATE")
  func faults() async throws {
    let pool = try await makePool()
    let fault = await #expect(throws: PostgresFault.self) {
      try await pool.read { _ = try $0.execute("SELECT * FROM nowhere") }
    }
    #expect(fault?.kind == .other)
    #expect(fault?.sqlState == "42P01")
    #expect(fault?.description == "database \"\(pool.name)\": relation \"nowhere\" does not exist (SQLSTATE 42P01)")
    // The connection is as good as before.
    #expect(try await pool.read { try $0.value("SELECT 1::bigint") } == Int64(1))
    let mismatch = await #expect(throws: PostgresFault.self) {
      try await pool.read { session -> Int64? in try session.value("SELECT 'x'::text AS word") }
    }
    #expect(mismatch?.description.contains("column \"word\" has type 25") == true)
    await pool.close()
  }

  @Test("a statement that takes too long is given up by the server")
  func statementTimeout() async throws {
    let pool = try await makePool(PostgresOptions(statementTimeout: .milliseconds(50)))
    let fault = await #expect(throws: PostgresFault.self) {
      try await pool.read { _ = try $0.execute("SELECT pg_sleep(60)") }
    }
    #expect(fault?.kind == .timeout)
    #expect(fault?.sqlState == "57014")
    await pool.close()
  }

  @Test("a task that is cancelled stops its statement, and what follows is done in order")
  func cancellation() async throws {
    let pool = try await makePool(PostgresOptions(connections: 1))
    let (started, start) = AsyncStream.makeStream(of: Void.self)
    let sleeper = Task {
      try await pool.transaction { session in
        start.yield()
        _ = try session.execute("SELECT pg_sleep(600)")
      }
    }
    var turns = started.makeAsyncIterator()
    await turns.next()
    let next = Task { try await pool.read { try $0.value("SELECT 5::bigint") } as Int64? }
    sleeper.cancel()
    await #expect(throws: CancellationError.self) { try await sleeper.value }
    #expect(try await next.value == 5)
    await pool.close()
  }

  @Test("a task that is cancelled while it waits for a connection waits no more")
  func cancelledWaiter() async throws {
    let pool = try await makePool(PostgresOptions(connections: 1, patience: .seconds(600)))
    let (started, start) = AsyncStream.makeStream(of: Void.self)
    let sleeper = Task {
      try await pool.transaction { session in
        start.yield()
        _ = try session.execute("SELECT pg_sleep(600)")
      }
    }
    var turns = started.makeAsyncIterator()
    await turns.next()
    let waiter = Task { try await pool.read { _ = try $0.execute("SELECT 1") } }
    waiter.cancel()
    await #expect(throws: CancellationError.self) { try await waiter.value }
    sleeper.cancel()
    _ = await sleeper.result
    await pool.close()
  }

  @Test("who finds all connections in use waits for a bounded time")
  func busy() async throws {
    let pool = try await makePool(PostgresOptions(connections: 1, patience: .milliseconds(50)))
    let (started, start) = AsyncStream.makeStream(of: Void.self)
    let sleeper = Task {
      try await pool.transaction { session in
        start.yield()
        _ = try session.execute("SELECT pg_sleep(600)")
      }
    }
    var turns = started.makeAsyncIterator()
    await turns.next()
    let fault = await #expect(throws: PostgresFault.self) { try await pool.read { _ = try $0.execute("SELECT 1") } }
    #expect(fault?.kind == .busy)
    sleeper.cancel()
    _ = await sleeper.result
    await pool.close()
  }

  @Test("no more connections are made than there may be, and all the work is done")
  func bounds() async throws {
    let url = try await PostgresServer.database()
    let pool = PostgresPool(
      try PostgresAddress(url + "?application_name=bounded"), options: PostgresOptions(connections: 3))
    let most = try await withThrowingTaskGroup(of: Int64.self) { group in
      for _ in 0..<40 {
        group.addTask {
          try await pool.read { session in
            let name = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'bounded'"
            return try session.value(name) ?? 0
          }
        }
      }
      return try await group.reduce(0, max)
    }
    #expect((1...3).contains(most))
    await pool.close()
    let fault = await #expect(throws: PostgresFault.self) { try await pool.read { _ = try $0.execute("SELECT 1") } }
    #expect(fault?.description.contains("closed") == true)
  }

  @Test("transactions that are in each other's way are done again")
  func conflicts() async throws {
    let pool = try await makePool()
    try await pool.transaction { try $0.run("CREATE TABLE t (i bigint); INSERT INTO t VALUES (0)") }
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<4 {
        group.addTask {
          try await pool.transaction(attempts: 50) { session in
            try session.run("SET TRANSACTION ISOLATION LEVEL SERIALIZABLE")
            let before: Int64 = try session.value("SELECT i FROM t") ?? 0
            try session.execute("UPDATE t SET i = $1", [.int(before + 1)])
          }
        }
      }
      try await group.waitForAll()
    }
    #expect(try await pool.read { try $0.value("SELECT i FROM t") } == Int64(4))
    await pool.close()
  }

  private func count(_ pool: PostgresPool) async throws -> Int64 {
    try await pool.read { try $0.value("SELECT count(*) FROM t") ?? -1 }
  }

  private func makePool(_ options: PostgresOptions = PostgresOptions()) async throws -> PostgresPool {
    PostgresPool(try PostgresAddress(try await PostgresServer.database()), options: options)
  }
}

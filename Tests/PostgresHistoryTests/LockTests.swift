import Dispatch
import Model
import Postgres
import PostgresHistory
import TestSupport
import Testing

@Suite("Locks of a PostgreSQL history")
struct LockTests {
  @Test("whoever stores runs does not wait behind a registration that waits for somebody else")
  func registrationWaits() async throws {
    let fixture = try await FleetFixture()
    try await fixture.register()
    let pool = PostgresPool(try PostgresAddress(fixture.url))
    // As a long import holds it.
    let (held, hold) = AsyncStream.makeStream(of: Void.self)
    let release = DispatchSemaphore(value: 0)
    async let importing: Void = pool.transaction { session in
      try session.run("LOCK TABLE keeping IN ROW SHARE MODE")
      hold.yield()
      release.wait()
    }
    for await _ in held { break }
    let check = try CheckID.named("front-page")
    async let registration: Void = fixture.store.register(
      [CheckRegistration(id: check, regions: nil)], in: "eu-west", at: SystemTime().now)
    let other = PostgresPool(try PostgresAddress(fixture.url))
    _ = try await eventually("the registration waits") { () -> Bool? in
      let waiting: Int64? = try await other.read {
        try $0.value("SELECT count(*) FROM pg_locks WHERE relation = 'keeping'::regclass AND NOT granted")
      }
      return waiting ?? 0 > 0 ? true : nil
    }
    let summary = try await fixture.store.ingest(fixture.batch(1...3))
    #expect(summary.added == 3)
    release.signal()
    try await importing
    try await registration
    await pool.close()
    await other.close()
  }
}

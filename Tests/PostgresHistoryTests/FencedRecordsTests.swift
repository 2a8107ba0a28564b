import Dispatch
import Model
import Postgres
import PostgresHistory
import TestSupport
import Testing

@Suite("Incidents and jobs of whoever leads")
struct FencedRecordsTests {
  private let moment = Timestamp(secondsSinceEpoch: 1_795_000_000)

  private func incident(_ title: String, id: Int64 = 0) throws -> Incident {
    Incident(
      id: id, origin: .automatic, check: try .named("shop"), title: title, impacts: [], began: moment, opened: moment,
      updates: [IncidentUpdate(at: moment, kind: .opened, state: .investigating, text: title)])
  }

  private func leases(_ fixture: FleetFixture) async throws -> (old: SingletonLease, new: SingletonLease) {
    let old = try #require(try await fixture.store.acquire(.deciding, holder: "one", for: .milliseconds(1)))
    let new = try await eventually("the lease has ended") {
      try await fixture.store.acquire(.deciding, holder: "two", for: .seconds(60))
    }
    return (old, new)
  }

  @Test("a leader that was replaced writes nothing, and the one that follows does")
  func replaced() async throws {
    let fixture = try await FleetFixture()
    let (old, new) = try await leases(fixture)
    let (before, after) = (fixture.store.records(under: old), try await fixture.replica().records(under: new))
    var kept = try await after.insert(try incident("Shop is down"))
    let job = HeartbeatState(check: try .named("backup"), startedAt: moment)
    try await after.keep(job, keys: ["a"], at: moment)

    await #expect(throws: FleetFault.leaseLost(.deciding)) { try await before.insert(try incident("Again")) }
    let changed = try incident("Overwritten", id: kept.id)
    await #expect(throws: FleetFault.leaseLost(.deciding)) { try await before.update(changed) }
    await #expect(throws: FleetFault.leaseLost(.deciding)) {
      try await before.keep(HeartbeatState(check: .named("backup")), keys: ["b"], at: moment)
    }
    #expect(try await before.incidents(IncidentQuery()).incidents == [kept])
    #expect(try await before.heartbeats() == [job])
    #expect(try await before.rememberedKeys(of: job.check, among: ["a", "b"], at: moment) == ["a"])

    kept.state = .resolved
    kept.ended = moment + .minutes(1)
    try await after.update(kept)
    #expect(try await fixture.store.incident(kept.id) == kept)
  }

  @Test("an incident that is not there cannot be changed")
  func missing() async throws {
    let fixture = try await FleetFixture()
    let (_, new) = try await leases(fixture)
    let incident = try incident("Shop is down", id: 77)
    await #expect(throws: HistoryError.self) { try await fixture.store.records(under: new).update(incident) }
  }

  @Test("a leader that stands still within a write is followed only when that write is done, or never was")
  func stalled() async throws {
    let fixture = try await FleetFixture()
    let (one, two) = (fixture.store, try await fixture.replica())
    let pool = PostgresPool(try PostgresAddress(fixture.url))
    let other = PostgresPool(try PostgresAddress(fixture.url))
    // The database lets nobody at incidents for a while, and the lease ends meanwhile.
    let (held, hold) = AsyncStream.makeStream(of: Void.self)
    let release = DispatchSemaphore(value: 0)
    async let stall: Void = pool.transaction { session in
      try session.run("LOCK TABLE incidents IN EXCLUSIVE MODE")
      hold.yield()
      release.wait()
    }
    for await _ in held { break }
    let lease = try #require(try await one.acquire(.deciding, holder: "one", for: .milliseconds(1)))
    async let writing = one.records(under: lease).insert(try incident("Shop is down"))
    try await waits(1, in: other)
    async let following = two.acquire(.deciding, holder: "two", for: .seconds(60))
    try await waits(2, in: other)
    release.signal()
    try await stall
    let next = try #require(try await following)
    #expect(next.token == lease.token + 1)
    // By now, whatever the one before wrote can be seen: nothing of it comes later.
    let seen = try await two.incidents(IncidentQuery()).incidents
    #expect(seen == [try await writing])
    await #expect(throws: FleetFault.leaseLost(.deciding)) {
      try await one.records(under: lease).insert(try incident("Again"))
    }
    await pool.close()
    await other.close()
  }

  private func waits(_ count: Int64, in pool: PostgresPool) async throws {
    let question = """
      SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
      """
    _ = try await eventually("\(count) wait") { () -> Bool? in
      try await pool.read { (try $0.value(question) as Int64?) ?? 0 } >= count ? true : nil
    }
  }
}

import Model
import Testing

@Suite("A store of exclusions, closed months and jobs")
struct RecordStoreTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
  }

  private func exclusion(_ checks: [String]?, withdraws: Int64? = nil) throws -> Exclusion {
    Exclusion(
      checks: try checks?.map { try .named($0) }, from: newYear, until: newYear + .minutes(10),
      reason: "the provider's fault: ä", author: "Ada", recordedAt: newYear + .days(1), withdraws: withdraws)
  }

  @Test("gives every exclusion back, oldest first, each with its number", arguments: Backend.allCases)
  func keepsExclusions(_ backend: Backend) async throws {
    let store = try await backend.store(in: folder)
    var kept: [Exclusion] = []
    kept.append(try await store.append(exclusion(["shop", "front-page"])))
    kept.append(try await store.append(exclusion(nil)))
    kept.append(try await store.append(exclusion([])))
    kept.append(try await store.append(exclusion(nil, withdraws: kept[0].id)))
    #expect(Set(kept.map(\.id)).count == 4)
    #expect(try await store.exclusions() == kept)
  }

  private func month(
    _ text: String = "2026-01", _ check: String = "front-page", revision: Int = 1, timeZone: String = "Europe/Berlin"
  ) throws -> ClosedMonth {
    ClosedMonth(
      check: try .named(check), month: try #require(YearMonth(text)), timeZone: timeZone, revision: revision,
      closedAt: newYear + .days(34), author: revision == 1 ? nil : "Ada", reason: revision == 1 ? nil : "late runs",
      tally: SlotTally(
        expected: 10, up: 1, degraded: 2, down: 3, unknown: 1, missed: 2, maintenance: 1, downtime: .minutes(3)),
      unadjusted: SlotTally(expected: 11, up: 2, down: 9, downtime: .milliseconds(540_001)),
      incidentDowntime: .seconds(17), objective: 0.1 + 0.2, p50: .microseconds(1001), p95: nil, p99: .hours(3))
  }

  @Test("keeps a closed month as it was first said; a correction stands after it", arguments: Backend.allCases)
  func closesOnce(_ backend: Backend) async throws {
    let store = try await backend.store(in: folder)
    let first = try month()
    var other = first
    other.tally.up = 1000
    #expect(try await store.close(first))
    #expect(try await !store.close(other))
    let correction = try month(revision: 2)
    #expect(try await store.close(correction))
    #expect(try await store.closedMonths(of: nil, from: nil, to: nil) == [first, correction])
  }

  @Test("gives closed months by month, check and revision", arguments: Backend.allCases)
  func findsMonths(_ backend: Backend) async throws {
    let store = try await backend.store(in: folder)
    let rows = try [
      month("2025-12"), month("2026-01"), month("2026-01", revision: 2), month("2026-01", "shop"),
      month("2026-02", timeZone: "UTC"),
    ]
    for row in rows.reversed() { #expect(try await store.close(row)) }
    #expect(try await store.closedMonths(of: nil, from: nil, to: nil) == rows)
    #expect(try await store.closedMonths(of: [.named("shop")], from: nil, to: nil) == [rows[3]])
    #expect(try await store.closedMonths(of: [], from: nil, to: nil) == [])
    let january = try #require(YearMonth("2026-01"))
    #expect(try await store.closedMonths(of: nil, from: january, to: january) == Array(rows[1...3]))
  }

  @Test("keeps the last state of every job, in place of the one before", arguments: Backend.allCases)
  func keepsJobs(_ backend: Backend) async throws {
    let store = try await backend.store(in: folder)
    let backup = try CheckID.named("backup")
    var state = HeartbeatState(check: backup, startedAt: newYear)
    try await store.keep(state, keys: [], at: newYear)
    #expect(try await store.heartbeats() == [state])
    state = HeartbeatState(
      check: backup,
      lastSignal: HeartbeatSignal(
        check: backup, kind: .failure, at: newYear + .milliseconds(1), duration: .microseconds(1_000_001),
        output: "no space left", idempotencyKey: "k"))
    try await store.keep(state, keys: ["k"], at: newYear)
    let other = HeartbeatState(check: try .named("a-job"))
    try await store.keep(other, keys: [], at: newYear)
    #expect(try await store.heartbeats() == [other, state])
  }

  @Test(
    "keeps words with a NUL in a file as they are, and in PostgreSQL with U+FFFD for it", arguments: Backend.allCases)
  func keepsNUL(_ backend: Backend) async throws {
    let store = try await backend.store(in: folder)
    var entry = try exclusion(nil)
    entry.reason = "no\0 fault"
    _ = try await store.append(entry)
    let shown = backend == .sqlite ? "no\0 fault" : "no\u{FFFD} fault"
    #expect(try await store.exclusions().map(\.reason) == [shown])
  }

  @Test("remembers keys of reports for a day, for each job apart", arguments: Backend.allCases)
  func remembersKeys(_ backend: Backend) async throws {
    let store = try await backend.store(in: folder)
    let (backup, other) = (try CheckID.named("backup"), try CheckID.named("other"))
    try await store.keep(HeartbeatState(check: backup), keys: ["a", "b"], at: newYear)
    try await store.keep(HeartbeatState(check: backup), keys: ["b", "c"], at: newYear + .hours(20))
    let keys = ["a", "b", "c", "d", "\0"]
    #expect(try await store.rememberedKeys(of: backup, among: keys, at: newYear + .days(1)) == ["a", "b", "c"])
    #expect(try await store.rememberedKeys(of: backup, among: keys, at: newYear + .hours(25)) == ["c"])
    #expect(try await store.rememberedKeys(of: other, among: keys, at: newYear) == [])
    try await store.keep(HeartbeatState(check: other), keys: [], at: newYear + .hours(25))
    #expect(try await store.rememberedKeys(of: backup, among: keys, at: newYear + .hours(20)) == ["c"])
  }

  @Test(
    "lets a renamed check take its records along, whether or not it ever ran", arguments: Backend.allCases,
    [false, true])
  func takesOver(_ backend: Backend, hasRuns: Bool) async throws {
    let store = try await backend.store(in: folder)
    let (old, new) = (try CheckID.named("home"), try CheckID.named("front-page"))
    if hasRuns { try await store.write([.at(0, check: "home")], at: newYear + .hours(1)) }
    let incident = try await store.insert(
      Incident(
        origin: .automatic, check: old, title: "Home is down", impacts: [Impact(check: old, level: .major)],
        began: newYear, opened: newYear))
    _ = try await store.append(exclusion(["home", "shop"]))
    #expect(try await store.close(month("2026-01", "home")))
    try await store.keep(HeartbeatState(check: old, startedAt: newYear), keys: ["a"], at: newYear)
    try await store.register([CheckRegistration(id: new, movedFrom: old)], in: "local", at: newYear + .hours(1))
    var moved = incident
    moved.check = new
    moved.impacts = [Impact(check: new, level: .major)]
    #expect(try await store.incidents(IncidentQuery(checks: [new])).incidents == [moved])
    #expect(try await store.exclusions().map(\.checks) == [[new, .named("shop")]])
    #expect(try await store.closedMonths(of: [new], from: nil, to: nil) == [month()])
    #expect(try await store.heartbeats() == [HeartbeatState(check: new, startedAt: newYear)])
    #expect(try await store.rememberedKeys(of: new, among: ["a"], at: newYear) == ["a"])
  }

  @Test("keeps both sides' records when a check takes over one that has the same", arguments: Backend.allCases)
  func joins(_ backend: Backend) async throws {
    let store = try await backend.store(in: folder)
    let (old, new) = (try CheckID.named("home"), try CheckID.named("front-page"))
    for check in [old, new] {
      try await store.keep(
        HeartbeatState(check: check, startedAt: check == new ? newYear : nil), keys: ["a"], at: newYear)
      #expect(try await store.close(month("2026-01", check.text)))
    }
    let both = try await store.insert(
      Incident(
        origin: .manual, check: nil, title: "All is down",
        impacts: [Impact(check: old, level: .major), Impact(check: new, level: .partial)], began: newYear,
        opened: newYear))
    _ = try await store.append(exclusion(["front-page", "home"]))
    try await store.takeOver(old, by: new)
    #expect(try await store.heartbeats() == [HeartbeatState(check: new, startedAt: newYear)])
    #expect(try await store.incident(both.id)?.impacts == [Impact(check: new, level: .partial)])
    #expect(try await store.closedMonths(of: nil, from: nil, to: nil).map(\.check) == [new, old])
    #expect(try await store.exclusions().first?.checks == [new, old])
  }
}

import History
import Model
import Testing

@Suite("A history store")
struct HistoryStoreTests {
  private let folder: TemporaryFolder
  private let soon = newYear + .hours(1)

  init() throws {
    folder = try TemporaryFolder()
  }

  @Test("keeps the first of two runs for one slot", arguments: Backend.allCases)
  func keepsTheFirst(_ backend: Backend) async throws {
    let store = try await backend.store(in: folder)
    let first = try await store.write([.at(0, .up), .at(0, .down)], at: soon)
    let second = try await store.write([.at(0, .down), .at(60, .down)], at: soon)
    #expect(first == WriteSummary(added: 1, duplicates: 1))
    #expect(second == WriteSummary(added: 1, duplicates: 1))
    let tally = try await store.tally(from: 0, to: 120)
    #expect(tally == SlotTally(expected: 2, up: 1, down: 1, downtime: .seconds(60)))
  }

  @Test("counts slots without a run as missed, and the open one only once it has its run", arguments: Backend.allCases)
  func countsMissedSlots(_ backend: Backend) async throws {
    let store = try await backend.store(in: folder)
    try await store.write([.at(0), .at(180)], at: soon)
    #expect(try await store.tally(from: 0, to: 181) == SlotTally(expected: 4, up: 2, missed: 2))
    #expect(try await store.tally(from: 0, to: 299) == SlotTally(expected: 4, up: 2, missed: 2))
    #expect(try await store.tally(from: 0, to: 300) == SlotTally(expected: 5, up: 2, missed: 3))
    #expect(try await store.tally(from: -3600, to: 60) == SlotTally(expected: 1, up: 1))
  }

  @Test("counts a slot in maintenance only there", arguments: Backend.allCases)
  func countsMaintenanceApart(_ backend: Backend) async throws {
    let store = try await backend.store(in: folder)
    try await store.write([.at(0, .down, maintenance: true), .at(60)], at: soon)
    #expect(try await store.tally(from: 0, to: 120) == SlotTally(expected: 2, up: 1, maintenance: 1))
  }

  @Test("expects nothing of a check while it is removed or disabled", arguments: Backend.allCases)
  func expectsNothingWhilePaused(_ backend: Backend) async throws {
    let store = try await backend.store(in: folder)
    let check = try CheckID.named("front-page")
    try await store.write([.at(0)], at: soon)
    try await store.register([CheckRegistration(id: check, isEnabled: false)], in: "local", at: newYear + .seconds(90))
    #expect(try await store.tally(from: 0, to: 3600) == SlotTally(expected: 1, up: 1))
    #expect(try await store.checks().first?.endedAt == newYear + .seconds(90))
    try await store.register([CheckRegistration(id: check)], in: "local", at: newYear + .seconds(590))
    try await store.write([.at(600)], at: soon)
    #expect(try await store.tally(from: 0, to: 720) == SlotTally(expected: 3, up: 2, missed: 1))
    #expect(try await store.checks().first?.endedAt == nil)
  }

  @Test("names every check with its regions, by id", arguments: Backend.allCases)
  func namesChecks(_ backend: Backend) async throws {
    let store = try await backend.store(in: folder)
    for (check, region) in [("login", "us"), ("front-page", "local"), ("login", "eu")] {
      try await store.write([.at(0, check: check, region: region)], at: soon)
    }
    #expect(
      try await store.checks() == [
        KnownCheck(id: .named("front-page"), regions: ["local"], endedAt: nil),
        KnownCheck(id: .named("login"), regions: ["eu", "us"], endedAt: nil),
      ])
  }

  @Test(
    "lets a renamed check take over a history, whether or not it has one", arguments: Backend.allCases, [false, true])
  func takesOver(_ backend: Backend, hasOwn: Bool) async throws {
    let store = try await backend.store(in: folder)
    let check = try CheckID.named("front-page")
    let home = try CheckID.named("home")
    try await store.write([.at(0, .down, check: "home"), .at(60, check: "home")], at: soon)
    if hasOwn { try await store.write([.at(180)], at: soon) }
    try await store.register(
      [CheckRegistration(id: check, movedFrom: home)], in: "local", at: newYear + .seconds(181))
    if !hasOwn { try await store.write([.at(180)], at: soon) }
    let tally = try await store.tally(from: 0, to: 240)
    #expect(tally == SlotTally(expected: 4, up: 2, down: 1, missed: 1, downtime: .seconds(60)))
    #expect(try await store.checks().map(\.id) == [check])
  }

  @Test("joins histories of several regions that are rolled up already", arguments: Backend.allCases)
  func joinsRegions(_ backend: Backend) async throws {
    let store = try await backend.store(in: folder)
    var old: [HistoryRun] = []
    for slot in 0..<600 {
      old += try [.at(slot * 60, .down, check: "home", region: "eu"), .at(slot * 60, .up, check: "home", region: "us")]
    }
    try await store.write(old, at: soon)
    try await store.write((600..<1200).map { try .at($0 * 60, region: "eu") }, at: soon)
    try await store.maintainFully(at: newYear + .days(2))
    try await store.takeOver(.named("home"), by: .named("front-page"))
    #expect(try await store.tally(from: 0, to: 72_000) == SlotTally(expected: 1200, up: 600, degraded: 600))
    let eu = try await store.tally(scope: .only("eu"), from: 0, to: 72_000)
    #expect(eu == SlotTally(expected: 1200, up: 600, down: 600, downtime: .hours(10)))
  }

  @Test("gives pages of runs, newest first, that lose and repeat nothing", arguments: Backend.allCases)
  func givesPages(_ backend: Backend) async throws {
    let store = try await backend.store(in: folder)
    var runs: [HistoryRun] = []
    for slot in 0..<25 { runs += try [.at(slot * 60, region: "eu"), .at(slot * 60, region: "us")] }
    try await store.write(runs, at: soon)
    var found: [HistoryRun] = []
    var query = RunQuery(check: try .named("front-page"), limit: 7)
    repeat {
      let page = try await store.runs(query)
      #expect(page.runs.count <= 7)
      found += page.runs
      query.cursor = page.next.flatMap { RunCursor($0.text) }
    } while query.cursor != nil
    #expect(found.map(\.slotStart) == runs.map(\.slotStart).reversed())
    #expect(found.map(\.region) == Array(repeating: ["eu", "us"], count: 25).flatMap { $0 })
  }

  @Test(
    "takes the furthest cursors that a client can make up",
    arguments: Backend.allCases, ["9223372036854.", "9223372036854.z", "-9223372036854.a"])
  func takesAnyCursor(_ backend: Backend, text: String) async throws {
    let store = try await backend.store(in: folder)
    try await store.write([.at(0), .at(60)], at: soon)
    let cursor = try #require(RunCursor(text))
    let query = RunQuery(check: try .named("front-page"), cursor: cursor)
    #expect(try await store.runs(query).runs.count == (text.hasPrefix("-") ? 0 : 2))
  }

  @Test("gives runs of one verdict, region and time", arguments: Backend.allCases)
  func filtersRuns(_ backend: Backend) async throws {
    let store = try await backend.store(in: folder)
    try await store.write([.at(0, .down), .at(60), .at(120, .down), .at(180, .down, region: "us")], at: soon)
    let query = RunQuery(
      check: try .named("front-page"), region: "local", from: newYear + .seconds(1), to: newYear + .seconds(180),
      verdict: .down)
    #expect(try await store.runs(query).runs.map(\.slotStart) == [newYear + .seconds(120)])
  }

  @Test("reads back what it stored of a run", arguments: Backend.allCases)
  func readsBack(_ backend: Backend) async throws {
    let store = try await backend.store(in: folder)
    var run = try HistoryRun.at(0, .down, took: 5000)
    run.node = "node-1"
    run.started = newYear + .milliseconds(12)
    run.traceID = "4bf92f3577b34da6a3ce929d0e0e4736"
    run.attempts = 3
    run.reason = HistoryReason(
      code: .timeout, step: "login", phase: .wait, message: "no answer within 5 s: \0 ä", location: "a.yaml:3:7")
    try await store.write([run], at: soon)
    #expect(try await store.runs(RunQuery(check: run.check)).runs == [run])
    #expect(try await store.lastRuns(of: nil) == [run])
  }

  @Test("cuts a message that a hostile target made long")
  func cutsMessages() {
    let reason = HistoryReason(code: .protocolError, message: String(repeating: "ä", count: 100_000))
    #expect(reason.message.utf8.count <= HistoryReason.messageBytes + 2)
  }

  @Test("remembers changes of verdict, also of runs that come late", arguments: Backend.allCases)
  func remembersChanges(_ backend: Backend) async throws {
    let store = try await backend.store(in: folder)
    try await store.write([.at(0), .at(60), .at(180), .at(240, .down)], at: soon)
    try await store.write([.at(120, .down)], at: soon)
    let changes = try await store.stateChanges(of: .named("front-page"), from: newYear, to: soon, limit: 10)
    #expect(changes.map(\.verdict) == [.down, .up, .down, .up])
    #expect(changes.map(\.slotStart) == [240, 180, 120, 0].map { newYear + .seconds($0) })
  }

  @Test(
    "counts an import once, however old it is and however often it comes", arguments: Backend.allCases,
    [1, 20, 100, 900])
  func importsOnce(_ backend: Backend, age days: Int) async throws {
    let store = try await backend.store(in: folder)
    let runs = try (0..<3000).map { try HistoryRun.at($0 * 60, $0 % 10 == 0 ? .down : .up) }
    let now = newYear + .days(days + 3)
    let first = try await store.write(runs.reversed(), at: now)
    try await store.maintainFully(at: now)
    let second = try await store.write(runs, at: now)
    #expect(first == WriteSummary(added: 3000))
    #expect(second == WriteSummary(duplicates: 3000))
    let tally = try await store.tally(from: 0, to: 172_800)
    #expect(tally == SlotTally(expected: 2880, up: 2592, down: 288, downtime: .minutes(288)))
  }

  @Test("combines regions slot by slot, also of old runs imported together", arguments: Backend.allCases)
  func combinesImports(_ backend: Backend) async throws {
    let store = try await backend.store(in: folder)
    var runs: [HistoryRun] = []
    for slot in 0..<2880 {
      runs += try [.at(slot * 60, slot < 1440 ? .down : .up, region: "eu"), .at(slot * 60, .down, region: "us")]
    }
    try await store.write(runs, at: newYear + .days(100))
    let tally = try await store.tally(from: 0, to: 172_800)
    #expect(tally == SlotTally(expected: 2880, degraded: 1440, down: 1440, downtime: .days(1)))
    #expect(try await store.tally(from: 0, to: 86_400)?.down == 1440)
    #expect(try await store.tally(from: 86_400, to: 172_800)?.down == 0)
  }

  /// Two hours of three regions, of which one is down: degraded by itself.
  private func threeRegions(_ store: any HistoryStore) async throws {
    var runs: [HistoryRun] = []
    for slot in 0..<120 {
      for region in ["asia", "eu", "us"] {
        runs.append(try .at(slot * 60, region == "eu" ? .down : .up, region: region))
      }
    }
    try await store.write(runs, at: newYear + .hours(2))
  }

  private func judge(
    _ verdicts: [Int: Verdict], of check: String = "front-page", in store: any HistoryStore
  ) async throws {
    let check = try CheckID.named(check)
    try await store.judge(
      verdicts.map { JudgedSlot(check: check, slotStart: newYear + .seconds($0), verdict: $1) })
  }

  @Test(
    "holds what was judged of slots over all regions, whether it was rolled up before, later, or not at all",
    arguments: Backend.allCases, [nil, 0, 1, 9, 40, 500].flatMap { [($0, false), ($0, true)] } as [(Int?, Bool)])
  func holdsJudgements(_ backend: Backend, _ story: (days: Int?, wasRolledUpBefore: Bool)) async throws {
    let (days, wasRolledUpBefore) = story
    let store = try await backend.store(in: folder)
    try await threeRegions(store)
    if wasRolledUpBefore { try await store.maintainFully(at: newYear + .hours(5)) }
    try await judge([0: .down, 60: .down, 120: .up, 3600: .unknown], in: store)
    try await judge([60: .unknown, 3600: .unknown], in: store)
    if let days { try await store.maintainFully(at: newYear + .days(days) + .hours(6)) }
    let held = SlotTally(expected: 120, up: 1, degraded: 116, down: 1, unknown: 2, downtime: .minutes(1))
    #expect(
      try await store.tally(from: 0, to: 86_400)
        == SlotTally(
          expected: 1440, up: 1, degraded: 116, down: 1, unknown: 2, missed: 1320, downtime: .minutes(1)))
    if days ?? 0 <= 40 { #expect(try await store.tally(from: 0, to: 7200) == held) }
    let eu = try await store.tally(scope: .only("eu"), from: 0, to: 86_400)
    #expect(eu == SlotTally(expected: 1440, down: 120, missed: 1320, downtime: .hours(2)))
    let boundaries = [0, 3600, 7200].map { newYear + .seconds($0) }
    let series = try await store.series(SeriesQuery(boundaries: boundaries)).first?.tallies
    if days ?? 0 <= 40 { #expect(series?.map(\.unknown) == [1, 1]) }
  }

  @Test("holds what was judged also when a region's run comes later", arguments: Backend.allCases, [false, true])
  func holdsJudgementsOverLateRuns(_ backend: Backend, isRolledUp: Bool) async throws {
    let store = try await backend.store(in: folder)
    try await store.write([.at(0, .down, region: "eu"), .at(0, region: "us"), .at(3600, region: "us")], at: soon)
    try await judge([0: .up], in: store)
    if isRolledUp { try await store.maintainFully(at: newYear + .hours(6)) }
    try await store.write([.at(0, .down, region: "asia"), .at(60, .down, region: "asia")], at: newYear + .hours(6))
    let tally = try await store.tally(from: 0, to: 120)
    #expect(tally == SlotTally(expected: 2, up: 1, down: 1, downtime: .minutes(1)))
  }

  @Test(
    "remembers changes of verdict of regions alone, whatever is judged over them", arguments: Backend.allCases,
    [false, true])
  func judgementsChangeNoRegion(_ backend: Backend, isRolledUp: Bool) async throws {
    let store = try await backend.store(in: folder)
    try await threeRegions(store)
    if isRolledUp { try await store.maintainFully(at: newYear + .hours(6)) }
    let query = (check: try CheckID.named("front-page"), to: newYear + .hours(6))
    let before = try await store.stateChanges(of: query.check, from: newYear, to: query.to, limit: 100)
    #expect(before.map(\.region) == ["asia", "eu", "us"])
    #expect(before.map(\.verdict) == [.up, .down, .up])
    try await judge([0: .down, 60: .up, 3600: .unknown], in: store)
    try await store.maintainFully(at: newYear + .hours(6))
    #expect(try await store.stateChanges(of: query.check, from: newYear, to: query.to, limit: 100) == before)
  }

  @Test(
    "holds what was judged of a check that has run in one of its regions only", arguments: Backend.allCases,
    [false, true])
  func judgesOneRegion(_ backend: Backend, isRolledUp: Bool) async throws {
    let store = try await backend.store(in: folder)
    try await store.write([.at(0, .down), .at(60, .down)], at: soon)
    if isRolledUp { try await store.maintainFully(at: newYear + .hours(6)) }
    try await judge([0: .degraded], in: store)
    try await judge([0: .down], of: "nobody-ran-it", in: store)
    #expect(
      try await store.tally(from: 0, to: 120) == SlotTally(expected: 2, degraded: 1, down: 1, downtime: .minutes(1)))
    #expect(try await store.tally(scope: .only("local"), from: 0, to: 120)?.down == 2)
  }

  @Test("says nothing of a slot that was judged and never run, until it is", arguments: Backend.allCases)
  func judgesSlotsWithoutRuns(_ backend: Backend) async throws {
    let store = try await backend.store(in: folder)
    try await store.write([.at(0, region: "eu"), .at(0, region: "us"), .at(120, region: "us")], at: soon)
    try await judge([60: .down], in: store)
    #expect(try await store.tally(from: 0, to: 180) == SlotTally(expected: 3, up: 2, missed: 1))
    try await store.write([.at(60, region: "eu")], at: soon)
    #expect(try await store.tally(from: 0, to: 180) == SlotTally(expected: 3, up: 2, down: 1, downtime: .minutes(1)))
  }

  @Test("gives the newest runs of a check, so many of each region", arguments: Backend.allCases)
  func givesTheNewest(_ backend: Backend) async throws {
    let store = try await backend.store(in: folder)
    for region in ["eu", "us"] {
      try await store.write((0..<5).map { try .at($0 * 60, region: region) }, at: soon)
    }
    let runs = try await store.lastRuns(of: .named("front-page"), limit: 2)
    #expect(runs.map(\.region) == ["eu", "eu", "us", "us"])
    #expect(runs.map(\.slotStart) == [240, 180, 240, 180].map { newYear + .seconds($0) })
  }

  @Test("gives the latencies of many checks as it gives those of each", arguments: Backend.allCases, [3, 40])
  func givesLatencies(_ backend: Backend, checks: Int) async throws {
    let store = try await backend.store(in: folder)
    let names = (0..<checks).map { "check-\($0)" }
    for (index, name) in names.enumerated() {
      for region in ["eu", "us"] {
        try await store.write(
          (0..<90).map { try .at($0 * 60, check: name, region: region, took: index * 10 + ($0 % 7)) }, at: soon)
      }
    }
    try await store.maintainFully(at: newYear + .hours(2))
    let ids = try names.map { try CheckID.named($0) }
    let (from, to) = (newYear + .minutes(7), newYear + .minutes(80))
    for scope in [RegionScope.combined, .only("us"), .each] {
      let rows = try await store.latencies(TallyQuery(checks: ids, scope: scope, from: from, to: to))
      #expect(rows.count == (scope == .each ? checks * 2 : checks))
      for row in rows {
        let region = scope == .combined ? nil : row.region
        #expect(row.region == region)
        #expect(row.latency == (try await store.latency(of: row.check, region: region, from: from, to: to)))
      }
    }
  }
}

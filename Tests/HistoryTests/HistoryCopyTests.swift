import Model
import Testing

@Suite("A copy of a history")
struct HistoryCopyTests {
  /// Short, so that twelve days have every kind of edge in them.
  private static let retention = HistoryRetention(runs: .days(2), fiveMinutes: .days(4), hours: .days(7))
  private static let days = 12
  /// So many seconds after new year, where runs are kept.
  private static let recent = 11 * 86_400
  private static let now = newYear + .days(12) + .hours(5) + .minutes(7)

  private let folders: [TemporaryFolder]

  init() throws {
    folders = try (0..<3).map { _ in try TemporaryFolder() }
  }

  private typealias Store = CurlewStore & HistoryArchive

  private func store(_ backend: Backend, _ index: Int) async throws -> any Store {
    let store = try await backend.store(in: folders[index], Self.retention)
    return try #require(store as? any Store)
  }

  // MARK: A history with something of everything

  private static func verdict(_ slot: Int, _ salt: Int) -> Verdict {
    switch (slot &* 7 &+ salt) % 23 {
    case 0: .down
    case 1: .degraded
    case 2: .unknown
    default: .up
    }
  }

  private static func run(_ slot: Int, _ check: String, _ region: String, _ salt: Int) throws -> HistoryRun {
    var run = try HistoryRun.at(
      slot * 900, verdict(slot, salt), check: check, region: region, every: 900, took: 100 + slot % 50,
      maintenance: slot % 41 == 0)
    run.node = "\(region)-1"
    run.started = run.slotStart + .milliseconds(slot % 9)
    run.attempts = 1 + slot % 2
    run.traceID = slot % 3 == 0 ? "4bf92f3577b34da6a3ce929d0e0e4736" : nil
    if run.verdict == .down {
      run.reason = HistoryReason(
        code: .timeout, step: "log in", phase: .connect, message: "no answer", location: "shop.yaml:3:4")
    }
    return run
  }

  private func fill(_ store: any Store) async throws {
    for day in 0..<Self.days {
      let slots = day * 96..<(day + 1) * 96
      var runs: [HistoryRun] = []
      for slot in slots {
        runs.append(try Self.run(slot, "front-page", "eu", 1))
        if slot % 37 != 0 { runs.append(try Self.run(slot, "front-page", "us", 5)) }
        if !(300..<420).contains(slot) { runs.append(try Self.run(slot, "login", "eu", 9)) }
        if day < 5 { runs.append(try Self.run(slot, "old-shop", "eu", 3)) }
        if day >= 6 { runs.append(try Self.run(slot, "shop", "eu", 4)) }
        if day == 2 { runs.append(try Self.run(slot, "gone", "eu", 2)) }
      }
      let end = newYear + .days(day + 1)
      try await store.write(runs, at: end)
      try await store.judge([
        JudgedSlot(check: .named("front-page"), slotStart: end - .seconds(900 * 7), verdict: .down),
        JudgedSlot(check: .named("front-page"), slotStart: end - .seconds(900), verdict: .unknown),
      ])
      if day == 3 {
        let all = try ["front-page", "old-shop"].map { CheckRegistration(id: try .named($0)) }
        try await store.register(all, in: "eu", at: newYear + .seconds(900 * 300))
      }
      if day == 4 {
        let all = try ["front-page", "login", "old-shop"].map { CheckRegistration(id: try .named($0)) }
        try await store.register(all, in: "eu", at: newYear + .seconds(900 * 420))
      }
      try await store.maintainFully(at: end)
    }
    // Cut off on a day that has lost its runs, and on one that has not.
    try await store.write(
      [3, 10].flatMap { day in
        try (0..<20).map { try Self.run(day * 96 + $0 * 4, "front-page", "ap", 11) }
      }, at: Self.now)
    try await store.takeOver(.named("old-shop"), by: .named("shop"))
    try await store.maintainFully(at: Self.now)
    try await store.write([Self.run(Self.days * 96, "login", "eu", 9)], at: Self.now)
    try await keepRecords(in: store)
  }

  private func keepRecords(in store: any Store) async throws {
    let shop = try CheckID.named("shop")
    var incident = try await store.insert(
      Incident(
        origin: .automatic, check: shop, title: "Shop is down", impacts: [Impact(check: shop, level: .major)],
        began: newYear, opened: newYear + .minutes(3),
        cause: IncidentCause(code: .timeout, step: "log in", message: "it was so"),
        updates: [IncidentUpdate(at: newYear, kind: .opened, state: .investigating, text: "Shop is down: ä")]))
    incident.acknowledgement = Acknowledgement(by: "Ada", note: "I look", at: newYear + .minutes(5))
    incident.state = .resolved
    incident.ended = newYear + .minutes(9)
    incident.updates.append(IncidentUpdate(at: newYear + .minutes(9), kind: .resolved, state: .resolved, text: "over"))
    try await store.update(incident)
    _ = try await store.insert(
      Incident(
        origin: .manual, check: nil, title: "The network", impacts: [], began: newYear, opened: newYear,
        consequenceOf: incident.id, isPublished: false))
    let first = try await store.append(
      Exclusion(
        checks: [shop, .named("login")], from: newYear, until: newYear + .hours(1), reason: "theirs", author: "Ada",
        recordedAt: newYear))
    _ = try await store.append(
      Exclusion(
        checks: nil, from: newYear, until: newYear + .hours(1), reason: "no", author: "Bo", recordedAt: newYear,
        withdraws: first.id))
    for revision in 1...2 {
      let tally = SlotTally(expected: 10 * revision, up: 9, down: 1, downtime: .seconds(60))
      _ = try await store.close(
        ClosedMonth(
          check: shop, month: try #require(YearMonth("2026-01")), timeZone: "Europe/Berlin", revision: revision,
          closedAt: newYear, author: revision == 2 ? "Ada" : nil, reason: revision == 2 ? "late" : nil, tally: tally,
          unadjusted: tally, incidentDowntime: .seconds(5), objective: 0.1 + 0.2, p50: .microseconds(7)))
    }
    let backup = try CheckID.named("backup")
    try await store.keep(
      HeartbeatState(
        check: backup,
        lastSignal: HeartbeatSignal(
          check: backup, kind: .failure, at: newYear, duration: .microseconds(5), output: "no space",
          idempotencyKey: "k"), startedAt: newYear), keys: ["k", "l"], at: newYear)
  }

  // MARK: Comparing

  private static let checks = ["front-page", "login", "shop", "gone"]

  /// What a person can learn from a store, in an order of its own for each kind.
  private struct View: Equatable {
    var checks: [KnownCheck] = []
    var tallies: [[TallyRow]] = []
    var series: [TallySeries] = []
    var latencies: [LatencyHistogram] = []
    var runs: [HistoryRun] = []
    var changes: [[Timestamp]] = []
    var incidents: [Incident] = []
    var exclusions: [Exclusion] = []
    var months: [ClosedMonth] = []
    var jobs: [HeartbeatState] = []
    var keys: Set<String> = []
  }

  private func view(_ store: any Store) async throws -> View {
    var view = View()
    view.checks = try await store.checks()
    // Edges lie where they lie in both: on days, and later, where runs are kept, anywhere.
    let edges =
      (-1..<11).map { newYear + .days($0) }
      + [
        newYear + .days(10) + .hours(5) + .minutes(17), newYear + .days(11), newYear + .days(11) + .minutes(95),
        newYear + .days(12), Self.now,
      ]
    for scope in [RegionScope.each, .combined, .only("eu")] {
      for (from, to) in zip(edges, edges.dropFirst()) {
        view.tallies.append(try await store.tallies(TallyQuery(scope: scope, from: from, to: to)))
      }
      view.tallies.append(try await store.tallies(TallyQuery(scope: scope, from: edges[0], to: Self.now)))
      view.series += try await store.series(SeriesQuery(scope: scope, boundaries: edges))
    }
    for check in Self.checks {
      let id = try CheckID.named(check)
      view.latencies += try await store.latencySeries(of: id, region: nil, boundaries: edges)
      view.changes.append(
        try await store.stateChanges(of: id, from: edges[0], to: Self.now, limit: 10_000).map(\.slotStart))
      var query = RunQuery(check: id, from: newYear + .days(10) + .hours(6), limit: 70)
      repeat {
        let page = try await store.runs(query)
        view.runs += page.runs
        query.cursor = page.next
      } while query.cursor != nil
    }
    view.incidents = try await store.incidents(IncidentQuery()).incidents
    view.exclusions = try await store.exclusions()
    view.months = try await store.closedMonths(of: nil, from: nil, to: nil)
    view.jobs = try await store.heartbeats()
    view.keys = try await store.rememberedKeys(of: .named("backup"), among: ["k", "l", "m"], at: newYear)
    return view
  }

  private func expectSame(_ left: View, _ right: View, _ comment: Comment) {
    #expect(left.checks == right.checks, comment)
    #expect(left.tallies.count == right.tallies.count, comment)
    for (left, right) in zip(left.tallies, right.tallies) { #expect(left == right, comment) }
    for (left, right) in zip(left.series, right.series) { #expect(left == right, comment) }
    #expect(left.latencies == right.latencies, comment)
    #expect(left.runs.count == right.runs.count, comment)
    #expect(left.runs == right.runs, comment)
    #expect(left.changes == right.changes, comment)
    #expect(left.incidents == right.incidents, comment)
    #expect(left.exclusions == right.exclusions, comment)
    #expect(left.months == right.months, comment)
    #expect(left.jobs == right.jobs, comment)
    #expect(left.keys == right.keys, comment)
    #expect(left == right, comment)
  }

  @discardableResult
  private func copy(_ source: any Store, _ target: any HistoryArchive) async throws -> HistoryCopy.Summary {
    try await HistoryCopy(from: source, to: target).run(at: Self.now) { _ in }
  }

  // MARK: Tests

  @Test("says of everything what its source says, from a file to PostgreSQL, back again, and from file to file")
  func roundTrip() async throws {
    let source = try await store(.sqlite, 0)
    try await fill(source)
    let wanted = try await view(source)
    #expect(wanted.checks.count == 4 && wanted.runs.count > 500 && wanted.incidents.count == 2)
    let middle = try await store(.postgres, 0)
    let summary = try await copy(source, middle)
    #expect(summary.stage == .fresh && summary.checks == 4 && summary.runs > 500 && summary.compared > 5)
    expectSame(wanted, try await view(middle), "PostgreSQL")
    let back = try await store(.sqlite, 1)
    try await copy(middle, back)
    expectSame(wanted, try await view(back), "and back")
    let file = try await store(.sqlite, 2)
    try await copy(source, file)
    expectSame(wanted, try await view(file), "a file")
  }

  @Test("goes on as its source would: what is rolled up, comes late or is new later counts the same")
  func goesOn() async throws {
    let source = try await store(.sqlite, 0)
    try await fill(source)
    let (postgres, file) = (try await store(.postgres, 0), try await store(.sqlite, 1))
    for target in [postgres, file] { try await copy(source, target) }
    for store in [source, postgres, file] {
      try await store.write(
        (Self.days * 96 + 1..<Self.days * 96 + 60).map { try Self.run($0, "login", "eu", 9) }
          + [try Self.run(11 * 96 + 1, "login", "us", 9), try Self.run(Self.days * 96 - 37, "gone", "eu", 9)],
        at: Self.now + .days(1))
      try await store.maintainFully(at: Self.now + .days(1))
      _ = try await store.append(
        Exclusion(checks: nil, from: newYear, until: newYear, reason: "r", author: "a", recordedAt: newYear))
    }
    let query = TallyQuery(scope: .each, from: newYear, to: newYear + .days(13))
    let wanted = try await source.tallies(query)
    #expect(try await postgres.tallies(query) == wanted)
    #expect(try await file.tallies(query) == wanted)
    #expect(try await postgres.exclusions() == source.exclusions())
    #expect(try await file.exclusions() == source.exclusions())
  }

  @Test("is done once: a second one finds the first and touches nothing", arguments: Backend.allCases)
  func twice(_ backend: Backend) async throws {
    let source = try await store(.sqlite, 0)
    try await fill(source)
    let target = try await store(backend, 1)
    try await copy(source, target)
    let before = try await view(target)
    try await target.write([Self.run(Self.days * 96, "shop", "eu", 1)], at: Self.now)
    let again = try await copy(source, target)
    #expect(again.stage == .finished && again.runs == 0)
    #expect(try await view(target).runs.count == before.runs.count + 1)
  }

  @Test("goes on where it broke off, and brings what has changed since", arguments: Backend.allCases)
  func resumes(_ backend: Backend) async throws {
    let source = try await store(.sqlite, 0)
    try await fill(source)
    let target = try await store(backend, 1)
    let breaking = BreakingArchive(target, failingAt: "login")
    await #expect(throws: HistoryError.self) { try await copy(source, breaking) }
    await #expect(throws: HistoryError.self, "half of a history is none to go on with") {
      try await target.register([], in: "eu", at: Self.now)
    }
    await #expect(throws: HistoryError.self) { try await target.maintainFully(at: Self.now) }
    if backend == .postgres {
      // Hubs store without having registered anything themselves.
      await #expect(throws: HistoryError.self) { try await target.write([.at(Self.recent)], at: Self.now) }
      await #expect(throws: HistoryError.self) {
        try await target.judge([
          JudgedSlot(check: .named("front-page"), slotStart: newYear + .seconds(Self.recent), verdict: .down)
        ])
      }
      #expect(await target.health().message?.contains("half of a copy") == true)
    }
    // Of the first check there is one run more by now.
    try await source.write([Self.run(Self.days * 96, "front-page", "eu", 1)], at: Self.now)
    let summary = try await copy(source, target)
    #expect(summary.stage == .resumed && summary.skipped == 1)
    try await target.register([], in: "nowhere", at: Self.now)
    try await target.maintainFully(at: Self.now)
    expectSame(try await view(source), try await view(target), "resumed")
  }

  @Test("goes on without what its source has let go of since it broke off", arguments: Backend.allCases)
  func forgets(_ backend: Backend) async throws {
    let source = try await store(.sqlite, 0)
    try await source.write([.at(Self.recent)], at: Self.now)
    let job = HeartbeatState(check: try .named("backup"))
    try await source.keep(job, keys: ["k", "l"], at: newYear)
    let target = try await store(backend, 1)
    await #expect(throws: HistoryError.self) {
      try await copy(source, BreakingArchive(target, failsToSettle: true))
    }
    // Keys are kept for a day.
    try await source.keep(job, keys: ["m"], at: newYear + .days(3))
    #expect(try await copy(source, target).stage == .resumed)
  }

  @Test("is of the moment at which it began, whatever its source is told meanwhile", arguments: Backend.allCases)
  func isOfOneMoment(_ backend: Backend) async throws {
    let source = try await store(backend, 0)
    let runs = try (0..<10).map { try HistoryRun.at(Self.recent + $0 * 60) }
    try await source.write(runs, at: Self.now)
    let wanted = try await view(source)
    let target = try await store(.sqlite, 1)
    let living = BreakingArchive(target) {
      try await source.write(
        [.at(Self.recent + 30 * 60, .down), .at(Self.recent + 60, region: "us"), .at(Self.recent, check: "shop")],
        at: Self.now)
      try await source.maintainFully(at: Self.now)
    }
    #expect(try await copy(source, living).runs == 10)
    #expect(try await source.checks().count == 2)
    expectSame(wanted, try await view(target), "the moment")
  }

  @Test("is refused by a store that has anything else in it", arguments: Backend.allCases)
  func refusesForeign(_ backend: Backend) async throws {
    let source = try await store(.sqlite, 0)
    try await source.write([.at(Self.recent)], at: Self.now)
    let target = try await store(backend, 1)
    try await target.keep(HeartbeatState(check: .named("backup")), keys: [], at: newYear)
    await #expect(throws: HistoryError.self) { try await copy(source, target) }
    #expect(try await target.checks().isEmpty)
    await #expect(throws: HistoryError.self) { try await copy(source, source) }
  }

  @Test("of another source is refused by a store that one fills already", arguments: Backend.allCases)
  func refusesOtherSource(_ backend: Backend) async throws {
    let (source, other) = (try await store(.sqlite, 0), try await store(.sqlite, 2))
    for store in [source, other] { try await store.write([.at(Self.recent)], at: Self.now) }
    let target = try await store(backend, 1)
    let breaking = BreakingArchive(target, failingAt: "front-page")
    await #expect(throws: HistoryError.self) { try await copy(source, breaking) }
    await #expect(throws: HistoryError.self) { try await copy(other, target) }
    #expect(try await copy(source, target).runs == 1)
  }

  @Test("is an error that names the check when the target does not count the same", arguments: Backend.allCases)
  func tellsDifferences(_ backend: Backend) async throws {
    let source = try await store(.sqlite, 0)
    try await source.write([.at(Self.recent), .at(Self.recent + 60, .down)], at: Self.now)
    let target = try await store(backend, 1)
    let losing = BreakingArchive(target, losesRuns: true)
    let error = await #expect(throws: HistoryError.self) { try await copy(source, losing) }
    #expect(error?.message.contains("front-page") == true)
  }
}

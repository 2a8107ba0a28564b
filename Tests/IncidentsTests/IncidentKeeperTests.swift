import History
import Incidents
import Model
import TestSupport
import Testing

@Suite("The keeper of incidents")
struct IncidentKeeperTests {
  private let fixture: KeeperFixture

  init() throws {
    fixture = try KeeperFixture()
  }

  private func minute(_ minute: Int) -> Timestamp { newYear + .minutes(minute) }

  private func check(
    _ id: String = "shop", name: String? = nil, movedFrom: String? = nil, dependsOn: [String] = [],
    isEnabled: Bool = true, every: Duration = .minutes(1)
  ) throws -> Check {
    try KeeperFixture.check(
      id, name: name, movedFrom: movedFrom, dependsOn: dependsOn, isEnabled: isEnabled, every: every)
  }

  // MARK: By itself

  @Test("tells the whole story of an incident, from its first bad slot to the first good one")
  func tellsAStory() async throws {
    fixture.apply(try check(name: "Front page"))
    try await fixture.record("shop", "uddd")
    fixture.keeper.sink.record(try KeeperFixture.run("shop", 4, "d", code: .connectRefused))
    try await fixture.record("shop", from: 5, "uu")
    await fixture.settle()
    let shop = try KeeperFixture.id("shop")
    let kept = try await fixture.kept()
    #expect(
      kept == [
        Incident(
          id: 1, origin: .automatic, check: shop, title: "Front page is down",
          impacts: [Impact(check: shop, level: .major)], state: .resolved, began: minute(1), opened: minute(3),
          ended: minute(5), cause: IncidentCause(code: .timeout, step: "log in", message: "it was so"),
          updates: [
            IncidentUpdate(at: minute(3), kind: .opened, state: .investigating, text: "Front page is down"),
            IncidentUpdate(at: minute(4), kind: .changed, text: "The cause is another one now: log in: it was so"),
            IncidentUpdate(at: minute(7), kind: .resolved, state: .resolved, text: "It is good again. It lasted 4m"),
          ])
      ])
    #expect(fixture.keeper.current.recent == kept)
    #expect(fixture.keeper.current.open.isEmpty)
    #expect(fixture.events.all == [.opened(shop, isNew: true), .closed(shop)])
  }

  @Test("has no incident of a check that flaps slot by slot, and one for each time that it stays down")
  func flapping() async throws {
    fixture.apply(try check())
    try await fixture.record("shop", "dudududuud", inHistory: false)
    await fixture.settle()
    #expect(try await fixture.kept().isEmpty)
    try await fixture.record("shop", from: 20, "dduudduu", inHistory: false)
    await fixture.settle()
    // The bad slot before the gap is the first of the row.
    #expect(try await fixture.kept().map(\.began) == [minute(9), minute(24)])
    #expect(try await fixture.kept().map(\.ended) == [minute(22), minute(26)])
  }

  @Test("takes in only the runs of its region, of checks in force")
  func ignoresOthers() async throws {
    fixture.apply(try check())
    for minute in 0..<5 {
      fixture.keeper.sink.record(try KeeperFixture.run("shop", minute, "d", region: "eu"))
      fixture.keeper.sink.record(try KeeperFixture.run("other", minute, "d"))
    }
    await fixture.settle()
    #expect(try await fixture.kept().isEmpty)
  }

  @Test("stops telling of causes that change all the time")
  func boundsChanges() async throws {
    fixture.apply(try check())
    for minute in 0..<300 {
      fixture.keeper.sink.record(
        try KeeperFixture.run("shop", minute, "d", code: minute % 2 == 0 ? .timeout : .connectRefused))
    }
    await fixture.settle()
    let updates = try #require(try await fixture.kept().first?.updates)
    #expect(updates.count == 101)
    #expect(updates.last?.text.hasSuffix("Further changes are not noted") == true)
  }

  // MARK: Restarts

  @Test(
    "goes on with an incident after a restart, also where its end is half seen", arguments: [0, 1, 2, 3, 4, 5, 6, 7])
  func survivesRestarts(runs: Int) async throws {
    let letters = Array("uddduudu")
    fixture.apply(try check())
    try await fixture.record("shop", String(letters[..<runs]))
    await fixture.settle()
    let again = try KeeperFixture(after: fixture)
    again.apply(try check())
    try await again.record("shop", from: runs, String(letters[runs...]))
    await again.settle()
    let kept = try await again.kept()
    #expect(kept.map(\.began) == [minute(1)])
    #expect(kept.map(\.ended) == [minute(4)])
    #expect(kept.first?.updates.map(\.kind) == [.opened, .resolved])
  }

  @Test("finds after a crash what it had no time to keep: that an incident began, and that one ended")
  func survivesCrashes() async throws {
    try await fixture.history.write(
      "udd".enumerated().map { HistoryRun(try KeeperFixture.run("shop", $0.offset, $0.element)) }, at: minute(3))
    fixture.setClock(to: minute(4))
    fixture.apply(try check())
    await fixture.settle()
    #expect(try await fixture.kept().map(\.began) == [minute(1)])
    #expect(try await fixture.kept().first?.cause?.code == .timeout)

    try await fixture.history.write(
      "uu".enumerated().map { HistoryRun(try KeeperFixture.run("shop", 3 + $0.offset, $0.element)) }, at: minute(5))
    let again = try KeeperFixture(after: fixture)
    again.setClock(to: minute(6))
    again.apply(try check())
    await again.settle()
    #expect(try await again.kept().map(\.ended) == [minute(3)])
    let third = try KeeperFixture(after: again)
    third.apply(try check())
    await third.settle()
    #expect(try await third.kept().count == 1)
  }

  @Test("makes no incident of an outage in history that was over before anybody kept incidents")
  func inventsNothing() async throws {
    try await fixture.history.write(
      "uddduuu".enumerated().map { HistoryRun(try KeeperFixture.run("shop", $0.offset, $0.element)) }, at: minute(7))
    fixture.setClock(to: minute(8))
    fixture.apply(try check())
    await fixture.settle()
    #expect(try await fixture.kept().isEmpty)
  }

  @Test("counts a slot once that is told again after a restart, on a grid that falls between milliseconds")
  func countsToldSlotsOnce() async throws {
    var run = try KeeperFixture.run("shop", 0, "d")
    run.slot = Slot(number: 0, start: newYear + .nanoseconds(400_123_456), interval: .minutes(1))
    run.started = run.slot.start
    try await fixture.history.write([HistoryRun(run)], at: run.slot.end)
    fixture.setClock(to: run.slot.end)
    let again = try KeeperFixture(after: fixture)
    again.apply(try check())
    again.keeper.sink.record(run)
    await again.settle()
    #expect(try await again.kept().isEmpty)
    run.slot = Slot(number: 1, start: run.slot.end, interval: .minutes(1))
    again.keeper.sink.record(run)
    await again.settle()
    #expect(try await again.kept().count == 1)
  }

  @Test("says which incidents last since before the restart, without counting them as new")
  func tellsOfOldOnes() async throws {
    fixture.apply(try check())
    try await fixture.record("shop", "dd")
    await fixture.settle()
    let again = try KeeperFixture(after: fixture)
    again.apply(try check())
    await again.settle()
    #expect(again.events.all == [.opened(try KeeperFixture.id("shop"), isNew: false)])
    #expect(again.keeper.current.open.count == 1)
  }

  // MARK: Reloads

  @Test(
    "closes the incident of a check that is removed or disabled, and says so", arguments: [false, true], [false, true])
  func closesWhatIsGone(isRemoved: Bool, afterRestart: Bool) async throws {
    fixture.apply(try check(), try check("other"))
    try await fixture.record("shop", "dd")
    await fixture.settle()
    let last = afterRestart ? try KeeperFixture(after: fixture) : fixture
    last.setClock(to: minute(9))
    if isRemoved { last.apply(try check("other")) } else { last.apply(try check(isEnabled: false), try check("other")) }
    await last.settle()
    let incident = try #require(try await last.kept().first)
    #expect(incident.ended == minute(9))
    #expect(incident.state == .resolved)
    #expect(
      incident.updates.last?.text
        == "The check was \(isRemoved ? "removed" : "disabled"); whether it is good is not known")
  }

  @Test("lets a renamed check go on with its incident", arguments: [false, true])
  func renames(afterRestart: Bool) async throws {
    fixture.apply(try check("home"))
    try await fixture.record("home", "dd")
    await fixture.settle()
    let last = afterRestart ? try KeeperFixture(after: fixture) : fixture
    last.apply(try check("front-page", movedFrom: "home"))
    try await last.record("front-page", from: 2, "duu", inHistory: false)
    await last.settle()
    let kept = try await last.kept()
    let id = try KeeperFixture.id("front-page")
    #expect(kept.map(\.check) == [id])
    #expect(kept.first?.impacts == [Impact(check: id, level: .major)])
    #expect(kept.first?.ended == minute(3))
  }

  @Test("knows the past of a renamed check by its new id, also when somebody speaks of it")
  func renamesThePast() async throws {
    fixture.apply(try check("home"))
    try await fixture.record("home", "dduu")
    await fixture.settle()
    let new = try check("front-page", movedFrom: "home")
    try await fixture.history.register([CheckRegistration(new)], in: "local", at: minute(5))
    fixture.apply(new)
    await fixture.settle()
    #expect(fixture.keeper.current.recent.map(\.check) == [new.id])
    let id = try #require(fixture.keeper.current.recent.first?.id)
    try await fixture.keeper.say("It was a full disk", of: id, author: "Ada")
    #expect(try await fixture.kept().map(\.check) == [new.id])
    #expect(try await fixture.kept().first?.impacts == [Impact(check: new.id, level: .major)])
  }

  @Test("obeys another policy after a reload")
  func changesPolicy() async throws {
    fixture.apply(try check())
    try await fixture.record("shop", "d")
    fixture.apply(try KeeperFixture.check("shop", policy: IncidentPolicy(openAfter: 3, closeAfter: 1)))
    try await fixture.record("shop", from: 1, "ddu")
    await fixture.settle()
    let kept = try await fixture.kept()
    #expect(kept.map(\.opened) == [minute(3)])
    #expect(kept.map(\.ended) == [minute(3)])
  }

  // MARK: Dependencies

  @Test("marks an incident as a consequence of what its check depends on, over any number of steps")
  func followsParents() async throws {
    fixture.apply(
      try check("page", dependsOn: ["api"]), try check("api", dependsOn: ["database"]),
      try check("database", name: "Database"))
    try await fixture.record("database", "dd")
    try await fixture.record("page", "udd")
    await fixture.settle()
    let kept = try await fixture.kept()
    try #require(kept.map(\.check?.text) == ["database", "page"])
    #expect(kept[1].consequenceOf == kept[0].id)
    #expect(kept[1].updates.map(\.kind) == [.opened, .linked])
    #expect(kept[1].updates.last?.text == "Follows from incident \(kept[0].id): Database is down")
    #expect(kept[0].consequenceOf == nil)
    // The nearest one counts.
    try await fixture.record("api", from: 3, "dd")
    await fixture.settle()
    #expect(try await fixture.kept().last?.consequenceOf == kept[0].id)
  }

  @Test(
    "links it later when the parent's incident is found afterwards, within the time that the child takes to open one",
    arguments: [(3, true), (4, true), (5, false)])
  func linksLater(begin: Int, isLinked: Bool) async throws {
    fixture.apply(try check("page", dependsOn: ["database"]), try check("database"))
    try await fixture.record("page", from: 2, "dd")
    try await fixture.record("database", from: begin, "dd")
    await fixture.settle()
    let kept = try await fixture.kept()
    try #require(kept.map(\.check?.text) == ["page", "database"])
    #expect(kept[0].consequenceOf == (isLinked ? kept[1].id : nil))
    #expect(kept[0].updates.map(\.kind) == (isLinked ? [.opened, .linked] : [.opened]))
    #expect(kept[1].consequenceOf == nil)
  }

  @Test("is not confused by checks that depend on one another in a circle")
  func survivesCircles() async throws {
    fixture.apply(try check("a", dependsOn: ["b"]), try check("b", dependsOn: ["a"]))
    try await fixture.record("a", "dd")
    try await fixture.record("b", "dd")
    await fixture.settle()
    let kept = try await fixture.kept()
    let first = try #require(kept.first?.id)
    #expect(kept.map(\.consequenceOf) == [nil, first])
  }

  // MARK: Trouble

  @Test("tries again with growing pauses while the store fails, and loses nothing")
  func survivesAFailingStore() async throws {
    fixture.apply(try check())
    fixture.store.set(.fails)
    let running = Task { await fixture.keeper.run() }
    try await fixture.record("shop", "uddduu", inHistory: false)
    var pauses: [Duration] = []
    for _ in 0..<8 {
      await fixture.time.sleepers()
      if let deadline = fixture.time.nextDeadline { pauses.append(deadline - fixture.time.uptime) }
      await fixture.time.advanceToNextDeadline()
    }
    #expect(
      pauses == [.milliseconds(250), .milliseconds(500)] + [1, 2, 4, 8, 10, 10].map { Duration.seconds($0) })
    await fixture.time.sleepers()
    #expect(await fixture.keeper.status.lastError == "the disk is full")
    fixture.store.set(.works)
    await fixture.time.advanceToNextDeadline()
    running.cancel()
    await running.value
    #expect(await fixture.keeper.status.lastError == nil)
    let kept = try await fixture.kept()
    #expect(kept.map(\.began) == [minute(1)])
    #expect(kept.map(\.ended) == [minute(4)])
    let shop = try KeeperFixture.id("shop")
    #expect(
      fixture.events.all == [
        .fails(because: "the disk is full"), .opened(shop, isNew: true), .recovered, .closed(shop),
      ])
  }

  @Test("opens an incident once, also when the store kept it and said that it failed")
  func opensOnce() async throws {
    fixture.apply(try check())
    fixture.store.set(.failsAfterKeeping)
    let running = Task { await fixture.keeper.run() }
    try await fixture.record("shop", "ddd", inHistory: false)
    await fixture.time.sleepers()
    fixture.store.set(.works)
    await fixture.time.advanceToNextDeadline()
    running.cancel()
    await running.value
    #expect(try await fixture.kept().count == 1)
    #expect(fixture.store.failures == 1)
  }

  @Test("drops what does not fit into its queue, and counts it; files in force are never dropped")
  func boundsItsQueue() async throws {
    let fixture = try KeeperFixture(limits: .init(queueLength: 3))
    fixture.apply(try check())
    try await fixture.record("shop", "ddddd", inHistory: false)
    fixture.apply(try check("other"))
    #expect(fixture.keeper.droppedRuns == 3)
    #expect(await fixture.keeper.status.queueLength == 4)
    await fixture.settle()
    #expect(try await fixture.kept().map(\.state) == [.resolved])
    #expect(await fixture.keeper.status.queueLength == 0)
  }

  // MARK: For pages

  @Test("tells whoever listens of each change, as it is after it")
  func tellsListeners() async throws {
    var changes = fixture.keeper.changes().makeAsyncIterator()
    fixture.apply(try check())
    try await fixture.record("shop", "dduu")
    await fixture.settle()
    // There is nothing to wait for otherwise.
    try #require(try await fixture.kept().count == 1)
    #expect(await changes.next()?.isOpen == true)
    #expect(await changes.next()?.ended == minute(2))
  }

  @Test("shows what lasts however old it is, and what ended for two weeks")
  func showsTheRecentPast() async throws {
    fixture.apply(try check(), try check("other"))
    try await fixture.record("shop", "dduu")
    try await fixture.record("other", "dd")
    await fixture.settle()
    let ended = try #require(fixture.keeper.current.recent.first?.ended)
    for (age, count) in [(Duration.days(14) - .seconds(1), 1), (.days(14), 0)] {
      let later = try KeeperFixture(after: fixture)
      later.setClock(to: ended + age)
      later.apply(try check(), try check("other"))
      await later.settle()
      #expect(later.keeper.current.recent.count == count)
      #expect(later.keeper.current.open.map(\.check?.text) == ["other"])
    }
  }
}

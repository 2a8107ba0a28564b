import History
import Incidents
import Model
import TestSupport
import Testing

@Suite("What people say of incidents")
struct IncidentWordsTests {
  private let fixture: KeeperFixture

  init() throws {
    fixture = try KeeperFixture()
  }

  private var keeper: IncidentKeeper { fixture.keeper }
  private var now: Timestamp { fixture.time.now }

  /// The keeper with a check `shop` in force, of which an incident lasts.
  private func opened() async throws -> Int64 {
    fixture.apply(try KeeperFixture.check("shop"), try KeeperFixture.check("page"))
    try await fixture.record("shop", "dd", inHistory: false)
    await fixture.settle()
    return try #require(keeper.current.open.first?.id)
  }

  private func fault<Value: Sendable>(_ work: () async throws -> Value) async -> IncidentFault? {
    do {
      _ = try await work()
      return nil
    } catch {
      return error as? IncidentFault
    }
  }

  @Test("is kept with who said it, and how far people are")
  func keepsWords() async throws {
    let id = try await opened()
    try await keeper.say("We look into it.\r\nSoon more.", of: id, state: .identified, author: " Ada ")
    try await keeper.acknowledge(id, by: "Ada", note: "on it")
    try await keeper.acknowledge(id, by: "Grace")
    let incident = try #require(try await fixture.kept().first)
    #expect(incident.state == .identified)
    #expect(incident.acknowledgement == Acknowledgement(by: "Grace", at: now))
    #expect(
      incident.updates.dropFirst() == [
        IncidentUpdate(
          at: now, kind: .comment, author: "Ada", state: .identified, text: "We look into it.\nSoon more."),
        IncidentUpdate(at: now, kind: .acknowledged, author: "Ada", text: "on it"),
        IncidentUpdate(at: now, kind: .acknowledged, author: "Grace", text: "Grace takes care of it"),
      ])
    #expect(keeper.current.open == [incident])
  }

  @Test("changes whom an incident hurts; its own check stays among them")
  func changesImpacts() async throws {
    let id = try await opened()
    let page = Impact(check: try KeeperFixture.id("page"), level: .degraded)
    let incident = try await keeper.say("The page is slow", of: id, author: "Ada", impacts: [page])
    #expect(incident.impacts == [Impact(check: try KeeperFixture.id("shop"), level: .major), page])
    #expect(try await fixture.kept() == [incident])
  }

  @Test("makes an incident by hand, from its report to its end")
  func writesByHand() async throws {
    _ = try await opened()
    let impact = Impact(check: try KeeperFixture.id("page"), level: .partial)
    let report = try await keeper.report(
      title: "Payments are slow", impacts: [impact], text: "We look into it", author: "Ada",
      began: now - .minutes(10))
    #expect(report.origin == .manual)
    #expect(report.began == now - .minutes(10))
    #expect(report.ended == nil)
    fixture.setClock(to: now + .hours(1))
    let resolved = try await keeper.resolve(report.id, text: "All is well", author: "Ada")
    #expect(resolved.ended == now)
    #expect(resolved.updates.map(\.kind) == [.opened, .resolved])
    #expect(try await fixture.history.incident(report.id) == resolved)
    #expect(keeper.current.recent.map(\.id) == [report.id])
    // Words come after the end too; an end does not come twice.
    try await keeper.say("It was a full disk", of: report.id, author: "Ada")
    #expect(
      await fault { try await keeper.resolve(report.id, text: "x", author: "Ada") } == .alreadyResolved(report.id))
  }

  @Test("takes a report of what is over, with its begin and end")
  func takesReports() async throws {
    let report = try await keeper.report(
      title: "Post mortem", impacts: [], state: .resolved, text: "It was DNS", author: "Ada", isPublished: false,
      began: now - .hours(3), ended: now - .hours(2))
    #expect(report.ended == now - .hours(2))
    #expect(!report.isPublished)
    #expect(
      await fault {
        try await keeper.report(
          title: "t", impacts: [], state: .resolved, text: "x", author: "a", began: now, ended: now - .hours(1))
      } == .endsBeforeItBegins)
    #expect(
      await fault {
        try await keeper.report(title: "t", impacts: [], text: "x", author: "a", began: now + .seconds(1))
      } == .inTheFuture(now + .seconds(1)))
  }

  @Test("cannot resolve what opened by itself, nor open again what is resolved")
  func keepsToSlots() async throws {
    let id = try await opened()
    #expect(await fault { try await keeper.resolve(id, text: "x", author: "a") } == .resolvesByItself(id))
    try await fixture.record("shop", from: 2, "uu", inHistory: false)
    await fixture.settle()
    #expect(
      await fault { try await keeper.say("x", of: id, state: .investigating, author: "a") } == .alreadyResolved(id))
    #expect(await fault { try await keeper.acknowledge(id, by: "a") } == .alreadyResolved(id))
    #expect(await fault { try await keeper.say("why it was", of: id, author: "a") } == nil)
    #expect(try await fixture.kept().first?.state == .resolved)
  }

  @Test("is about an incident and checks that there are")
  func refusesUnknown() async throws {
    _ = try await opened()
    #expect(await fault { try await keeper.say("x", of: 99, author: "a") } == .unknownIncident(99))
    let other = try KeeperFixture.id("other")
    #expect(
      await fault {
        try await keeper.report(title: "t", impacts: [Impact(check: other, level: .none)], text: "x", author: "a")
      } == .unknownCheck(other))
  }

  @Test(
    "is bounded, and free of what a terminal or a feed would trip over",
    arguments: [
      ("", 1, IncidentFault.empty(.text)), (" \n\t ", 1, .empty(.text)), ("a\u{0}b", 1, .controlCharacter(.text)),
      ("a\u{1b}[2J", 1, .controlCharacter(.text)), ("a\u{85}b", 1, .controlCharacter(.text)),
      ("a", 10_001, .tooLong(.text, limit: 10_000)), ("\u{301}", 10_001, .tooLong(.text, limit: 10_000)),
      ("ä", 1_000_000, .tooLong(.text, limit: 10_000)),
    ])
  func refusesTexts(part: String, times: Int, expected: IncidentFault) async throws {
    let id = try await opened()
    let text = String(repeating: part, count: times)
    #expect(await fault { try await keeper.say(text, of: id, author: "a") } == expected)
    #expect(try await fixture.kept().first?.updates.count == 1)
  }

  @Test("has a title and an author of one line each")
  func refusesTitles() async throws {
    func report(_ title: String, _ author: String) async -> IncidentFault? {
      await fault { try await keeper.report(title: title, impacts: [], text: "x", author: author) }
    }
    #expect(await report("a\nb", "a") == .controlCharacter(.title))
    #expect(await report(String(repeating: "a", count: 201), "a") == .tooLong(.title, limit: 200))
    #expect(await report("a", "") == .empty(.author))
    #expect(await report("a", "b\tc") == .controlCharacter(.author))
    #expect(await report(String(repeating: "ä", count: 200), "a") == nil)
  }

  @Test("is bounded in number")
  func boundsUpdates() async throws {
    let id = try await opened()
    var last: IncidentFault?
    for _ in 0..<IncidentKeeper.mostUpdates where last == nil {
      last = await fault { try await keeper.say("x", of: id, author: "a") }
    }
    #expect(last == .tooManyUpdates(limit: IncidentKeeper.mostUpdates))
  }

  @Test("loses nothing when several speak at once, while slots come in")
  func keepsAllWords() async throws {
    var changes = keeper.changes().makeAsyncIterator()
    let running = Task { await keeper.run() }
    fixture.apply(try KeeperFixture.check("shop"))
    try await fixture.record("shop", "dd", inHistory: false)
    let id = try #require(await changes.next()?.id)
    try await withThrowingTaskGroup { group in
      for number in 0..<50 {
        group.addTask { [keeper] in try await keeper.say("word \(number)", of: id, author: "a") }
        fixture.keeper.sink.record(
          try KeeperFixture.run("shop", 2 + number, "d", code: number % 2 == 0 ? .connectRefused : .timeout))
      }
      try await group.waitForAll()
    }
    running.cancel()
    await running.value
    let updates = try #require(try await fixture.history.incident(id)?.updates)
    #expect(updates.count { $0.kind == .comment } == 50)
    #expect(updates.count { $0.kind == .changed } == 50)
  }

  @Test("is refused in words while the store fails, and nothing is half done")
  func tellsOfAFailingStore() async throws {
    let id = try await opened()
    fixture.store.set(.fails)
    #expect(await fault { try await keeper.say("x", of: id, author: "a") } == .storeFails("the disk is full"))
    #expect(
      await fault { try await keeper.report(title: "t", impacts: [], text: "x", author: "a") }
        == .storeFails("the disk is full"))
    #expect(keeper.current.open.first?.updates.count == 1)
  }
}

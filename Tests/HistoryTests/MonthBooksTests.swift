import History
import Model
import ServiceLevels
import TestSupport
import Testing

@Suite("The books of months")
struct MonthBooksTests {
  private let january = YearMonth(year: 2026, month: 1)
  private let february = newYear + .days(31)

  private struct Scene {
    let folder: TemporaryFolder
    let store: SQLiteHistory
    let subject: MonthBooks.Subject

    init() async throws {
      folder = try TemporaryFolder()
      store = try SQLiteHistory(path: folder.database)
      subject = MonthBooks.Subject(FigureSubject(try CheckID.named("front-page")), objective: .standard)
      // Hourly through January, down for the first six hours.
      try await store.write(
        (0..<31 * 24).map { try .at($0 * 3600, $0 < 6 ? .down : .up, every: 3600) }, at: newYear + .days(31))
    }

    func books(cap: ExclusionCap? = nil, delay: Duration = .days(3)) -> MonthBooks {
      MonthBooks(
        closer: MonthCloser(MonthClosing(delay: delay)), store: store, incidents: store, months: store, ledger: store,
        cap: cap)
    }

    func exclude(hours: Int) async throws {
      _ = try await store.append(
        Exclusion(
          checks: nil, from: newYear, until: newYear + .hours(hours), reason: "a storm", author: "somebody",
          recordedAt: newYear + .days(32)))
    }
  }

  @Test("hold the figures with exclusions and without, and are written once")
  func closes() async throws {
    let scene = try await Scene()
    try await scene.exclude(hours: 2)
    let now = february + .days(3)
    let closed = try await scene.books().closeDue(for: [scene.subject], at: now)
    #expect(closed.map(\.month) == [january])
    let month = try #require(closed.first)
    #expect(month.revision == 1)
    #expect(month.unadjusted == SlotTally(expected: 744, up: 738, down: 6, downtime: .hours(6)))
    #expect(month.tally == SlotTally(expected: 744, up: 738, down: 4, maintenance: 2, downtime: .hours(4)))
    #expect(month.p95 != nil)
    #expect(try await scene.books().closeDue(for: [scene.subject], at: now + .days(20)).isEmpty)
  }

  @Test("wait for the delay")
  func delay() async throws {
    let scene = try await Scene()
    #expect(try await scene.books().closeDue(for: [scene.subject], at: february + .days(2)).isEmpty)
  }

  @Test("never change silently: an exclusion that comes later is seen only in a correction, which is a new row")
  func corrections() async throws {
    let scene = try await Scene()
    let now = february + .days(4)
    _ = try await scene.books().closeDue(for: [scene.subject], at: now)
    try await scene.exclude(hours: 6)
    #expect(try await scene.books().close(january, for: [scene.subject], at: now).isEmpty)
    #expect(try await scene.store.closedMonths(of: nil, from: nil, to: nil).map(\.tally.down) == [6])
    let correction = MonthBooks.Correction(author: "somebody", reason: "the storm of January")
    let added = try await scene.books().close(january, for: [scene.subject], at: now, correction: correction)
    #expect(added.map(\.revision) == [2])
    #expect(added.map(\.author) == ["somebody"])
    let kept = try await scene.store.closedMonths(of: nil, from: nil, to: nil)
    #expect(kept.map(\.tally.down) == [6, 0])
    let again = try await scene.books().close(january, for: [scene.subject], at: now, correction: correction)
    #expect(again.isEmpty, "figures that are what they were are no correction")
  }

  @Test("say what is beyond the cap as if it had not been excluded")
  func cap() async throws {
    let scene = try await Scene()
    try await scene.exclude(hours: 6)
    let cap = ExclusionCap(limit: .hours(4), unit: .month)
    let rows = try await scene.books(cap: cap).rows(of: january, for: [scene.subject], at: february)
    #expect(rows.map(\.tally.down) == [2])
  }

  @Test("have no row of what was not expected", arguments: [0, 1])
  func empty(place: Int) async throws {
    let scene = try await Scene()
    let months = [YearMonth(year: 2025, month: 12), YearMonth(year: 2026, month: 2)]
    #expect(try await scene.books().rows(of: months[place], for: [scene.subject], at: february).isEmpty)
  }
}

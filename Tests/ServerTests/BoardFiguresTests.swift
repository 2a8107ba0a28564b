import Model
import Recording
import Server
import ServiceLevels
import Synchronization
import TestSupport
import Testing

@Suite("The board of promises")
struct BoardFiguresTests {
  /// A ledger of entries that a test lays into it.
  private final class Ledger: ExclusionLedger {
    private let entries = Mutex<[Exclusion]>([])

    func append(_ entry: Exclusion) async throws -> Exclusion {
      entries.withLock { entries in
        var entry = entry
        entry.id = Int64(entries.count + 1)
        entries.append(entry)
        return entry
      }
    }

    func exclusions() async throws -> [Exclusion] { entries.withLock { $0 } }
  }

  private final class Published: Sendable {
    let all = Mutex<[CheckID: AvailabilityFigures]>([:])
  }

  private let store = FakeStore()
  private let ledger = Ledger()
  private let published = Published()
  private let time = ManualTime()

  private func board(_ catalogue: CheckCatalogue) -> AvailabilityBoard {
    AvailabilityBoard(
      catalogue: catalogue, sources: FigureSources(store: store, ledger: ledger), time: time,
      logger: ServerFixture.logger
    ) { [published] figures in published.all.withLock { $0[figures.check] = figures } }
  }

  /// Lets the board refresh itself once.
  private func refresh(_ board: AvailabilityBoard) async {
    let running = Task { await board.run() }
    await time.sleepers()
    running.cancel()
    await running.value
  }

  @Test("gives a service that weighs its members the mean of their slots, and any other its own")
  func services() async throws {
    let members = try [Check.sample("a"), Check.sample("b")]
    func service(_ id: String, _ rule: ServiceRule) throws -> ServiceDefinition {
      ServiceDefinition(
        id: try Check.sample(id).id,
        members: [.init(check: members[0].id, weight: 3), .init(check: members[1].id, weight: 1)], rule: rule,
        interval: .seconds(30), location: members[0].location)
    }
    let services = try [service("mean", .weighted(downBelow: 0.5)), service("strict", .all)]
    store.change {
      $0.tallies[members[0].id] = SlotTally(expected: 100, up: 100)
      $0.tallies[members[1].id] = SlotTally(expected: 100, up: 60, down: 40)
      $0.tallies[services[0].id] = SlotTally(expected: 100, up: 1, down: 99)
      $0.tallies[services[1].id] = SlotTally(expected: 100, up: 60, down: 40)
    }
    await refresh(board(CheckCatalogue(members, services: services)))
    let figures = published.all.withLock { $0 }
    #expect(figures[services[0].id]?.availability == 360.0 / 400)
    #expect(figures[services[1].id]?.availability == 0.6)
    #expect(store.read(\.seriesQueries).count == 1, "members and services share a window")
  }

  @Test("tells the burn rates of all windows")
  func burnRates() async throws {
    let check = try Check.sample("a")
    store.change { $0.tallies[check.id] = SlotTally(expected: 100, up: 99, down: 1) }
    await refresh(board(CheckCatalogue([check])))
    let figures = try #require(published.all.withLock { $0[check.id] })
    #expect(figures.burnRates.map(\.window) == ["5m", "30m", "1h", "2h", "6h", "1d", "3d"])
  }

  @Test("asks again for checks that time was taken out of, and counts their slots as maintenance")
  func exclusions() async throws {
    let checks = try [Check.sample("a"), Check.sample("b")]
    store.change { for check in checks { $0.tallies[check.id] = SlotTally(expected: 100, up: 60, down: 40) } }
    // All slots lie in the first piece, which begins with the window.
    let begin = time.now - .days(30)
    _ = try await ledger.append(
      Exclusion(
        checks: [checks[0].id], from: begin - .days(1), until: begin + .hours(1), reason: "a storm",
        author: "somebody", recordedAt: time.now))
    await refresh(board(CheckCatalogue(checks)))
    #expect(store.read(\.seriesQueries).count == 2)
    let figures = published.all.withLock { $0 }
    #expect(figures[checks[0].id]?.availability == nil, "everything is excluded")
    #expect(figures[checks[0].id]?.coverage == 1)
    #expect(figures[checks[1].id]?.availability == 0.6)
  }
}

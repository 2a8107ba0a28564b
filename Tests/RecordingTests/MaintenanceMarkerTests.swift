import Model
import Recording
import ServiceLevels
import Synchronization
import Testing

@Suite("Marking planned maintenance")
struct MaintenanceMarkerTests {
  /// Keeps what it is told.
  private final class Collector: RunSink {
    let runs = Mutex<[Run]>([])
    let missed = Mutex<[MissedSlots]>([])

    func record(_ run: Run) { runs.withLock { $0.append(run) } }
    func record(_ slots: MissedSlots, in region: String) { missed.withLock { $0.append(slots) } }
  }

  /// Planned work on one check, from minute to minute after `epoch`.
  private func maintenance(_ id: String, _ pieces: [ClosedRange<Int>]) throws -> CurrentMaintenance {
    let check = try makeCheck(id)
    let windows = pieces.enumerated().map { index, piece in
      func local(_ minute: Int) -> LocalDateTime {
        let minutes = Int(epoch.millisecondsSinceEpoch / 60_000) + minute
        return LocalDateTime(
          date: LocalDate(daysSinceEpoch: minutes / 1440),
          time: LocalTime(hour: minutes / 60 % 24, minute: minutes % 60))
      }
      return MaintenanceWindow(
        id: "w\(index)", title: "w", scope: MaintenanceScope(checks: [check.id]),
        recurrence: .once(from: local(piece.lowerBound), until: local(piece.upperBound)), location: check.location)
    }
    return CurrentMaintenance(MaintenancePlan(windows, checks: [check]))
  }

  @Test("a run is marked by the begin of its slot, whatever became of it")
  func runs() throws {
    let collector = Collector()
    let marker = MaintenanceMarker(collector, by: try maintenance("a", [2...4]))
    for slot in 0..<6 { marker.record(try makeRun("a", slot: Int64(slot), reason: slot % 2 == 0 ? .timeout : nil)) }
    marker.record(try makeRun("b", slot: 3))
    #expect(collector.runs.withLock { $0.map(\.isInMaintenance) } == [false, false, true, true, false, false, false])
    #expect(collector.runs.withLock { $0.map(\.verdict) }[2] == .down)
  }

  @Test("missed slots are divided where planned work begins and ends")
  func missed() throws {
    let collector = Collector()
    let marker = MaintenanceMarker(collector, by: try maintenance("a", [10...20, 18...25, 30...31]))
    let id = try makeID("a")
    let grid = SlotGrid(check: id, interval: .seconds(60))
    let first = grid.firstSlot(startingFrom: epoch)
    marker.record(
      MissedSlots(check: id, grid: grid, numbers: first.number...(first.number + 39), cause: .late), in: "eu")
    let pieces = collector.missed.withLock { $0 }
    #expect(pieces.map(\.isInMaintenance) == [false, true, false, true, false])
    #expect(pieces.map { Int($0.numbers.lowerBound - first.number) } == [0, 10, 25, 30, 31])
    #expect(pieces.map(\.count).reduce(0, +) == 40)
    #expect(pieces.allSatisfy { $0.cause == .late })
  }

  @Test("what falls into no planned work goes on as it is")
  func untouched() throws {
    let collector = Collector()
    let marker = MaintenanceMarker(collector, by: CurrentMaintenance())
    let missed = try makeMissed("a", .concurrency, count: 7)
    marker.record(missed, in: "eu")
    #expect(collector.missed.withLock { $0 } == [missed])
  }

  @Test("a plan that comes into force marks from then on")
  func reload() throws {
    let collector = Collector()
    let current = CurrentMaintenance()
    let marker = MaintenanceMarker(collector, by: current)
    marker.record(try makeRun("a", slot: 3))
    current.apply(try maintenance("a", [2...4]).plan)
    marker.record(try makeRun("a", slot: 3))
    #expect(collector.runs.withLock { $0.map(\.isInMaintenance) } == [false, true])
  }
}

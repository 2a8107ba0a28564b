import Model
import Scheduling
import Testing

@Suite("A range of missed slots")
struct MissedSlotsTests {
  @Test("gives its slots oldest first, and only the latest when there are too many")
  func slots() throws {
    let check = try makeCheck("front-page")
    let missed = MissedSlots(check: check.id, grid: check.grid, numbers: 5...9, cause: .late)
    #expect(missed.slots().map(\.number) == [5, 6, 7, 8, 9])
    #expect(missed.slots(atMost: 2).map(\.number) == [8, 9])
    #expect(missed.slots(atMost: 2).map(\.start) == [8, 9].map { check.grid.slot(number: $0).start })
  }
}

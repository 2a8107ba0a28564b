import Model
import Scheduling
import Testing

@Suite("A range of missed slots")
struct MissedSlotsTests {
  @Test("gives its slots oldest first")
  func slots() throws {
    let check = try makeCheck("front-page")
    let missed = MissedSlots(check: check.id, grid: check.grid, numbers: 5...9, cause: .late)
    #expect(missed.slots.map(\.number) == [5, 6, 7, 8, 9])
    #expect(missed.count == 5)
    #expect([missed.first, missed.last] == [5, 9].map { check.grid.slot(number: $0) })
  }
}

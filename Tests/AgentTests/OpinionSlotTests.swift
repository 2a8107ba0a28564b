import Agent
import Fleet
import Model
import Testing

@Suite("Slot of a second opinion")
struct OpinionSlotTests {
  private static let now = Timestamp(secondsSinceEpoch: 1_767_225_600)

  private static func grid(_ interval: Duration) throws -> SlotGrid {
    SlotGrid(check: try #require(CheckID("shop")), interval: interval)
  }

  private static func request(_ slot: Slot, knowsStart: Bool = true) -> OpinionRequest {
    OpinionRequest(
      number: 1, check: "shop", slot: slot.number, start: knowsStart ? slot.start.millisecondsSinceEpoch : nil,
      until: 0)
  }

  @Test("The slot that was asked about is run, whether its start is said or not", arguments: [true, false])
  func same(_ knowsStart: Bool) throws {
    let slot = try Self.grid(.seconds(60)).slot(at: Self.now)
    #expect(
      try OpinionSlot.slot(
        of: Self.request(slot, knowsStart: knowsStart), on: Self.grid(.seconds(60)), at: Self.now) == slot)
  }

  @Test(
    "The number of a slot of another interval is that of none here",
    arguments: [
      (30, 60, true), (30, 60, false), (60, 30, true), (60, 59, true),
    ])
  func otherInterval(_ hub: Int, _ own: Int, _ knowsStart: Bool) throws {
    let asked = Self.request(try Self.grid(.seconds(hub)).slot(at: Self.now), knowsStart: knowsStart)
    #expect(throws: OpinionFault.otherSlot) {
      try OpinionSlot.slot(of: asked, on: Self.grid(.seconds(own)), at: Self.now)
    }
  }

  @Test("A slot that is long over is none to be busy with, and no number ends the process")
  func bounds() throws {
    let grid = try Self.grid(.seconds(60))
    let old = grid.slot(at: Self.now - .minutes(11))
    #expect(throws: OpinionFault.late) { try OpinionSlot.slot(of: Self.request(old), on: grid, at: Self.now) }
    #expect(throws: OpinionFault.late) {
      try OpinionSlot.slot(of: Self.request(grid.slot(number: .min)), on: grid, at: Self.now)
    }
    #expect(throws: OpinionFault.otherSlot) {
      try OpinionSlot.slot(of: Self.request(grid.slot(number: .max)), on: grid, at: Self.now)
    }
  }
}

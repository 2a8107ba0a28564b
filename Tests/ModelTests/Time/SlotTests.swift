import Model
import Testing

@Suite("A grid of slots")
struct SlotTests {
  private func grid(_ id: String = "front-page", every interval: Duration = .seconds(10)) throws -> SlotGrid {
    SlotGrid(check: try #require(CheckID(id)), interval: interval)
  }

  @Test("lays slots end to end, each in its place", arguments: [-1, 0, 1, 176_722_560] as [Int64])
  func endToEnd(number: Int64) throws {
    let slot = try grid().slot(number: number)
    #expect(slot.number == number)
    #expect(slot.end == (try grid().slot(number: number + 1)).start)
    #expect(slot.end - slot.start == .seconds(10))
  }

  @Test("finds the slot of any moment: from its start, up to its end", arguments: [-7, 0, 176_722_560] as [Int64])
  func moment(number: Int64) throws {
    let grid = try grid()
    let slot = grid.slot(number: number)
    #expect(grid.slot(at: slot.start) == slot)
    #expect(grid.slot(at: slot.end - .nanoseconds(1)) == slot)
    #expect(grid.slot(at: slot.end).number == number + 1)
    #expect(grid.slot(at: slot.start - .nanoseconds(1)).number == number - 1)
  }

  @Test("has its first slot from a moment on at that moment or later")
  func firstFrom() throws {
    let grid = try grid()
    let slot = grid.slot(number: 42)
    #expect(grid.firstSlot(startingFrom: slot.start) == slot)
    #expect(grid.firstSlot(startingFrom: slot.start + .nanoseconds(1)).number == 43)
    #expect(grid.firstSlot(startingFrom: slot.start - .nanoseconds(1)) == slot)
  }

  @Test("has a phase that is the same in every process and version")
  func stablePhase() throws {
    #expect(try grid("front-page").phase == .nanoseconds(3_970_584_227))
    #expect(try grid("front-page").phase >= .zero)
  }

  @Test(
    "has a phase less than its interval", arguments: [1, 1_000_000, 100_000_000, 31_536_000_000_000_000] as [Int64])
  func phaseInside(nanoseconds: Int64) throws {
    for number in 0..<50 {
      let grid = try grid("check-\(number)", every: .nanoseconds(nanoseconds))
      #expect(grid.phase >= .zero && grid.phase < .nanoseconds(nanoseconds))
    }
  }

  @Test("spreads checks whose ids are alike evenly over the interval")
  func spread() throws {
    var tenths = [Int](repeating: 0, count: 10)
    for number in 0..<1000 {
      let phase = try grid("check-\(number)").phase
      tenths[Int(phase.nanoseconds / 1_000_000_000)] += 1
    }
    // 100 each on average; the standard deviation of each is below 10.
    #expect(tenths.allSatisfy { (50...150).contains($0) }, "\(tenths)")
  }

  @Test("puts slots in the order of their starts")
  func order() throws {
    let grid = try grid()
    #expect(grid.slot(number: 1) < grid.slot(number: 2))
    #expect(!(grid.slot(number: 2) < grid.slot(number: 2)))
  }
}

import Model
import ServiceLevels
import Testing

@Suite("Burn rates")
struct BurnRatesTests {
  /// Tallies of slots a minute, of which the given share was down.
  private func recent(_ down: [Duration: Int]) -> [SlotTally] {
    BurnWindow.lengths.map { window in
      let slots = Int(window.seconds) / 60
      return SlotTally(expected: slots, up: slots - (down[window] ?? 0), down: down[window] ?? 0)
    }
  }

  private func rates(_ down: [Duration: Int], objective: Double = 0.999) -> BurnRates {
    BurnRates(
      recent: recent(down), tally: SlotTally(expected: 43_200, up: 43_190, down: 10), objective: objective,
      period: .days(30))
  }

  @Test(
    "speak up at the share of the budget that the window would use up",
    arguments: [(30, [14.4, 6, 3, 1]), (7, [3.36, 1.4, 0.7, 7.0 / 30]), (90, [43.2, 18, 9, 3])] as [(Int, [Double])])
  func factors(days: Int, factors: [Double]) {
    #expect(BurnWindow.all.map { $0.factor(over: .days(days)).value } == factors)
  }

  @Test("burn only where the long window and the short one do")
  func bothWindows() {
    // 1 of 60 at 99.9 % is 16.7 times the allowed share.
    #expect(rates([.hours(1): 3, .minutes(5): 3]).pairs.map(\.isBurning) == [true, false, false, false])
    #expect(rates([.hours(1): 3]).pairs.map(\.isBurning) == [false, false, false, false])
    #expect(rates([.minutes(5): 3]).pairs.map(\.isBurning) == [false, false, false, false])
  }

  @Test("never page for one blip: fewer than three failures in the long window are silence")
  func blip() {
    let blip = rates([.hours(1): 2, .minutes(5): 2])
    #expect(blip.pairs[0].long.rate?.isAtLeast(blip.pairs[0].factor) == true)
    #expect(!blip.pairs[0].isBurning)
  }

  @Test("speak up at the very factor, and not a hair below it")
  func exactFactor() {
    func burns(_ down: Int) -> Bool {
      let tally = SlotTally(expected: 100_000, up: 100_000 - down, down: down)
      return BurnRates(
        recent: BurnWindow.lengths.map { _ in tally }, tally: tally, objective: 0.999, period: .days(30)
      ).pairs[0].isBurning
    }
    // 14.4 × 0.1 % of 100 000.
    #expect(burns(1440))
    #expect(!burns(1439))
  }

  @Test("a window that is longer than the objective's is silent")
  func shortObjective() {
    let tally = SlotTally(expected: 100, up: 50, down: 50)
    let rates = BurnRates(
      recent: BurnWindow.lengths.map { _ in tally }, tally: tally, objective: 0.99, period: .hours(6))
    #expect(rates.pairs.map(\.isBurning) == [true, true, false, false])
  }

  @Test("tell when nothing will be left at the pace of the last hour")
  func timeToEmpty() {
    // Allowed are 43.2 of 43 200 slots; 10 are used, and of the last 60 three.
    let left = (43.2 - 10) / 43.2
    let pace = 3.0 / 60 / 0.001
    let expected = left / pace * 30 * 86_400
    let rates = rates([.hours(1): 3])
    #expect(abs((rates.timeToEmpty?.seconds ?? 0) - expected) < 0.001)
  }

  @Test("never come to an end without failures, are at the end without budget, and say nothing of a target of 100 %")
  func noEnd() {
    #expect(rates([:]).timeToEmpty == nil)
    #expect(rates([.hours(1): 3], objective: 0.9999).timeToEmpty == .zero)
    #expect(rates([.hours(1): 3], objective: 1).timeToEmpty == nil)
    #expect(rates([.hours(1): 3], objective: 1).rates.allSatisfy { $0.rate == nil })
  }

  @Test("stay exact where weights make counts too large for 64 bits")
  func largeCounts() {
    let count = 3_000_000_000_000
    let figures = Availability(
      SlotTally(expected: count, up: count - 3, down: 3), objective: 0.987_654_321)
    #expect(figures.budgetRemaining.percentage == "99.999%")
    #expect(figures.burnRate?.isAtLeast(Ratio(0, of: 1)) == true)
    let ratio = Ratio(wide: Int128(Int.max) * 2, of: Int128(Int.max) * 4)
    #expect(ratio == Ratio(1, of: 2))
  }
}

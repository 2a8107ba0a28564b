import Model
import StatusPages
import Testing

@Suite("The bar of a day")
struct DayBarTests {
  @Test(
    "shows how bad the day was by its shape",
    arguments: [
      (SlotTally(), DayBar.Shape.none, false), (SlotTally(expected: 10, unknown: 4, missed: 6), .none, false),
      (SlotTally(expected: 10, maintenance: 10), .maintenance, false), (SlotTally(expected: 10, up: 10), .up, false),
      (SlotTally(expected: 10, up: 8, maintenance: 2), .up, true),
      (SlotTally(expected: 100, up: 99, degraded: 1), .degraded, false),
      (SlotTally(expected: 100, up: 90, degraded: 10), .degradedLong, false),
      (SlotTally(expected: 1000, up: 999, down: 1), .down, false),
      (SlotTally(expected: 100, up: 99, down: 1), .downLonger, false),
      (SlotTally(expected: 100, up: 80, down: 20), .downLong, false),
      (SlotTally(expected: 100, up: 75, down: 25), .downMostly, false),
      (SlotTally(expected: 100, up: 70, down: 5, maintenance: 25), .downLong, true),
    ])
  func shape(tally: SlotTally, shape: DayBar.Shape, hasMaintenance: Bool) {
    #expect(DayBar(tally).shape == shape)
    #expect(DayBar(tally).hasMaintenance == hasMaintenance)
  }

  @Test("says its figures")
  func words() {
    let wording = Wording(language: "en", timeZone: "UTC", now: SamplePage.now)
    let day = SlotTally(
      expected: 1440, up: 1000, degraded: 14, down: 6, unknown: 200, missed: 100, maintenance: 120,
      downtime: .minutes(6))
    #expect(
      DayBar.words(day, wording).replacing("\u{a0}", with: " ")
        == "99.411% · 6 min down · 1.3% degraded · 8.3% maintenance · 20.8% not measured")
    #expect(DayBar.words(SlotTally(), wording) == "no data")
    #expect(DayBar.words(SlotTally(expected: 4, maintenance: 4), wording) == "maintenance only")
  }
}

@Suite("The scale of response times")
struct LatencyScaleTests {
  @Test(
    "ends at a round number just above the largest value",
    arguments: [
      (Duration.milliseconds(1), Duration.milliseconds(1)), (.milliseconds(84), .milliseconds(100)),
      (.milliseconds(410), .milliseconds(600)), (.milliseconds(1999), .seconds(2)), (.seconds(61), .seconds(80)),
      (.zero, .milliseconds(1)),
    ])
  func top(largest: Duration, top: Duration) {
    let scale = LatencyScale(largest: largest)
    #expect(scale.top == top)
    #expect((1...4).contains(scale.count))
    #expect(scale.y(scale.top) == 0)
    #expect(scale.y(.zero) == 1000)
  }
}

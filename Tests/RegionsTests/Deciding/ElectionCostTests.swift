import Model
import Regions
import Testing

@Suite("The cost of elections")
struct ElectionCostTests {
  @Test("keeps a bounded number of slots, however many votes come and however long it goes on")
  func bounded() throws {
    let checks = try (0..<2000).map { try Check.watched("check-\($0)") }
    let regions = ["a", "b", "c", "d", "e"]
    var machine = ElectionMachine(at: newYear)
    _ = machine.handle(.planChanged(checks), at: newYear)
    _ = machine.handle(.regionsChanged(regions.map { FleetRegion(name: $0) }), at: newYear)
    var decided = 0
    var now = newYear + .seconds(120)
    for _ in 0..<5 {
      for region in regions {
        let runs = checks.map { check in
          let slot = check.grid.slot(at: now)
          return FleetRun(
            run: HistoryRun(
              check: check.id, region: region, node: region, slotStart: slot.start, interval: slot.interval,
              duration: nil, verdict: .up), configuration: 1, epoch: 1)
        }
        decided += machine.handle(.votes(runs, received: now), at: now).count
      }
      now = now + .seconds(60)
    }
    #expect(decided == 10_000)
    #expect(machine.counts == ElectionMachine.Counts())
  }
}

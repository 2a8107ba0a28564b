import Model
import Scheduling
import Testing

@Suite("In any story of plans, stalls and runs")
struct PropertyTests {
  @Test("each slot of a planned check is either started once or missed once, and no rule is broken", arguments: 0..<60)
  func accounting(seed: Int) {
    var simulation = Simulation(seed: seed, setsClock: false)
    simulation.run(events: 1500)
    #expect(simulation.violations == [])
    #expect(simulation.starts.count > 20)

    var seen: [CheckID: Set<Slot>] = [:]
    for start in simulation.starts {
      let isNew = seen[start.start.check, default: []].insert(start.start.slot).inserted
      #expect(isNew, "\(start.start) is told of twice")
    }
    for missed in simulation.missed {
      for slot in missed.slots {
        let isNew = seen[missed.check, default: []].insert(slot).inserted
        #expect(isNew, "\(missed.check) \(slot) is told of twice")
      }
    }
    for (check, expected) in simulation.expected {
      let told = seen[check] ?? []
      #expect(told.subtracting(expected).isEmpty, "\(check) has slots that nobody expected")
      #expect(expected.subtracting(told).isEmpty, "\(check) has slots that nobody told of")
    }
  }

  @Test("and of clocks set to and fro, no slot is started twice and no rule is broken", arguments: 0..<60)
  func clocks(seed: Int) {
    var simulation = Simulation(seed: seed, setsClock: true)
    simulation.run(events: 1500)
    #expect(simulation.violations == [])
    #expect(simulation.starts.count > 20)
    var seen: [CheckID: Set<Slot>] = [:]
    for start in simulation.starts {
      let isNew = seen[start.start.check, default: []].insert(start.start.slot).inserted
      #expect(isNew, "\(start) is told of twice")
    }
  }

  @Test("the same seed gives the same actions, one by one", arguments: [3, 14, 159])
  func deterministic(seed: Int) {
    var one = Simulation(seed: seed, setsClock: true)
    var other = Simulation(seed: seed, setsClock: true)
    one.run(events: 1000)
    other.run(events: 1000)
    #expect(one.actions == other.actions)
  }
}

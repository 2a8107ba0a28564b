import Model
import Testing

@Suite("A cadence")
struct CadenceTests {
  private func cadence(_ runs: [(slot: Int64, interval: Int64)]) -> Cadence {
    var cadence = Cadence()
    var known: Set<Int64> = []
    for run in runs {
      cadence.insert(slot: run.slot, interval: run.interval) { after in known.filter { $0 > after }.min() }
      known.insert(run.slot)
    }
    return cadence
  }

  @Test("keeps one stretch for any number of runs on the beat, in any order")
  func keepsOneStretch() {
    #expect(cadence([(100, 10), (130, 10), (110, 10), (60, 10)]).stretches.count == 1)
    #expect(cadence([(100, 10), (60, 10)]).first == 60)
  }

  @Test("counts slots between two runs at the interval of the earlier one")
  func countsAtTheEarlierInterval() {
    let changed = cadence([(0, 60), (600, 10)])
    #expect(changed.count(from: 0, to: 600) == 10)
    #expect(changed.count(from: 0, to: 700) == 20)
    #expect(cadence([(0, 60), (65, 10)]).count(from: 0, to: 66) == 3)
  }

  @Test("is the same whatever order runs came in")
  func orderDoesNotMatter() {
    let runs: [(Int64, Int64)] = [(0, 60), (60, 60), (120, 30), (150, 30), (600, 60), (660, 60)]
    let inOrder = cadence(runs)
    #expect(inOrder.count(from: 0, to: 720) == 20)
    for rotation in 1..<runs.count {
      let other = cadence(Array(runs[rotation...] + runs[..<rotation]))
      for end in stride(from: 0 as Int64, to: 720, by: 15) {
        #expect(other.count(from: 0, to: end) == inOrder.count(from: 0, to: end), "rotation \(rotation), end \(end)")
      }
    }
  }

  @Test(
    "says which slot is under way",
    arguments: [(0, nil), (1, 0), (59, 0), (60, nil), (61, 60), (120, nil)] as [(Int64, Int64?)])
  func openSlot(moment: Int64, open: Int64?) {
    #expect(cadence([(0, 60)]).openSlot(at: moment) == open)
  }

  @Test("expects nothing before the first run")
  func nothingBeforeTheFirstRun() {
    #expect(cadence([(1000, 10)]).count(from: 0, to: 1000) == 0)
    #expect(cadence([]).count(from: 0, to: 1000) == 0)
  }
}

@Suite("The verdict of a slot over regions")
struct RegionVerdictTests {
  @Test(
    "follows those that have a say",
    arguments: [
      ([], .unknown), ([.up], .up), ([.down], .down), ([.degraded], .degraded), ([.unknown], .unknown),
      ([.up, .down], .degraded), ([.down, .down], .down), ([.down, .unknown], .down), ([.up, .unknown], .up),
      ([.up, .up, .down], .degraded), ([.up, .down, .down], .down), ([.up, .up, .down, .down], .degraded),
      ([.up, .down, .down, .unknown], .down), ([.up, .down, .unknown], .degraded),
      ([.up, .up, .up, .down, .down], .degraded), ([.up, .up, .down, .down, .down], .down),
      ([.up, .up, .up, .down, .down, .down], .degraded), ([.up, .degraded], .degraded),
    ] as [([Verdict], Verdict)])
  func followsThoseWithASay(verdicts: [Verdict], expected: Verdict) {
    #expect(Verdict.overRegions(verdicts) == expected)
    #expect(Verdict.overRegions(verdicts.reversed()) == expected)
  }
}

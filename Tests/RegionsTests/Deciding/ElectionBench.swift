import Model
import Regions
import Testing

/// A machine with regions `r0`, `r1`, …, and the words to tell it things.
struct ElectionBench {
  var machine: ElectionMachine
  var now: Timestamp
  let check: Check

  init(_ check: Check, regions: Int, at start: Timestamp = newYear, more: [FleetRegion] = []) {
    self.check = check
    now = start
    machine = ElectionMachine(at: start)
    _ = machine.handle(.planChanged([check]), at: start)
    _ = machine.handle(.regionsChanged((0..<regions).map { FleetRegion(name: "r\($0)") } + more), at: start)
  }

  /// A slot, counted from the first one that is expected.
  func slot(_ index: Int64) -> Slot {
    check.grid.slot(number: check.grid.firstSlot(startingFrom: newYear + .seconds(10)).number + index)
  }

  func run(
    _ region: Int, _ verdict: Verdict, slot: Slot, origin: RegionalVote.Origin = .scheduled, isInMaintenance: Bool = false
  ) -> FleetRun {
    FleetRun(
      run: HistoryRun(
        check: check.id, region: "r\(region)", node: "r\(region)-1",
        // As it comes over the wire, in milliseconds.
        slotStart: Timestamp(millisecondsSinceEpoch: slot.start.millisecondsSinceEpoch), interval: slot.interval,
        duration: .milliseconds(20), verdict: verdict,
        reason: verdict == .down ? HistoryReason(code: .timeout, message: "no answer") : nil,
        isInMaintenance: isInMaintenance),
      origin: origin, configuration: 1, epoch: 1)
  }

  /// Lets time pass as a driver does: `timer` whenever the machine wants it.
  mutating func pass(to moment: Timestamp) -> [ElectionMachine.Action] {
    var actions: [ElectionMachine.Action] = []
    while let wake = machine.wake, wake <= moment {
      now = max(now, wake)
      actions += machine.handle(.timer, at: now)
      if let again = machine.wake, again <= now {
        Issue.record("the machine wants to be woken at \(again), and it is \(now)")
        break
      }
      // Drivers look at least this often, so that no stall is seen where nothing happens.
      now = min(moment, max(now, wake))
    }
    now = max(now, moment)
    return actions
  }

  /// Votes of some regions for a slot, told `delay` after its start.
  mutating func vote(
    _ letters: String, _ slot: Slot, after delay: Duration = .seconds(1)
  ) -> [ElectionMachine.Action] {
    var actions = pass(to: slot.start + delay)
    let runs = letters.enumerated().compactMap { index, letter in
      verdict(letter).map { run(index, $0, slot: slot) }
    }
    actions += tell(runs)
    return actions
  }

  mutating func tell(_ runs: [FleetRun]) -> [ElectionMachine.Action] {
    machine.handle(.votes(runs, received: now), at: now)
  }
}

extension [ElectionMachine.Action] {
  var decisions: [SlotDecision] {
    compactMap { action in
      guard case .decide(let decision) = action else { return nil }
      return decision
    }
  }

  var wishes: [OpinionWish] {
    compactMap { action in
      guard case .ask(let wish) = action else { return nil }
      return wish
    }
  }

  var recalls: [Slot] {
    flatMap { action -> [Slot] in
      guard case .recall(_, let slots) = action else { return [] }
      return slots
    }
  }

  /// `down`, `up late`, `unknown blind`, …
  var summary: [String] {
    decisions.map { $0.verdict.rawValue + ($0.isLate ? " late" : "") + ($0.isBlind ? " blind" : "") }
  }
}

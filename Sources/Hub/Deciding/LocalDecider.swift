package import Model
import Regions
import Synchronization

/// Decides the slots of a process that is a fleet of its own: the runs of its region are the votes, and they are decided by
/// the same machine that a hub decides by. Whoever follows verdicts over regions, and not single runs, stands behind it.
///
/// A run whose slot is decided goes on with what was decided. What nobody votes on, services and jobs, goes on as it is.
package final class LocalDecider: RunSink {
  private struct State {
    var machine: ElectionMachine
    var planned: Set<CheckID> = []
  }

  private let region: String
  private let time: any TimeSource
  private let sink: any RunSink
  private let state: Mutex<State>

  /// - Parameters:
  ///   - region: whose runs are votes.
  ///   - sink: is given every run with what was decided.
  package init(region: String, time: any TimeSource, sink: any RunSink) {
    self.region = region
    self.time = time
    self.sink = sink
    var machine = ElectionMachine(at: time.now)
    _ = machine.handle(.regionsChanged([FleetRegion(name: region)]), at: time.now)
    state = Mutex(State(machine: machine))
  }

  /// Makes these the checks that are voted on.
  package func apply(_ checks: [Check]) {
    let own = checks.filter { $0.runs(in: region) && $0.kind.isProbed }.map { check in
      // Other regions are other processes' here: nobody waits for them, and no quorum can be asked of one.
      var check = check
      check.regions = [region]
      check.quorum = .standard
      return check
    }
    state.withLock { state in
      _ = state.machine.handle(.planChanged(own), at: time.now)
      state.planned = Set(own.map(\.id))
    }
  }

  package func record(_ run: Run) {
    let decision: SlotDecision? = state.withLock { state in
      guard run.region == region, state.planned.contains(run.check) else { return nil }
      let now = time.now
      let vote = FleetRun(run: HistoryRun(run), configuration: 0, epoch: 0)
      for case .decide(let decision) in state.machine.handle(.votes([vote], received: now), at: now)
      where decision.slot == run.slot && !decision.votes.isEmpty {
        return decision
      }
      return nil
    }
    var decided = run
    if let decision, decision.verdict != run.verdict {
      decided.verdict = decision.verdict
      decided.reason = decision.reason.map {
        Reason(code: $0.code, step: $0.step, phase: $0.phase, message: $0.message)
      }
    }
    sink.record(decided)
  }

  package func record(_ missed: MissedSlots, in region: String) {
    sink.record(missed, in: region)
  }
}

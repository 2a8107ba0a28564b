import Agent
import Fleet
import Journeys
import Model
import Scenarios
import Transport

/// Runs a check at once for a slot of another region's, beside the schedule.
struct OpinionRun {
  let current: CurrentScenario
  let runner: JourneyRunner
  let loops: EventLoops
  let clock: HubClock

  /// - Parameter bound: how long an answer is of use.
  /// - Throws: why the check cannot be run here.
  func run(_ id: CheckID, for request: OpinionRequest, within bound: Duration) async throws(OpinionFault) -> Run {
    guard let check = current.check(id), check.check.isEnabled, check.check.kind.isProbed else { throw .unknownCheck }
    let now = clock.now
    let slot = try OpinionSlot.slot(of: request, on: check.check.grid, at: now)
    let lag = max(.zero, now - slot.start)
    let runner = runner
    return await withTaskExecutorPreference(loops.next) {
      await runner.run(check, slot: slot, lag: lag, budget: min(bound, check.check.interval))
    }
  }
}

import Agent
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
  /// - Returns: nil where the check cannot be run here.
  func run(_ id: CheckID, slot number: Int64, within bound: Duration) async -> Run? {
    guard let check = current.check(id), check.check.isEnabled, check.check.kind.isProbed else { return nil }
    let slot = check.check.grid.slot(number: number)
    let lag = max(.zero, clock.now - slot.start)
    // A number of nobody's schedule is no reason to be busy.
    guard lag < max(check.check.interval * 2, .minutes(10)) else { return nil }
    let runner = runner
    return await withTaskExecutorPreference(loops.next) {
      await runner.run(check, slot: slot, lag: lag, budget: min(bound, check.check.interval))
    }
  }
}

import Foundation
import Journeys
import Model
import Scenarios
import Scheduling
import Server
import ServiceLifecycle
import Transport

/// The probing half of the program: starts the runs of checks at their slots, and gives each to a sink. It is the same in
/// a daemon of its own and in a node of a fleet.
struct NodeEngine {
  let probing: ProbingEngine
  let scheduler: Scheduler
  /// Sleeps end on the thread that the schedule runs on, and runs are started from there.
  let pacemaker: EventLoop
  /// Runs a check once, for the schedule and for whoever asks beside it.
  let runner: JourneyRunner

  /// - Parameters:
  ///   - node: what runs say of where they were made.
  ///   - time: numbers slots and stamps runs.
  ///   - current: the scenario whose checks are run.
  ///   - sink: told of every run, and of every slot without one.
  ///   - mayRun: whether a slot that has come is run here; nothing is recorded of one that is not.
  ///   - review: what a run is recorded as.
  init(
    probing: ProbingEngine, region: String, node: String, limits: ConcurrencyLimits, time: any TimeSource,
    current: CurrentScenario, sink: any RunSink, mayRun: @escaping @Sendable (SlotStart) -> Bool = { _ in true },
    review: @escaping @Sendable (Run) async -> Run = { $0 }
  ) {
    self.probing = probing
    pacemaker = probing.loops.all[0]
    let runner = JourneyRunner(
      prober: probing.prober, time: time, masks: current.masks, region: region, node: node, detail: .failures)
    self.runner = runner
    scheduler = Scheduler(region: region, limits: limits, time: time, sink: sink) { [probing] start in
      // What may run is run: it is kept by what.
      guard let check = current.check(start.check), mayRun(start) else { return }
      // The whole run, its record included, stays on one loop: changing threads costs more than probing.
      await probing.loops.onLeastDisturbed {
        sink.record(
          await review(await runner.run(check, slot: start.slot, lag: start.lag, budget: start.budget)))
      }
    }
  }

  /// Makes these the checks that are run here: unchanged ones go on undisturbed.
  func apply(_ checks: [Check]) {
    scheduler.apply(checks.filter(\.kind.isProbed))
  }

  /// What runs the schedule; at shutdown it gives runs under way ten seconds.
  var service: any Service { SchedulerService(scheduler: scheduler, executor: pacemaker) }

  /// How the threads that probe are.
  func components() async -> [ComponentHealth] {
    var threads = await LoopHealth.components(of: probing.loops)
    // The schedule runs on the first one.
    if let first = threads.first, first.isReady { threads[0].message = "\(scheduler.inFlight) runs in flight" }
    return threads
  }

  /// Lets go of the threads, when nothing runs any more.
  func stop() {
    probing.loops.stop()
  }
}

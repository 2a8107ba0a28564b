package import Model
import Synchronization

/// Runs checks at their slots: drives a `SchedulerMachine` by the clock, with each run a child task of `run()`.
package final class Scheduler: Sendable {
  /// What the task group in `run()` is asked to do.
  private enum Job: Sendable {
    case run(SlotStart, decidedAt: Duration)
    case sleep(untilUptime: Duration)
    case cancel(atUptime: Duration)
    case tell([MissedSlots])
  }

  private let region: String
  private let time: any TimeSource
  private let sink: any RunSink
  private let body: @Sendable (SlotStart) async -> Void
  private let machine: Mutex<SchedulerMachine>
  private let jobs: AsyncStream<Job>
  private let queue: AsyncStream<Job>.Continuation

  /// A scheduler without a plan, which does nothing before `run()`.
  ///
  /// - Parameters:
  ///   - region: what missed slots are recorded under.
  ///   - sink: told of missed slots only; runs are recorded by whoever runs them.
  ///   - run: executes the check and returns by the end of the budget, and soon after its task is cancelled.
  package init(
    region: String, limits: ConcurrencyLimits = .standard, time: any TimeSource = SystemTime(), sink: any RunSink,
    run: @escaping @Sendable (SlotStart) async -> Void
  ) {
    self.region = region
    self.time = time
    self.sink = sink
    body = run
    machine = Mutex(SchedulerMachine(limits: limits, at: Moment(of: time)))
    (jobs, queue) = AsyncStream.makeStream()
  }

  /// How many runs are under way.
  package var inFlight: Int { machine.withLock { $0.inFlight } }

  /// Makes these the checks, in place of all before: unchanged ones go on undisturbed.
  ///
  /// - Parameter checks: those of this region; disabled ones among them are left out.
  package func apply(_ checks: [Check]) {
    handle(.planChanged(checks))
  }

  /// Runs the checks until `stop(within:)` has come to its end, or until the task is cancelled, which cancels the runs.
  /// Call it once.
  package func run() async {
    await withDiscardingTaskGroup { group in
      for await job in jobs {
        switch job {
        case .run(let start, let decidedAt):
          group.addTask { await self.execute(start, decidedAt: decidedAt) }
        case .sleep(let deadline):
          group.addTask(priority: .high) {
            // Cancelled sleeps come from the end of `run()`, which needs no timer any more.
            guard (try? await self.time.sleep(untilUptime: deadline)) != nil else { return }
            self.handle(.timer)
          }
        case .cancel(let deadline):
          group.addTask {
            guard (try? await self.time.sleep(untilUptime: deadline)) != nil else { return }
            self.queue.finish()
          }
        case .tell(let missed):
          // Elsewhere: writing ten thousand lines to a log must not keep the runs of the present waiting.
          group.addTask(executorPreference: globalConcurrentExecutor) {
            for slots in missed { self.sink.record(slots, in: self.region) }
          }
        }
      }
      group.cancelAll()
    }
  }

  /// Starts nothing from now on, and returns at once; `run()` returns when the last run has ended.
  ///
  /// - Parameter bound: how long runs may still take; then they are cancelled.
  package func stop(within bound: Duration) {
    queue.yield(.cancel(atUptime: time.uptime + bound))
    handle(.stop)
  }

  private func execute(_ start: SlotStart, decidedAt: Duration) async {
    var start = start
    // The time that it took to get here counts.
    let delay = time.uptime - decidedAt
    start.lag += delay
    start.budget -= delay
    if start.lag <= start.latestLag {
      await body(start)
    } else {
      // Our own delay must not become the target's time-out.
      let number = start.slot.number
      sink.record(
        MissedSlots(
          check: start.check, grid: SlotGrid(check: start.check, interval: start.slot.interval),
          numbers: number...number, cause: .late), in: region)
    }
    handle(.runEnded(start.check))
  }

  private func handle(_ event: SchedulerMachine.Event) {
    let (actions, uptime) = machine.withLock { machine in
      // Read under the lock, so that the machine sees moments in their order.
      let moment = Moment(of: time)
      return (machine.handle(event, at: moment), moment.uptime)
    }
    var missed: [MissedSlots] = []
    var hasStopped = false
    for action in actions {
      switch action {
      case .start(let start): queue.yield(.run(start, decidedAt: uptime))
      case .wait(let deadline): queue.yield(.sleep(untilUptime: deadline))
      case .missed(let slots): missed.append(slots)
      case .stopped: hasStopped = true
      }
    }
    // After the starts, which are in more of a hurry.
    if !missed.isEmpty { queue.yield(.tell(missed)) }
    if hasStopped { queue.finish() }
  }
}

import History
import Model
import Scheduling
import ServiceLifecycle

/// Work that goes on until the shutdown begins, and is cancelled then.
struct UntilShutdown: Service {
  let work: @Sendable () async -> Void

  init(_ work: @escaping @Sendable () async -> Void) {
    self.work = work
  }

  func run() async throws {
    await cancelWhenGracefulShutdown { await work() }
  }
}

/// Schedules runs; at shutdown it starts none, and gives those under way ten seconds.
struct SchedulerService: Service {
  let scheduler: Scheduler
  /// The thread that the schedule runs on.
  let executor: any TaskExecutor

  func run() async throws {
    await withGracefulShutdownHandler {
      await withTaskExecutorPreference(executor) { await scheduler.run() }
    } onGracefulShutdown: {
      scheduler.stop(within: .seconds(10))
    }
  }
}

/// Writes history; at shutdown, when the last run is in the queue, it writes what is left and closes the store.
struct HistoryService: Service {
  let recorder: HistoryRecorder
  let store: any HistoryStore

  func run() async throws {
    await cancelWhenGracefulShutdown { await recorder.run() }
    try await store.close()
  }
}

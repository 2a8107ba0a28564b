import Exposition
import Foundation
import History
import Journeys
import Logging
import Model
import Recording
import Scenarios
import Scheduling
import Server
import ServiceLifecycle
import Synchronization
import Transport
import UnixSignals

/// The composition root of `curlew run`: builds the object graph, runs it, and takes it down in order.
struct Daemon {
  let settings: ServiceSettings
  let scenario: Scenario
  /// How the files of `scenario` looked when they were read.
  let sight: FileSight
  /// Reads all files anew, for a reload.
  let read: @Sendable () -> Reading
  /// SIGHUP, trapped before the files were read: untrapped it would end the process while they are.
  let hangups: UnixSignalsSequence
  /// Told the address once the server listens.
  let onListening: @Sendable (ListenAddress) -> Void

  /// Runs until SIGTERM or SIGINT, then finishes what is under way within bounds.
  ///
  /// - Throws: `CommandFailure` when a port is taken or the store cannot be opened.
  func run() async throws {
    Allocator.keepMemory()
    let probing = try ProbingEngine(settings: settings.probing)
    // Sleeps end on the thread that the schedule runs on, and runs are started from there.
    let pacemaker = probing.loops.all[0]
    let time = LoopTime(pacemaker)
    let current = CurrentScenario(scenario)
    let logger = logger(redactedBy: current)
    let checks = scenario.checks.map(\.check)
    let region = settings.region

    let registry = Registry()
    try ProcessMetrics.register(in: registry)
    let metrics = try MetricsRecorder(registry: registry, region: region, version: Version.text)
    let recent = RecentRuns()
    let store = try OpenedStore.open(settings.store, mode: .readWrite, retention: settings.retention)
    let history = HistoryRecorder(store: store, time: time)
    let log = RunLog(logger: logger) { recent.state(of: $0, in: region)?.verdict }
    // The log stands first: it compares a run with what was held before it.
    let sinks = RunFanOut([log, metrics, recent, history])

    let node = ProcessInfo.processInfo.hostName
    let scheduler = Scheduler(region: region, limits: settings.limits, time: time, sink: sinks) { start in
      guard let (check, redactor) = current.check(start.check) else { return }
      let runner = JourneyRunner(
        prober: probing.prober, time: time, redactor: redactor, region: region, node: node, detail: .failures)
      // The whole run, its record included, stays on one loop: changing threads costs more than probing.
      await withTaskExecutorPreference(probing.loops.leastDisturbed) {
        sinks.record(await runner.run(check, slot: start.slot, lag: start.lag, budget: start.budget))
      }
    }
    metrics.watch(runsInFlight: { scheduler.inFlight })
    metrics.watch(historyQueueLength: { history.status.queueLength })
    let historyProgress = HistoryProgress(metrics: metrics)
    registry.onScrape { historyProgress.publish(history.status) }

    let catalogue = CheckCatalogue(checks)
    let board = AvailabilityBoard(catalogue: catalogue, store: store, time: time, logger: logger) {
      metrics.publish($0)
    }
    let apply: @Sendable (Scenario) async -> Void = { scenario in
      let checks = scenario.checks.map(\.check)
      metrics.apply(checks)
      recent.apply(checks)
      catalogue.apply(checks)
      scheduler.apply(checks.filter { $0.runs(in: region) })
      do {
        try await store.register(checks.map { CheckRegistration($0) }, at: time.now)
      } catch {
        logger.error("history does not know of the checks yet", metadata: ["error": "\(error)"])
      }
    }
    await apply(scenario)
    metrics.recordReload(succeeded: true, at: time.now)
    let reloader = Reloader(
      hangups: hangups, sight: sight, read: read, current: current, apply: apply,
      report: { metrics.recordReload(succeeded: $0, at: time.now) }, logger: logger)

    let server = CurlewServer(
      configuration: ServerConfiguration(listen: [settings.listen], region: region, version: Version.text),
      sources: ServerSources(
        registry: registry, catalogue: catalogue, store: store, recentRuns: recent, board: board,
        components: { await components(history: history.status, scheduler: scheduler, loops: probing.loops) },
        reload: { await reloader.reload() }, scenarioText: { ScenarioText.yaml(of: current.scenario) }),
      logger: logger, onListening: onListening)
    // Taken down from last to first: the door closes, runs end, and then history is flushed.
    let services = ServiceGroup(
      configuration: .init(
        services: [
          .init(service: HistoryService(recorder: history, store: store)),
          .init(service: UntilShutdown { await board.run() }),
          .init(service: SchedulerService(scheduler: scheduler, executor: pacemaker)),
          .init(service: reloader),
          .init(service: server),
        ], gracefulShutdownSignals: [.sigterm, .sigint], logger: quietLogger()))
    do {
      try await services.run()
    } catch let failure as ListenFailure {
      throw CommandFailure("\(failure)")
    }
    probing.loops.stop()
  }

  private func logger(redactedBy current: CurrentScenario) -> Logger {
    Logger(label: "curlew") { [settings] label in
      StandardErrorLog(label: label, format: settings.logFormat, level: settings.logLevel) {
        current.scenario.redactor.redact($0)
      }
    }
  }

  /// The service group speaks of its own parts, which is for developers.
  private func quietLogger() -> Logger {
    Logger(label: "services") { _ in SwiftLogNoOpLogHandler() }
  }

  private func components(
    history: HistoryRecorder.Status, scheduler: Scheduler, loops: EventLoops
  ) async -> [ComponentHealth] {
    let writer = ComponentHealth(
      name: "history-writer", isReady: history.isWritable, latency: history.lastWrite ?? .zero,
      message: history.lastError)
    var threads = await LoopHealth.components(of: loops)
    // The schedule runs on the first one.
    if let first = threads.first, first.isReady { threads[0].message = "\(scheduler.inFlight) runs in flight" }
    return [writer] + threads
  }
}

/// Turns the recorder's totals into metrics at each scrape.
private final class HistoryProgress: Sendable {
  private let metrics: MetricsRecorder
  private let seen = Mutex((written: 0, dropped: 0))

  init(metrics: MetricsRecorder) {
    self.metrics = metrics
  }

  func publish(_ status: HistoryRecorder.Status) {
    seen.withLock { seen in
      if status.written != seen.written, let took = status.lastWrite { metrics.recordHistoryWrite(took: took) }
      if status.dropped > seen.dropped { metrics.recordHistoryDrop(of: status.dropped - seen.dropped) }
      seen = (status.written, status.dropped)
    }
  }
}

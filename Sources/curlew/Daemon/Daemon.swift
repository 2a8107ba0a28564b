import Exposition
import Foundation
import History
import Incidents
import Journeys
import Logging
import Model
import Recording
import Scenarios
import Scheduling
import Server
import ServiceLevels
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
  let onListening: @Sendable (ListenPlace) -> Void

  /// Runs until SIGTERM or SIGINT, then finishes what is under way within bounds.
  ///
  /// - Throws: `CommandFailure` when a port is taken or the store cannot be opened.
  func run() async throws {
    let current = CurrentScenario(scenario)
    let modules = try modules(masks: current.masks)
    let probing = try ProbingEngine(settings: settings.probing, masks: current.masks)
    // Sleeps end on the thread that the schedule runs on, and runs are started from there.
    let pacemaker = probing.loops.all[0]
    let time = LoopTime(pacemaker)
    let logger = logger(redactedBy: current.masks)
    let checks = scenario.checks.map(\.check)
    let region = settings.region

    let registry = Registry()
    try ProcessMetrics.register(in: registry)
    let metrics = try MetricsRecorder(registry: registry, region: region, version: Version.text)
    let recent = RecentRuns()
    let archive = RunArchive()
    let store = try OpenedStore.open(settings.store, mode: .readWrite, retention: settings.retention)
    let history = HistoryRecorder(store: store, time: time) { event in
      switch event {
      case .wrote(let duration): metrics.recordHistoryWrite(took: duration)
      case .fails(.writing, let cause): logger.error("history cannot be written", metadata: ["error": "\(cause)"])
      case .fails(.upkeep, let cause):
        logger.error("history cannot be rolled up and cleared", metadata: ["error": "\(cause)"])
      case .recovered(.writing): logger.notice("history is written again")
      case .recovered(.upkeep): logger.notice("history is rolled up and cleared again")
      }
    }
    let incidents = IncidentKeeper(store: store, history: store, time: time, region: region) { event in
      switch event {
      case .opened(let check, let isNew): metrics.recordIncident(of: check, isOpen: true, isNew: isNew)
      case .closed(let check): metrics.recordIncident(of: check, isOpen: false)
      case .fails(let cause): logger.error("incidents cannot be kept", metadata: ["error": "\(cause)"])
      case .recovered: logger.notice("incidents are kept again")
      }
    }
    let log = RunLog(logger: logger) { recent.verdict(of: $0, in: region) }
    let maintenance = CurrentMaintenance()
    // The log stands first: it compares a run with what was held before it.
    let recorders = RunFanOut([log, metrics, recent, archive, history, incidents.sink])
    let node = ProcessInfo.processInfo.hostName
    let services = ServiceRecorder(region: region, node: node, time: time, sink: recorders) { check, moment in
      maintenance.plan.isInMaintenance(check.id, at: moment)
    }
    let sinks = MaintenanceMarker(RunFanOut([recorders, services]), by: maintenance)
    let heartbeats = HeartbeatKeeper(
      region: region, node: node, time: time, sink: sinks, lateSink: MaintenanceMarker(history, by: maintenance),
      store: store, masks: current.masks, retention: settings.retention.runs)
    do {
      try await heartbeats.restore()
    } catch {
      logger.error("what jobs reported before cannot be read", metadata: ["error": "\(error)"])
    }

    let runner = JourneyRunner(
      prober: probing.prober, time: time, masks: current.masks, region: region, node: node,
      detail: .failures)
    let scheduler = Scheduler(region: region, limits: settings.limits, time: time, sink: sinks) { start in
      guard let check = current.check(start.check) else { return }
      // The whole run, its record included, stays on one loop: changing threads costs more than probing.
      await probing.loops.onLeastDisturbed {
        sinks.record(await runner.run(check, slot: start.slot, lag: start.lag, budget: start.budget))
      }
    }
    metrics.watch(runsInFlight: { scheduler.inFlight })
    metrics.watch(historyQueueLength: { history.status.queueLength })
    metrics.watch(maintenance: { maintenance.plan.state(at: time.now) })
    metrics.watch(heartbeats: { heartbeats.lastReports })
    metrics.watch(incidentDroppedRuns: { incidents.droppedRuns })
    let drops = HistoryDrops(metrics: metrics)
    registry.onScrape { drops.publish(history.status.dropped) }

    let catalogue = CheckCatalogue(checks, services: scenario.services)
    let figures = FigureSources(store: store, ledger: store, cap: settings.exclusionCap, incidents: store)
    let board = AvailabilityBoard(catalogue: catalogue, sources: figures, time: time, logger: logger) {
      metrics.publish($0)
    }
    let apply: @Sendable (Scenario) async -> Void = { scenario in
      let checks = scenario.checks.map(\.check)
      let recorded = checks + scenario.services.map(\.check)
      metrics.apply(recorded)
      recent.apply(recorded)
      archive.apply(recorded)
      catalogue.apply(checks, services: scenario.services)
      maintenance.apply(MaintenancePlan(scenario.maintenance, checks: recorded))
      services.apply(scenario.services, checks: checks)
      let own = checks.filter { $0.runs(in: region) }
      scheduler.apply(own.filter(\.kind.isProbed))
      await heartbeats.apply(own)
      history.register(recorded.map { CheckRegistration($0) }, in: region, at: time.now)
      incidents.apply(recorded)
    }
    await apply(scenario)
    // Now, so that a renamed check shows its history from the start; what fails is tried again later.
    await history.flush(within: .zero)
    metrics.recordReload(succeeded: true, at: time.now)
    // Before the first run of this process, which is not the end of the time that was slept through.
    let absence = try? await MaintenanceAbsence(
      of: (checks + scenario.services.map(\.check)).filter { $0.runs(in: region) }, in: region,
      plan: maintenance.plan, store: store, until: time.now, retention: settings.retention.runs)
    let reloader = Reloader(
      hangups: hangups, sight: sight, read: read, current: current, modules: modules, service: settings.service,
      apply: apply,
      report: { metrics.recordReload(succeeded: $0, at: time.now) }, logger: logger)

    let server = CurlewServer(
      configuration: ServerConfiguration(
        listening: ListeningConfiguration(places: [.address(settings.listen)], web: settings.web), region: region,
        version: Version.text),
      sources: ServerSources(
        registry: registry, catalogue: catalogue, store: store, recentRuns: recent, archive: archive,
        runDocument: { try JSONReport.document(of: $0, check: $1) }, board: board,
        components: { await components(history: history.status, scheduler: scheduler, loops: probing.loops) },
        reload: { await reloader.reload() }, scenarioText: { ScenarioText.yaml(of: current.scenario) },
        probes: try modules.map { modules in
          try ModuleProbing(modules: modules, policy: settings.policy, masks: current.masks, log: nil)
            .door(over: probing, settings: ProbeDoor.Settings(), registry: registry)
        }, access: settings.service.access,
        records: RecordSources(
          incidents: store, incidentDesk: incidents, ledger: store, ledgerDesk: LedgerDesk(store, time: time),
          months: store,
          heartbeatDesk: heartbeats, maintenance: { maintenance.plan.occurrences(from: $0, to: $1) })),
      logger: logger,
      onListening: { [onListening] place in
        onListening(place)
        StartupPages.giveBack()
      })
    let months = settings.monthClosing.map { closing in
      MonthKeeper(
        books: MonthBooks(
          closer: MonthCloser(closing), store: store, incidents: store, months: store, ledger: store,
          cap: settings.exclusionCap), time: time, logger: logger
      ) {
        let services = catalogue.services
        return catalogue.checks.map { check in
          MonthBooks.Subject(
            services[check.id].map(FigureSubject.init) ?? FigureSubject(check.id), objective: check.objective)
        }
      }
    }
    // Taken down from last to first: the door closes, runs end, and then history is flushed.
    let group = ServiceGroup(
      configuration: .init(
        services: [
          .init(service: HistoryService(recorder: history, store: store)),
          .init(service: UntilShutdown { await incidents.run() }),
          .init(
            service: UntilShutdown {
              async let strips: Void = recent.restore(checks.map(\.id), in: region, from: store)
              await absence?.record(in: store, at: time.now)
              await board.run()
              await strips
            }),
          .init(
            service: UntilShutdown {
              async let closing: Void? = months?.run()
              // What members did just before this process says what services were when it began.
              await services.run { (try? await store.lastRuns(of: $0, limit: 3)) ?? [] }
              await closing
            }),
          .init(service: SchedulerService(scheduler: scheduler, executor: pacemaker)),
          .init(service: UntilShutdown { await heartbeats.run() }),
          .init(service: reloader),
          .init(service: server),
        ], gracefulShutdownSignals: [.sigterm, .sigint], logger: quietLogger()))
    do {
      try await group.run()
    } catch let failure as ListenFailure {
      throw CommandFailure("\(failure)")
    }
    probing.loops.stop()
  }

  private func modules(masks: Masks) throws -> ModuleKeeper? {
    guard let path = settings.modules else { return nil }
    do throws(ModuleFileFault) {
      return try ModuleKeeper(path: path, masks: masks)
    } catch {
      throw CommandFailure(error.words)
    }
  }

  private func logger(redactedBy masks: Masks) -> Logger {
    Logger(label: "curlew") { [settings] label in
      StandardErrorLog(label: label, format: settings.logFormat, level: settings.logLevel) {
        masks.current.redact($0)
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
    let records = [
      ComponentHealth(
        name: "history-writer", isReady: history.isWritable, latency: history.lastWrite ?? .zero,
        message: history.lastError),
      // Ready all the same: what is not rolled up now will be, and nothing that is asked for is missing.
      ComponentHealth(name: "history-upkeep", isReady: true, latency: .zero, message: history.upkeepError),
    ]
    var threads = await LoopHealth.components(of: loops)
    // The schedule runs on the first one.
    if let first = threads.first, first.isReady { threads[0].message = "\(scheduler.inFlight) runs in flight" }
    return records + threads
  }
}

/// Turns the recorder's total of dropped runs into a metric at each scrape.
private final class HistoryDrops: Sendable {
  private let metrics: MetricsRecorder
  private let seen = Mutex(0)

  init(metrics: MetricsRecorder) {
    self.metrics = metrics
  }

  func publish(_ dropped: Int) {
    seen.withLock { seen in
      if dropped > seen { metrics.recordHistoryDrop(of: dropped - seen) }
      seen = max(seen, dropped)
    }
  }
}

import Foundation
import History
import Logging
import Model
import Recording
import Scenarios
import Scheduling
import Server
import ServiceLifecycle
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
    let time = LoopTime(probing.loops.all[0])
    let logger = DaemonLog.logger(settings, redactedBy: current.masks)
    let name = ProcessInfo.processInfo.hostName
    let store = try await OpenedStore.open(settings.store, mode: .readWrite, retention: settings.retention)
    let records = try RecordKeeping(
      settings: settings, scenario: scenario, store: store, node: name, time: time, masks: current.masks, logger: logger
    )
    do {
      try await records.heartbeats.restore()
    } catch {
      logger.error("what jobs reported before cannot be read", metadata: ["error": "\(error)"])
    }
    let node = NodeEngine(
      probing: probing, region: settings.region, node: name, limits: settings.limits, time: time, current: current,
      sink: records.sink)
    records.metrics.watch(runsInFlight: { [scheduler = node.scheduler] in scheduler.inFlight })

    let apply: @Sendable (Scenario) async -> Void = { [region = settings.region] scenario in
      await records.apply(scenario)
      node.apply(scenario.checks.map(\.check).filter { $0.runs(in: region) })
    }
    await apply(scenario)
    // Now, so that a renamed check shows its history from the start; what fails is tried again later.
    await records.history.flush(within: .zero)
    records.metrics.recordReload(succeeded: true, at: time.now)
    let absence = await records.absence(of: scenario)
    let loadingThread = try LoadingThread()
    let reloader = Reloader(
      hangups: hangups, sight: sight, read: read, current: current, modules: modules, service: settings.service,
      apply: apply,
      report: { records.metrics.recordReload(succeeded: $0, at: time.now) }, thread: loadingThread,
      logger: logger)
    let server = server(
      records: records, node: node, current: current, reloader: reloader,
      probes: try modules.map { modules in
        try ModuleProbing(modules: modules, policy: settings.policy, masks: current.masks, log: nil)
          .door(over: probing, settings: ProbeDoor.Settings(), registry: records.registry)
      }, logger: logger)
    // Taken down from last to first, also where the door cannot be opened: it closes, runs end, and then history is flushed.
    let services =
      records.services(for: scenario, absence: absence) + [
        node.service, UntilShutdown { await records.heartbeats.run() }, reloader, server,
      ]
    let group = ServiceGroup(
      configuration: .init(
        services: services.map { .init(service: $0, failureTerminationBehavior: .gracefullyShutdownGroup) },
        gracefulShutdownSignals: [.sigterm, .sigint], logger: DaemonLog.quiet))
    do {
      try await group.run()
    } catch let failure as ListenFailure {
      throw CommandFailure("\(failure)")
    }
    loadingThread.stop()
    node.stop()
  }

  private func server(
    records: RecordKeeping, node: NodeEngine, current: CurrentScenario, reloader: Reloader, probes: ProbeDoor?,
    logger: Logger
  ) -> CurlewServer {
    CurlewServer(
      configuration: ServerConfiguration(
        listening: ListeningConfiguration(places: [.address(settings.listen)], web: settings.web),
        region: settings.region, version: Version.text),
      sources: ServerSources(
        registry: records.registry, catalogue: records.catalogue, store: records.store, recentRuns: records.recent,
        archive: records.archive,
        runDocument: { try JSONReport.document(of: $0, check: $1) }, board: records.board,
        components: { records.components + (await node.components()) },
        reload: { await reloader.reload() }, scenarioText: { ScenarioText.yaml(of: current.scenario) },
        probes: probes, access: settings.service.access, records: records.sources),
      logger: logger,
      onListening: { [onListening] place in
        onListening(place)
        SpareMemory.giveBackCode()
      })
  }

  private func modules(masks: Masks) throws -> ModuleKeeper? {
    guard let path = settings.modules else { return nil }
    do throws(ModuleFileFault) {
      return try ModuleKeeper(path: path, masks: masks)
    } catch {
      throw CommandFailure(error.words)
    }
  }
}

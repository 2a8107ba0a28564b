import Agent
import Documents
import Exposition
import Fleet
import Journeys
import Logging
import Model
import Recording
import Scenarios
import Scheduling
import Server
import ServiceLevels
import ServiceLifecycle
import Transport
import UnixSignals

/// The composition root of `curlew agent`: builds the object graph of a node, runs it, and takes it down in order.
struct AgentDaemon {
  /// How long others may take to take over what a node runs that leaves.
  private static let leaveBound = Duration.seconds(8)
  /// How long the hub may take for the runs that are left.
  private static let drainBound = Duration.seconds(5)

  let settings: AgentSettings
  /// Told the address once the server listens.
  let onListening: @Sendable (ListenPlace) -> Void

  /// Runs until SIGTERM or SIGINT: then it says that it leaves, goes on until others have taken over, finishes what is under
  /// way, and pushes what the hub takes, all within bounds.
  ///
  /// - Throws: `CommandFailure` when a port or the spool is taken, or the token cannot be read.
  func run() async throws {
    let current = CurrentScenario(try Self.nothing())
    let masks = current.masks
    let logger = DaemonLog.logger(format: settings.logFormat, level: settings.logLevel, redactedBy: masks)
    let token = try settings.tokenFile.map { try TokenFile($0, masks: masks, logger: logger) }
    let probing = try ProbingEngine(settings: settings.probing, masks: masks)
    let clock = HubClock(LoopTime(probing.loops.all[0]))
    let plan = WorkPlan(node: settings.name, region: settings.region)
    let place = try NodePlace(settings: settings, plan: plan, clock: clock, logger: logger)
    let spool = place.spool
    let maintenance = CurrentMaintenance()
    let resolver = Resolver()

    let registry = Registry()
    try ProcessMetrics.register(in: registry)
    let metrics = try MetricsRecorder(registry: registry, region: settings.region, version: Version.text)
    let recent = RecentRuns(capacity: 1)
    let spooler = RunSpooler(spool, plan: plan)
    let log = RunLog(logger: logger) { [region = settings.region] in recent.verdict(of: $0, in: region) }
    // The log stands first: it compares a run with what was held before it.
    let sink = OwnSlots(
      MaintenanceMarker(RunFanOut([log, metrics, recent, spooler]), by: maintenance), plan: plan)
    let references = References(
      settings.references, probe: ConnectionProbe(loops: probing.loops, resolver: resolver), time: clock)
    let node = NodeEngine(
      probing: probing, region: settings.region, node: settings.name, limits: settings.limits, time: clock,
      current: current, sink: sink,
      mayRun: { !clock.isRefused && plan.begin($0.check, slotStart: $0.slot.start) },
      review: { await references.reviewed($0) })
    metrics.watch(runsInFlight: { [scheduler = node.scheduler] in scheduler.inFlight })

    // A thread of its own, which may be busy with a bundle while runs are timed on the others.
    let linkLoops = try EventLoops(count: 1)
    let link = HTTPHubLink(
      HTTPHubLink.Settings(
        urls: settings.hubs, tls: settings.tls, token: { token?.token }, userAgent: Version.userAgent),
      loops: linkLoops, resolver: resolver)
    let loadingThread = try LoadingThread()
    let session = AgentSession(
      node: NodeDescription(
        name: settings.name, region: settings.region, labels: settings.labels, version: Version.text,
        spool: place.identity),
      settings: SessionMachine.Settings(autonomy: settings.autonomy), seed: .random(in: .min ... .max),
      parts: AgentSession.Parts(
        link: link, spool: spool, plan: plan, clock: clock,
        loader: BundleKeeper(
          current: current, maintenance: maintenance, thread: loadingThread, logger: logger),
        apply: { checks in
          metrics.apply(checks)
          recent.apply(checks)
          node.apply(checks)
        },
        giveOpinion: { check, request, bound in
          do throws(OpinionFault) {
            let run = try await OpinionRun(current: current, runner: node.runner, loops: probing.loops, clock: clock)
              .run(check, for: request, within: bound)
            var reviewed = await references.reviewed(run)
            reviewed.isInMaintenance = maintenance.plan.isInMaintenance(check, at: run.slot.start)
            spooler.recordOpinion(reviewed)
            return nil
          } catch {
            return error
          }
        },
        tell: AgentLog(logger: logger, autonomy: settings.autonomy).tell))
    try AgentMetrics.register(session: session, spool: spool, plan: plan, clock: clock, in: registry)

    let server = NodeServer(
      listening: ListeningConfiguration(places: [.address(settings.listen)], connectionLimit: 128, web: settings.web),
      registry: registry,
      components: {
        AgentHealth(session: session, spool: spool, clock: clock).components + (await node.components())
      }, logger: logger,
      onListening: onListening)
    // Taken down from last to first: others take over, runs end, the door closes, and what is left is pushed. The door is closed
    // before the spool is let go: a successor opens both.
    let services: [any Service] = [
      SessionService(session: session, place: place, bound: Self.drainBound),
      PlacedService(service: server, place: place),
      node.service,
      LeavingService(session: session, place: place, bound: Self.leaveBound),
    ]
    let group = ServiceGroup(
      configuration: .init(
        services: services.map { .init(service: $0, failureTerminationBehavior: .gracefullyShutdownGroup) },
        gracefulShutdownSignals: [.sigterm, .sigint], logger: DaemonLog.quiet))
    let failure: (any Error)?
    do {
      try await Self.run(group, in: place) {
        session.configuration > 0 && plan.epoch(at: clock.now) > 0
      }
      failure = nil
    } catch {
      failure = error
    }
    await link.close()
    linkLoops.stop()
    loadingThread.stop()
    place.stop()
    node.stop()
    if let failure { throw (failure as? ListenFailure).map { CommandFailure("\($0)") } ?? failure }
  }

  /// Runs the services for as long as the place of the node is this process's, or until a signal ends them.
  private static func run(
    _ group: ServiceGroup, in place: NodePlace, isReady: @escaping @Sendable () -> Bool
  ) async throws {
    try await withThrowingTaskGroup { tasks in
      tasks.addTask { try await place.keep(isReady: isReady) { await group.triggerGracefulShutdown() } }
      tasks.addTask { try await group.run() }
      for _ in 0..<2 {
        try await tasks.next()
        // Then the last runs are still to end; else the services have ended, and nobody is to be waited for.
        if !place.isHandedOver { tasks.cancelAll() }
      }
    }
  }

  /// What a node runs before it has heard of its hub.
  private static func nothing() throws -> Scenario {
    guard let scenario = ScenarioLoader(supplied: SuppliedValues(), files: DiskFiles()).load(paths: []).scenario else {
      throw CommandFailure("a scenario of nothing cannot be loaded; this is a fault of curlew's")
    }
    return scenario
  }
}

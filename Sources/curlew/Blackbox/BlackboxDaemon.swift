import Blackbox
import Documents
import Exposition
import Foundation
import Logging
import Model
import Server
import ServiceLifecycle
import Transport
import UnixSignals

/// The composition root of `curlew blackbox`: builds the object graph, runs it, and takes it down in order.
struct BlackboxDaemon {
  let web: WebSettings
  let modules: ModuleKeeper
  let policy: TargetPolicy
  let log: ExporterLog
  let masks: Masks
  /// SIGHUP, trapped before the file was read: untrapped it would end the process while it is.
  let hangups: UnixSignalsSequence
  /// How often a change of the file is looked for; nil is never.
  let autoReload: Duration?
  let settings: ProbeDoor.Settings

  /// Runs until SIGTERM or SIGINT.
  ///
  /// - Throws: exit code 1, after a line in the log, when a place cannot be listened on.
  func run() async throws {
    let probing = try ProbingEngine(settings: ProbingSettings(), masks: masks)
    let registry = Registry()
    try ProcessMetrics.register(in: registry)
    try modules.register(in: registry)
    let door = try ModuleProbing(modules: modules, policy: policy, masks: masks, log: log)
      .door(over: probing, settings: settings, registry: registry)
    let loops = probing.loops
    let listening = ListeningConfiguration(
      places: web.places, connectionLimit: 10_000, shutdownGrace: .seconds(1), web: web.keeper, executor: { loops.next }
    )
    let server = try BlackboxServer(
      configuration: BlackboxConfiguration(
        listening: listening, routePrefix: web.routePrefix, externalURL: web.externalURL, version: Version.text),
      door: door, registry: registry, configText: { [modules] in modules.file.configurationText },
      reload: { [modules] in await modules.reload() }, logger: log.logger,
      onListening: { [log] in
        log.info("Listening on", [("address", "\($0)")])
        SpareMemory.giveBackCode()
      })
    let services = ServiceGroup(
      configuration: .init(
        services: [.init(service: reloading), .init(service: server)], gracefulShutdownSignals: [.sigterm, .sigint],
        logger: Logger(label: "services") { _ in SwiftLogNoOpLogHandler() }))
    do {
      try await services.run()
    } catch let failure as ListenFailure {
      throw log.failure("Error starting HTTP server", "\(failure)")
    }
    loops.stop()
  }

  private var reloading: UntilShutdown {
    UntilShutdown { [hangups, modules, autoReload] in
      await withTaskGroup { group in
        group.addTask {
          for await _ in hangups { _ = await modules.reload() }
        }
        guard let autoReload else { return }
        group.addTask {
          while (try? await Task.sleep(for: autoReload)) != nil { await modules.reloadIfChanged() }
        }
      }
    }
  }
}

/// Probing by modules, for whichever server has the door.
struct ModuleProbing {
  /// The version of blackbox_exporter whose manners these are, in the `User-Agent` of requests too: firewalls know it.
  private static let userAgent = "Blackbox-Exporter/0.28.0"
  /// The most bytes of a file that a module names.
  private static let fileLimit = 64 << 20

  let modules: ModuleKeeper
  let policy: TargetPolicy
  let masks: Masks
  /// Nil where the lines of probes are not logged.
  let log: ExporterLog?

  /// The door, with probes on the engine's threads.
  func door(
    over probing: ProbingEngine, settings: ProbeDoor.Settings, registry: Registry
  ) throws(RegistrationError) -> ProbeDoor {
    let runner = ModuleRunner(
      prober: probing.prober, surroundings: Self.surroundings(settings.compatibility), policy: policy)
    let loops = probing.loops
    let parts = ProbeDoor.Parts(
      modules: { [modules] in modules.file }, moduleText: { $0.configurationText },
      report: { await runner.report(on: $0, by: $1, timeout: $2) }, executor: { loops.currentOrNext },
      log: { [log] in log?.write($0) }, masks: masks)
    return try ProbeDoor(parts, settings: settings, registry: registry)
  }

  /// What modules find around them: the process's environment and files.
  static func surroundings(_ compatibility: Compatibility) -> ModuleSurroundings {
    ModuleSurroundings(
      compatibility: compatibility, environment: ProcessInfo.processInfo.environment, userAgent: userAgent,
      readFile: { path in
        do throws(FileProblem) {
          return .success(try DiskFiles().read(path, limit: fileLimit))
        } catch {
          return .failure(ModuleFault(.internal, "\(path) cannot be read: \(error)"))
        }
      })
  }
}

import Documents
import Logging
import Model
import Scenarios
import Server
import ServiceLifecycle
import Synchronization
import UnixSignals

/// Puts changed files in force as a whole, or not at all: on SIGHUP, on `POST /-/reload`, and when a file has changed.
final class Reloader: Service {
  private let hangups: UnixSignalsSequence
  private let read: @Sendable () -> Reading
  private let current: CurrentScenario
  private let modules: ModuleKeeper?
  private let service: ServiceFileKeeper
  private let apply: @Sendable (Scenario) async -> Void
  private let report: @Sendable (_ succeeded: Bool) -> Void
  private let thread: LoadingThread
  private let logger: Logger
  /// How the files looked that were read last, whether or not they could be put in force.
  private let sight: Mutex<FileSight>
  /// Whether a reload is under way: until it has read them, files look different though they are no news.
  private let isReloading = Mutex(false)
  /// Of two reloads that overlap, the one that read the older files could be the last to put them in force.
  private let turns = Turns<ReloadOutcome>()

  /// - Parameters:
  ///   - hangups: SIGHUP.
  ///   - sight: how the files looked that are in force at the start.
  ///   - read: reads all files anew.
  ///   - modules: what `/probe` probes by; its file goes in force with the others.
  ///   - service: the pages and tokens of the service file, which go in force with the others.
  ///   - apply: puts a scenario in force everywhere.
  ///   - report: told how each reload ended.
  ///   - thread: where files are loaded.
  init(
    hangups: UnixSignalsSequence, sight: FileSight, read: @escaping @Sendable () -> Reading, current: CurrentScenario,
    modules: ModuleKeeper?, service: ServiceFileKeeper, apply: @escaping @Sendable (Scenario) async -> Void,
    report: @escaping @Sendable (Bool) -> Void, thread: LoadingThread, logger: Logger
  ) {
    self.hangups = hangups
    self.sight = Mutex(sight)
    self.read = read
    self.current = current
    self.modules = modules
    self.service = service
    self.apply = apply
    self.report = report
    self.thread = thread
    self.logger = logger
  }

  /// Reads all files anew and puts them in force if they are right.
  ///
  /// Who asks while another reload waits for its turn shares it: it has not looked at the files yet.
  func reload() async -> ReloadOutcome {
    await turns.take { [thread] in
      await thread.run { await self.readAndApply() }
    }
  }

  /// Away from whoever asks: ten thousand checks are a second of work.
  @concurrent
  private func readAndApply() async -> ReloadOutcome {
    isReloading.withLock { $0 = true }
    defer { isReloading.withLock { $0 = false } }
    let reading = read()
    sight.withLock { $0 = reading.sight }
    let problems = reading.result.diagnostics.map { $0.rendered() }.joined(separator: "\n\n")
    guard let scenario = reading.result.scenario, !scenario.checks.isEmpty else {
      report(false)
      logger.error("reload refused; what was in force stays in force", metadata: ["problems": "\(problems)"])
      return .refused(diagnostics: problems.isEmpty ? "no checks in the scenario files" : problems)
    }
    // Modules last: theirs are in force as soon as they are read.
    let (file, fault) = service.read()
    let problem = if let fault { fault } else { await modules?.reload() }
    if let problem {
      report(false)
      logger.error("reload refused; what was in force stays in force", metadata: ["problems": "\(problem)"])
      return .refused(diagnostics: problem)
    }
    if let file { service.apply(file) }
    current.replace(with: scenario)
    await apply(scenario)
    report(true)
    logger.notice("reloaded", metadata: ["checks": "\(scenario.checks.count)", "files": "\(scenario.files.count)"])
    return .applied(checks: scenario.checks.count)
  }

  func run() async throws {
    await withTaskGroup { group in
      group.addTask {
        for await _ in self.hangups.cancelOnGracefulShutdown() { _ = await self.reload() }
      }
      group.addTask { await self.watchFiles() }
    }
  }

  private func watchFiles() async {
    await cancelWhenGracefulShutdown {
      while (try? await Task.sleep(for: .seconds(2))) != nil {
        guard !self.isReloading.withLock({ $0 }) else { continue }
        let sight = self.sight.withLock { $0 }
        if !sight.stillHolds || self.modules?.looksDifferent == true || self.service.looksDifferent {
          _ = await self.reload()
        }
      }
    }
  }
}

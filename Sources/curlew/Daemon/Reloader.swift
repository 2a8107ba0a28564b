import Logging
import Model
import Scenarios
import Server
import ServiceLifecycle
import UnixSignals

/// Puts changed files in force as a whole, or not at all: on SIGHUP, on `POST /-/reload`, and when a file has changed.
///
/// One reload after the other, so that the files read last are those in force at the end.
actor Reloader: Service {
  private let files: [String]
  private let load: @Sendable () -> LoadResult
  private let current: CurrentScenario
  private let apply: @Sendable (Scenario) async -> Void
  private let report: @Sendable (_ succeeded: Bool) -> Void
  private let logger: Logger
  private var running: Task<ReloadOutcome, Never>?
  /// Asked for, and not begun.
  private var waiting: Task<ReloadOutcome, Never>?

  /// - Parameters:
  ///   - files: what was named on the command line or in the service file.
  ///   - load: reads all files anew.
  ///   - apply: puts a scenario in force everywhere.
  ///   - report: told how each reload ended.
  init(
    files: [String], load: @escaping @Sendable () -> LoadResult, current: CurrentScenario,
    apply: @escaping @Sendable (Scenario) async -> Void, report: @escaping @Sendable (Bool) -> Void, logger: Logger
  ) {
    self.files = files
    self.load = load
    self.current = current
    self.apply = apply
    self.report = report
    self.logger = logger
  }

  /// Reads all files anew and puts them in force if they are right.
  ///
  /// Who asks while another reload waits for its turn shares it: it has not looked at the files yet.
  func reload() async -> ReloadOutcome {
    if let waiting { return await waiting.value }
    let before = running
    let next = Task {
      _ = await before?.value
      (running, waiting) = (waiting, nil)
      return await reloadOnce()
    }
    waiting = next
    return await next.value
  }

  private func reloadOnce() async -> ReloadOutcome {
    let result = await loaded()
    let problems = result.diagnostics.map { $0.rendered() }.joined(separator: "\n\n")
    guard let scenario = result.scenario, !scenario.checks.isEmpty else {
      report(false)
      logger.error("reload refused; what was in force stays in force", metadata: ["problems": "\(problems)"])
      return .refused(diagnostics: problems.isEmpty ? "no checks in the scenario files" : problems)
    }
    current.replace(with: scenario)
    await apply(scenario)
    report(true)
    logger.notice("reloaded", metadata: ["checks": "\(scenario.checks.count)", "files": "\(scenario.files.count)"])
    return .applied(checks: scenario.checks.count)
  }

  /// Ten thousand checks are a second of work, which is no work for the actor's own thread.
  @concurrent
  private nonisolated func loaded() async -> LoadResult { load() }

  func run() async throws {
    await withTaskGroup { group in
      group.addTask {
        for await _ in await UnixSignalsSequence(trapping: .sighup).cancelOnGracefulShutdown() {
          _ = await self.reload()
        }
      }
      group.addTask { await self.watchFiles() }
    }
  }

  private func watchFiles() async {
    await cancelWhenGracefulShutdown {
      var watch = FileWatch(self.watchedPaths)
      while (try? await Task.sleep(for: .seconds(2))) != nil {
        if watch.hasChanged(self.watchedPaths) { _ = await self.reload() }
      }
    }
  }

  private nonisolated var watchedPaths: [String] { files + current.scenario.files }
}

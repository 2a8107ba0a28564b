import Agent
import Documents
import Fleet
import Logging
import Model
import Recording
import Scenarios
import ServiceLevels
import Synchronization
import Transport

/// The configuration of a node: a bundle from the hub, with the values of the checks that it runs. Neither is ever written to a
/// disk.
final class BundleKeeper: ConfigurationLoader {
  private struct State {
    /// What was sent last; what is sent next says what is different in it.
    var received: ScenarioBundle?
    var inForce: ScenarioBundle?
    var version: Int64 = 0
    var values = SuppliedValues()
  }

  private let current: CurrentScenario
  private let maintenance: CurrentMaintenance
  private let thread: LoadingThread
  private let logger: Logger
  private let state = Mutex(State())
  /// A load is a second of work for ten thousand checks, and none overtakes another.
  private let turns = Turns<Result<LoadedConfiguration, ConfigurationFault>>()

  /// - Parameters:
  ///   - current: what is run.
  ///   - maintenance: what runs are marked by.
  ///   - thread: where bundles are loaded.
  init(current: CurrentScenario, maintenance: CurrentMaintenance, thread: LoadingThread, logger: Logger) {
    self.current = current
    self.maintenance = maintenance
    self.thread = thread
    self.logger = logger
  }

  func load(
    _ change: ConfigurationChange?, values: SuppliedValues?
  ) async throws(ConfigurationFault) -> LoadedConfiguration {
    try await turns.take { [thread] in
      await thread.run { await self.loaded(change, values) }
    }.get()
  }

  @concurrent
  private func loaded(
    _ change: ConfigurationChange?, _ values: SuppliedValues?
  ) async -> Result<LoadedConfiguration, ConfigurationFault> {
    do throws(ConfigurationFault) {
      return .success(try apply(change, values))
    } catch {
      return .failure(error)
    }
  }

  private func apply(
    _ change: ConfigurationChange?, _ values: SuppliedValues?
  ) throws(ConfigurationFault) -> LoadedConfiguration {
    if let values { state.withLock { $0.values = values } }
    let before = state.withLock { $0 }
    guard let change else { return try putInForce(before.inForce, version: before.version, before) }
    let bundle: ScenarioBundle
    do throws(BundleFault) {
      bundle = try ScenarioBundle(applying: change, to: before.received)
    } catch {
      throw ConfigurationFault("\(error)", isIncomplete: true)
    }
    state.withLock { $0.received = bundle }
    do throws(ConfigurationFault) {
      return try putInForce(bundle, version: change.version, before)
    } catch {
      // New values are for the configuration before too.
      if values != nil, before.inForce != nil { _ = try? putInForce(before.inForce, version: before.version, before) }
      throw error
    }
  }

  private func putInForce(
    _ bundle: ScenarioBundle?, version: Int64, _ before: State
  ) throws(ConfigurationFault) -> LoadedConfiguration {
    guard let bundle else { throw ConfigurationFault("values came without a configuration", isIncomplete: true) }
    let files = bundle.files(supplied: before.values)
    let library: any ModuleLibrary
    do throws(ModuleFileProblems) {
      library = try ModuleFileReader.library(at: bundle.modules, in: files)
    } catch {
      throw ConfigurationFault(Self.words(error.diagnostics))
    }
    let capabilities = Capabilities(http3: CurlLibrary.supportsHTTP3, modules: library)
    let result = bundle.load(supplied: before.values, capabilities: capabilities)
    let errors = result.diagnostics.filter { $0.severity == .error }
    // The hub could load it, so this program is too old for it, or cannot do what the hub's can.
    if !errors.isEmpty, let inForce = before.inForce, bundle.digest != inForce.digest || version != before.version {
      throw ConfigurationFault(Self.words(errors))
    }
    guard let scenario = result.scenario else { throw ConfigurationFault(Self.words(errors)) }
    if !errors.isEmpty {
      logger.error("checks cannot be run by this node", metadata: ["problems": "\(Self.words(errors))"])
    }
    let supplied = Set(before.values.checks)
    let checks = scenario.checks.map(\.check).filter { supplied.contains($0.id.text) }
    current.replace(with: scenario)
    maintenance.apply(
      MaintenancePlan(scenario.maintenance, checks: scenario.checks.map(\.check) + scenario.services.map(\.check)))
    state.withLock { state in
      state.inForce = bundle
      state.version = version
    }
    return LoadedConfiguration(version: version, checks: checks)
  }

  private static func words(_ diagnostics: [Diagnostic]) -> String {
    // Those that show a place say what is wrong; the others only what follows from it.
    let diagnostics = diagnostics.filter { $0.excerpt != nil } + diagnostics.filter { $0.excerpt == nil }
    let shown = diagnostics.prefix(5).map { $0.rendered() }.joined(separator: "\n\n")
    return diagnostics.count > 5 ? "\(shown)\n\nand \(diagnostics.count - 5) more" : shown
  }
}

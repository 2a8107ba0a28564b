import ArgumentParser
import Logging
import Model
import Scenarios
import Scheduling
import Server
import UnixSignals

/// `curlew run`: the daemon.
struct RunCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run", abstract: "Runs checks on their schedule, with metrics, history and a page.",
    discussion: "SIGHUP, POST /-/reload and a changed file reload; SIGTERM ends in order.")

  @OptionGroup var scenario: ScenarioOptions
  @OptionGroup var service: ServiceFileOptions

  @Option(help: ArgumentHelp("Address to listen on (default: :9115).", valueName: "host:port"))
  var listen: String?

  @Option(help: "The region that this node runs checks for (default: local).")
  var region: String?

  @OptionGroup var policy: TargetPolicyOptions

  @Flag(help: "Allows exec checks to run programs.")
  var allowExec = false

  @Option(help: "text or json (default: text).")
  var logFormat: LogFormat?

  @Option(help: "trace, debug, info, notice, warning, error or critical (default: info).")
  var logLevel: LogLevel?

  func run() async throws {
    let hangups = await UnixSignalsSequence(trapping: .sighup)
    let settings = try settings()
    guard !settings.files.isEmpty else {
      throw CommandFailure("no scenario files; name them on the command line, or under 'files' in the service file")
    }
    // Standard input can be read once, and its checks are to outlive every reload.
    let input = settings.files.contains("-") ? try ScenarioOptions.standardInput() : nil
    let overrides = scenario.overrides
    let read: @Sendable () -> Reading = {
      Reading.take { files in
        ScenarioOptions.load(
          settings.files, modules: settings.modules, overrides: overrides, standardInput: input, from: files)
      }
    }
    let reading = read()
    let loaded = try ScenarioOptions.checked(reading.result, files: settings.files)
    let count = HumanText.count(loaded.checks.count, "check")
    let daemon = Daemon(
      settings: settings, scenario: loaded, sight: reading.sight, read: read, hangups: hangups,
      onListening: { Terminal.standardError.write("curlew: \(count); listening on http://\($0)\n") })
    try await daemon.run()
  }

  private func settings() throws -> ServiceSettings {
    let file = try service.settings()
    let address = listen ?? file.listen
    guard let listenAddress = ListenAddress(address) else {
      throw CommandFailure("cannot listen on '\(address)': write host:port, or :port for all addresses")
    }
    let probing = ProbingSettings(allowsExec: file.allowsExec || allowExec, nameServers: file.nameServers)
    let web: WebKeeper?
    do throws(WebFault) {
      web = if let path = file.web { try WebKeeper(path: path) } else { nil }
    } catch {
      throw CommandFailure(error.words)
    }
    return ServiceSettings(
      files: scenario.files.isEmpty ? file.files : scenario.files, listen: listenAddress, store: file.store,
      region: region ?? file.region, retention: file.retention,
      limits: ConcurrencyLimits(global: file.globalConcurrency, perHost: file.hostConcurrency), probing: probing,
      web: web, modules: scenario.modules ?? file.modules, policy: try policy.policy(),
      exclusionCap: file.exclusionCap, monthClosing: file.monthClosing,
      logFormat: logFormat ?? (file.logsJSON ? .json : .text),
      logLevel: logLevel?.level ?? Logger.Level(rawValue: file.logLevel) ?? .info,
      service: ServiceFileKeeper(file, path: service.config))
  }
}

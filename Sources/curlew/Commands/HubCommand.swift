import ArgumentParser
import Foundation
import Hub
import Logging
import Model
import Scenarios
import Scheduling
import Server
import UnixSignals

/// `curlew hub`: one replica of a hub, which nodes report to.
struct HubCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "hub", abstract: "Gives checks to the nodes of a fleet, and decides by what their regions see.",
    discussion:
      "Start as many as you like on one PostgreSQL database, behind any load balancer; any of them takes any request. "
      + "Nodes are `curlew agent`. SIGHUP, POST /-/reload and a changed file publish the files anew; SIGTERM ends in order."
  )

  /// Enough for what a replica asks at the same time.
  private static let connections = 12

  @OptionGroup var scenario: ScenarioOptions
  @OptionGroup var service: ServiceFileOptions

  @Option(help: ArgumentHelp("Address to listen on (default: :9115).", valueName: "host:port"))
  var listen: String?

  @Option(help: "The replica's name, for logs and for who leads (default: the machine's).")
  var name: String?

  @Option(help: "text or json (default: text).")
  var logFormat: LogFormat?

  @Option(help: "trace, debug, info, notice, warning, error or critical (default: info).")
  var logLevel: LogLevel?

  func run() async throws {
    let hangups = await UnixSignalsSequence(trapping: .sighup)
    let file = try service.settings()
    let settings = try settings(file)
    guard !settings.files.isEmpty else {
      throw CommandFailure("no scenario files; name them on the command line, or under 'files' in the service file")
    }
    if settings.service.access.edition.nodes.all.isEmpty {
      Terminal.standardError.write(
        "curlew: no node may report: make a token with `curlew token --node-region REGION`, and put the entry that it prints under 'nodes:' in the service file\n"
      )
    }
    // Standard input can be read once, and its checks are to outlive every reload.
    let input = settings.files.contains("-") ? try ScenarioOptions.standardInput() : nil
    let files = HubFiles(
      settings.files, modules: settings.modules, overrides: scenario.overrides, standardInput: input)
    let reading = files.read()
    let loaded = try ScenarioOptions.checked(reading.result, files: settings.files)
    let store = try await OpenedStore.openShared(
      settings.store, connections: file.hub.connections ?? Self.connections, retention: settings.retention)
    let count = HumanText.count(loaded.checks.count, "check")
    let replica = name ?? file.hub.name ?? ProcessInfo.processInfo.hostName
    let daemon = HubDaemon(
      settings: settings, holder: "\(replica)-\(String(UInt32.random(in: .min ... .max), radix: 16))", store: store,
      files: files, scenario: loaded, sight: reading.sight, hangups: hangups,
      onListening: { Terminal.standardError.write("curlew: hub of \(count); listening on http://\($0)\n") })
    try await daemon.run()
  }

  private func settings(_ file: ServiceFile) throws -> ServiceSettings {
    let address = listen ?? file.listen
    guard let listenAddress = ListenAddress(address) else {
      throw CommandFailure("cannot listen on '\(address)': write host:port, or :port for all addresses")
    }
    if let name, !NodeDescription.isName(name) {
      throw CommandFailure(
        "'\(name)' is no name: 1 to 63 letters, digits, '.', '_' and '-', a letter or digit first")
    }
    let web: WebKeeper?
    do throws(WebFault) {
      web = if let path = file.web { try WebKeeper(path: path) } else { nil }
    } catch {
      throw CommandFailure(error.words)
    }
    return ServiceSettings(
      files: scenario.files.isEmpty ? file.files : scenario.files, listen: listenAddress, store: file.store,
      region: HubDesk.ownRegion, retention: file.retention,
      limits: ConcurrencyLimits(global: file.globalConcurrency, perHost: file.hostConcurrency),
      probing: ProbingSettings(allowsExec: false, nameServers: file.nameServers), web: web,
      modules: scenario.modules ?? file.modules, exclusionCap: file.exclusionCap, monthClosing: file.monthClosing,
      logFormat: logFormat ?? (file.logsJSON ? .json : .text),
      logLevel: logLevel?.level ?? Logger.Level(rawValue: file.logLevel) ?? .info,
      service: ServiceFileKeeper(file, path: service.config))
  }
}

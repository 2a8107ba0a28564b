import Agent
import ArgumentParser
import Foundation
import Logging
import Model
import Scenarios
import Scheduling
import Server
import Transport

/// `curlew agent`: a node of a fleet.
struct AgentCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "agent", abstract: "Runs the checks of a hub in one region, and sends it the runs.",
    discussion: """
      Everything is asked of the hub, over connections from here to there. Runs wait in a spool on disk until the hub has \
      them; while it is away, the schedule goes on. SIGTERM hands the checks over and ends in order.
      """)

  @Option(
    help: ArgumentHelp(
      "URL of the hub, or of what balances its replicas; given again, another replica to turn to.", valueName: "url"))
  var hub: [String] = []

  @Option(help: "The region that this node runs checks for.")
  var region: String?

  @Option(help: "The node's name in the fleet (default: the machine's).")
  var name: String?

  @Option(
    help: ArgumentHelp("Where the node stands, such as provider=hetzner; may be given again.", valueName: "k=v"))
  var label: [String] = []

  @Option(help: ArgumentHelp("File that holds the node's token.", valueName: "file"))
  var tokenFile: String?

  @Option(
    help: ArgumentHelp(
      "PEM file of the authorities that vouch for the hub, in place of the system's.", valueName: "file"))
  var ca: String?

  @Option(help: ArgumentHelp("PEM file of the node's certificate chain, for mutual TLS.", valueName: "file"))
  var certificate: String?

  @Option(help: ArgumentHelp("PEM file of the certificate's private key.", valueName: "file"))
  var key: String?

  @Option(
    help: ArgumentHelp("Folder of runs that wait to be sent (default: curlew-spool).", valueName: "folder"))
  var spool: String?

  @Option(
    help: ArgumentHelp(
      "Somebody else's service, tried when a run fails, to tell whether this node is at fault; may be given again.",
      valueName: "host:port"))
  var reference: [String] = []

  @Option(help: ArgumentHelp("For how long checks are run without word of the hub (default: 24h).", valueName: "time"))
  var autonomy: String?

  @Option(help: ArgumentHelp("Address to listen on, for metrics and health (default: :9116).", valueName: "host:port"))
  var listen: String?

  @Option(help: ArgumentHelp("The service file.", valueName: "curlew.yaml"))
  var config: String?

  @Flag(help: "Allows exec checks to run programs.")
  var allowExec = false

  @Option(help: "text or json (default: text).")
  var logFormat: LogFormat?

  @Option(help: "trace, debug, info, notice, warning, error or critical (default: info).")
  var logLevel: LogLevel?

  func run() async throws {
    let settings = try settings()
    for hub in settings.hubs
    where !hub.isSecure && !["localhost", "::1"].contains(hub.host) && !hub.host.hasPrefix("127.") {
      Terminal.standardError.write(
        "curlew: \(hub) is not https: whoever is on the way reads the node's token and the secrets of its checks\n")
    }
    let daemon = AgentDaemon(settings: settings) { [settings] place in
      Terminal.standardError.write(
        "curlew: node \(settings.name) of region \(settings.region); listening on http://\(place)\n")
    }
    try await daemon.run()
  }

  // MARK: Settings

  private func settings() throws -> AgentSettings {
    let file = try ServiceFileOptions.settings(of: config)
    let hubs = try Self.hubs(hub.isEmpty ? file.agent.hub.map { [$0] } ?? [] : hub)
    guard let region = region ?? (config == nil ? nil : file.region), region != "local" || self.region != nil else {
      throw CommandFailure("no region; write --region, or 'region' in the service file")
    }
    let name = name ?? file.agent.name ?? ProcessInfo.processInfo.hostName
    for (what, text) in [("region", region), ("name", name)] where !NodeDescription.isName(text) {
      throw CommandFailure(
        "the \(what) '\(text)' is no name here: 1 to 63 letters, digits, '.', '_' and '-', a letter or digit first")
    }
    // `run` has its page there, and both may be on one machine.
    let address = listen ?? (file.listen == ServiceFile().listen ? ":9116" : file.listen)
    guard let listenAddress = ListenAddress(address) else {
      throw CommandFailure("cannot listen on '\(address)': write host:port, or :port for all addresses")
    }
    let (tls, tokenFile) = try credentials(file.agent)
    return AgentSettings(
      hubs: hubs, name: name, region: region, labels: file.agent.labels.merging(try labels()) { $1 },
      tokenFile: tokenFile, tls: tls, spool: spool ?? file.agent.spool ?? "curlew-spool",
      spoolSettings: Spool.Settings(
        maxBytes: file.agent.spoolSize ?? Spool.Settings().maxBytes,
        maxAge: file.agent.spoolAge ?? Spool.Settings().maxAge),
      autonomy: try autonomyBound() ?? file.agent.autonomy ?? SessionMachine.Settings().autonomy,
      references: [Reference(hubs.map { Endpoint(host: $0.host, port: Int($0.port)) })]
        + (try references() ?? file.agent.references).map { Reference($0) },
      listen: listenAddress, web: try web(file),
      limits: ConcurrencyLimits(global: file.globalConcurrency, perHost: file.hostConcurrency),
      probing: ProbingSettings(allowsExec: file.allowsExec || allowExec, nameServers: file.nameServers),
      logFormat: logFormat ?? (file.logsJSON ? .json : .text),
      logLevel: logLevel?.level ?? Logger.Level(rawValue: file.logLevel) ?? .info)
  }

  private static func hubs(_ texts: [String]) throws -> [HTTPURL] {
    guard !texts.isEmpty else {
      throw CommandFailure("no hub; write --hub https://hub.example, or 'hub' under 'agent' in the service file")
    }
    return try texts.map { text in
      do throws(HTTPURLError) {
        return try HTTPURL(text)
      } catch {
        throw CommandFailure("--hub: \(error)")
      }
    }
  }

  private func credentials(_ file: AgentSettingsFile) throws -> (TLSOptions, tokenFile: String?) {
    let certificate = certificate ?? file.certificate
    let key = key ?? file.key
    guard (certificate == nil) == (key == nil) else {
      throw CommandFailure("--certificate and --key are given together")
    }
    let token = tokenFile ?? file.tokenFile
    guard token != nil || certificate != nil else {
      throw CommandFailure(
        "nothing says who this node is; write --token-file FILE with a token of 'curlew token --node-region', or --certificate and --key"
      )
    }
    let tls = TLSOptions(
      caFile: try (ca ?? file.ca).map(Self.absolute), certificate: try certificate.map { .file(try Self.absolute($0)) },
      key: try key.map { .file(try Self.absolute($0)) })
    return (tls, token)
  }

  private static func absolute(_ path: String) throws -> String {
    let path = path.hasPrefix("/") ? path : FileManager.default.currentDirectoryPath + "/" + path
    guard FileManager.default.isReadableFile(atPath: path) else { throw CommandFailure("'\(path)' cannot be read") }
    return path
  }

  private func labels() throws -> [String: String] {
    var labels: [String: String] = [:]
    for text in label {
      let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard parts.count == 2, !parts[0].isEmpty else {
        throw CommandFailure("--label '\(text)' is no k=v; write for example --label provider=hetzner")
      }
      labels[String(parts[0])] = String(parts[1])
    }
    return labels
  }

  private func references() throws -> [Endpoint]? {
    guard !reference.isEmpty else { return nil }
    return try reference.map { text in
      guard let endpoint = Endpoint(text) else {
        throw CommandFailure("--reference '\(text)' is no host:port; write for example --reference 1.1.1.1:53")
      }
      return endpoint
    }
  }

  private func autonomyBound() throws -> Duration? {
    guard let autonomy else { return nil }
    guard let duration = Units.duration(autonomy), duration >= .minutes(1), duration <= .days(30) else {
      throw CommandFailure("--autonomy '\(autonomy)' is no time from 1m to 30d; write for example --autonomy 24h")
    }
    return duration
  }

  private func web(_ file: ServiceFile) throws -> WebKeeper? {
    do throws(WebFault) {
      return if let path = file.web { try WebKeeper(path: path) } else { nil }
    } catch {
      throw CommandFailure(error.words)
    }
  }
}

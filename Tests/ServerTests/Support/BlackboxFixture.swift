import Blackbox
import Exposition
import Model
import Server
import Synchronization
import TestSupport

/// A server of `curlew blackbox` on a free port, whose probes are what the test says.
final class BlackboxFixture: Sendable {
  typealias Probe = @Sendable (ProbeRequest, BlackboxModule, Duration) async -> ProbeReport

  let registry = Registry()
  let asked = Mutex<[Asked]>([])
  let lines = Mutex<[String]>([])
  let reloadFailure = Mutex<String?>(nil)
  private let modules: [String: BlackboxModule]
  private let probe: Probe
  private let masks: Masks

  /// What a probe was asked for.
  struct Asked: Hashable {
    var target: String
    var hostname: String?
    var timeout: Duration
  }

  /// - Parameter probe: by default a success with one metric and one line.
  init(
    _ modules: [String: BlackboxModule]? = nil, secrets: [Secret] = [],
    probe: @escaping Probe = { _, _, _ in BlackboxFixture.report() }
  ) {
    self.modules = modules ?? ["http_2xx": BlackboxModule(prober: .http), "none": BlackboxModule()]
    self.probe = probe
    masks = Masks(Redactor(secrets))
  }

  /// A report with one metric and one line.
  static func report(failure: ProbeFailure? = nil, message: String = "Looked at it") -> ProbeReport {
    var metrics = ProbeMetrics()
    metrics.set("probe_success", help: "Displays whether or not the probe was a success", failure == nil)
    return ProbeReport(failure: failure, metrics: metrics, log: [LogEntry(.info, message, [("ip", "127.0.0.1")])])
  }

  /// Serves while `body` runs.
  func serving<Value: Sendable>(
    settings: ProbeDoor.Settings = .init(), routePrefix: String = "", externalURL: String = "http://probe.example/",
    idleTimeout: Duration = .seconds(10), _ body: @Sendable (HTTPClient) async throws -> Value
  ) async throws -> Value {
    let parts = ProbeDoor.Parts(
      modules: { [modules] in BlackboxFile(modules: modules) },
      moduleText: { "prober: \($0.prober?.rawValue ?? "")\n" },
      report: { request, module, timeout in
        self.asked.withLock {
          $0.append(Asked(target: request.target, hostname: request.hostname, timeout: timeout))
        }
        return await self.probe(request, module, timeout)
      }, log: { line in self.lines.withLock { $0.append(line.logfmt) } }, masks: masks)
    let door = try ProbeDoor(parts, settings: settings, registry: registry)
    return try await ServerFixture.serving(
      { onListening in
        try BlackboxServer(
          configuration: BlackboxConfiguration(
            listening: ListeningConfiguration(
              places: [.address(ListenAddress(host: "127.0.0.1", port: 0))], connectionLimit: 100,
              idleTimeout: idleTimeout), routePrefix: routePrefix, externalURL: externalURL, version: "1.2.3"),
          door: door, registry: self.registry, configText: { "modules: {}\n" },
          reload: { self.reloadFailure.withLock { $0 } }, logger: ServerFixture.logger, onListening: onListening)
      }, body)
  }
}

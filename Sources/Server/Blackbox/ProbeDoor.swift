package import Blackbox
package import Exposition
import HTTPTypes
package import Model

/// Answers `/probe`, `/logs` and `/config`: the same behind `curlew blackbox` and behind `curlew run`.
package struct ProbeDoor: Sendable {
  /// What the door needs of the rest of the program.
  package struct Parts: Sendable {
    /// The modules in force.
    package var modules: @Sendable () -> BlackboxFile
    /// A module as `/config` shows it, with every secret hidden.
    package var moduleText: @Sendable (BlackboxModule) -> String
    /// Probes a target by a module.
    package var report: @Sendable (ProbeRequest, BlackboxModule, Duration) async -> ProbeReport
    /// Where a probe runs; the global pool where nobody is named.
    package var executor: (@Sendable () -> any TaskExecutor)?
    /// Takes the lines of a probe that are loud enough.
    package var log: @Sendable (LogLine) -> Void
    /// What is masked in every text.
    package var masks: Masks
    package var time: any TimeSource

    /// Parts with everything said.
    package init(
      modules: @escaping @Sendable () -> BlackboxFile, moduleText: @escaping @Sendable (BlackboxModule) -> String,
      report: @escaping @Sendable (ProbeRequest, BlackboxModule, Duration) async -> ProbeReport,
      executor: (@Sendable () -> any TaskExecutor)? = nil, log: @escaping @Sendable (LogLine) -> Void = { _ in },
      masks: Masks = Masks(.none), time: any TimeSource = SystemTime()
    ) {
      self.modules = modules
      self.moduleText = moduleText
      self.report = report
      self.executor = executor
      self.log = log
      self.masks = masks
      self.time = time
    }
  }

  /// How the door behaves.
  package struct Settings: Sendable {
    /// What is taken off the scraper's timeout.
    package var timeoutOffset: Duration
    /// How many results are kept.
    package var historyLimit: Int
    package var compatibility: Compatibility
    /// From which level on the lines of probes are logged; they are on the debug page whatever it is.
    package var logLevel: LogEntry.Level

    /// Settings with everything said.
    package init(
      timeoutOffset: Duration = .milliseconds(500), historyLimit: Int = 100, compatibility: Compatibility = .mended,
      logLevel: LogEntry.Level = .error
    ) {
      self.timeoutOffset = timeoutOffset
      self.historyLimit = historyLimit
      self.compatibility = compatibility
      self.logLevel = logLevel
    }
  }

  let parts: Parts
  let settings: Settings
  let history: ProbeHistory
  private let unknownModules: Counter

  /// - Throws: when the registry has the metrics of a door already.
  package init(_ parts: Parts, settings: Settings, registry: Registry) throws(RegistrationError) {
    self.parts = parts
    self.settings = settings
    history = ProbeHistory(limit: settings.historyLimit)
    unknownModules = try registry.counter(
      "blackbox_module_unknown_total", help: "Count of unknown modules requested by probes"
    ).child()
  }

  /// The module of a request that names none.
  private static let standardModule = "http_2xx"

  // MARK: /probe

  /// Makes a probe and answers with its metrics, or with the text of its debug page.
  func probe(_ text: String?, timeout header: String?, departure: Departure?) async -> Reply {
    let query = ProbeQuery(text)
    let name = query["module"].isEmpty ? Self.standardModule : query["module"]
    guard var module = parts.modules().modules[name] else {
      unknownModules.increment()
      return .refusal("Unknown module \(GoQuote.quoted(name))")
    }
    let timeout: Duration
    do throws(ProbeTimeout.Refusal) {
      timeout = try ProbeTimeout.read(header: header, module: module.timeout, offset: settings.timeoutOffset)
    } catch {
      return .refusal("Failed to parse timeout from Prometheus header: \(error.words)", .internalServerError)
    }
    let target = target(in: query)
    guard !target.isEmpty else { return .refusal("Target parameter is missing") }
    guard let prober = module.prober else { return .refusal("Unknown prober \"\"") }
    let hostname = query["hostname"].isEmpty ? nil : query["hostname"]
    if let hostname, let conflict = module.adopt(hostname: hostname) { return .refusal(conflict) }

    let request = ProbeRequest(target: target, hostname: hostname)
    let started = parts.time.now
    let begin = parts.time.uptime
    let report = await made(request, by: module, timeout: timeout, departure)
    let metrics = report.metrics.text
    let result = ProbeResult(
      id: 0, moduleName: name, module: module, target: target, started: started, took: parts.time.uptime - begin,
      timeout: timeout, isSuccess: report.failure == nil, log: report.log, metrics: metrics)
    if settings.logLevel <= .info || (settings.logLevel <= .error && !result.isSuccess) {
      for line in ProbeText.lines(of: result, prober) where line.level >= settings.logLevel { parts.log(line) }
    }
    history.add(result)
    guard query["debug"] == "true" else { return .probe(metrics) }
    return .text(self.text(of: result))
  }

  /// Decoded once, as every parameter; blackbox_exporter decodes it twice, which turns a `+` into a space.
  private func target(in query: ProbeQuery) -> String {
    let once = query["target"]
    guard settings.compatibility == .strict else { return once }
    return PercentCoding.decoded(once, plusIsSpace: true) ?? once
  }

  private func made(
    _ request: ProbeRequest, by module: BlackboxModule, timeout: Duration, _ departure: Departure?
  ) async -> ProbeReport {
    guard let departure else { return await parts.report(request, module, timeout) }
    return await departure.cancelling(on: parts.executor?()) { [parts] in
      await parts.report(request, module, timeout)
    }
  }

  // MARK: /logs

  /// The debug page of a probe of the past.
  func logs(_ text: String?) -> Reply {
    let query = ProbeQuery(text)
    let (id, target, module) = (query["id"], query["target"], query["module"])
    if !id.isEmpty, !target.isEmpty {
      return .refusal("Probe id and target can't be defined at the same time")
    }
    if id.isEmpty, target.isEmpty {
      return .refusal("Probe id or target must be defined as http query parameters")
    }
    if !module.isEmpty, target.isEmpty {
      return .refusal("Probe module filter only works in conjunction with target parameter")
    }
    if !id.isEmpty {
      guard let number = Int(id) else { return .refusal("Probe id \(GoQuote.quoted(id)) is no number") }
      guard let result = history.result(number) else { return .refusal("Probe id not found", .notFound) }
      return .text(self.text(of: result))
    }
    let found = history.result(target: target, module: module.isEmpty ? nil : module, settings.compatibility)
    guard let found else { return .refusal("Probe target not found", .notFound) }
    return .text(self.text(of: found))
  }

  private func text(of result: ProbeResult) -> String {
    parts.masks.current.redact(ProbeText.page(of: result, module: parts.moduleText(result.module)))
  }
}

extension BlackboxModule {
  /// Takes over the `hostname` of a request: the `Host` of HTTP, and the name in TLS for tcp.
  ///
  /// - Returns: why it cannot be, in blackbox_exporter's words.
  fileprivate mutating func adopt(hostname: String) -> String? {
    switch prober {
    case .http:
      if let own = http.headers.first(where: { $0.name.lowercased() == "host" && $0.value != hostname }) {
        return "host header defined both in module configuration (\(own.value)) and with URL-parameter 'hostname' "
          + "(\(hostname))"
      }
      http.headers.removeAll { $0.name.lowercased() == "host" }
      http.headers.append((name: "Host", value: hostname))
    case .tcp: if tcp.tls.serverName == nil { tcp.tls.serverName = hostname }
    default: break
    }
    return nil
  }
}

extension Reply {
  /// The media type of metrics at blackbox_exporter 0.28. Protobuf is not offered: every scraper reads text.
  fileprivate static let probeType = MediaType.other("text/plain; version=0.0.4; charset=utf-8; escaping=underscores")

  /// The metrics of a probe.
  fileprivate static func probe(_ metrics: [UInt8]) -> Reply { Reply(type: probeType, bytes: metrics) }

  /// All metrics of a registry in the format of a probe's.
  static func ownMetrics(_ registry: Registry) -> Reply {
    Reply(type: probeType, bytes: registry.render(.prometheus))
  }

  /// A line that says what is wrong with a request, with a line end as Go's http.Error writes it.
  static func refusal(_ words: String, _ status: HTTPResponse.Status = .badRequest) -> Reply {
    .text(words + "\n", status: status)
  }
}

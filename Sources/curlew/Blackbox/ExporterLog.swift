import ArgumentParser
import Blackbox
import Logging
import Model
import Server

/// The flags of blackbox_exporter that say what is logged.
struct ExporterLogOptions: ParsableArguments {
  /// `--log.format`.
  enum Format: String, ExpressibleByArgument, CaseIterable, Sendable {
    case logfmt, json
  }

  @Option(name: .customLong("log.level"), help: "debug, info, warn or error.")
  var logLevel = LogEntry.Level.info

  @Option(name: .customLong("log.format"), help: "logfmt or json.")
  var logFormat = Format.logfmt

  @Option(
    name: .customLong("log.prober"),
    help: ArgumentHelp(
      "From which level on the lines of probes are logged: debug, info, warn or error; at info, those of failures.",
      valueName: "level"))
  var logProber = "info"

  var level: LogEntry.Level { logLevel }
  var format: Format { logFormat }

  /// The level of `--log.prober`; a word that is none is warned of, and changes nothing.
  ///
  /// At `info` a probe that succeeds is silent: a line for each step of each probe would be most of what the process does.
  func proberLevel(_ log: ExporterLog) -> LogEntry.Level {
    guard let level = LogEntry.Level(rawValue: logProber.lowercased()) else {
      log.write(
        .warn, "Error setting log prober level, log prober level unchanged",
        [("err", "unrecognized log level \(logProber)"), ("current_level", "info")])
      return .error
    }
    return level == .info ? .error : level == .debug ? .info : level
  }
}

extension LogEntry.Level: ArgumentParser.ExpressibleByArgument {}

/// Log lines in blackbox_exporter's shape on standard error.
struct ExporterLog: Sendable {
  let format: ExporterLogOptions.Format
  let level: LogEntry.Level
  /// What is masked in every line, whoever wrote it.
  let masks: Masks

  /// Writes a line if it is loud enough.
  func write(_ level: LogEntry.Level, _ message: String, _ fields: [(String, String)] = []) {
    guard level >= self.level else { return }
    write(LogLine(time: SystemTime().now, level: level, message: message, fields: fields))
  }

  /// Writes a line at level info.
  func info(_ message: String, _ fields: [(String, String)] = []) { write(.info, message, fields) }

  /// Writes a line whatever its level is.
  func write(_ line: LogLine) {
    Terminal.standardError.write(masks.current.redact(format == .json ? line.json : line.logfmt) + "\n")
  }

  /// What ends the program with exit code 1, after a line that says why.
  func failure(_ message: String, _ cause: String) -> ExitCode {
    write(.error, message, [("err", cause)])
    return ExitCode(1)
  }

  /// A logger for the parts that know swift-log.
  var logger: Logger {
    Logger(label: "curlew") { _ in Handler(log: self) }
  }

  private struct Handler: LogHandler {
    let log: ExporterLog
    var metadata: Logger.Metadata = [:]
    var logLevel: Logger.Level

    init(log: ExporterLog) {
      self.log = log
      logLevel =
        switch log.level {
        case .debug: .debug
        case .info: .info
        case .warn: .warning
        case .error: .error
        }
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
      get { metadata[key] }
      set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
      let fields = metadata.merging(event.metadata ?? [:]) { $1 }.sorted { $0.key < $1.key }
      let level: LogEntry.Level =
        switch event.level {
        case .trace, .debug: .debug
        case .info, .notice: .info
        case .warning: .warn
        case .error, .critical: .error
        }
      log.write(level, "\(event.message)", fields.map { ($0.key, "\($0.value)") })
    }
  }
}

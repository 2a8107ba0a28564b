import Logging
import Model

/// The logs of programs that go on until they are stopped.
enum DaemonLog {
  /// To standard error, with every secret masked.
  static func logger(_ settings: ServiceSettings, redactedBy masks: Masks) -> Logger {
    logger(format: settings.logFormat, level: settings.logLevel, redactedBy: masks)
  }

  /// In a format, from a level on.
  static func logger(format: LogFormat, level: Logger.Level, redactedBy masks: Masks) -> Logger {
    Logger(label: "curlew") { label in
      StandardErrorLog(label: label, format: format, level: level) {
        masks.current.redact($0)
      }
    }
  }

  /// For a service group, which speaks of its own parts: that is for developers.
  static var quiet: Logger { Logger(label: "services") { _ in SwiftLogNoOpLogHandler() } }
}

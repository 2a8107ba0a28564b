import ArgumentParser
import Blackbox
import Foundation
import Logging
import Model
import Server
import UnixSignals

/// `curlew blackbox`: blackbox_exporter's flags, endpoints and log lines. It is what runs as well when the binary is called
/// by the name `blackbox_exporter`.
struct BlackboxCommand: AsyncParsableCommand {
  /// The name under which the binary is this command alone.
  static let programName = "blackbox_exporter"

  static let configuration = CommandConfiguration(
    commandName: "blackbox", abstract: "Serves /probe in place of blackbox_exporter, with its flags and its file.",
    discussion: """
      Booleans are turned off with --no- in front of their name. SIGHUP and POST /-/reload read the file anew.
      docs/blackbox.md says what differs from blackbox_exporter, and what --compat=strict brings back.
      """,
    version: "\(programName), version \(Version.text) (curlew)")

  @Option(
    name: .customLong("config.file"), help: ArgumentHelp("Blackbox exporter configuration file.", valueName: "file"))
  var configFile = "blackbox.yml"

  @Flag(
    name: .customLong("config.check"), inversion: .prefixedNo, help: "Validates the configuration file and exits.")
  var configCheck = false

  @Flag(
    name: .customLong("config.enable-auto-reload"), inversion: .prefixedNo,
    help: "Reads the configuration file anew when it has changed.")
  var enableAutoReload = false

  @Option(
    name: .customLong("config.auto-reload-interval"),
    help: ArgumentHelp("How often a change is looked for, in seconds.", valueName: "seconds"))
  var autoReloadInterval: UInt32 = 30

  @Option(
    name: .customLong("timeout-offset"),
    help: ArgumentHelp("Taken off the scraper's timeout, in seconds.", valueName: "seconds"))
  var timeoutOffset = 0.5

  @Option(
    name: .customLong("history.limit"),
    help: ArgumentHelp("How many results are kept, and how many failures beside them.", valueName: "count"))
  var historyLimit: UInt32 = 100

  @OptionGroup var web: WebOptions
  @OptionGroup var log: ExporterLogOptions
  @OptionGroup var policy: TargetPolicyOptions

  @Option(help: "mended, or strict: faults of blackbox_exporter that a dashboard could depend on stay.")
  var compat = CompatibilityArgument.mended

  func run() async throws {
    let hangups = await UnixSignalsSequence(trapping: .sighup)
    let masks = Masks(.none)
    let log = ExporterLog(format: log.format, level: log.level, masks: masks)
    guard timeoutOffset.isFinite, abs(timeoutOffset) <= 86_400 else {
      throw log.failure("Error parsing flags", "--timeout-offset=\(timeoutOffset) is no number of seconds within a day")
    }
    log.info("Starting blackbox_exporter", [("version", "(version=\(Version.text), curlew)")])
    let modules = try moduleKeeper(log, masks)
    if configCheck {
      log.info("Config file is ok exiting...")
      return
    }
    log.info("Loaded config file")
    let policy = try policy.policy()
    let web = try web.settings(log)
    let daemon = BlackboxDaemon(
      web: web, modules: modules, policy: policy, log: log, masks: masks, hangups: hangups,
      autoReload: enableAutoReload ? .seconds(max(1, Int64(autoReloadInterval))) : nil,
      settings: ProbeDoor.Settings(
        timeoutOffset: .seconds(timeoutOffset), historyLimit: Int(historyLimit), compatibility: compat.value,
        logLevel: self.log.proberLevel(log)))
    try await daemon.run()
  }

  private func moduleKeeper(_ log: ExporterLog, _ masks: Masks) throws -> ModuleKeeper {
    do throws(ModuleFileFault) {
      return try ModuleKeeper(path: configFile, masks: masks, log: log)
    } catch {
      throw log.failure("Error loading config", error.words)
    }
  }
}

/// `--compat`.
enum CompatibilityArgument: String, ExpressibleByArgument, CaseIterable, Sendable {
  case mended, strict

  var value: Compatibility { self == .strict ? .strict : .mended }
}

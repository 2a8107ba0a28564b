import Blackbox
import Documents
import Exposition
import Model
import Server
import Synchronization
import Transport

/// The module file in force. It is swapped as a whole, or not at all.
final class ModuleKeeper: Sendable {
  private struct State {
    var file: BlackboxFile
    /// Of the file in force: what is the same is not read again.
    var bytes: [UInt8]
    /// Of the file that was read last, whether or not it could be put in force.
    var stamp: FileStamp?
  }

  private let path: String
  private let masks: Masks
  private let log: ExporterLog?
  private let state: Mutex<State>
  private let turns = Turns<String?>()
  private let gauges = Mutex<Gauges?>(nil)

  private struct Gauges {
    var succeeded: Gauge
    var moment: Gauge
  }

  /// Reads the file.
  ///
  /// - Parameters:
  ///   - masks: told of the file's secrets.
  ///   - log: told of reloads; nil where somebody else tells of them.
  init(path: String, masks: Masks, log: ExporterLog? = nil) throws(ModuleFileFault) {
    self.path = path
    self.masks = masks
    self.log = log
    let stamp = FileStamp(path)
    let bytes = try Self.bytes(of: path)
    let reading = try ModuleFileReader.read(bytes, path: path)
    for warning in reading.warnings { log?.write(.warn, warning) }
    masks.add(reading.secrets)
    state = Mutex(State(file: reading.file, bytes: bytes, stamp: stamp))
  }

  /// Whether the file is another one than when it was last looked at.
  var looksDifferent: Bool {
    let stamp = FileStamp(path)
    return state.withLock { $0.stamp != stamp }
  }

  /// The modules in force.
  var file: BlackboxFile { state.withLock { $0.file } }

  /// Shows the outcome of reloads as metrics; the file that was read first is the first outcome.
  func register(in registry: Registry) throws(RegistrationError) {
    let succeeded = try registry.gauge(
      "blackbox_exporter_config_last_reload_successful", help: "Blackbox exporter config loaded successfully.")
    let moment = try registry.gauge(
      "blackbox_exporter_config_last_reload_success_timestamp_seconds",
      help: "Timestamp of the last successful configuration reload.", unit: "seconds")
    let gauges = Gauges(succeeded: succeeded.child(), moment: moment.child())
    self.gauges.withLock { $0 = gauges }
    record(succeeded: true)
  }

  /// Reads the file anew, and puts it in force if it is right.
  ///
  /// - Returns: what is wrong with it, or nil.
  func reload() async -> String? {
    await turns.take { await self.readAnew() }
  }

  /// Reads the file anew if it has changed since it was put in force.
  func reloadIfChanged() async {
    if let bytes = try? Self.bytes(of: path), state.withLock({ $0.bytes == bytes }) {
      log?.write(.debug, "Configuration checksum check passed. No changes detected.")
      return
    }
    log?.info("Configuration file change detected, reloading the configuration.")
    _ = await reload()
  }

  @concurrent
  private func readAnew() async -> String? {
    let stamp = FileStamp(path)
    state.withLock { $0.stamp = stamp }
    do throws(ModuleFileFault) {
      let bytes = try Self.bytes(of: path)
      if state.withLock({ $0.bytes != bytes }) {
        let reading = try ModuleFileReader.read(bytes, path: path)
        for warning in reading.warnings { log?.write(.warn, warning) }
        masks.add(reading.secrets)
        state.withLock { $0 = State(file: reading.file, bytes: bytes, stamp: stamp) }
      }
    } catch {
      record(succeeded: false)
      log?.write(.error, "Error reloading config", [("err", error.words)])
      return error.words
    }
    record(succeeded: true)
    log?.info("Reloaded config file")
    return nil
  }

  private func record(succeeded: Bool) {
    gauges.withLock { gauges in
      gauges?.succeeded.set(succeeded ? 1 : 0)
      if succeeded { gauges?.moment.set(Double(SystemTime().now.nanosecondsSinceEpoch) / 1e9) }
    }
  }

  private static func bytes(of path: String) throws(ModuleFileFault) -> [UInt8] {
    do throws(FileProblem) {
      return try DiskFiles().read(path, limit: BlackboxFile.sizeLimit)
    } catch {
      throw ModuleFileFault(words: "error reading config file: open \(path): \(error)")
    }
  }
}

/// Why a module file cannot be used, as a log line and an answer to `/-/reload` show it.
struct ModuleFileFault: Error, Hashable {
  var words: String
}

import Logging
import Model
import Scenarios
import Scheduling
import Server

/// Everything that the daemon must know, after flags, service file and defaults were laid over each other.
struct ServiceSettings {
  var files: [String]
  var listen: ListenAddress
  var store: String
  var region: String
  var retention: HistoryRetention
  var limits: ConcurrencyLimits
  var probing: ProbingSettings
  /// TLS, and who may ask.
  var web: WebKeeper?
  /// The module file behind `/probe`.
  var modules: String?
  /// What `/probe` may reach.
  var policy = TargetPolicy()
  /// How much may be excluded afterwards; nil where nothing bounds it.
  var exclusionCap: ExclusionCap?
  /// When months are closed; nil where they are not by themselves.
  var monthClosing: MonthClosing?
  var logFormat: LogFormat
  var logLevel: Logger.Level
  /// The pages and tokens of the service file.
  var service = ServiceFileKeeper(ServiceFile(), path: nil)
}

import Agent
import Logging
import Model
import Scenarios
import Scheduling
import Server
import Transport

/// Everything that `curlew agent` must know, after flags, service file and defaults were laid over each other.
struct AgentSettings {
  /// The hub's URL, or those of its replicas.
  var hubs: [HTTPURL]
  var name: String
  var region: String
  var labels: [String: String]
  /// The file that holds the token; nil where the certificate says who the node is.
  var tokenFile: String?
  /// Trusted authorities, and the node's certificate.
  var tls: TLSOptions
  var spool: String
  var spoolSettings: Spool.Settings
  var autonomy: Duration
  /// Tried around failing runs; the hub is one of them, however many replicas it has.
  var references: [Reference]
  var listen: ListenAddress
  var web: WebKeeper?
  var limits: ConcurrencyLimits
  var probing: ProbingSettings
  var logFormat: LogFormat
  var logLevel: Logger.Level
}

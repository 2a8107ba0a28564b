import Expressions
import Model

/// What `env` and `secrets` hold for the checks of one file.
struct FixedValues {
  /// The environment variables that are set.
  let environment: [String: String]
  /// The same, as expressions see them.
  let environmentValue: MapValue
  /// In order.
  let secretNames: [String]
  /// Secrets, as expressions see them.
  let secretsValue: MapValue

  /// - Parameter environmentValue: made once for all files.
  init(environment: [String: String], environmentValue: MapValue, secrets: [String: Secret]) {
    self.environment = environment
    self.environmentValue = environmentValue
    secretNames = secrets.keys.sorted()
    secretsValue = MapValue(secrets.mapValues { .string($0.exposedValue) })
  }
}

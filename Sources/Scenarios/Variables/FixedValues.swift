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
  /// Whether values may be missing that no check here needs: what cannot be computed for want of them is no fault.
  let isPartial: Bool
  /// Whether values are picked out for nodes by the names that are written.
  let isForNodes: Bool

  /// - Parameter environmentValue: made once for all files.
  init(
    environment: [String: String], environmentValue: MapValue, secrets: [String: Secret], isPartial: Bool = false,
    isForNodes: Bool = false
  ) {
    self.isPartial = isPartial
    self.isForNodes = isForNodes
    self.environment = environment
    self.environmentValue = environmentValue
    secretNames = secrets.keys.sorted()
    secretsValue = MapValue(secrets.mapValues { .string($0.exposedValue) })
  }
}

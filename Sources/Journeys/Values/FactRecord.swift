package import Expressions
package import Model

/// Facts as a report shows them: durations in seconds, moments as RFC 3339, bytes as base64, and no body but what was kept
/// of a failed step's.
package enum FactRecord {
  /// Names that repeat the body, or are made of it.
  private static let derivedFromBody: Set<String> = ["body_bytes", "json", "received_bytes"]

  /// Names that are left out where a record kept nothing of them.
  private static let bodies: Set<String> = ["body", "received", "stdout", "stderr"]

  /// All facts as one map.
  ///
  /// - Parameters:
  ///   - facts: what was seen, masked already.
  ///   - attempt: which attempt it was, counted from 1.
  ///   - moment: when the exchange was over, against which expiry is counted.
  package static func value(of facts: Facts, attempt: Int, at moment: Timestamp) -> Value {
    let bindings = FactBindings(Observation(facts: facts), attempt: attempt, now: moment)
    var members: [(String, Value)] = []
    for name in bindings.names where !derivedFromBody.contains(name) {
      // A fact that cannot be told, such as one that a failure kept from being seen, is left out.
      guard let value = try? bindings.value(of: name) else { continue }
      if bodies.contains(name), value.asString?.isEmpty ?? true { continue }
      members.append((name, plain(value)))
    }
    return .map(MapValue(members))
  }

  private static func plain(_ value: Value) -> Value {
    switch value {
    case .duration(let duration): .double(duration.seconds)
    case .list(let items): .list(items.map(plain))
    case .map(let map): .map(MapValue(map.names.compactMap { name in map[name].map { (name, plain($0)) } }))
    default: value
    }
  }
}

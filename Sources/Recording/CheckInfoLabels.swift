import Exposition
import Model

/// The labels of `curlew_check_info`: every check has the names that any of them has, empty where it does not say, so
/// that all series of the metric have the same label names.
struct CheckInfoLabels {
  private let names: [String]

  /// Knows the label names of all these checks.
  init(_ checks: some Sequence<Check>) {
    names = Set(checks.flatMap { $0.labels.keys }).sorted()
  }

  /// The labels of one of them.
  func labels(of check: Check) -> Labels {
    var values = [
      "check": check.id.text, "name": check.name, "group": check.group ?? "", "kind": check.kind.rawValue,
    ]
    let own = Set(values.keys)
    for name in names {
      let valid = Self.valid(name, besides: own)
      // Of two labels that come out alike, the one that this check has is shown.
      if let value = check.labels[name] {
        values[valid] = value
      } else if values[valid] == nil {
        values[valid] = ""
      }
    }
    // The names were made valid above, and a dictionary has no name twice; so the other way is never taken.
    return (try? Labels(values.map { (name: $0.key, value: $0.value) })) ?? ["check": check.id.text]
  }

  /// A label name of Prometheus: what it does not allow becomes `_`, and a name that is ours, or reserved, gets
  /// `exported_` before it, as Prometheus itself does on a clash.
  private static func valid(_ name: String, besides own: Set<String>) -> String {
    var scalars = String.UnicodeScalarView()
    for scalar in name.unicodeScalars {
      let isAllowed = scalar == "_" || (scalar.isASCII && (scalar.properties.isAlphabetic || "0"..."9" ~= scalar))
      scalars.append(isAllowed ? scalar : "_")
    }
    let text = String(scalars)
    return !own.contains(text) && Labels.isValidName(text) ? text : "exported_" + text
  }
}

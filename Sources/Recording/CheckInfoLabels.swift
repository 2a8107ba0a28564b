import Exposition
import Model

/// The labels of `curlew_check_info`: every check has the names that any of them has, empty where it does not say, so
/// that all series of the metric have the same label names.
struct CheckInfoLabels {
  /// Those of no user's label.
  private static let own: Set<String> = ["check", "name", "group", "kind"]
  private let names: [(written: String, shown: String)]

  /// Knows the label names of all these checks.
  init(_ checks: some Sequence<Check>) {
    names = Set(checks.lazy.flatMap { $0.labels.keys }).sorted().map { ($0, Self.valid($0)) }
  }

  /// The labels of one of them.
  func labels(of check: Check) -> Labels {
    var values = [
      "check": check.id.text, "name": check.name, "group": check.group ?? "", "kind": check.kind.rawValue,
    ]
    let labels = check.labels
    for name in names {
      // Of two labels that come out alike, the one that this check has is shown.
      if let value = labels[name.written] {
        values[name.shown] = value
      } else if values[name.shown] == nil {
        values[name.shown] = ""
      }
    }
    // The names were made valid above, and a dictionary has no name twice; so the other way is never taken.
    return (try? Labels(values.map { (name: $0.key, value: $0.value) })) ?? ["check": check.id.text]
  }

  /// A label name of Prometheus: what it does not allow becomes `_`, and a name that is ours, or reserved, gets
  /// `exported_` before it, as Prometheus itself does on a clash.
  private static func valid(_ name: String) -> String {
    var scalars = String.UnicodeScalarView()
    for scalar in name.unicodeScalars {
      let isAllowed = scalar == "_" || (scalar.isASCII && (scalar.properties.isAlphabetic || "0"..."9" ~= scalar))
      scalars.append(isAllowed ? scalar : "_")
    }
    let text = String(scalars)
    return !own.contains(text) && Labels.isValidName(text) ? text : "exported_" + text
  }
}

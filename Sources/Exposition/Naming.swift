/// The name grammar that text format 0.0.4 and OpenMetrics 1.0 have in common.
///
/// <https://prometheus.io/docs/concepts/data_model/#metric-names-and-labels>
enum Naming {
  /// `[a-zA-Z_:][a-zA-Z0-9_:]*`
  static func isMetricName(_ name: String) -> Bool {
    matches(name) { $0 == UInt8(ascii: ":") }
  }

  /// `[a-zA-Z_][a-zA-Z0-9_]*`
  static func isLabelName(_ name: String) -> Bool {
    matches(name) { _ in false }
  }

  /// The labels that the formats themselves write; a metric's own label of that name would make its series ambiguous.
  static let reservedLabels: Set<String> = ["le", "quantile"]

  /// Refuses what is no label name, with the reason that fits.
  static func checkLabel(_ name: String) throws(RegistrationError) {
    guard isLabelName(name) else {
      throw RegistrationError(
        .invalidLabelName,
        "label name \"\(name)\" is not valid: use letters, digits and \"_\", and do not begin with a digit")
    }
    guard !name.hasPrefix("__") else {
      throw RegistrationError(
        .invalidLabelName,
        "label name \"\(name)\" is not valid: Prometheus keeps names that begin with \"__\" to itself")
    }
    guard !reservedLabels.contains(name) else {
      throw RegistrationError(
        .invalidLabelName,
        "label name \"\(name)\" is not valid: histograms and summaries write \"le\" and \"quantile\" themselves; rename it"
      )
    }
  }

  private static func matches(_ name: String, allowing extra: (UInt8) -> Bool) -> Bool {
    var isFirst = true
    for byte in name.utf8 {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"):
        break
      case UInt8(ascii: "0")...UInt8(ascii: "9"):
        if isFirst { return false }
      default:
        if !extra(byte) { return false }
      }
      isFirst = false
    }
    return !isFirst
  }
}

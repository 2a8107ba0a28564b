import Model

/// Rules of Prometheus that are evaluated together, one after the other
/// (https://prometheus.io/docs/prometheus/latest/configuration/recording_rules/).
struct RuleGroup {
  var name: String
  /// How often; nil for what the server is set to.
  var interval: Duration?
  var rules: [Rule]
}

/// One rule.
struct Rule {
  enum Kind {
    case record(String)
    case alert(String, for: Duration?)
  }

  var kind: Kind
  var expression: String
  var labels: [(name: String, value: String)] = []
  var annotations: [(name: String, value: String)] = []

  static func record(_ name: String, _ expression: String) -> Rule { Rule(kind: .record(name), expression: expression) }

  static func alert(
    _ name: String, _ severity: BurnPair.Severity, for wait: Duration? = nil, _ expression: String,
    labels: [(name: String, value: String)] = [], summary: String, description: String
  ) -> Rule {
    Rule(
      kind: .alert(name, for: wait), expression: expression, labels: [("severity", severity.rawValue)] + labels,
      annotations: [("summary", summary), ("description", description)])
  }
}

/// Rules as text.
enum RuleText {
  /// A file of rules.
  static func file(_ groups: [RuleGroup], comment: String) -> String {
    var text = "# \(comment)\ngroups:\n"
    for group in groups {
      text += "  - name: \(group.name)\n"
      if let interval = group.interval { text += "    interval: \(Units.text(of: interval))\n" }
      text += "    rules:\n"
      for rule in group.rules { text += self.rule(rule) }
    }
    return text
  }

  private static func rule(_ rule: Rule) -> String {
    var text = ""
    switch rule.kind {
    case .record(let name): text += "      - record: \(name)\n"
    case .alert(let name, let wait):
      text += "      - alert: \(name)\n"
      if let wait { text += "        for: \(Units.text(of: wait))\n" }
    }
    text += "        expr: |-\n"
    for line in rule.expression.split(separator: "\n") { text += "          \(line)\n" }
    for (key, fields) in [("labels", rule.labels), ("annotations", rule.annotations)] where !fields.isEmpty {
      text += "        \(key):\n"
      for field in fields { text += "          \(field.name): \(quoted(field.value))\n" }
    }
    return text
  }

  /// A text in double quotes, as YAML and PromQL both read it.
  static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"", "\\": result += "\\\(scalar)"
      case "\n": result += "\\n"
      case "\t": result += "\\t"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }

  /// A number without a fraction that says nothing.
  static func number(_ value: Double) -> String {
    value == value.rounded() && abs(value) < 1e15 ? String(Int64(value)) : "\(value)"
  }

  /// A share as a percentage, exact to what people write.
  static func percent(_ share: Double) -> String { "\(number((share * 1e8).rounded() / 1e6)) %" }
}

import Expressions
import Model
import Scenarios

/// The checks in force as YAML, for `/config`: what is watched and when, without what is sent.
enum ScenarioText {
  static func yaml(of scenario: Scenario) -> String {
    var text = "checks:\n"
    for check in scenario.checks.map(\.check) {
      text += "  - id: \(check.id)\n"
      text += "    name: \(JSON.quote(check.name))\n"
      if let group = check.group { text += "    group: \(JSON.quote(group))\n" }
      if !check.labels.isEmpty {
        let labels = check.labels.sorted { $0.key < $1.key }.map { "\($0.key): \(JSON.quote($0.value))" }
        text += "    labels: {\(labels.joined(separator: ", "))}\n"
      }
      text += "    kind: \(check.kind.rawValue)\n"
      text += "    every: \(Units.text(of: check.interval))\n"
      if let heartbeat = check.heartbeat {
        text += "    grace: \(Units.text(of: heartbeat.grace))\n"
      } else {
        text += "    timeout: \(Units.text(of: check.timeout))\n"
      }
      if let regions = check.regions { text += "    regions: [\(regions.map(JSON.quote).joined(separator: ", "))]\n" }
      if !check.isEnabled { text += "    enabled: false\n" }
      text += "    # \(check.location)\n"
    }
    return scenario.redactor.redact(text)
  }
}

import Documents
import Model

/// After how many failures Gatus told somebody: what opens and closes an incident here.
struct GatusAlerts {
  private let node: YAMLNode?

  init(_ node: YAMLNode?) {
    self.node = node
  }

  /// The policy of an endpoint: the quickest of its alerts decides.
  func policy(of endpoint: YAMLNode) -> [Tree.Entry] {
    let alerts = endpoint.items("alerts").filter { $0.flag("enabled") != false }
    guard !alerts.isEmpty else { return [] }
    let failures = alerts.map { threshold("failure-threshold", of: $0) ?? 3 }.min() ?? 3
    let successes = alerts.map { threshold("success-threshold", of: $0) ?? 2 }.min() ?? 2
    return [
      .entry("open_after", .plain(String(min(max(1, failures), 1000)))),
      .entry("close_after", .plain(String(min(max(1, successes), 1000)))),
    ]
  }

  private func threshold(_ key: String, of alert: YAMLNode) -> Int? {
    let provider = alert.text("type").flatMap { node?.entry(named: $0)?.value.entry(named: "default-alert")?.value }
    return (alert.text(key) ?? provider?.text(key)).flatMap { Int($0) }
  }

  /// Lists whom Gatus told.
  func note(in draft: inout ScenarioDraft) {
    guard let node, case .mapping(let providers) = node.content, !providers.isEmpty else { return }
    draft.note(
      "alerts by \(providers.map(\.name).joined(separator: ", ")) are not carried over: they belong to Alertmanager, and "
        + "`curlew rules` writes the rules; how many failures they waited for is in open_after and close_after",
      line: node.line)
  }
}

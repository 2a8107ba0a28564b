import Documents
import Expressions
import Model

/// One entry of `relabel_configs`: how Prometheus makes labels of a target out of other labels.
///
/// https://prometheus.io/docs/prometheus/latest/configuration/configuration/#relabel_config
struct RelabelRule: Sendable {
  /// What it does. `hashmod` is missing: which of several servers scrapes a target is nothing for a scenario.
  enum Action: String, CaseIterable, Sendable {
    case replace, keep, drop, keepequal, dropequal, labelmap, labeldrop, labelkeep, lowercase, uppercase
  }

  var action = Action.replace
  var sourceLabels: [String] = []
  var separator = ";"
  /// Anchored at both ends.
  var pattern: RegularExpression?
  /// May hold groups of the pattern, as may `replacement`.
  var targetLabel = ""
  var replacement = "$1"

  /// Applies the rule to the labels of a target; false takes the target away.
  func apply(to labels: inout [String: String]) -> Bool {
    let value = sourceLabels.map { labels[$0] ?? "" }.joined(separator: separator)
    switch action {
    case .keep: return match(value) != nil
    case .drop: return match(value) == nil
    case .keepequal: return value == labels[targetLabel] ?? ""
    case .dropequal: return value != labels[targetLabel] ?? ""
    case .lowercase: set(targetLabel, to: value.lowercased(), in: &labels)
    case .uppercase: set(targetLabel, to: value.uppercased(), in: &labels)
    case .labeldrop: labels = labels.filter { match($0.key) == nil }
    case .labelkeep: labels = labels.filter { match($0.key) != nil }
    case .labelmap:
      for (name, value) in labels {
        if let groups = match(name) { set(groups.expanding(replacement), to: value, in: &labels) }
      }
    case .replace:
      guard let groups = match(value) else { break }
      set(groups.expanding(targetLabel), to: groups.expanding(replacement), in: &labels)
    }
    return true
  }

  /// A label without a value is none.
  private func set(_ name: String, to value: String, in labels: inout [String: String]) {
    guard !name.isEmpty else { return }
    labels[name] = value.isEmpty ? nil : value
  }

  private func match(_ text: String) -> MatchedGroups? {
    // Without a pattern it is `(.*)`.
    guard let pattern else { return MatchedGroups(numbered: [text, text], named: [:]) }
    guard let match = pattern.firstMatch(in: text) else { return nil }
    let bytes = Array(text.utf8)
    let groups = match.groups.map { $0.map { String(decoding: bytes[$0], as: UTF8.self) } ?? "" }
    return MatchedGroups(
      numbered: groups, named: pattern.groupNames.compactMapValues { groups.indices.contains($0) ? groups[$0] : nil })
  }
}

/// What a pattern's groups matched.
private struct MatchedGroups {
  /// The whole match first.
  var numbered: [String]
  var named: [String: String]

  /// The text with its references replaced.
  func expanding(_ text: String) -> String {
    GroupReferences.expand(text) { name in
      guard let number = Int(name) else { return named[name] ?? "" }
      return numbered.indices.contains(number) ? numbered[number] : ""
    }
  }
}

extension RelabelRule {
  /// Reads an entry.
  ///
  /// - Throws: what is wrong with it, or not carried over.
  init(_ node: YAMLNode) throws(RelabelProblem) {
    func text(_ key: String) -> String? { node.entry(named: key)?.value.scalarText }
    if let word = text("action") {
      guard let action = Action(rawValue: word.lowercased()) else {
        throw RelabelProblem(message: "the action '\(word)' is not carried over, and its entry is left out", node: node)
      }
      self.action = action
    }
    if case .sequence(let items)? = node.entry(named: "source_labels")?.value.content {
      sourceLabels = items.compactMap(\.scalarText)
    }
    separator = node.entry(named: "separator")?.value.text ?? separator
    targetLabel = text("target_label") ?? ""
    replacement = node.entry(named: "replacement")?.value.text ?? replacement
    if let source = node.entry(named: "regex")?.value.text {
      do {
        pattern = try RegularExpression("^(?s:\(source))$")
      } catch {
        throw RelabelProblem(message: error.description, node: node)
      }
    }
  }
}

/// Why an entry of `relabel_configs` cannot be used.
struct RelabelProblem: Error {
  var message: String
  var node: YAMLNode
}

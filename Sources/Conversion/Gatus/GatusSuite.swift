import Documents
import Model

/// A suite of Gatus as a journey: its context becomes variables, what a step stores becomes captures.
struct GatusSuite {
  private static let usualInterval = Duration.minutes(10)
  private static let usualTimeout = Duration.minutes(5)

  private let node: YAMLNode

  init(_ node: YAMLNode) {
    self.node = node
  }

  func addCheck(to draft: inout ScenarioDraft) {
    let (name, group) = (node.text("name") ?? "suite", node.text("group"))
    let endpoints = node.items("endpoints")
    guard !endpoints.isEmpty else {
      draft.note("the suite '\(name)' has no endpoints, and is left out", line: node.line)
      return
    }
    var check = CheckDraft(id: draft.ids.checkID(CheckNames.gatus(group: group, name: name)))
    var entries = GatusConverter.identity(node, name: name, group: group)
    let interval = max(node.duration("interval") ?? Self.usualInterval, .seconds(1))
    let timeout = min(node.duration("timeout") ?? Self.usualTimeout, interval)
    entries.append(.entry("every", .plain(Units.text(of: interval))))
    entries.append(.entry("timeout", .plain(Units.text(of: timeout))))
    entries.append(.entry("journey", .map(journey(endpoints, on: &check, draft: &draft))))
    check.entries = entries
    draft.checks.append(check)
  }

  private func journey(
    _ endpoints: [YAMLNode], on check: inout CheckDraft, draft: inout ScenarioDraft
  ) -> [Tree.Entry] {
    var names = Names()
    var context: [String: String] = [:]
    var variables: [Tree.Entry] = []
    if case .mapping(let entries)? = node.entry(named: "context")?.value.content {
      for entry in entries {
        let name = names.unique(CELText.name(entry.name), joined: "_")
        context[entry.name] = name
        variables.append(.entry(name, value(entry.value, named: entry.name, draft: &draft)))
      }
    }
    // What a step stores is known to all: one that is asked for too soon is an error of the run.
    for endpoint in endpoints {
      for field in endpoint.fields("store") where context[field.name] == nil {
        context[field.name] = names.unique(CELText.name(field.name), joined: "_")
      }
    }
    var steps: [Tree] = []
    var cleanup: [Tree] = []
    let lastNeeded = endpoints.lastIndex { $0.flag("always-run") != true } ?? -1
    var stepNames = Names()
    for (index, node) in endpoints.enumerated() where node.flag("enabled") != false {
      let endpoint = GatusEndpoint(node, context: context)
      guard let probe = endpoint.probe(on: &check, draft: &draft) else { continue }
      let wanted = CELText.name(CheckNames.base(of: endpoint.name))
      var entries: [Tree.Entry] = [
        .entry("step", .text(TemplateText(stepNames.unique(wanted, joined: "_")))),
        .entry("timeout", .plain(Units.text(of: endpoint.timeout))), probe,
      ]
      let captures = self.captures(node, context: context, on: &check, draft: &draft)
      if !captures.isEmpty { entries.append(.entry("capture", .map(captures))) }
      let isCleanup = node.flag("always-run") == true
      if isCleanup, index < lastNeeded {
        draft.note(
          "the step '\(endpoint.name)' runs always and is not the last: here it runs while those before it are good",
          line: node.line, on: &check)
      }
      if isCleanup, index > lastNeeded { cleanup.append(.map(entries)) } else { steps.append(.map(entries)) }
    }
    // A journey needs a step.
    if steps.isEmpty { (steps, cleanup) = (cleanup, []) }
    var journey: [Tree.Entry] = variables.isEmpty ? [] : [.entry("variables", .map(variables))]
    journey.append(.entry("steps", .list(steps)))
    if !cleanup.isEmpty { journey.append(.entry("finally", .list(cleanup))) }
    return journey
  }

  private func captures(
    _ node: YAMLNode, context: [String: String], on check: inout CheckDraft, draft: inout ScenarioDraft
  ) -> [Tree.Entry] {
    node.fields("store").compactMap { name, placeholder in
      guard let variable = context[name] else { return nil }
      do throws(GatusCondition.Loss) {
        let source = try GatusCondition(facts: .http, context: context) { TemplateText($0) }.stored(placeholder)
        return .entry(variable, .expression(source))
      } catch {
        draft.note("'\(name)' of a suite's store is not carried over: it \(error.message)", line: node.line, on: &check)
        return nil
      }
    }
  }

  private func value(_ node: YAMLNode, named name: String, draft: inout ScenarioDraft) -> Tree {
    switch node.content {
    case .sequence(let items): return .list(items.map { value($0, named: name, draft: &draft) })
    case .mapping(let entries):
      return .map(entries.map { .entry($0.name, value($0.value, named: $0.name, draft: &draft)) })
    case .scalar(let text, let isPlain):
      if isPlain, Int64(text) != nil || ["true", "false"].contains(text) || Double(text)?.isFinite == true {
        return .plain(text)
      }
      let written = GatusText.template(text, draft: &draft)
      return .text(
        SensitiveNames.contains(name) ? draft.protect(written, named: name, line: node.line) : written)
    case .value, .pending: return .text(TemplateText(node.scalarText ?? ""))
    }
  }
}

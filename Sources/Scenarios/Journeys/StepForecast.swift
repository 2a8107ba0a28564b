import Documents
import Expressions

/// What steps will bring, looked up before they are compiled: a name that only a later step gives a value to is known all
/// the same.
struct StepForecast {
  /// Names that captures, `set` and fragments give values to.
  private(set) var late: [String: LateVariable] = [:]
  /// What is said of steps that have not run yet.
  private(set) var steps: [String: String] = [:]

  /// - Parameter fragments: those that may be used.
  init(_ nodes: [YAMLNode], fragments: FragmentDecoder) {
    for node in nodes {
      let name = node.entry(named: StepKeys.step.name)?.value.scalarText
      let called = name.map { "step '\($0)'" } ?? "a step"
      for key in Self.names(in: node.entry(named: StepKeys.capture.name)) { add(key, "\(called) captures it") }
      for key in Self.names(in: node.entry(named: StepKeys.set.name)) {
        add(key, name == nil ? "a 'set' computes it" : "\(called) computes it")
      }
      if let use = node.entry(named: StepKeys.use.name)?.value, let text = use.scalarText {
        for output in fragments.fragment(text, at: use)?.outputs.keys.sorted() ?? [] {
          add(output, "fragment '\(text)' gives it")
        }
        let prefix = node.entry(named: StepKeys.prefix.name)?.value.scalarText ?? text
        steps[prefix] = "'steps.\(prefix)' runs later"
      } else if let name {
        let hasProbe = !StepKeys.actions.contains { node.entry(named: $0) != nil }
        steps[name] =
          hasProbe ? "'steps.\(name)' runs later" : "'steps.\(name)' has no facts: the step makes no exchange"
      }
    }
  }

  /// Names that have a value from the beginning on.
  mutating func add(given names: [String], _ type: ValueType = .dyn) {
    for name in names { late[name] = LateVariable(type: type, absence: "variable '\(name)' has no value here") }
  }

  private mutating func add(_ name: String, _ origin: String) {
    guard late[name] == nil else { return }
    late[name] = LateVariable(type: nil, absence: "variable '\(name)' has no value yet: \(origin)")
  }

  private static func names(in entry: YAMLNode.Entry?) -> [String] {
    guard case .mapping(let entries)? = entry?.value.content else { return [] }
    return entries.map(\.name)
  }
}

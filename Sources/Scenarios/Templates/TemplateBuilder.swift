import Expressions
import Model

/// Turns nodes into a tree of compiled templates.
struct TemplateBuilder {
  /// Templates with faults, and where.
  private(set) var failures: [(failure: CompilationFailure, node: YAMLNode)] = []
  /// What each template reads.
  private(set) var uses: [(references: Set<Reference>, node: YAMLNode)] = []
  private let environment: Environment
  private let scope: VariableScope
  private let folds: Bool

  /// - Parameter folds: whether templates that no run can change are evaluated at once.
  init(environment: Environment, scope: VariableScope, folds: Bool) {
    self.environment = environment
    self.scope = scope
    self.folds = folds
  }

  /// The tree of a node; a template with a fault is left as it is written.
  mutating func build(_ node: YAMLNode) -> TemplateTree {
    guard node.mayHoldTemplates else { return .fixed(node) }
    switch node.content {
    case .scalar(let text, let isPlain): return scalar(text, isPlain, node)
    case .sequence(let items):
      let trees = items.map { build($0) }
      guard trees.allSatisfy(\.isFixed) else { return .sequence(trees, node) }
      return .fixed(node.replacing(.sequence(trees.map(\.skeleton)), isRendered: node.isRendered))
    case .mapping(let entries):
      let trees = entries.map { (key: $0.key, value: build($0.value)) }
      guard trees.allSatisfy(\.value.isFixed) else { return .mapping(trees, node) }
      let rendered = trees.map { YAMLNode.Entry(key: $0.key, value: $0.value.skeleton) }
      return .fixed(node.replacing(.mapping(rendered), isRendered: node.isRendered))
    case .value, .pending: return .fixed(node)
    }
  }

  private mutating func scalar(_ text: String, _ isPlain: Bool, _ node: YAMLNode) -> TemplateTree {
    do {
      let template = try Template(text)
      if let literal = template.literal {
        return .fixed(node.replacing(.scalar(literal, isPlain: isPlain), isRendered: node.isRendered))
      }
      let compiled = try template.compile(in: environment)
      uses.append((compiled.references, node))
      if folds, scope.isConstant(compiled), let value = try? compiled.render(ConstantBindings(scope: scope)) {
        return .fixed(node.rendered(value))
      }
      return .template(compiled, node)
    } catch {
      failures.append((error, node))
      return .fixed(node)
    }
  }
}

/// What is the same in every run: constant variables, environment, secrets.
struct ConstantBindings: Bindings {
  let scope: VariableScope

  func value(of name: String) throws(EvaluationError) -> Value? {
    switch name {
    case "vars": .map(MapValue(scope.constants))
    case "env": .map(scope.environment)
    case "secrets": .map(scope.secrets)
    default: scope.constants[name]
    }
  }
}

extension VariableScope {
  /// Whether the template gives the same in every run. A function that is random is told by its name alone: taking a text
  /// that holds the word for a call costs time, and nothing else.
  func isConstant(_ template: CompiledTemplate) -> Bool {
    guard !template.text.contains("uuid"), !template.text.contains("random") else { return false }
    return template.references.allSatisfy { reference in
      guard let root = reference.path.first else { return false }
      switch root {
      case "vars": return reference.path.count > 1 ? constants[reference.path[1]] != nil : templates.isEmpty
      case "env", "secrets": return true
      case "steps", "now", "run": return false
      default: return constants[root] != nil
      }
    }
  }
}

import Documents
import Expressions
import Model

/// Turns nodes into a tree of compiled templates.
struct TemplateBuilder {
  /// Templates with faults, and where.
  private(set) var failures: [(failure: CompilationFailure, node: YAMLNode)] = []
  /// What each template reads.
  private(set) var uses: [(references: Set<Reference>, node: YAMLNode)] = []
  private let environment: Environment
  private let scope: VariableScope?
  private let doubling: Set<ObjectIdentifier>

  /// - Parameters:
  ///   - scope: where templates that no run can change are evaluated at once; nil leaves them all.
  ///   - doubling: texts in which a prober reads `$`, so that one in a value is written twice.
  init(environment: Environment, folding scope: VariableScope? = nil, doubling: Set<ObjectIdentifier> = []) {
    self.environment = environment
    self.scope = scope
    self.doubling = doubling
  }

  /// The tree of a node; in place of a template with a fault stands a value that is not known.
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
      let parsed = try Template(text)
      if let literal = parsed.literal {
        return .fixed(node.replacing(.scalar(literal, isPlain: isPlain), isRendered: node.isRendered))
      }
      let compiled = try parsed.compile(in: environment)
      uses.append((compiled.references, node))
      let template = NodeTemplate(
        compiled: compiled, node: node, doublesDollars: doubling.contains(ObjectIdentifier(node)))
      if let scope, scope.isConstant(compiled), let value = try? template.value(ConstantBindings(scope: scope)) {
        return .fixed(node.rendered(value))
      }
      return .template(template)
    } catch {
      failures.append((error, node))
      return .fixed(node.replacing(.pending(.dyn), isRendered: true))
    }
  }
}

/// What is the same in every run: constant variables, environment, secrets.
struct ConstantBindings: Bindings {
  private let constants: [String: Value]
  private let environment: MapValue
  private let secrets: MapValue

  init(constants: [String: Value], environment: MapValue, secrets: MapValue) {
    self.constants = constants
    self.environment = environment
    self.secrets = secrets
  }

  init(scope: VariableScope) {
    self.init(constants: scope.constants, environment: scope.environment, secrets: scope.secrets)
  }

  func value(of name: String) throws(EvaluationError) -> Value? {
    switch name {
    case "vars": .map(MapValue(lazy: ConstantMembers(constants)))
    case "env": .map(environment)
    case "secrets": .map(secrets)
    default: constants[name]
    }
  }
}

/// `vars` where only constants are known; a class, because nothing of it is built before it is asked for.
private final class ConstantMembers: LazyMembers {
  private let constants: [String: Value]

  init(_ constants: [String: Value]) {
    self.constants = constants
  }

  var names: [String] { constants.keys.sorted() }

  func contains(_ name: String) -> Bool { constants[name] != nil }

  func member(_ name: String) throws(EvaluationError) -> Value? { constants[name] }
}

/// What no run can change.
enum Constancy {
  /// Whether an expression gives the same in every run. A function that is random is told by its name alone: taking a text
  /// that holds the word for a call costs time, and nothing else.
  ///
  /// - Parameters:
  ///   - constants: the variables that no run can change.
  ///   - holdsAll: whether they are all variables there are: only then is `vars` as a whole known.
  static func holds(for expression: Expression, constants: [String: Value], holdsAll: Bool) -> Bool {
    guard !expression.source.contains("uuid"), !expression.source.contains("random") else { return false }
    return expression.references.allSatisfy { reference in
      guard let root = reference.path.first else { return false }
      switch root {
      case "vars": return reference.path.count > 1 ? constants[reference.path[1]] != nil : holdsAll
      case "env", "secrets": return true
      case "steps", "now", "run": return false
      default: return constants[root] != nil
      }
    }
  }
}

extension VariableScope {
  /// Whether the expression gives the same in every run.
  func isConstant(_ expression: Expression) -> Bool {
    Constancy.holds(for: expression, constants: constants, holdsAll: templates.isEmpty)
  }

  /// Whether the template gives the same in every run.
  func isConstant(_ template: CompiledTemplate) -> Bool { template.expressions.allSatisfy(isConstant) }
}

import Expressions
import Model

/// Puts variables in an order in which each comes after those that it uses, and evaluates those that no run can change.
struct VariableResolver {
  typealias Declarations = (
    _ variables: [String: ValueType], _ secretNames: [String], _ facts: [String: ValueType]
  ) -> [String: ValueType]

  private let variables: [String: YAMLNode]
  private let declarations: Declarations
  /// What has been resolved so far.
  private(set) var scope: VariableScope
  private var trees: [String: TemplateTree] = [:]
  private var dependencies: [String: [String]] = [:]
  private var types: [String: ValueType] = [:]
  private var order: [String] = []
  private var marks: [String: Mark] = [:]

  private enum Mark {
    case open, done
  }

  init(
    variables: [String: YAMLNode], secrets: MapValue, environment: MapValue, declarations: @escaping Declarations
  ) {
    self.variables = variables
    self.declarations = declarations
    scope = VariableScope(constants: [:], templates: [:], environment: environment, secrets: secrets)
  }

  /// Resolves all variables.
  ///
  /// - Returns: the type of each, as far as it is known.
  mutating func resolve(secretNames: [String], isSet: (String) -> Bool, sink: DiagnosticSink) -> [String: ValueType] {
    let names = variables.keys.sorted()
    for name in names {
      guard let node = variables[name] else { continue }
      types[name] = node.mayHoldTemplates ? .dyn : ValueType(constant: node.value)
    }
    compile(names, secretNames: secretNames, isSet: isSet, sink: sink)
    for name in names { visit(name, path: [], sink: sink) }
    for name in order { evaluate(name) }
    return types
  }

  private mutating func compile(_ names: [String], secretNames: [String], isSet: (String) -> Bool, sink: DiagnosticSink)
  {
    let environment = Environment(variables: declarations(types, secretNames, [:]))
    for name in names {
      guard let node = variables[name] else { continue }
      var builder = TemplateBuilder(environment: environment, scope: scope, folds: false)
      trees[name] = builder.build(node)
      for failure in builder.failures {
        for issue in failure.failure.issues {
          let span = ScalarMap.span(of: issue.range, in: failure.node)
          sink.report(
            Diagnostic(
              issue.message, excerpt: failure.node.source.excerpt(span), allowed: issue.allowed,
              suggestion: issue.suggestion))
        }
      }
      var used: Set<String> = []
      for use in builder.uses {
        EnvironmentRule.check(use.references, isSet: isSet, at: use.node, sink: sink)
        for reference in use.references {
          let isQualified = reference.path.first == "vars" && reference.path.count > 1
          if let other = isQualified ? reference.path[1] : reference.path.first, variables[other] != nil {
            used.insert(other)
          }
        }
      }
      dependencies[name] = used.sorted()
    }
  }

  private mutating func visit(_ name: String, path: [String], sink: DiagnosticSink) {
    switch marks[name] {
    case .done: return
    case .open:
      let circle = path[(path.firstIndex(of: name) ?? 0)...] + [name]
      if let node = variables[name] {
        sink.error("variables use one another in a circle: \(circle.joined(separator: " → "))", at: node)
      }
    case nil:
      marks[name] = .open
      for other in dependencies[name] ?? [] { visit(other, path: path + [name], sink: sink) }
      marks[name] = .done
      order.append(name)
    }
  }

  private mutating func evaluate(_ name: String) {
    guard let tree = trees[name] else { return }
    var isConstant = true
    tree.forEachTemplate { template, _ in isConstant = isConstant && scope.isConstant(template) }
    var constants = scope.constants
    var templates = scope.templates
    if isConstant, let node = try? tree.rendered(ConstantBindings(scope: scope)) {
      let value = node.value
      constants[name] = value
      types[name] = ValueType(constant: value)
    } else {
      templates[name] = tree
      types[name] = tree.type
    }
    scope = VariableScope(
      constants: constants, templates: templates, environment: scope.environment, secrets: scope.secrets)
  }
}

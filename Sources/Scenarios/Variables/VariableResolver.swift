import Documents
import Expressions
import Model

/// Puts variables in an order in which each comes after those that it uses, and evaluates those that no run can change.
struct VariableResolver {
  typealias Declarations = (
    _ variables: [String: ValueType], _ secretNames: [String], _ facts: [String: ValueType]
  ) -> [String: ValueType]

  private let variables: [String: YAMLNode]
  private let late: [String: LateVariable]
  private let fixed: FixedValues
  private let declarations: Declarations
  private let sink: DiagnosticSink
  private var trees: [String: TemplateTree] = [:]
  private var dependencies: [String: [String]] = [:]
  /// Variables that read `vars` as a whole: which others they use is not known.
  private var readers: Set<String> = []
  /// Variables that use secrets.
  private var confidants: Set<String> = []
  private var order: [String] = []
  private var marks: [String: Mark] = [:]
  private var constants: [String: Value] = [:]
  private var templates: [String: TemplateTree] = [:]
  /// What each variable is, as far as that is known.
  private(set) var types: [String: ValueType] = [:]
  /// Variables with a fault that was told, in themselves or in what they use: nothing more is to be said of them.
  private(set) var faulty: Set<String> = []

  private enum Mark {
    case open, done
  }

  /// - Parameters:
  ///   - variables: those that are written.
  ///   - late: names that get a value while the run goes on.
  init(
    variables: [String: YAMLNode], late: [String: LateVariable] = [:], fixed: FixedValues, sink: DiagnosticSink,
    declarations: @escaping Declarations
  ) {
    self.variables = variables
    self.late = late
    self.fixed = fixed
    self.sink = sink
    self.declarations = declarations
  }

  /// Resolves all variables.
  mutating func resolve() -> VariableScope {
    let names = variables.keys.sorted()
    for name in names {
      guard let node = variables[name] else { continue }
      types[name] = node.mayHoldTemplates || late[name] != nil ? .dyn : ValueType(constant: node.value)
    }
    for (name, variable) in late where variables[name] == nil { types[name] = variable.type ?? .dyn }
    compile(names)
    for name in names { visit(name, path: []) }
    for name in order { evaluate(name) }
    return VariableScope(
      constants: constants, templates: templates, late: late.mapValues(\.absence), dependents: dependents(),
      origins: origins().filter { templates[$0.key] != nil },
      environment: fixed.environmentValue, secrets: fixed.secretsValue)
  }

  /// None for what may see other things under the same names: `vars` as a whole, secrets, and what comes late.
  private func origins() -> [String: VariableOrigin] {
    var origins: [String: VariableOrigin] = [:]
    for name in order where late[name] == nil && !readers.contains(name) && !confidants.contains(name) {
      let used = dependencies[name] ?? []
      let others = used.compactMap { origins[$0] }
      guard let node = variables[name], others.count == used.count else { continue }
      origins[name] = VariableOrigin(node, using: others)
    }
    return origins
  }

  /// For each name that gets its value late, what changes with it: itself, and what uses it directly or by way of others.
  private func dependents() -> [String: Set<String>] {
    guard !late.isEmpty else { return [:] }
    // In this order each variable comes after those that it uses.
    var causes: [String: Set<String>] = [:]
    for name in order {
      let used = dependencies[name] ?? []
      let direct = readers.contains(name) ? Set(late.keys) : Set(used.filter { late[$0] != nil })
      causes[name] = used.reduce(into: direct) { $0.formUnion(causes[$1] ?? []) }
    }
    var result: [String: Set<String>] = [:]
    for name in late.keys { result[name] = [name] }
    for (name, causes) in causes {
      for cause in causes { result[cause, default: []].insert(name) }
    }
    return result
  }

  private mutating func compile(_ names: [String]) {
    let environment = Environment(variables: declarations(types, fixed.secretNames, [:]), others: types)
    for name in names {
      guard let node = variables[name] else { continue }
      var builder = TemplateBuilder(environment: environment)
      trees[name] = builder.build(node)
      for failure in builder.failures {
        faulty.insert(name)
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
        if !EnvironmentRule.holds(for: use.references, fixed, at: use.node, sink: sink) {
          faulty.insert(name)
        }
        used.formUnion(use.references.compactMap(\.variable).filter { variables[$0] != nil || late[$0] != nil })
        if use.references.contains(where: { $0.path == ["vars"] }) { readers.insert(name) }
        if use.references.contains(where: { $0.path.first == "secrets" }) { confidants.insert(name) }
      }
      dependencies[name] = used.sorted()
    }
  }

  private mutating func visit(_ name: String, path: [String]) {
    switch marks[name] {
    case .done: return
    case .open:
      let circle = path[(path.firstIndex(of: name) ?? 0)...] + [name]
      faulty.formUnion(circle)
      if let node = variables[name] {
        sink.error("variables use one another in a circle: \(circle.joined(separator: " → "))", at: node)
      }
    case nil where variables[name] == nil: return
    case nil:
      marks[name] = .open
      for other in dependencies[name] ?? [] { visit(other, path: path + [name]) }
      marks[name] = .done
      order.append(name)
    }
  }

  private mutating func evaluate(_ name: String) {
    guard let tree = trees[name] else { return }
    if faulty.contains(name) || dependencies[name]?.contains(where: faulty.contains) == true {
      setFaulty(name, tree)
      return
    }
    // What a step may give another value is known to nobody before.
    var isConstant = late[name] == nil
    tree.forEachTemplate { template in
      // Others are still to come: `vars` as a whole is not known yet.
      isConstant =
        isConstant
        && template.compiled.expressions.allSatisfy {
          Constancy.holds(for: $0, constants: constants, holdsAll: false)
        }
    }
    guard isConstant else {
      templates[name] = tree
      types[name] = late[name]?.type.map { tree.type.joined(with: $0) } ?? tree.type
      return
    }
    do {
      let bindings = ConstantBindings(
        constants: constants, environment: fixed.environmentValue, secrets: fixed.secretsValue)
      let value = try tree.rendered(bindings).value
      constants[name] = value
      types[name] = ValueType(constant: value)
    } catch {
      // What no run can change would fail in every run.
      sink.report(Diagnostic(error.message, excerpt: error.excerpt))
      setFaulty(name, tree)
    }
  }

  private mutating func setFaulty(_ name: String, _ tree: TemplateTree) {
    faulty.insert(name)
    templates[name] = tree
    types[name] = .dyn
  }
}

/// A name that gets its value while the run goes on.
struct LateVariable {
  /// What kind of value it has from the beginning on; nil when a step must give it one first.
  var type: ValueType?
  /// What is said when it is asked for too soon.
  var absence: String
}

extension Reference {
  /// The variable that it may mean: `x` and `vars.x` are the same.
  var variable: String? {
    path.first == "vars" && path.count > 1 ? path[1] : path.first
  }
}

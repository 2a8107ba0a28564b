import Documents
import Expressions
import Model

/// Compiles what the expressions and templates of one file see, or those of one journey or fragment, where more is known
/// after each step; equal sources are compiled once.
final class ScopeCompiler {
  let scope: VariableScope
  private let sink: DiagnosticSink
  private let fixed: FixedValues
  /// Types by variable.
  private(set) var types: [String: ValueType]
  /// Variables with a fault that was told already.
  private let faulty: Set<String>
  /// What `steps` has.
  private(set) var steps: [String: ValueType] = [:]
  /// What is said of steps that it has not.
  private let absentSteps: [String: String]
  /// The step that is being compiled.
  private var currentStep: String?
  /// By kind of probe; nil for what sees no facts, templates among it.
  private var environments: [ProbeKind?: Environment] = [:]
  private var expressions: [ProbeKind?: [String: Result<Expression, CompilationFailure>]] = [:]

  /// - Parameters:
  ///   - variables: by name, the ones that hold.
  ///   - late: names that get a value while the run goes on.
  ///   - absentSteps: what is said of steps before they are known.
  init(
    variables: [String: YAMLNode], late: [String: LateVariable] = [:], absentSteps: [String: String] = [:],
    fixed: FixedValues, sink: DiagnosticSink
  ) {
    self.sink = sink
    self.fixed = fixed
    self.absentSteps = absentSteps
    // Variables see no steps at all.
    let early = absentSteps.mapValues { _ in "variables are computed without the steps: capture or set one in a step" }
    var resolver = VariableResolver(
      variables: variables, late: late, fixed: fixed, sink: sink,
      declarations: {
        Self.declarations($0, secretNames: $1, facts: $2, steps: RecordType(steps: [:], absent: [early]))
      })
    scope = sink.muted(fixed.isPartial) { resolver.resolve() }
    types = resolver.types
    faulty = resolver.faulty
  }

  /// From here on a variable has a value of this type.
  func learn(_ name: String, _ type: ValueType) {
    guard types[name] != type else { return }
    forget()
    types[name] = type
  }

  /// From here on `steps` has this.
  func learn(step name: String, _ type: ValueType) {
    forget()
    steps[name] = type
  }

  /// From here on this step is compiled, which does not see itself under `steps`.
  func begin(step name: String?) {
    forget()
    currentStep = name
  }

  private func forget() {
    environments = [:]
    expressions = [:]
  }

  private func environment(_ kind: ProbeKind?) -> Environment {
    if let known = environments[kind] { return known }
    let itself = currentStep.map {
      [$0: "'steps.\($0)' is this step itself: its facts have no 'steps.\($0).' before them"]
    }
    let environment = Environment(
      variables: Self.declarations(
        types, secretNames: fixed.secretNames, facts: kind.map(FactDeclarations.facts) ?? [:],
        steps: RecordType(steps: steps, absent: (itself.map { [$0] } ?? []) + [absentSteps])),
      others: types)
    environments[kind] = environment
    return environment
  }

  /// The names that stand in the way of variables: facts, and the fixed ones.
  static func declarations(
    _ variables: [String: ValueType], secretNames: [String], facts: [String: ValueType], steps: RecordType
  ) -> [String: ValueType] {
    var names = facts
    names["vars"] = .record(name: "vars", fields: variables)
    names["env"] = .map(key: .string, value: .string)
    names["secrets"] = .record(
      name: "secrets", fields: Dictionary(secretNames.map { ($0, .string) }) { first, _ in first })
    names["steps"] = .record(steps)
    names["now"] = .timestamp
    names["run"] = FactDeclarations.run
    return names
  }

  /// Compiles an expectation; nil after a fault.
  ///
  /// - Parameter kind: the probe whose facts it sees; nil where there are none.
  func expectation(_ node: YAMLNode, kind: ProbeKind?) -> Expression? {
    expression(node, kind: kind, giving: "bool") { $0 == .bool }
  }

  /// Compiles an expression; nil after a fault.
  ///
  /// - Parameters:
  ///   - wanted: what it must give, in words.
  ///   - isWanted: which types do; a dynamic one always does.
  func expression(
    _ node: YAMLNode, kind: ProbeKind?, giving wanted: String = "a value",
    where isWanted: (ValueType) -> Bool = { _ in true }
  ) -> Expression? {
    guard let source = node.text else { return nil }
    switch compiled(source, kind: kind) {
    case .failure(let failure):
      report(failure, at: node, isTemplate: false)
      return nil
    case .success(let expression):
      guard expression.type == .dyn || isWanted(expression.type) else {
        sink.error("expected an expression that gives \(wanted), this one gives \(expression.type)", at: node)
        return nil
      }
      check(expression.references, at: node)
      return expression
    }
  }

  /// Compiles without a word about faults, for default expectations.
  func compiled(_ source: String, kind: ProbeKind?) -> Result<Expression, CompilationFailure> {
    if let known = expressions[kind]?[source] { return known }
    let environment = environment(kind)
    let result = Result { () throws(CompilationFailure) in try environment.compile(source) }
    expressions[kind, default: [:]][source] = result
    return result
  }

  /// Compiles the templates in a node and evaluates those that no run can change. Where one has a fault, which was
  /// told, the tree is not whole: a value that is not known stands in its place.
  ///
  /// - Parameter answers: texts in which a prober reads `$`, so that one in a value is written twice.
  func tree(
    _ node: YAMLNode, doublingDollarsIn answers: Set<ObjectIdentifier> = []
  ) -> (tree: TemplateTree, isWhole: Bool) {
    var builder = TemplateBuilder(environment: environment(nil), folding: scope, doubling: answers)
    let tree = builder.build(node)
    for failure in builder.failures { report(failure.failure, at: failure.node, isTemplate: true) }
    for use in builder.uses { check(use.references, at: use.node) }
    return (tree, builder.failures.isEmpty)
  }

  /// The node with its templates evaluated, for what must be known before any run; nil after a fault.
  func constant(_ node: YAMLNode) -> YAMLNode? {
    guard node.mayHoldTemplates else { return node }
    let (tree, isWhole) = tree(node)
    guard isWhole else { return nil }
    var isConstant = true
    tree.forEachTemplate { template in
      isConstant = false
      guard scope.isConstant(template.compiled) else {
        if template.compiled.references.contains(where: isFaulty) { return }
        sink.error(
          "this must be known before any run", at: template.node,
          notes: [.init("it may use variables, env and secrets that no run changes")])
        return
      }
      do throws(EvaluationError) {
        _ = try template.value(ConstantBindings(scope: scope))
      } catch {
        sink.report(Diagnostic(error.message, excerpt: template.excerpt(of: error)))
      }
    }
    return isConstant ? tree.skeleton.asWritten : nil
  }

  /// The node with its templates evaluated. After a fault, which was told, it is written all the same, and only its value
  /// is not known.
  func known(_ node: YAMLNode) -> YAMLNode {
    constant(node) ?? node.replacing(.pending(.dyn), isRendered: true)
  }

  /// The host of an HTTP probe whose URL only a run knows, when all before its path is known.
  func host(of tree: TemplateTree) -> String? {
    guard case .mapping(let entries, _) = tree,
      let url = entries.first(where: { $0.key.text == HTTPKeys.url.name })?.value, case .template(let template) = url
    else { return nil }
    let known = template.compiled.leadingText(ConstantBindings(scope: scope), where: scope.isConstant)
    return URLText.host(ofBeginning: known)
  }

  /// Whether the reference leads to a variable that was found to be wrong.
  private func isFaulty(_ reference: Reference) -> Bool {
    reference.variable.map(faulty.contains) == true || (reference.path == ["vars"] && !faulty.isEmpty)
  }

  private func report(_ failure: CompilationFailure, at node: YAMLNode, isTemplate: Bool) {
    for issue in failure.issues {
      var notes: [Diagnostic.Note] = []
      if !isTemplate, node.text?.holdsTemplateMark == true {
        notes.append(.init("this is an expression already: names stand in it without ${…}"))
      }
      sink.report(
        Diagnostic(
          issue.message, excerpt: node.source.excerpt(ScalarMap.span(of: issue.range, in: node)), notes: notes,
          allowed: issue.allowed, suggestion: issue.suggestion))
    }
  }

  /// `env.NAME` must be set, unless `has(env.NAME)` asks first.
  private func check(_ references: Set<Reference>, at node: YAMLNode) {
    _ = EnvironmentRule.holds(for: references, fixed, at: node, sink: sink)
  }
}

extension RecordType {
  /// `steps`.
  fileprivate init(steps: [String: ValueType], absent: [[String: String]]) {
    self.init(name: "steps", fields: steps, absent: absent)
  }
}

extension YAMLNode {
  /// The same nodes, a fault in them being one of the file again.
  fileprivate var asWritten: YAMLNode {
    switch content {
    case .sequence(let items): replacing(.sequence(items.map(\.asWritten)), isRendered: false)
    case .mapping(let entries):
      replacing(.mapping(entries.map { Entry(key: $0.key, value: $0.value.asWritten) }), isRendered: false)
    case .scalar, .value, .pending: replacing(content, isRendered: false)
    }
  }
}

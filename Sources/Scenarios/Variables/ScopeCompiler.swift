import Expressions
import Model

/// Compiles what the expressions and templates of one file see; equal sources are compiled once.
final class ScopeCompiler {
  let scope: VariableScope
  private let sink: DiagnosticSink
  /// The environment variables that are set.
  private let environment: [String: String]
  private let secretNames: [String]
  /// Types by variable.
  private let types: [String: ValueType]
  private let templates: Environment
  private var environments: [ProbeKind: Environment] = [:]
  private var expressions: [ProbeKind: [String: Result<Expression, CompilationFailure>]] = [:]

  /// - Parameter variables: by name, the ones that hold.
  init(variables: [String: YAMLNode], secrets: [String: Secret], environment: [String: String], sink: DiagnosticSink) {
    self.sink = sink
    self.environment = environment
    secretNames = secrets.keys.sorted()
    var resolver = VariableResolver(
      variables: variables, secrets: MapValue(secrets.mapValues { .string($0.exposedValue) }),
      environment: MapValue(environment.mapValues(Value.string)), declarations: Self.declarations)
    types = resolver.resolve(secretNames: secretNames, isSet: { environment[$0] != nil }, sink: sink)
    scope = resolver.scope
    templates = Environment(variables: Self.declarations(types, secretNames: secretNames, facts: [:]))
  }

  /// All names that an expression may use: facts, the fixed names, and variables where neither stands in their way.
  static func declarations(
    _ variables: [String: ValueType], secretNames: [String], facts: [String: ValueType]
  ) -> [String: ValueType] {
    var names = facts
    names["vars"] = .record(name: "vars", fields: variables)
    names["env"] = .map(key: .string, value: .string)
    names["secrets"] = .record(
      name: "secrets", fields: Dictionary(secretNames.map { ($0, .string) }) { first, _ in first })
    names["steps"] = .record(name: "steps", fields: [:])
    names["now"] = .timestamp
    names["run"] = FactDeclarations.run
    for (name, type) in variables where names[name] == nil && !Environment.reservedNames.contains(name) {
      names[name] = type
    }
    return names
  }

  /// Compiles an expectation of a probe; nil after a fault.
  func expectation(_ node: YAMLNode, kind: ProbeKind) -> Expression? {
    guard let source = node.text else { return nil }
    switch compiled(source, kind: kind) {
    case .failure(let failure):
      report(failure, at: node, isTemplate: false)
      return nil
    case .success(let expression):
      guard expression.type == .bool || expression.type == .dyn else {
        sink.error("expected an expression that gives bool, this one gives \(expression.type)", at: node)
        return nil
      }
      check(expression.references, at: node)
      return expression
    }
  }

  /// Compiles without a word about faults, for default expectations.
  func compiled(_ source: String, kind: ProbeKind) -> Result<Expression, CompilationFailure> {
    if let known = expressions[kind]?[source] { return known }
    let environment =
      environments[kind]
      ?? Environment(
        variables: Self.declarations(types, secretNames: secretNames, facts: FactDeclarations.facts(of: kind)))
    environments[kind] = environment
    let result = Result { () throws(CompilationFailure) in try environment.compile(source) }
    expressions[kind, default: [:]][source] = result
    return result
  }

  /// Compiles the templates in a node and evaluates those that no run can change; nil after a fault.
  func tree(_ node: YAMLNode) -> TemplateTree? {
    var builder = TemplateBuilder(environment: templates, scope: scope, folds: true)
    let tree = builder.build(node)
    for failure in builder.failures { report(failure.failure, at: failure.node, isTemplate: true) }
    for use in builder.uses { check(use.references, at: use.node) }
    return builder.failures.isEmpty ? tree : nil
  }

  /// The node with its templates evaluated, for what must be known before any run; nil after a fault.
  func constant(_ node: YAMLNode) -> YAMLNode? {
    guard node.mayHoldTemplates else { return node }
    guard let tree = tree(node) else { return nil }
    var isConstant = true
    tree.forEachTemplate { template, node in
      isConstant = false
      guard scope.isConstant(template) else {
        sink.error(
          "this must be known before any run", at: node,
          notes: [.init("it may use variables, env and secrets that no run changes")])
        return
      }
      do throws(EvaluationError) {
        _ = try template.render(ConstantBindings(scope: scope))
      } catch {
        let span = error.range.map { ScalarMap.span(of: $0, in: node) } ?? node.span
        sink.report(Diagnostic(error.message, excerpt: node.source.excerpt(span)))
      }
    }
    return isConstant ? tree.skeleton.asWritten : nil
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
    EnvironmentRule.check(references, isSet: { environment[$0] != nil }, at: node, sink: sink)
  }
}

/// `env.NAME` reads the environment; unset is a fault, unless `has(env.NAME)` asks first.
enum EnvironmentRule {
  static func check(_ references: Set<Reference>, isSet: (String) -> Bool, at node: YAMLNode, sink: DiagnosticSink) {
    let names = references.filter { $0.path.first == "env" && $0.path.count > 1 }
    guard !names.isEmpty else { return }
    let guarded = Set(names.filter(\.isGuarded).map { $0.path[1] })
    for name in Set(names.map { $0.path[1] }).subtracting(guarded).sorted() where !isSet(name) {
      let offset = node.text.flatMap { $0.utf8Offset(of: "env.\(name)") }
      let span = offset.map { ScalarMap.span(of: $0..<($0 + 4 + name.utf8.count), in: node) } ?? node.span
      sink.report(
        Diagnostic(
          "environment variable '\(name)' is not set", excerpt: node.source.excerpt(span),
          notes: [.init("where it may be missing: has(env.\(name)) ? env.\(name) : \"…\"")]))
    }
  }
}

extension String {
  /// Where `needle` begins, in UTF-8 offsets.
  fileprivate func utf8Offset(of needle: String) -> Int? {
    let text = Array(utf8)
    let wanted = Array(needle.utf8)
    guard text.count >= wanted.count else { return nil }
    return (0...(text.count - wanted.count)).first { text[$0...].starts(with: wanted) }
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

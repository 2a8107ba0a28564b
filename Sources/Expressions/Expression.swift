/// A variable that an expression reads, with the fields after it that are written out: `steps.login.json` is
/// `["steps", "login", "json"]`.
package struct Reference: Sendable, Hashable {
  /// The variable's name, then fields.
  package let path: [String]
  /// Whether the path stands in `has(…)`, which does not need the last field to be there.
  package let isGuarded: Bool

  /// A reference to a path.
  package init(path: [String], isGuarded: Bool) {
    self.path = path
    self.isGuarded = isGuarded
  }
}

/// A compiled expression; immutable, and evaluated from any number of threads at a time.
package final class Expression: Sendable {
  /// The text that was compiled.
  package let source: String
  /// What is known of the result.
  package let type: ValueType
  /// The variables that it reads.
  package let references: Set<Reference>
  let root: any Node
  private let slots: Int
  private let locals: Int

  init(source: String, root: any Node, type: ValueType, references: Set<Reference>, slots: Int, locals: Int) {
    self.source = source
    self.root = root
    self.type = type
    self.references = references
    self.slots = slots
    self.locals = locals
  }

  /// Computes the value.
  /// - Throws: why there is none, with the place in the source.
  package func evaluate(
    _ bindings: some Bindings, limits: Limits = .standard
  ) throws(EvaluationError) -> Value {
    var frame = frame(bindings, limits: limits)
    return try root.evaluate(&frame)
  }

  func frame(_ bindings: some Bindings, limits: Limits) -> Frame {
    Frame(bindings, slots: slots, locals: locals, limits: limits)
  }

  /// Whether the path is asked for in `has(…)` somewhere in the expression.
  package func isGuarded(_ path: [String]) -> Bool {
    references.contains(Reference(path: path, isGuarded: true))
  }
}

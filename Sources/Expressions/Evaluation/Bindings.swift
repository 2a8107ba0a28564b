/// Where an expression finds the values of its variables.
package protocol Bindings {
  /// The value of a variable, or nil when there is none of that name. Asked only when the expression needs it, and once
  /// an evaluation.
  /// - Throws: why the value cannot be had, for example a body that is no JSON.
  func value(of name: String) throws(EvaluationError) -> Value?
}

extension [String: Value]: Bindings {
  /// Looks the name up.
  package func value(of name: String) throws(EvaluationError) -> Value? { self[name] }
}

/// No variables at all.
package struct NoBindings: Bindings, Sendable {
  /// For expressions of constants and functions.
  package init() {}

  /// Nil.
  package func value(of name: String) throws(EvaluationError) -> Value? { nil }
}

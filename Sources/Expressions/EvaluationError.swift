/// Why an expression has no value.
package struct EvaluationError: Error, Sendable, Hashable, CustomStringConvertible {
  /// What kind of failure it is.
  package enum Code: String, Sendable, Hashable {
    /// A variable is not there.
    case noSuchName
    /// A function is not there.
    case noSuchFunction
    /// A field is asked of a value that has none.
    case noSuchField
    /// A map has no such key.
    case noSuchKey
    /// An operator or function does not take values of these kinds.
    case noSuchOverload
    case divisionByZero
    /// A number, duration or timestamp leaves its range.
    case overflow
    /// An index lies outside of a list or text.
    case index
    /// A value of the right kind that cannot be used: bad Base64, a bad pattern, text that is no number.
    case invalidArgument
    case duplicateKey
    /// The evaluation would take more than its limits allow.
    case cost
    case cancelled
    /// The host could not give a fact.
    case host
    /// A variable of the host's has no value: a fault of who wrote it, and of no fact.
    case variable
  }

  /// What kind of failure it is.
  package let code: Code
  /// What happened, with the value in quotes.
  package let message: String
  /// Where in the source, in UTF-8 offsets; nil when it did not come from one place of it.
  package private(set) var range: Range<Int>?

  /// An error; evaluation adds the place.
  package init(_ code: Code, _ message: String, range: Range<Int>? = nil) {
    self.code = code
    self.message = message
    self.range = range
  }

  /// The message alone.
  package var description: String { message }

  /// The same error with a place, unless it has one already.
  func located(_ range: Range<Int>) -> EvaluationError {
    guard self.range == nil else { return self }
    var copy = self
    copy.range = range
    return copy
  }

  static func noSuchOverload(_ function: String, _ arguments: Value...) -> EvaluationError {
    noSuchOverload(function, kinds: arguments)
  }

  static func noSuchOverload(_ function: String, kinds arguments: [Value]) -> EvaluationError {
    let kinds = arguments.map(\.kind).joined(separator: ", ")
    return EvaluationError(.noSuchOverload, "no matching overload for '\(function)' applied to (\(kinds))")
  }
}

/// What one evaluation may cost.
package struct Limits: Sendable, Hashable {
  /// Units of work: about one per iteration of a macro and one per 64 bytes of text handled.
  package var cost: Int

  /// - Parameter cost: units of work.
  package init(cost: Int) { self.cost = cost }

  /// Ten million units, about a second.
  package static let standard = Limits(cost: 10_000_000)
}

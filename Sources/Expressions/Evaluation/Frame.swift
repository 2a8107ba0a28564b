/// The state of one evaluation.
struct Frame {
  private enum Slot {
    case unresolved
    case value(Value)
    case failure(EvaluationError)
  }

  private let bindings: any Bindings
  private var slots: [Slot]
  /// Variables of macros, by the depth at which they were declared.
  var locals: [Value]
  /// Units of work left.
  var budget: Int
  private var untilCancellationCheck = 1024
  /// Texts that were parsed in this evaluation: `html(body)` in two places of an expression is one document.
  private var documents: [(text: String, document: MarkupDocument)] = []

  init(_ bindings: any Bindings, slots: Int, locals: Int, limits: Limits) {
    self.bindings = bindings
    self.slots = Array(repeating: .unresolved, count: slots)
    self.locals = locals == 0 ? [] : Array(repeating: .null, count: locals)
    budget = limits.cost
  }

  /// The value of a variable, asked of the bindings only the first time.
  mutating func global(_ name: String, slot: Int) throws(EvaluationError) -> Value {
    switch slots[slot] {
    case .value(let value): return value
    case .failure(let error): throw error
    case .unresolved:
      do throws(EvaluationError) {
        guard let value = try bindings.value(of: name) else {
          throw EvaluationError(.noSuchName, "'\(name)' has no value")
        }
        slots[slot] = .value(value)
        return value
      } catch {
        slots[slot] = .failure(error)
        throw error
      }
    }
  }

  /// The text as a document, parsed at most once an evaluation.
  mutating func document(_ text: String, as kind: MarkupDocument.Kind) throws(EvaluationError) -> MarkupDocument {
    try charge(1 + text.utf8.count / 256)
    for known in documents where known.document.kind == kind && known.text.hasSameCodePoints(as: text) {
      return known.document
    }
    // Reading takes about ten times what it takes to look through the text.
    try charge(10 + text.utf8.count / 8)
    do throws(MarkupError) {
      let document = try MarkupDocument(text, as: kind)
      if documents.count < 4 { documents.append((text, document)) }
      return document
    } catch {
      throw error.evaluationError
    }
  }

  /// Takes work off the budget.
  mutating func charge(_ units: Int) throws(EvaluationError) {
    budget -= units
    if budget < 0 { throw EvaluationError(.cost, "the evaluation takes more work than its limit allows") }
  }

  /// One iteration of a macro; also where cancellation of the task is noticed.
  mutating func chargeIteration() throws(EvaluationError) {
    try charge(1)
    untilCancellationCheck -= 1
    guard untilCancellationCheck <= 0 else { return }
    untilCancellationCheck = 1024
    if Task.isCancelled { throw EvaluationError(.cancelled, "the evaluation was cancelled") }
  }

  /// Work on that many bytes.
  mutating func charge(bytes count: Int) throws(EvaluationError) {
    if count >= 64 { try charge(count / 64) }
  }

  /// CEL's `==`, paid for.
  mutating func equal(_ left: Value, _ right: Value) throws(EvaluationError) -> Bool {
    let result = Equality.equal(left, right, budget: &budget)
    if budget < 0 { try charge(0) }
    return result
  }
}

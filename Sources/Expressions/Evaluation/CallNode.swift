/// A call of a function.
final class CallNode: Node {
  let function: FunctionTable.Entry
  let arguments: [any Node]
  let range: Range<Int>

  init(_ function: FunctionTable.Entry, _ arguments: [any Node], _ range: Range<Int>) {
    self.function = function
    self.arguments = arguments
    self.range = range
  }

  func evaluate(_ frame: inout Frame) throws(EvaluationError) -> Value {
    switch function.body {
    case .one(let body):
      let first = try arguments[0].evaluate(&frame)
      do { return try body(first, &frame) } catch { throw error.located(range) }
    case .two(let body):
      let first = try arguments[0].evaluate(&frame)
      let second = try arguments[1].evaluate(&frame)
      do { return try body(first, second, &frame) } catch { throw error.located(range) }
    case .many(let body):
      var values: [Value] = []
      values.reserveCapacity(arguments.count)
      for argument in arguments { values.append(try argument.evaluate(&frame)) }
      do { return try body(values, &frame) } catch { throw error.located(range) }
    }
  }
}

/// `matches` with a pattern that is a literal and so compiled already.
final class MatchNode: Node {
  let subject: any Node
  let pattern: RegularExpression
  let range: Range<Int>

  init(_ subject: any Node, _ pattern: RegularExpression, _ range: Range<Int>) {
    self.subject = subject
    self.pattern = pattern
    self.range = range
  }

  func evaluate(_ frame: inout Frame) throws(EvaluationError) -> Value {
    let value = try subject.evaluate(&frame)
    guard case .string(let text) = value else {
      throw EvaluationError.noSuchOverload("matches", value, .string(pattern.pattern)).located(range)
    }
    try frame.charge(bytes: text.utf8.count)
    return .bool(pattern.matches(text))
  }
}

/// `!operand`.
final class NotNode: Node {
  let operand: any Node
  let range: Range<Int>

  init(_ operand: any Node, _ range: Range<Int>) {
    self.operand = operand
    self.range = range
  }

  func evaluate(_ frame: inout Frame) throws(EvaluationError) -> Value {
    .bool(!(try operand.evaluateBool(&frame, for: "!_")))
  }
}

/// `-operand`.
final class NegateNode: Node {
  let operand: any Node
  let range: Range<Int>

  init(_ operand: any Node, _ range: Range<Int>) {
    self.operand = operand
    self.range = range
  }

  func evaluate(_ frame: inout Frame) throws(EvaluationError) -> Value {
    let value = try operand.evaluate(&frame)
    switch value {
    case .int(let number) where number != .min: return .int(-number)
    case .int: throw EvaluationError(.overflow, "integer overflow", range: range)
    case .double(let number): return .double(-number)
    default: throw .noSuchOverload("-_", value).located(range)
    }
  }
}

/// `a && b && c` or `a || b || c`. What decides the result absorbs the errors of the other parts, in any order.
final class LogicalNode: Node {
  let parts: [any Node]
  let isAnd: Bool
  let range: Range<Int>

  init(_ parts: [any Node], isAnd: Bool, _ range: Range<Int>) {
    self.parts = parts
    self.isAnd = isAnd
    self.range = range
  }

  func evaluate(_ frame: inout Frame) throws(EvaluationError) -> Value {
    var failure: EvaluationError?
    for part in parts {
      do {
        if try part.evaluateBool(&frame, for: isAnd ? "_&&_" : "_||_") != isAnd { return .bool(!isAnd) }
      } catch {
        if error.isFinal { throw error }
        failure = failure ?? error
      }
    }
    if let failure { throw failure }
    return .bool(isAnd)
  }
}

extension EvaluationError {
  /// Errors of the evaluation itself, which no operator absorbs.
  var isFinal: Bool { code == .cost || code == .cancelled }
}

/// `condition ? yes : no`.
final class ConditionalNode: Node {
  let condition: any Node
  let yes: any Node
  let no: any Node
  let range: Range<Int>

  init(_ condition: any Node, _ yes: any Node, _ no: any Node, _ range: Range<Int>) {
    self.condition = condition
    self.yes = yes
    self.no = no
    self.range = range
  }

  func evaluate(_ frame: inout Frame) throws(EvaluationError) -> Value {
    try condition.evaluateBool(&frame, for: "_?_:_") ? try yes.evaluate(&frame) : try no.evaluate(&frame)
  }
}

/// `==`, `!=`, `<`, `<=`, `>`, `>=`.
final class ComparisonNode: Node {
  let function: BinaryOperator
  let left: any Node
  let right: any Node
  let range: Range<Int>

  init(_ function: BinaryOperator, _ left: any Node, _ right: any Node, _ range: Range<Int>) {
    self.function = function
    self.left = left
    self.right = right
    self.range = range
  }

  func evaluate(_ frame: inout Frame) throws(EvaluationError) -> Value {
    let a = try left.evaluate(&frame)
    let b = try right.evaluate(&frame)
    switch function {
    case .equal: return .bool(try frame.equal(a, b))
    case .notEqual: return .bool(!(try frame.equal(a, b)))
    default: break
    }
    guard let order = Equality.order(a, b) else {
      throw .noSuchOverload(function.functionName, a, b).located(range)
    }
    switch function {
    case .less: return .bool(order == .ascending)
    case .lessOrEqual: return .bool(order == .ascending || order == .same)
    case .greater: return .bool(order == .descending)
    default: return .bool(order == .descending || order == .same)
    }
  }
}

/// `element in container`.
final class MembershipNode: Node {
  let element: any Node
  let container: any Node
  let range: Range<Int>

  init(_ element: any Node, _ container: any Node, _ range: Range<Int>) {
    self.element = element
    self.container = container
    self.range = range
  }

  func evaluate(_ frame: inout Frame) throws(EvaluationError) -> Value {
    let wanted = try element.evaluate(&frame)
    switch try container.evaluate(&frame) {
    case .list(let elements):
      for element in elements {
        try frame.charge(1)
        if try frame.equal(element, wanted) { return true }
      }
      return false
    case .map(let map):
      return .bool(MapKey(lookup: wanted).map(map.contains) ?? false)
    case let other:
      throw .noSuchOverload("@in", wanted, other).located(range)
    }
  }
}

/// `+`, `-`, `*`, `/`, `%`.
final class ArithmeticNode: Node {
  let function: BinaryOperator
  let left: any Node
  let right: any Node
  let range: Range<Int>

  init(_ function: BinaryOperator, _ left: any Node, _ right: any Node, _ range: Range<Int>) {
    self.function = function
    self.left = left
    self.right = right
    self.range = range
  }

  func evaluate(_ frame: inout Frame) throws(EvaluationError) -> Value {
    let a = try left.evaluate(&frame)
    let b = try right.evaluate(&frame)
    do {
      return try Arithmetic.apply(function, a, b, &frame)
    } catch {
      throw error.located(range)
    }
  }
}

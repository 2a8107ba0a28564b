/// CEL's arithmetic: 64 bits with overflow as an error, no mixing of numeric kinds.
enum Arithmetic {
  static func apply(
    _ function: BinaryOperator, _ left: Value, _ right: Value, _ frame: inout Frame
  ) throws(EvaluationError) -> Value {
    switch (left, right) {
    case (.int(let a), .int(let b)): return .int(try integer(function, a, b))
    case (.uint(let a), .uint(let b)): return .uint(try integer(function, a, b))
    case (.double(let a), .double(let b)):
      switch function {
      case .add: return .double(a + b)
      case .subtract: return .double(a - b)
      case .multiply: return .double(a * b)
      case .divide: return .double(a / b)
      default: break
      }
    case (.string(let a), .string(let b)) where function == .add:
      try frame.charge(bytes: a.utf8.count + b.utf8.count)
      return .string(a + b)
    case (.bytes(let a), .bytes(let b)) where function == .add:
      try frame.charge(bytes: a.count + b.count)
      return .bytes(a + b)
    case (.list(let a), .list(let b)) where function == .add:
      try frame.charge(a.count + b.count)
      return .list(a + b)
    default: return try time(function, left, right)
    }
    throw .noSuchOverload(function.functionName, left, right)
  }

  private static func integer<T: FixedWidthInteger>(_ function: BinaryOperator, _ a: T, _ b: T) throws(EvaluationError)
    -> T
  {
    let (result, overflow): (T, Bool)
    switch function {
    case .add: (result, overflow) = a.addingReportingOverflow(b)
    case .subtract: (result, overflow) = a.subtractingReportingOverflow(b)
    case .multiply: (result, overflow) = a.multipliedReportingOverflow(by: b)
    case .divide:
      if b == 0 { throw EvaluationError(.divisionByZero, "division by zero") }
      (result, overflow) = a.dividedReportingOverflow(by: b)
    default:
      if b == 0 { throw EvaluationError(.divisionByZero, "modulus by zero") }
      (result, overflow) = a.remainderReportingOverflow(dividingBy: b)
    }
    if overflow { throw EvaluationError(.overflow, "integer overflow") }
    return result
  }

  private static func time(_ function: BinaryOperator, _ left: Value, _ right: Value) throws(EvaluationError) -> Value {
    switch (function, left, right) {
    case (.add, .timestamp(let moment), .duration(let span)), (.add, .duration(let span), .timestamp(let moment)):
      return .timestamp(try moved(moment, by: span))
    case (.subtract, .timestamp(let moment), .duration(let span)):
      return .timestamp(try moved(moment, by: .zero - span))
    case (.subtract, .timestamp(let a), .timestamp(let b)): return .duration(try ranged(a.since(b)))
    case (.add, .duration(let a), .duration(let b)): return .duration(try ranged(a + b))
    case (.subtract, .duration(let a), .duration(let b)): return .duration(try ranged(a - b))
    default: throw .noSuchOverload(function.functionName, left, right)
    }
  }

  private static func moved(_ moment: TimestampValue, by span: Duration) throws(EvaluationError) -> TimestampValue {
    guard let result = moment.adding(span) else {
      throw EvaluationError(.overflow, "the timestamp leaves the years 1 to 9999")
    }
    return result
  }

  static func ranged(_ span: Duration) throws(EvaluationError) -> Duration {
    guard span.nanosecondCount != nil else {
      throw EvaluationError(.overflow, "the duration leaves its range of about 292 years either way")
    }
    return span
  }
}

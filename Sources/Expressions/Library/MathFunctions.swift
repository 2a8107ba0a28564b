extension FunctionTable {
  /// The math extension (https://github.com/google/cel-go/tree/master/ext#math).
  mutating func addMathFunctions() {
    many("math.greatest", count: nil, [.dyn], .dyn) {
      (values: [Value], frame: inout Frame) throws(EvaluationError) -> Value in
      try MathFunction.extreme("math.greatest", values, wanted: .descending, &frame)
    }
    many("math.least", count: nil, [.dyn], .dyn) {
      (values: [Value], frame: inout Frame) throws(EvaluationError) -> Value in
      try MathFunction.extreme("math.least", values, wanted: .ascending, &frame)
    }
    ofDouble("math.ceil", .double) { .double($0.rounded(.up)) }
    ofDouble("math.floor", .double) { .double($0.rounded(.down)) }
    ofDouble("math.round", .double) { .double($0.rounded(.toNearestOrAwayFromZero)) }
    ofDouble("math.trunc", .double) { .double($0.rounded(.towardZero)) }
    ofDouble("math.isNaN", .bool) { .bool($0.isNaN) }
    ofDouble("math.isInf", .bool) { .bool($0.isInfinite) }
    ofDouble("math.isFinite", .bool) { .bool($0.isFinite) }
    let numeric: [(ValueType, ValueType)] = [(.int, .int), (.uint, .uint), (.double, .double)]
    one("math.abs", numeric, MathFunction.abs)
    one("math.sign", numeric, MathFunction.sign)
    one("math.sqrt", [(.double, .double), (.int, .double), (.uint, .double)]) {
      (value: Value, _: inout Frame) throws(EvaluationError) -> Value in
      guard let number = value.asDouble else { throw .noSuchOverload("math.sqrt", value) }
      return .double(number.squareRoot())
    }
    bits("math.bitAnd", { $0 & $1 }, { $0 & $1 })
    bits("math.bitOr", { $0 | $1 }, { $0 | $1 })
    bits("math.bitXor", { $0 ^ $1 }, { $0 ^ $1 })
    one("math.bitNot", [(.int, .int), (.uint, .uint)]) {
      (value: Value, _: inout Frame) throws(EvaluationError) -> Value in
      switch value {
      case .int(let number): return .int(~number)
      case .uint(let number): return .uint(~number)
      default: throw .noSuchOverload("math.bitNot", value)
      }
    }
    shift("math.bitShiftLeft") { $0 << $1 }
    shift("math.bitShiftRight") { $0 >> $1 }
  }

  private mutating func ofDouble(
    _ name: String, _ result: ValueType, _ body: @escaping @Sendable (Double) -> Value
  ) {
    one(name, [(.double, result)]) { (value: Value, _: inout Frame) throws(EvaluationError) -> Value in
      guard case .double(let number) = value else { throw .noSuchOverload(name, value) }
      return body(number)
    }
  }

  private mutating func bits(
    _ name: String, _ signed: @escaping @Sendable (Int64, Int64) -> Int64,
    _ unsigned: @escaping @Sendable (UInt64, UInt64) -> UInt64
  ) {
    two(name, [(.int, .int, .int), (.uint, .uint, .uint)]) {
      (left: Value, right: Value, _: inout Frame) throws(EvaluationError) -> Value in
      switch (left, right) {
      case (.int(let a), .int(let b)): return .int(signed(a, b))
      case (.uint(let a), .uint(let b)): return .uint(unsigned(a, b))
      default: throw .noSuchOverload(name, left, right)
      }
    }
  }

  /// Shifts bits without regard to the sign; by 64 and more nothing is left.
  private mutating func shift(_ name: String, _ body: @escaping @Sendable (UInt64, UInt64) -> UInt64) {
    two(name, [(.int, .int, .int), (.uint, .int, .uint)]) {
      (value: Value, distance: Value, _: inout Frame) throws(EvaluationError) -> Value in
      guard case .int(let distance) = distance else { throw .noSuchOverload(name, value, distance) }
      guard distance >= 0 else {
        throw EvaluationError(.invalidArgument, "\(name): the offset \(distance) is negative")
      }
      switch value {
      case .int(let number): return .int(Int64(bitPattern: body(UInt64(bitPattern: number), UInt64(distance))))
      case .uint(let number): return .uint(body(number, UInt64(distance)))
      default: throw .noSuchOverload(name, value, .int(distance))
      }
    }
  }
}

private enum MathFunction {
  /// The greatest or least of the arguments, or of the elements of a single list; the first of equal ones.
  static func extreme(
    _ name: String, _ values: [Value], wanted: Equality.Order, _ frame: inout Frame
  ) throws(EvaluationError) -> Value {
    var candidates = values
    if values.count == 1, case .list(let elements) = values[0] { candidates = elements }
    guard var best = candidates.first else { throw EvaluationError(.invalidArgument, "\(name): the list is empty") }
    for candidate in candidates {
      try frame.charge(1)
      guard candidate.asDouble != nil, let order = Equality.order(candidate, best) else {
        throw .noSuchOverload(name, candidate)
      }
      if order == wanted { best = candidate }
    }
    return best
  }

  static func abs(_ value: Value, _ frame: inout Frame) throws(EvaluationError) -> Value {
    switch value {
    case .int(let number):
      if number == .min { throw EvaluationError(.overflow, "integer overflow") }
      return .int(Swift.abs(number))
    case .uint: return value
    case .double(let number): return .double(Swift.abs(number))
    default: throw .noSuchOverload("math.abs", value)
    }
  }

  static func sign(_ value: Value, _ frame: inout Frame) throws(EvaluationError) -> Value {
    switch value {
    case .int(let number): return .int(number.signum())
    case .uint(let number): return .uint(min(number, 1))
    case .double(let number): return .double(number > 0 ? 1 : number < 0 ? -1 : number)
    default: throw .noSuchOverload("math.sign", value)
    }
  }
}

extension FunctionTable {
  /// `size`, `contains`, `matches` and the other functions of the language itself
  /// (https://github.com/google/cel-spec/blob/master/doc/langdef.md#list-of-standard-definitions).
  mutating func addCoreFunctions() {
    let sizes: [(ValueType, ValueType)] = [
      (.string, .int), (.bytes, .int), (.list(.dyn), .int), (.map(key: .dyn, value: .dyn), .int),
    ]
    one("size", sizes, Core.size)
    one("size", member: true, sizes, Core.size)
    two("contains", member: true, [(.string, .string, .bool)], Core.contains)
    two("startsWith", member: true, [(.string, .string, .bool)], Core.startsWith)
    two("endsWith", member: true, [(.string, .string, .bool)], Core.endsWith)
    two("matches", [(.string, .string, .bool)], Core.matches)
    two("matches", member: true, [(.string, .string, .bool)], Core.matches)
    one("dyn", [(.dyn, .dyn)]) { (value: Value, _: inout Frame) throws(EvaluationError) -> Value in value }
    one("type", [(.dyn, .type)]) { (value: Value, _: inout Frame) throws(EvaluationError) -> Value in
      .type(value.typeName)
    }
  }
}

private enum Core {
  static func size(_ value: Value, _ frame: inout Frame) throws(EvaluationError) -> Value {
    switch value {
    case .string(let text):
      try frame.charge(bytes: text.utf8.count)
      return .int(Int64(text.unicodeScalars.count))
    case .bytes(let bytes): return .int(Int64(bytes.count))
    case .list(let elements): return .int(Int64(elements.count))
    case .map(let map): return .int(Int64(map.count))
    default: throw .noSuchOverload("size", value)
    }
  }

  static func contains(_ value: Value, _ part: Value, _ frame: inout Frame) throws(EvaluationError) -> Value {
    guard case .string(let text) = value, case .string(let needle) = part else {
      throw .noSuchOverload("contains", value, part)
    }
    try frame.charge(bytes: text.utf8.count)
    return .bool(text.containsCodePoints(of: needle))
  }

  static func startsWith(_ value: Value, _ part: Value, _ frame: inout Frame) throws(EvaluationError) -> Value {
    guard case .string(let text) = value, case .string(let prefix) = part else {
      throw .noSuchOverload("startsWith", value, part)
    }
    return .bool(text.hasCodePointPrefix(prefix))
  }

  static func endsWith(_ value: Value, _ part: Value, _ frame: inout Frame) throws(EvaluationError) -> Value {
    guard case .string(let text) = value, case .string(let suffix) = part else {
      throw .noSuchOverload("endsWith", value, part)
    }
    return .bool(text.hasCodePointSuffix(suffix))
  }

  /// With a pattern that is not known before; literals are compiled with the expression.
  static func matches(_ value: Value, _ pattern: Value, _ frame: inout Frame) throws(EvaluationError) -> Value {
    guard case .string(let text) = value, case .string(let pattern) = pattern else {
      throw .noSuchOverload("matches", value, pattern)
    }
    // Compiling is the dear part: a pattern of a few bytes may stand for a program of megabytes.
    try frame.charge(200 + pattern.utf8.count + text.utf8.count / 64)
    do {
      return .bool(try RegularExpression(pattern).matches(text))
    } catch {
      throw EvaluationError(.invalidArgument, error.description.escapedForDisplay)
    }
  }
}

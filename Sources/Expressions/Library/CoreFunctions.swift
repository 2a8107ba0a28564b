import Synchronization

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
    for isMember in [false, true] {
      let signature = Signature(parameters: [.string, .string], result: .bool)
      add(Entry(name: "matches", isMember: isMember, count: 2, signatures: [signature], body: Self.matchBody()))
    }
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
}

extension FunctionTable {
  /// `matches` with a pattern that is known only when it is evaluated; literals are compiled with the expression.
  ///
  /// Each call in an expression has a body of its own, in which the last pattern stays compiled: one that comes from a
  /// variable is the same every time.
  static func matchBody() -> Body {
    let last = LastPattern()
    return .two { (value: Value, pattern: Value, frame: inout Frame) throws(EvaluationError) -> Value in
      guard case .string(let text) = value, case .string(let source) = pattern else {
        throw .noSuchOverload("matches", value, pattern)
      }
      try frame.charge(text.utf8.count / 64)
      return .bool(try last.compiled(source, &frame).matches(text))
    }
  }
}

/// The pattern that a call met last.
private final class LastPattern: Sendable {
  private let program = Mutex<RegularExpression?>(nil)

  func compiled(_ source: String, _ frame: inout Frame) throws(EvaluationError) -> RegularExpression {
    if let known = program.withLock({ $0 }), known.pattern.hasSameCodePoints(as: source) { return known }
    // Compiling is the dear part: a pattern of a few bytes may stand for a program of megabytes.
    try frame.charge(200 + source.utf8.count)
    do throws(RegularExpressionError) {
      let compiled = try RegularExpression(source)
      program.withLock { $0 = compiled }
      return compiled
    } catch {
      throw EvaluationError(.invalidArgument, error.description.escapedForDisplay)
    }
  }
}

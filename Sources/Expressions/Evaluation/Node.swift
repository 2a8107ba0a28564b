/// A compiled part of an expression: names are slots, functions are resolved, literals are values.
protocol Node: AnyObject, Sendable {
  /// Where it stands in the source.
  var range: Range<Int> { get }

  func evaluate(_ frame: inout Frame) throws(EvaluationError) -> Value
}

extension Node {
  /// Evaluates to a bool for a place that takes nothing else.
  func evaluateBool(_ frame: inout Frame, for function: String) throws(EvaluationError) -> Bool {
    let value = try evaluate(&frame)
    guard case .bool(let result) = value else {
      throw .noSuchOverload(function, value).located(range)
    }
    return result
  }
}

/// A literal, or what a call with literals came to at compile time.
final class ConstantNode: Node {
  let value: Value
  let range: Range<Int>

  init(_ value: Value, _ range: Range<Int>) {
    self.value = value
    self.range = range
  }

  func evaluate(_ frame: inout Frame) -> Value { value }
}

/// A variable of the bindings.
final class GlobalNode: Node {
  let name: String
  let slot: Int
  let range: Range<Int>

  init(name: String, slot: Int, _ range: Range<Int>) {
    self.name = name
    self.slot = slot
    self.range = range
  }

  func evaluate(_ frame: inout Frame) throws(EvaluationError) -> Value {
    do {
      return try frame.global(name, slot: slot)
    } catch {
      throw error.located(range)
    }
  }
}

/// A variable of a macro.
final class LocalNode: Node {
  let name: String
  let index: Int
  let range: Range<Int>

  init(name: String, index: Int, _ range: Range<Int>) {
    self.name = name
    self.index = index
    self.range = range
  }

  func evaluate(_ frame: inout Frame) -> Value { frame.locals[index] }
}

/// What is known at compile time to fail, in a lenient environment.
final class FailureNode: Node {
  let error: EvaluationError
  let range: Range<Int>

  init(_ error: EvaluationError, _ range: Range<Int>) {
    self.error = error.located(range)
    self.range = range
  }

  func evaluate(_ frame: inout Frame) throws(EvaluationError) -> Value { throw error }
}

/// `operand.field`.
final class SelectNode: Node {
  let operand: any Node
  let field: String
  let range: Range<Int>

  init(_ operand: any Node, _ field: String, _ range: Range<Int>) {
    self.operand = operand
    self.field = field
    self.range = range
  }

  func evaluate(_ frame: inout Frame) throws(EvaluationError) -> Value {
    let value = try operand.evaluate(&frame)
    guard case .map(let map) = value else {
      throw EvaluationError(.noSuchField, "a value of type \(value.kind) has no field '\(field)'", range: range)
    }
    do {
      if let member = try map.member(field) { return member }
    } catch {
      throw error.located(range)
    }
    throw EvaluationError(.noSuchKey, "no such key '\(field.escapedForDisplay)'", range: range)
  }
}

/// `has(operand.field)`.
final class PresenceNode: Node {
  let operand: any Node
  let field: String
  let range: Range<Int>

  init(_ operand: any Node, _ field: String, _ range: Range<Int>) {
    self.operand = operand
    self.field = field
    self.range = range
  }

  func evaluate(_ frame: inout Frame) throws(EvaluationError) -> Value {
    let value = try operand.evaluate(&frame)
    guard case .map(let map) = value else {
      throw EvaluationError(.noSuchField, "a value of type \(value.kind) has no field '\(field)'", range: range)
    }
    return .bool(map.contains(field))
  }
}

/// `operand[index]`.
final class IndexNode: Node {
  let operand: any Node
  let index: any Node
  let range: Range<Int>

  init(_ operand: any Node, _ index: any Node, _ range: Range<Int>) {
    self.operand = operand
    self.index = index
    self.range = range
  }

  func evaluate(_ frame: inout Frame) throws(EvaluationError) -> Value {
    let container = try operand.evaluate(&frame)
    let key = try index.evaluate(&frame)
    switch container {
    case .list(let elements):
      guard case .int(let position)? = MapKey(lookup: key)?.asInt else {
        throw EvaluationError(.invalidArgument, "a list has no index \(key.brief())", range: range)
      }
      guard position >= 0, position < Int64(elements.count) else {
        throw EvaluationError(
          .index, "index \(position) is out of range; the list has \(elements.count) elements", range: range)
      }
      return elements[Int(position)]
    case .map(let map):
      guard let wanted = MapKey(lookup: key) else {
        throw EvaluationError(.noSuchKey, "no such key \(key.brief())", range: range)
      }
      do {
        if let member = try map.member(wanted) { return member }
      } catch {
        throw error.located(range)
      }
      throw EvaluationError(.noSuchKey, "no such key \(key.brief())", range: range)
    default:
      throw .noSuchOverload("_[_]", container, key).located(range)
    }
  }
}

extension MapKey {
  /// The key as an int where it is a number that fits.
  fileprivate var asInt: MapKey? {
    switch self {
    case .int: self
    case .uint(let value): .int(Int64(clamping: value))
    default: nil
    }
  }
}

/// `[a, b]`.
final class ListNode: Node {
  let elements: [any Node]
  let range: Range<Int>

  init(_ elements: [any Node], _ range: Range<Int>) {
    self.elements = elements
    self.range = range
  }

  func evaluate(_ frame: inout Frame) throws(EvaluationError) -> Value {
    var values: [Value] = []
    values.reserveCapacity(elements.count)
    for element in elements { values.append(try element.evaluate(&frame)) }
    try frame.charge(elements.count)
    return .list(values)
  }
}

/// `{a: b}`.
final class MapNode: Node {
  let entries: [(key: any Node, value: any Node)]
  let range: Range<Int>

  init(_ entries: [(key: any Node, value: any Node)], _ range: Range<Int>) {
    self.entries = entries
    self.range = range
  }

  func evaluate(_ frame: inout Frame) throws(EvaluationError) -> Value {
    var builder = MapValue.Builder(capacity: entries.count)
    for entry in entries {
      let keyValue = try entry.key.evaluate(&frame)
      guard let key = MapKey(literal: keyValue) else {
        throw EvaluationError(
          .invalidArgument, "a value of type \(keyValue.kind) is no key of a map", range: entry.key.range)
      }
      guard builder.insert(key, try entry.value.evaluate(&frame)) else {
        throw EvaluationError(.duplicateKey, "the key \(keyValue.brief()) stands twice", range: entry.key.range)
      }
    }
    try frame.charge(entries.count)
    return .map(builder.map)
  }
}

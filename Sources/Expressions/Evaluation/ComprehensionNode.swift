/// `all`, `exists`, `map` and the other macros that walk a list or a map, with one variable or two.
final class ComprehensionNode: Node {
  enum Kind: Sendable {
    case all, exists, existsOne, map, filter, transformList, transformMap
  }

  let kind: Kind
  let source: any Node
  /// Position of the first variable in the frame; the second follows it.
  let local: Int
  /// With two variables the first is the index or key and the second the value.
  let hasTwoVariables: Bool
  /// What decides: the predicate, or the filter of a transformation.
  let condition: (any Node)?
  /// What is collected.
  let result: (any Node)?
  let range: Range<Int>

  init(
    _ kind: Kind, of source: any Node, local: Int, hasTwoVariables: Bool, condition: (any Node)?, result: (any Node)?,
    _ range: Range<Int>
  ) {
    self.kind = kind
    self.source = source
    self.local = local
    self.hasTwoVariables = hasTwoVariables
    self.condition = condition
    self.result = result
    self.range = range
  }

  func evaluate(_ frame: inout Frame) throws(EvaluationError) -> Value {
    var state = State(kind)
    switch try source.evaluate(&frame) {
    case .list(let elements):
      for (position, element) in elements.enumerated() {
        try frame.chargeIteration()
        if hasTwoVariables {
          frame.locals[local] = .int(Int64(position))
          frame.locals[local + 1] = element
        } else {
          frame.locals[local] = element
        }
        if try step(&state, &frame, key: nil) { break }
      }
    case .map(let map):
      for key in map.keys {
        try frame.chargeIteration()
        frame.locals[local] = key.value
        if hasTwoVariables {
          do {
            guard let value = try map.member(key) else { continue }
            frame.locals[local + 1] = value
          } catch {
            throw error.located(source.range)
          }
        }
        if try step(&state, &frame, key: key) { break }
      }
    case let other:
      throw EvaluationError(
        .noSuchOverload, "a value of type \(other.kind) cannot be iterated", range: source.range)
    }
    return try state.result(kind)
  }

  private struct State {
    var values: [Value] = []
    var map = MapValue.Builder()
    var matches = 0
    /// `all` was contradicted, or `exists` found what it sought.
    var isDecided = false
    var failure: EvaluationError?

    init(_ kind: Kind) {}

    consuming func result(_ kind: Kind) throws(EvaluationError) -> Value {
      switch kind {
      case .all, .exists:
        if isDecided { return .bool(kind == .exists) }
        if let failure { throw failure }
        return .bool(kind == .all)
      case .existsOne: return .bool(matches == 1)
      case .map, .filter, .transformList: return .list(values)
      case .transformMap: return .map(map.map)
      }
    }
  }

  /// One element; true ends the walk.
  private func step(_ state: inout State, _ frame: inout Frame, key: MapKey?) throws(EvaluationError) -> Bool {
    switch kind {
    case .all, .exists:
      do {
        state.isDecided = try holds(&frame) == (kind == .exists)
      } catch {
        if error.isFinal { throw error }
        state.failure = state.failure ?? error
      }
      return state.isDecided
    case .existsOne:
      if try holds(&frame) { state.matches += 1 }
    case .filter:
      if try holds(&frame) { state.values.append(frame.locals[local]) }
    case .map, .transformList:
      if try holds(&frame) { state.values.append(try collected(&frame)) }
    case .transformMap:
      guard try holds(&frame) else { break }
      let value = try collected(&frame)
      // Of a list the index is the key.
      if let key = key ?? MapKey(lookup: frame.locals[local]) { state.map.set(key, to: value) }
    }
    return false
  }

  private func holds(_ frame: inout Frame) throws(EvaluationError) -> Bool {
    guard let condition else { return true }
    return try condition.evaluateBool(&frame, for: "@predicate")
  }

  private func collected(_ frame: inout Frame) throws(EvaluationError) -> Value {
    guard let result else { return .null }
    return try result.evaluate(&frame)
  }
}

/// `cel.bind(name, value, body)`.
final class BindNode: Node {
  let local: Int
  let value: any Node
  let body: any Node
  let range: Range<Int>

  init(local: Int, value: any Node, body: any Node, _ range: Range<Int>) {
    self.local = local
    self.value = value
    self.body = body
    self.range = range
  }

  func evaluate(_ frame: inout Frame) throws(EvaluationError) -> Value {
    frame.locals[local] = try value.evaluate(&frame)
    return try body.evaluate(&frame)
  }
}

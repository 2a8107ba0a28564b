/// Gives names and operators their meaning: turns syntax into nodes, checks types as far as they are known, and collects
/// issues and references on the way.
struct Compiler {
  /// A node with what is known of its value.
  struct Typed {
    let node: any Node
    let type: ValueType

    init(_ node: any Node, _ type: ValueType) {
      self.node = node
      self.type = type
    }
  }

  let environment: Environment
  var issues: [Issue] = []
  private(set) var references: Set<Reference> = []
  private var slots: [String: Int] = [:]
  private var locals: [(name: String, type: ValueType)] = []
  /// Places that a frame needs for variables of macros.
  private(set) var deepestLocal = 0

  init(_ environment: Environment) { self.environment = environment }

  var slotCount: Int { slots.count }
  var isLenient: Bool { environment.isLenient }

  /// Reports what is wrong, or leaves it to the evaluation in a lenient environment.
  mutating func fail(_ issue: Issue, _ code: EvaluationError.Code) -> Typed {
    if !isLenient { issues.append(issue) }
    return Typed(FailureNode(EvaluationError(code, issue.message), issue.range), .dyn)
  }

  /// Reports what is an error of the source in every environment: a macro that is used wrongly.
  mutating func reject(_ issue: Issue) -> Typed {
    issues.append(issue)
    return Typed(FailureNode(EvaluationError(.invalidArgument, issue.message), issue.range), .dyn)
  }

  /// Compiles an expression and notes which variable it reads.
  mutating func compile(_ syntax: Syntax) -> Typed {
    let typed = link(syntax)
    note(typed.node, isGuarded: false)
    return typed
  }

  /// Compiles without noting a reference: a longer path may follow.
  mutating func link(_ syntax: Syntax) -> Typed {
    let range = syntax.range
    switch syntax.kind {
    case .literal(let value): return Typed(ConstantNode(value, range), value.constantType)
    case .identifier, .select: return chain(syntax)
    case .index(let operand, let index): return self.index(operand, index, range)
    case .call(let call): return self.call(call, range)
    case .not(let operand):
      let operand = compile(operand)
      if !isLenient, !operand.type.isAcceptable(as: .bool) { mismatch("!_", [operand], range) }
      return Typed(NotNode(operand.node, range), .bool)
    case .negate(let operand):
      let operand = compile(operand)
      if !isLenient, ![.dyn, .int, .double].contains(operand.type) { mismatch("-_", [operand], range) }
      return Typed(NegateNode(operand.node, range), operand.type)
    case .binary(let function, let left, let right): return binary(function, left, right, range)
    case .and(let parts): return logical(parts, isAnd: true, range)
    case .or(let parts): return logical(parts, isAnd: false, range)
    case .conditional(let condition, let yes, let no):
      let condition = compile(condition)
      if !isLenient, !condition.type.isAcceptable(as: .bool) {
        issues.append(
          Issue("a condition before '?' must be bool, not \(condition.type)", range: condition.node.range))
      }
      let (yes, no) = (compile(yes), compile(no))
      return Typed(ConditionalNode(condition.node, yes.node, no.node, range), yes.type.joined(with: no.type))
    case .list(let elements): return list(elements, range)
    case .map(let entries): return map(entries, range)
    }
  }

  // MARK: Names

  /// A name with fields after it, where the name may be one of several words.
  private mutating func chain(_ syntax: Syntax) -> Typed {
    var fields: [Syntax.Field] = []
    var ends: [Int] = []
    var root = syntax
    while case .select(let operand, let field) = root.kind {
      fields.append(field)
      ends.append(root.range.upperBound)
      root = operand
    }
    fields.reverse()
    ends.reverse()
    guard case .identifier(let name, let isAbsolute) = root.kind else {
      var result = link(root)
      for (field, end) in zip(fields, ends) { result = select(result, field, syntax.range.lowerBound..<end) }
      return result
    }
    let (typed, used) = resolve(name, isAbsolute: isAbsolute, fields: fields, ends: ends, root: root.range)
    var result = typed
    for (field, end) in zip(fields.dropFirst(used), ends.dropFirst(used)) {
      result = select(result, field, syntax.range.lowerBound..<end)
    }
    return result
  }

  /// The meaning of a name and how many of the fields after it belong to it: the longest that is declared.
  private mutating func resolve(
    _ name: String, isAbsolute: Bool, fields: [Syntax.Field], ends: [Int], root: Range<Int>
  ) -> (Typed, Int) {
    if !isAbsolute, let index = locals.lastIndex(where: { $0.name == name }) {
      return (Typed(LocalNode(name: name, index: index, root), locals[index].type), 0)
    }
    var path = ([name] + fields.map(\.name))[...]
    while !path.isEmpty {
      let candidate = path.count == 1 ? name : path.joined(separator: ".")
      let range = root.lowerBound..<(path.count == 1 ? root.upperBound : ends[path.count - 2])
      if let variable = environment.variable(candidate, isAbsolute: isAbsolute) {
        let type = environment.type(ofVariable: variable) ?? .dyn
        return (Typed(GlobalNode(name: variable, slot: slot(of: variable), range), type), path.count - 1)
      }
      if let type = environment.typeName(candidate, isAbsolute: isAbsolute) {
        return (Typed(ConstantNode(.type(type), range), .type), path.count - 1)
      }
      path.removeLast()
    }
    return (unknown(name, root), fields.count)
  }

  private mutating func unknown(_ name: String, _ range: Range<Int>) -> Typed {
    let known = environment.variableNames + locals.map(\.name)
    let message = "unknown name '\(name)'"
    if !environment.functions.entries(named: name, isMember: false).isEmpty {
      return fail(Issue("'\(name)' is a function; call it with parentheses", range: range), .noSuchName)
    }
    let suggestion = Suggestion.nearest(to: name, among: known)
    let allowed = suggestion == nil && known.count <= 40 ? known.sorted() : []
    return fail(Issue(message, range: range, suggestion: suggestion, allowed: allowed), .noSuchName)
  }

  private mutating func slot(of name: String) -> Int {
    if let slot = slots[name] { return slot }
    defer { slots[name] = slots.count }
    return slots.count
  }

  /// The type of a field, or an issue.
  private mutating func fieldType(_ type: ValueType, _ field: Syntax.Field) -> ValueType {
    guard !isLenient else { return .dyn }
    switch type {
    case .dyn: return .dyn
    case .map(let key, let value):
      if ValueType.string.isAcceptable(as: key) { return value }
      issues.append(Issue("a \(type) has no field '\(field.name)'", range: field.range))
    case .record(let record):
      if let type = record.fields[field.name] { return type }
      if let reason = record.absent.lazy.compactMap({ $0[field.name] }).first {
        issues.append(Issue(reason, range: field.range))
        return .dyn
      }
      let suggestion = Suggestion.nearest(to: field.name, among: record.fields.keys)
      let allowed = suggestion == nil && record.fields.count <= 40 ? record.fields.keys.sorted() : []
      let message = "\(record.name) has no field '\(field.name)'"
      issues.append(Issue(message, range: field.range, suggestion: suggestion, allowed: allowed))
    default:
      let hint = environment.functions.entries(named: field.name, isMember: true).isEmpty ? "" : "; call it with ()"
      issues.append(Issue("a value of type \(type) has no field '\(field.name)'\(hint)", range: field.range))
    }
    return .dyn
  }

  private mutating func select(_ operand: Typed, _ field: Syntax.Field, _ range: Range<Int>) -> Typed {
    // What is unknown already is not reported once more for each field.
    if operand.node is FailureNode { return operand }
    let type = fieldType(operand.type, field)
    return Typed(SelectNode(operand.node, field.name, range), type)
  }

  /// `has(a.b)`.
  mutating func presence(_ argument: Syntax, _ range: Range<Int>) -> Typed {
    guard case .select(let operand, let field) = argument.kind else {
      return reject(Issue("has() takes a field, as in has(a.b)", range: argument.range))
    }
    let typed = link(operand)
    if typed.node is FailureNode { return typed }
    _ = fieldType(typed.type, field)
    let node = PresenceNode(typed.node, field.name, range)
    if let path = typed.node.staticPath {
      references.insert(Reference(path: path + [field.name], isGuarded: true))
    } else {
      note(typed.node, isGuarded: false)
    }
    return Typed(node, .bool)
  }

  private mutating func note(_ node: any Node, isGuarded: Bool) {
    if let path = node.staticPath { references.insert(Reference(path: path, isGuarded: isGuarded)) }
  }

  // MARK: Variables of macros

  /// Compiles `body` where the names are variables of a macro.
  mutating func withLocals<Result>(
    _ variables: [(name: String, type: ValueType)], _ body: (inout Compiler) -> Result
  ) -> Result {
    locals += variables
    deepestLocal = max(deepestLocal, locals.count)
    defer { locals.removeLast(variables.count) }
    return body(&self)
  }

  var nextLocal: Int { locals.count }

  func isLocal(_ name: String) -> Bool { locals.contains { $0.name == name } }

  // MARK: Aggregates

  private mutating func list(_ elements: [Syntax], _ range: Range<Int>) -> Typed {
    let typed = elements.map { compile($0) }
    let first = typed.first?.type ?? .dyn
    let type = ValueType.list(typed.dropFirst().reduce(first) { $0.joined(with: $1.type) })
    let constants = typed.compactMap { ($0.node as? ConstantNode)?.value }
    if constants.count == typed.count { return Typed(ConstantNode(.list(constants), range), type) }
    return Typed(ListNode(typed.map(\.node), range), type)
  }

  private mutating func map(_ entries: [Syntax.Entry], _ range: Range<Int>) -> Typed {
    let typed = entries.map { (key: compile($0.key), value: compile($0.value)) }
    if !isLenient {
      for entry in typed where ![.dyn, .bool, .int, .uint, .string].contains(entry.key.type) {
        issues.append(Issue("a value of type \(entry.key.type) is no key of a map", range: entry.key.node.range))
      }
    }
    let key = typed.dropFirst().reduce(typed.first?.key.type ?? .dyn) { $0.joined(with: $1.key.type) }
    let value = typed.dropFirst().reduce(typed.first?.value.type ?? .dyn) { $0.joined(with: $1.value.type) }
    let node = MapNode(typed.map { (key: $0.key.node, value: $0.value.node) }, range)
    let isConstant = typed.allSatisfy { $0.key.node is ConstantNode && $0.value.node is ConstantNode }
    return folded(node, .map(key: key, value: value), isConstant: isConstant)
  }

  /// Evaluates at compile time what depends on nothing.
  mutating func folded(_ node: any Node, _ type: ValueType, isConstant: Bool) -> Typed {
    guard isConstant else { return Typed(node, type) }
    var frame = Frame(NoBindings(), slots: 0, locals: 0, limits: .standard)
    do {
      return Typed(ConstantNode(try node.evaluate(&frame), node.range), type)
    } catch {
      if !isLenient { issues.append(Issue(error.message, range: error.range ?? node.range)) }
      return Typed(node, type)
    }
  }

  private mutating func index(_ operand: Syntax, _ index: Syntax, _ range: Range<Int>) -> Typed {
    let container = link(operand)
    let key = compile(index)
    let node = IndexNode(container.node, key.node, range)
    if !(key.node is ConstantNode) { note(container.node, isGuarded: false) }
    guard !isLenient else { return Typed(node, .dyn) }
    switch container.type {
    case .dyn: return Typed(node, .dyn)
    case .list(let element):
      if ![.dyn, .int, .uint].contains(key.type) { mismatch("_[_]", [container, key], range) }
      return Typed(node, element)
    case .map(let keyType, let value):
      if !key.type.isComparable(with: keyType) { mismatch("_[_]", [container, key], range) }
      return Typed(node, value)
    case .record:
      if let name = (key.node as? ConstantNode)?.value.asString {
        return Typed(node, fieldType(container.type, Syntax.Field(name: name, range: key.node.range)))
      }
      if !key.type.isAcceptable(as: .string) { mismatch("_[_]", [container, key], range) }
      return Typed(node, .dyn)
    default:
      if !(container.node is FailureNode) { mismatch("_[_]", [container, key], range) }
      return Typed(node, .dyn)
    }
  }

  // MARK: Operators

  mutating func mismatch(_ function: String, _ arguments: [Typed], _ range: Range<Int>, allowed: [String] = []) {
    let types = arguments.map(\.type.description).joined(separator: ", ")
    issues.append(
      Issue("no matching overload for '\(function)' applied to (\(types))", range: range, allowed: allowed))
  }

  private mutating func logical(_ parts: [Syntax], isAnd: Bool, _ range: Range<Int>) -> Typed {
    let typed = parts.map { compile($0) }
    if !isLenient {
      for part in typed where !part.type.isAcceptable(as: .bool) {
        issues.append(
          Issue("'\(isAnd ? "&&" : "||")' takes bool on both sides, not \(part.type)", range: part.node.range))
      }
    }
    return Typed(LogicalNode(typed.map(\.node), isAnd: isAnd, range), .bool)
  }

  private mutating func binary(_ function: BinaryOperator, _ left: Syntax, _ right: Syntax, _ range: Range<Int>)
    -> Typed
  {
    let (a, b) = (compile(left), compile(right))
    let type = isLenient ? nil : OperatorTypes.result(function, a.type, b.type)
    if !isLenient, type == nil { mismatch(function.functionName, [a, b], range) }
    switch function {
    case .add, .subtract, .multiply, .divide, .remainder:
      return Typed(ArithmeticNode(function, a.node, b.node, range), type ?? .dyn)
    case .member: return Typed(MembershipNode(a.node, b.node, range), .bool)
    default: return Typed(ComparisonNode(function, a.node, b.node, range), .bool)
    }
  }
}

extension Node {
  /// The variable and the fields after it that the node reads, as far as they are written out.
  var staticPath: [String]? {
    switch self {
    case let node as GlobalNode: [node.name]
    case let node as SelectNode: node.operand.staticPath.map { $0 + [node.field] }
    case let node as IndexNode:
      if let name = (node.index as? ConstantNode)?.value.asString {
        node.operand.staticPath.map { $0 + [name] }
      } else if node.index is ConstantNode {
        node.operand.staticPath
      } else {
        nil
      }
    default: nil
    }
  }
}

/// The types of operators.
enum OperatorTypes {
  /// The type of the result; nil where there is no such overload.
  static func result(_ function: BinaryOperator, _ left: ValueType, _ right: ValueType) -> ValueType? {
    switch function {
    case .equal, .notEqual: return left.isComparable(with: right) ? .bool : nil
    case .less, .lessOrEqual, .greater, .greaterOrEqual: return isOrdered(left, right) ? .bool : nil
    case .member:
      switch right {
      case .dyn: return .bool
      case .list(let element): return left.isComparable(with: element) ? .bool : nil
      case .map(let key, _): return left.isComparable(with: key) ? .bool : nil
      case .record: return left.isAcceptable(as: .string) ? .bool : nil
      default: return nil
      }
    default: return arithmetic(function, left, right)
    }
  }

  private static func isOrdered(_ left: ValueType, _ right: ValueType) -> Bool {
    let ordered: Set<ValueType> = [.dyn, .bool, .int, .uint, .double, .string, .bytes, .timestamp, .duration]
    guard ordered.contains(left), ordered.contains(right) else { return false }
    return left == right || left == .dyn || right == .dyn || (left.isNumeric && right.isNumeric)
  }

  private static func arithmetic(_ function: BinaryOperator, _ left: ValueType, _ right: ValueType) -> ValueType? {
    switch (left, right) {
    case (.dyn, .dyn): return .dyn
    case (.int, .int), (.uint, .uint): return left
    case (.double, .double): return function == .remainder ? nil : .double
    case (.string, .string), (.bytes, .bytes): return function == .add ? left : nil
    case (.list(let a), .list(let b)): return function == .add ? .list(a.joined(with: b)) : nil
    case (.timestamp, .duration): return function == .add || function == .subtract ? .timestamp : nil
    case (.duration, .timestamp): return function == .add ? .timestamp : nil
    case (.timestamp, .timestamp): return function == .subtract ? .duration : nil
    case (.duration, .duration): return function == .add || function == .subtract ? .duration : nil
    case (.dyn, let known), (let known, .dyn):
      switch known {
      case .int, .uint: return known
      case .double: return function == .remainder ? nil : .double
      case .string, .bytes: return function == .add ? known : nil
      case .list: return function == .add ? .list(.dyn) : nil
      case .timestamp, .duration: return function == .add || function == .subtract ? .dyn : nil
      default: return nil
      }
    default: return nil
    }
  }
}

extension Compiler {
  /// Macros called on a value.
  static let macroNames = [
    "all", "exists", "exists_one", "existsOne", "map", "filter", "transformList", "transformMap",
  ]

  /// Compiles a call that is a macro; nil when it is none.
  mutating func macro(_ call: Syntax.Call, _ range: Range<Int>) -> Typed? {
    guard let target = call.target else {
      guard call.name == "has", call.arguments.count == 1 else { return nil }
      return presence(call.arguments[0], range)
    }
    if call.name == "bind", call.arguments.count == 3, case .identifier("cel", _) = target.kind {
      return bind(call.arguments, range)
    }
    let arguments = call.arguments
    return switch (call.name, arguments.count) {
    case ("all", 2): comprehension(.all, target, variables: 1, condition: 1, result: nil, arguments, range)
    case ("all", 3): comprehension(.all, target, variables: 2, condition: 2, result: nil, arguments, range)
    case ("exists", 2): comprehension(.exists, target, variables: 1, condition: 1, result: nil, arguments, range)
    case ("exists", 3): comprehension(.exists, target, variables: 2, condition: 2, result: nil, arguments, range)
    case ("exists_one", 2), ("existsOne", 2):
      comprehension(.existsOne, target, variables: 1, condition: 1, result: nil, arguments, range)
    case ("exists_one", 3), ("existsOne", 3):
      comprehension(.existsOne, target, variables: 2, condition: 2, result: nil, arguments, range)
    case ("filter", 2): comprehension(.filter, target, variables: 1, condition: 1, result: nil, arguments, range)
    case ("map", 2): comprehension(.map, target, variables: 1, condition: nil, result: 1, arguments, range)
    case ("map", 3): comprehension(.map, target, variables: 1, condition: 1, result: 2, arguments, range)
    case ("transformList", 3):
      comprehension(.transformList, target, variables: 2, condition: nil, result: 2, arguments, range)
    case ("transformList", 4):
      comprehension(.transformList, target, variables: 2, condition: 2, result: 3, arguments, range)
    case ("transformMap", 3):
      comprehension(.transformMap, target, variables: 2, condition: nil, result: 2, arguments, range)
    case ("transformMap", 4):
      comprehension(.transformMap, target, variables: 2, condition: 2, result: 3, arguments, range)
    default: nil
    }
  }

  /// The plain name that a macro declares.
  private mutating func declared(_ syntax: Syntax) -> String? {
    if case .identifier(let name, false) = syntax.kind { return name }
    issues.append(Issue("a variable of a macro is a plain name", range: syntax.range))
    return nil
  }

  private mutating func bind(_ arguments: [Syntax], _ range: Range<Int>) -> Typed {
    let name = declared(arguments[0]) ?? ""
    let value = compile(arguments[1])
    let local = nextLocal
    let body = withLocals([(name, value.type)]) { $0.compile(arguments[2]) }
    return Typed(BindNode(local: local, value: value.node, body: body.node, range), body.type)
  }

  private mutating func comprehension(
    _ kind: ComprehensionNode.Kind, _ target: Syntax, variables: Int, condition: Int?, result: Int?,
    _ arguments: [Syntax], _ range: Range<Int>
  ) -> Typed {
    let names = arguments.prefix(variables).map { declared($0) ?? "" }
    if variables == 2, names[0] == names[1], !names[0].isEmpty {
      return reject(Issue("the two variables of a macro need different names", range: arguments[1].range))
    }
    let source = compile(target)
    let types = elementTypes(source, variables: variables)
    let local = nextLocal
    let (predicate, collected) = withLocals(Array(zip(names, types))) { compiler in
      (condition.map { compiler.compile(arguments[$0]) }, result.map { compiler.compile(arguments[$0]) })
    }
    if let predicate, !isLenient, !predicate.type.isAcceptable(as: .bool) {
      issues.append(
        Issue("the condition of a macro must be bool, not \(predicate.type)", range: predicate.node.range))
    }
    let node = ComprehensionNode(
      kind, of: source.node, local: local, hasTwoVariables: variables == 2, condition: predicate?.node,
      result: collected?.node, range)
    let type: ValueType =
      switch kind {
      case .all, .exists, .existsOne: .bool
      case .filter: .list(types[0])
      case .map, .transformList: .list(collected?.type ?? .dyn)
      case .transformMap: .map(key: types[0], value: collected?.type ?? .dyn)
      }
    return Typed(node, isLenient ? .dyn : type)
  }

  /// Types of a macro's variables over a list or a map.
  private mutating func elementTypes(_ source: Typed, variables: Int) -> [ValueType] {
    switch source.type {
    case .list(let element): return variables == 1 ? [element] : [.int, element]
    case .map(let key, let value): return [key, value]
    case .record: return [.string, .dyn]
    case .dyn: break
    case let other where !isLenient:
      issues.append(Issue("a value of type \(other) cannot be iterated; use a list or a map", range: source.node.range))
    default: break
    }
    return [.dyn, .dyn]
  }
}

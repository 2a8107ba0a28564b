extension Compiler {
  mutating func call(_ call: Syntax.Call, _ range: Range<Int>) -> Typed {
    if let macro = macro(call, range) { return macro }
    guard let target = call.target else {
      let name = environment.function(call.name, isAbsolute: call.isAbsolute)
      return invoke(name ?? call.name, isMember: false, call, receiver: nil, range)
    }
    // `math.abs(x)`: a function of a namespace comes before a method of a variable that has the namespace's name.
    if let path = Self.qualifiedName(of: target),
      let name = environment.function(
        path.name + "." + call.name, isAbsolute: path.isAbsolute)
    {
      return invoke(name, isMember: false, call, receiver: nil, range)
    }
    if let path = Self.qualifiedName(of: target), environment.functions.namespaces.contains(path.name),
      environment.variable(path.name, isAbsolute: path.isAbsolute) == nil, !isLocal(path.name)
    {
      return unknownFunction(
        path.name + "." + call.name, isMember: false, target.range.lowerBound..<call.nameRange.upperBound)
    }
    return invoke(call.name, isMember: true, call, receiver: compile(target), range)
  }

  private static func qualifiedName(of syntax: Syntax) -> (name: String, isAbsolute: Bool)? {
    switch syntax.kind {
    case .identifier(let name, let isAbsolute): (name, isAbsolute)
    case .select(let operand, let field):
      qualifiedName(of: operand).map { ($0.name + "." + field.name, $0.isAbsolute) }
    default: nil
    }
  }

  private mutating func invoke(
    _ name: String, isMember: Bool, _ call: Syntax.Call, receiver: Typed?, _ range: Range<Int>
  ) -> Typed {
    let entries = environment.functions.entries(named: name, isMember: isMember)
    if entries.isEmpty, isMember, let macro = Suggestion.nearest(to: name, among: Self.macroNames) {
      // The arguments would only add that the macro's variable is unknown.
      return fail(
        Issue("unknown function '\(name)'", range: call.nameRange, suggestion: macro), .noSuchFunction)
    }
    let arguments = (receiver.map { [$0] } ?? []) + call.arguments.map { compile($0) }
    if entries.isEmpty { return unknownFunction(name, isMember: isMember, call.nameRange) }
    guard var entry = environment.functions.entry(named: name, isMember: isMember, arguments: arguments.count) else {
      return noOverload(name, arguments, entries, range)
    }
    let isVariadic = entry.count == nil
    let matching = entry.signatures.filter { signature in
      isVariadic || zip(arguments, signature.parameters).allSatisfy { $0.type.isAcceptable(as: $1) }
    }
    guard isLenient || !matching.isEmpty else { return noOverload(name, arguments, entries, range) }
    let type = matching.dropFirst().reduce(matching.first?.result ?? .dyn) { $0.joined(with: $1.result) }
    if name == "matches", let pattern = (arguments[1].node as? ConstantNode)?.value.asString {
      return match(arguments[0], pattern, arguments[1].node.range, range)
    }
    if name == "xpath", isMember, let path = (arguments[1].node as? ConstantNode)?.value.asString {
      do throws(MarkupError) {
        try XPath.check(path)
      } catch {
        let failed = fail(Issue(error.description, range: arguments[1].node.range), .invalidArgument)
        return Typed(failed.node, type)
      }
    }
    if name == "matches", case .two = entry.body { entry.body = FunctionTable.matchBody() }
    let node = CallNode(entry, arguments.map(\.node), range)
    let isConversion = name == "duration" || name == "timestamp"
    return folded(node, type, isConstant: isConversion && arguments.allSatisfy { $0.node is ConstantNode })
  }

  private mutating func match(_ subject: Typed, _ pattern: String, _ patternRange: Range<Int>, _ range: Range<Int>)
    -> Typed
  {
    do {
      return Typed(MatchNode(subject.node, try RegularExpression(pattern), range), .bool)
    } catch {
      let message = error.description.escapedForDisplay
      let failed = fail(Issue(message, range: patternRange), .invalidArgument)
      return Typed(failed.node, .bool)
    }
  }

  private mutating func noOverload(
    _ name: String, _ arguments: [Typed], _ entries: [FunctionTable.Entry], _ range: Range<Int>
  ) -> Typed {
    let types = arguments.map(\.type.description).joined(separator: ", ")
    let allowed = entries.flatMap { entry in entry.signatures.map { entry.text(of: $0) } }
    let issue = Issue("no matching overload for '\(name)' applied to (\(types))", range: range, allowed: allowed)
    return fail(issue, .noSuchOverload)
  }

  private mutating func unknownFunction(_ name: String, isMember: Bool, _ range: Range<Int>) -> Typed {
    let table = environment.functions
    if let other = table.entries(named: name, isMember: !isMember).first, let signature = other.signatures.first {
      let issue = Issue("'\(name)' is called in another way: \(other.text(of: signature))", range: range)
      return fail(issue, .noSuchFunction)
    }
    let macros = isMember ? Self.macroNames : ["has"]
    let suggestion = Suggestion.nearest(to: name, among: table.names(isMember: isMember) + macros)
    return fail(Issue("unknown function '\(name)'", range: range, suggestion: suggestion), .noSuchFunction)
  }
}

extension FunctionTable.Entry {
  /// How it is called: `string.contains(string)`.
  func text(of signature: FunctionTable.Signature) -> String {
    let parameters = signature.parameters.map(\.description)
    guard isMember, let receiver = parameters.first else {
      return "\(name)(\(parameters.joined(separator: ", "))\(count == nil ? ", …" : ""))"
    }
    return "\(receiver).\(name)(\(parameters.dropFirst().joined(separator: ", ")))"
  }
}

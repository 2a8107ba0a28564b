/// Walks down to the parts that decided, and puts them into words.
struct Explainer {
  private static let longestSource = 80
  private static let mostParts = 32

  let source: String
  private(set) var parts: [Explanation.Part] = []
  private var frame: Frame
  /// Whether the whole expression gave true or false: it is the first to be evaluated.
  private var isOutcomeKnown = false

  init(source: String, frame: Frame) {
    self.source = source
    self.frame = frame
  }

  /// Says why the expression does not hold.
  ///
  /// Its parts are evaluated again from what the whole has left of its limit. Where that is too little, it is the
  /// explanation that was too dear, and not the expression.
  mutating func explain(_ root: any Node) -> String {
    let sentence = explain(root, wanted: true)
    guard isOutcomeKnown, frame.budget < 0 else { return sentence }
    parts = []
    return "\(text(of: root)) is false; it is too costly to say why"
  }

  /// Says why the node's value is not the bool that was wanted.
  mutating func explain(_ node: any Node, wanted: Bool) -> String {
    let value: Value
    do throws(EvaluationError) {
      value = try node.evaluate(&frame)
    } catch {
      return explain(failed: node, error)
    }
    guard case .bool(let outcome) = value else { return "\(described(node)), expected \(wanted)" }
    isOutcomeKnown = true
    if outcome == wanted { return "\(text(of: node)) is \(outcome)" }
    switch node {
    case let node as NotNode: return explain(node.operand, wanted: !wanted)
    case let node as LogicalNode: return explain(node, wanted: wanted)
    case let node as ConditionalNode:
      let condition = (try? node.condition.evaluate(&frame))?.isTrue == true
      return explain(condition ? node.yes : node.no, wanted: wanted)
    case let node as ComparisonNode: return explain(node, wanted: wanted)
    case let node as MembershipNode: return explain(node, wanted: wanted)
    case let node as PresenceNode: return explain(node, wanted: wanted)
    case let node as ComprehensionNode: return explain(node, wanted: wanted)
    case let node as MatchNode:
      return containment(node.subject, .string(node.pattern.pattern), "match", "matches", wanted: wanted)
    case let node as CallNode: return explain(node, wanted: wanted)
    case let node as BindNode:
      if let value = try? node.value.evaluate(&frame) { frame.locals[node.local] = value }
      return explain(node.body, wanted: wanted)
    default: return "\(described(node)), expected \(wanted)"
    }
  }

  // MARK: Operators

  private mutating func explain(_ node: LogicalNode, wanted: Bool) -> String {
    // False `&&` or true `||`: the first part that decided. Otherwise every part had its share.
    if node.isAnd == wanted {
      for part in node.parts {
        if let value = try? part.evaluate(&frame), case .bool(let flag) = value, flag != wanted {
          return explain(part, wanted: wanted)
        }
      }
    }
    return node.parts.prefix(4).map { explain($0, wanted: wanted) }.joined(separator: " and ")
  }

  private mutating func explain(_ node: ComparisonNode, wanted: Bool) -> String {
    var function = wanted ? node.function : node.function.opposite
    var (subject, object) = (node.left, node.right)
    if subject is ConstantNode, !(object is ConstantNode) {
      (subject, object) = (object, subject)
      function = function.mirrored
    }
    let found = described(subject)
    var reference = valueText(object)
    if !(object is ConstantNode) {
      record(object, reference)
      reference += " (\(text(of: object)))"
    }
    switch function {
    case .equal: return "\(found), expected \(reference)"
    case .notEqual: return "\(found), expected another value"
    case .less: return "\(found), expected less than \(reference)"
    case .lessOrEqual: return "\(found), expected at most \(reference)"
    case .greater: return "\(found), expected more than \(reference)"
    default: return "\(found), expected at least \(reference)"
    }
  }

  private mutating func explain(_ node: MembershipNode, wanted: Bool) -> String {
    let container = try? node.container.evaluate(&frame)
    if node.element is ConstantNode || node.container is ConstantNode == false {
      let element = valueText(node.element)
      let name = text(of: node.container)
      if case .map(let map)? = container {
        record(node.container, keys(of: map))
        return wanted ? "\(name) has no key \(element); \(keys(of: map))" : "\(name) has the key \(element)"
      }
      let found = described(node.container)
      return "\(name) \(wanted ? "does not contain" : "contains") \(element); \(found)"
    }
    return "\(described(node.element)), expected \(wanted ? "one" : "none") of \(valueText(node.container))"
  }

  private mutating func explain(_ node: PresenceNode, wanted: Bool) -> String {
    guard wanted else { return "\(text(of: node)) is true, expected '\(node.field)' to be absent" }
    guard case .map(let map)? = try? node.operand.evaluate(&frame) else { return "\(text(of: node)) is false" }
    record(node.operand, keys(of: map))
    return "\(text(of: node.operand)) has no '\(node.field)'; \(keys(of: map))"
  }

  private mutating func explain(_ node: CallNode, wanted: Bool) -> String {
    guard node.arguments.count == 2, let argument = try? node.arguments[1].evaluate(&frame) else {
      return "\(described(node)), expected \(wanted)"
    }
    switch node.function.name {
    case "contains": return containment(node.arguments[0], argument, "contain", "contains", wanted: wanted)
    case "startsWith": return containment(node.arguments[0], argument, "start with", "starts with", wanted: wanted)
    case "endsWith": return containment(node.arguments[0], argument, "end with", "ends with", wanted: wanted)
    case "matches": return containment(node.arguments[0], argument, "match", "matches", wanted: wanted)
    default: return "\(described(node)), expected \(wanted)"
    }
  }

  private mutating func containment(
    _ subject: any Node, _ object: Value, _ verb: String, _ thirdPerson: String, wanted: Bool
  ) -> String {
    let name = text(of: subject)
    return "\(name) \(wanted ? "does not \(verb)" : thirdPerson) \(object.brief()); \(described(subject))"
  }

  // MARK: Macros

  private mutating func explain(_ node: ComprehensionNode, wanted: Bool) -> String {
    let name = text(of: node.source)
    guard let container = try? node.source.evaluate(&frame) else { return "\(text(of: node)) is false" }
    let count = container.asList?.count ?? container.asMap?.count ?? 0
    let noun = container.asMap == nil ? "item" : "key"
    record(node.source, "\(count) \(noun)\(count == 1 ? "" : "s")")
    switch (node.kind, wanted) {
    case (.exists, true):
      let rest = count == 0 ? "it is empty" : "it has \(count) \(noun)\(count == 1 ? "" : "s")"
      return "no \(noun) of \(name) matched; \(rest)"
    case (.all, false): return "all \(count) \(noun)s of \(name) matched"
    case (.all, true), (.exists, false):
      guard let condition = node.condition else { break }
      return decisive(node, condition, container, name: name, noun: noun, wanted: wanted)
    case (.existsOne, _):
      let matches = matches(node, container)
      return "\(matches == 0 ? "no" : String(matches)) \(noun)\(matches == 1 ? "" : "s") of \(name) matched"
        + (wanted ? ", expected exactly one" : "")
    default: break
    }
    return "\(described(node)), expected \(wanted)"
  }

  /// Calls with each element's variables in place, until the body answers.
  private mutating func firstElement<Result>(
    _ node: ComprehensionNode, _ container: Value, _ body: (inout Explainer, String) -> Result?
  ) -> Result? {
    switch container {
    case .list(let elements):
      for (position, element) in elements.enumerated() {
        guard (try? frame.chargeIteration()) != nil else { return nil }
        frame.locals[node.local] = node.hasTwoVariables ? .int(Int64(position)) : element
        if node.hasTwoVariables { frame.locals[node.local + 1] = element }
        if let result = body(&self, "item \(position)") { return result }
      }
    case .map(let map):
      for key in map.keys {
        guard (try? frame.chargeIteration()) != nil else { return nil }
        frame.locals[node.local] = key.value
        if node.hasTwoVariables { frame.locals[node.local + 1] = (try? map.member(key)) ?? .null }
        if let result = body(&self, "key \(key.value.brief())") { return result }
      }
    default: break
    }
    return nil
  }

  /// The first element that decided, with the reason for it.
  private mutating func decisive(
    _ node: ComprehensionNode, _ condition: any Node, _ container: Value, name: String, noun: String, wanted: Bool
  ) -> String {
    let sentence = firstElement(node, container) { explainer, element -> String? in
      guard let value = try? condition.evaluate(&explainer.frame), case .bool(let flag) = value, flag != wanted else {
        return nil
      }
      let reason = explainer.explain(condition, wanted: wanted)
      return "\(element) of \(name) \(wanted ? "did not match" : "matched"): \(reason)"
    }
    return sentence ?? "\(wanted ? "not every" : "some") \(noun) of \(name) matched"
  }

  private mutating func matches(_ node: ComprehensionNode, _ container: Value) -> Int {
    var matches = 0
    guard let condition = node.condition else { return 0 }
    _ = firstElement(node, container) { explainer, _ -> Bool? in
      if (try? condition.evaluate(&explainer.frame))?.isTrue == true { matches += 1 }
      return nil
    }
    return matches
  }

  // MARK: Errors

  private mutating func explain(failed node: any Node, _ error: EvaluationError) -> String {
    guard let range = error.range else { return error.message }
    let place = sourceText(range)
    var sentence = place.isEmpty ? error.message : "\(place): \(error.message)"
    if error.code == .noSuchKey || error.code == .noSuchField, let culprit = node.firstDescendant(at: range) {
      let operand = (culprit as? SelectNode)?.operand ?? (culprit as? IndexNode)?.operand
      // Within a macro the element that failed is no longer the one in the frame.
      if let operand, !operand.readsLocals, let value = try? operand.evaluate(&frame), let map = value.asMap {
        record(operand, keys(of: map))
        sentence += "; \(text(of: operand)) \(keys(of: map))"
      }
    }
    parts.append(Explanation.Part(range: range, source: place, value: error.message))
    return sentence
  }

  private func keys(of map: MapValue) -> String {
    let keys = map.keys
    if keys.isEmpty { return "has no keys" }
    let shown = keys.prefix(10).map { $0.text.brief(limit: 30) }.joined(separator: ", ")
    return "has keys: \(shown.brief(limit: 120))\(keys.count > 10 ? ", …" : "")"
  }

  // MARK: Words

  /// `status is 503`, with the size of long text.
  private mutating func described(_ node: any Node) -> String {
    let value = valueText(node)
    record(node, value)
    return "\(text(of: node)) is \(value)"
  }

  private mutating func valueText(_ node: any Node) -> String {
    do throws(EvaluationError) {
      let value = try node.evaluate(&frame)
      let text = value.brief(limit: 80)
      switch value {
      case .string(let whole) where whole.unicodeScalars.count > 80: return "\(text) (\(Self.size(whole.utf8.count)))"
      case .bytes(let whole) where whole.count > 40: return "\(text) (\(Self.size(whole.count)))"
      case .list(let elements) where text.hasSuffix("…]"): return "\(text) (\(elements.count) items)"
      default: return text
      }
    } catch {
      return "an error (\(error.message))"
    }
  }

  /// A size in bytes for people: `1.2 KiB`.
  private static func size(_ count: Int) -> String {
    if count < 1024 { return "\(count) bytes" }
    let (unit, name) = count < 1 << 20 ? (1 << 10, "KiB") : (1 << 20, "MiB")
    let tenths = count * 10 / unit
    return "\(tenths / 10).\(tenths % 10) \(name)"
  }

  private func text(of node: any Node) -> String { sourceText(node.range) }

  private func sourceText(_ range: Range<Int>) -> String {
    let bytes = source.utf8.dropFirst(range.lowerBound).prefix(range.count)
    var words = Substring(bytes).split(whereSeparator: \.isWhitespace).joined(separator: " ")
    if words.hasPrefix("("), words.hasSuffix(")"), Parser.isParenthesised(words) {
      words = String(words.dropFirst().dropLast())
    }
    return words.brief(limit: Self.longestSource)
  }

  private mutating func record(_ node: any Node, _ value: String) {
    guard parts.count < Self.mostParts, !(node is ConstantNode) else { return }
    let part = Explanation.Part(range: node.range, source: text(of: node), value: value)
    if !parts.contains(part) { parts.append(part) }
  }
}

extension BinaryOperator {
  /// What holds when this does not.
  fileprivate var opposite: BinaryOperator {
    switch self {
    case .equal: .notEqual
    case .notEqual: .equal
    case .less: .greaterOrEqual
    case .lessOrEqual: .greater
    case .greater: .lessOrEqual
    case .greaterOrEqual: .less
    default: self
    }
  }

  /// The same with the sides exchanged.
  fileprivate var mirrored: BinaryOperator {
    switch self {
    case .less: .greater
    case .lessOrEqual: .greaterOrEqual
    case .greater: .less
    case .greaterOrEqual: .lessOrEqual
    default: self
    }
  }
}

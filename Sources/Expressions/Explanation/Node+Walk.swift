extension Node {
  /// The nodes right below.
  var children: [any Node] {
    switch self {
    case let node as SelectNode: [node.operand]
    case let node as PresenceNode: [node.operand]
    case let node as IndexNode: [node.operand, node.index]
    case let node as ListNode: node.elements
    case let node as MapNode: node.entries.flatMap { [$0.key, $0.value] }
    case let node as NotNode: [node.operand]
    case let node as NegateNode: [node.operand]
    case let node as LogicalNode: node.parts
    case let node as ConditionalNode: [node.condition, node.yes, node.no]
    case let node as ComparisonNode: [node.left, node.right]
    case let node as MembershipNode: [node.element, node.container]
    case let node as ArithmeticNode: [node.left, node.right]
    case let node as ComprehensionNode: [node.source] + [node.condition, node.result].compactMap(\.self)
    case let node as BindNode: [node.value, node.body]
    case let node as CallNode: node.arguments
    case let node as MatchNode: [node.subject]
    default: []
    }
  }

  /// The node that stands at that place, itself included.
  func firstDescendant(at range: Range<Int>) -> (any Node)? {
    if self.range == range { return self }
    for child in children {
      if let found = child.firstDescendant(at: range) { return found }
    }
    return nil
  }

  /// Whether a variable of a macro is read.
  var readsLocals: Bool { self is LocalNode || children.contains { $0.readsLocals } }
}

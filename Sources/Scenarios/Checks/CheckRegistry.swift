import Model

/// What must hold over all checks of all files: one check an id, one heir a history.
struct CheckRegistry {
  private var idNodes: [CheckID: YAMLNode] = [:]
  private var moves: [(from: CheckID, node: YAMLNode)] = []

  /// Takes note of a check as written, so that even one with other faults is found to be a duplicate.
  mutating func add(_ node: YAMLNode, sink: DiagnosticSink) {
    let own = node.entry(named: CheckKeys.id.name)?.value.text
    if let written = node.entry(named: CheckKeys.id.name)?.value, let id = written.text.flatMap(CheckID.init) {
      if let first = idNodes[id] {
        sink.error(
          "duplicate id '\(id)'", at: written, notes: [.init("it was first given here", excerpt: first.excerpt)])
      } else {
        idNodes[id] = written
      }
    }
    if let written = node.entry(named: CheckKeys.movedFrom.name)?.value, let id = written.text.flatMap(CheckID.init),
      id.text != own
    {
      moves.append((id, written))
    }
  }

  /// Called when all checks are known.
  func finish(sink: DiagnosticSink) {
    var heirs: [CheckID: YAMLNode] = [:]
    for (from, node) in moves {
      if let first = heirs[from] {
        sink.error(
          "two checks take over the history of '\(from)'", at: node,
          notes: [.init("the other one is here", excerpt: first.excerpt)])
      } else {
        heirs[from] = node
      }
      if let existing = idNodes[from], existing !== node {
        sink.error(
          "moved_from '\(from)' is a check that still exists", at: node,
          notes: [.init("it is written here", excerpt: existing.excerpt)])
      }
    }
  }
}

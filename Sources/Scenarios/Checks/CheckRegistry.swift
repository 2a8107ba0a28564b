import Documents
import Model

/// What must hold over all checks of all files: one check an id, one heir a history.
final class CheckRegistry {
  private let sink: DiagnosticSink
  private var idNodes: [CheckID: YAMLNode] = [:]
  private var moves: [(from: CheckID, node: YAMLNode)] = []

  init(sink: DiagnosticSink) {
    self.sink = sink
  }

  /// Takes note of a check as soon as its templates are filled in, so that even one with other faults is found to be a
  /// duplicate.
  ///
  /// - Parameter entries: the check's keys, templates evaluated.
  func add(_ entries: [YAMLNode.Entry]) {
    func id(_ key: Key<CheckID>) -> (id: CheckID, node: YAMLNode)? {
      guard let node = entries.first(where: { $0.name == key.name })?.value else { return nil }
      return node.scalarText.flatMap(CheckID.init).map { ($0, node) }
    }
    let own = id(CheckKeys.id)
    if let own {
      if let first = idNodes[own.id] {
        sink.error(
          "duplicate id '\(own.id)'", at: own.node, notes: [.init("it was first given here", excerpt: first.excerpt)])
      } else {
        idNodes[own.id] = own.node
      }
    }
    if let former = id(CheckKeys.movedFrom), former.id != own?.id { moves.append((former.id, former.node)) }
  }

  /// Called when all checks are known.
  func finish() {
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

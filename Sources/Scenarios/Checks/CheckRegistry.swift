import Documents
import Model

/// What must hold over all checks of all files: one check an id, one heir a history.
final class CheckRegistry {
  private let sink: DiagnosticSink
  private var idNodes: [CheckID: YAMLNode] = [:]
  private var serviceIDs: Set<CheckID> = []
  private var moves: [(from: CheckID, node: YAMLNode)] = []
  /// What checks and services depend on, in the order of the files.
  private(set) var dependencies: [(check: CheckID, parents: [CheckReference])] = []

  init(sink: DiagnosticSink) {
    self.sink = sink
  }

  /// Takes note of a check as soon as its templates are filled in, so that even one with other faults is found to be a
  /// duplicate.
  ///
  /// - Parameters:
  ///   - entries: the check's keys, templates evaluated.
  ///   - isService: whether it is a service, which shares the ids of checks.
  func add(_ entries: [YAMLNode.Entry], isService: Bool = false) {
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
        if isService { serviceIDs.insert(own.id) }
      }
    }
    if !isService, let former = id(CheckKeys.movedFrom), former.id != own?.id { moves.append((former.id, former.node)) }
  }

  /// Takes note of what a check or service depends on.
  func add(dependencies parents: [CheckReference], of check: CheckID) {
    if !parents.isEmpty { dependencies.append((check, parents)) }
  }

  /// Whether there is such a check or service; one with faults counts.
  func has(_ id: CheckID) -> Bool { idNodes[id] != nil }

  /// Whether that is the id of a service.
  func isService(_ id: CheckID) -> Bool { serviceIDs.contains(id) }

  /// Every id, in order.
  var ids: [CheckID] { idNodes.keys.sorted() }

  /// Those of checks, in order.
  var checkIDs: [CheckID] { ids.filter { !serviceIDs.contains($0) } }

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

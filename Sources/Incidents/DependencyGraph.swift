import Model

/// What depends on what, over any number of steps. A circle, which scenario files cannot have, does no harm.
struct DependencyGraph: Sendable {
  private var parents: [CheckID: [CheckID]] = [:]
  private var depended: Set<CheckID> = []

  /// The graph of these checks and services.
  init(_ checks: some Sequence<Check>) {
    for check in checks where !check.dependsOn.isEmpty {
      parents[check.id] = check.dependsOn
      depended.formUnion(check.dependsOn)
    }
  }

  /// Whether anything depends on a check.
  func hasDependents(_ check: CheckID) -> Bool { depended.contains(check) }

  /// What a check depends on, nearest first; not itself.
  func ancestors(of check: CheckID) -> [CheckID] {
    guard let direct = parents[check] else { return [] }
    var found: [CheckID] = []
    var known: Set = [check]
    var next = direct
    while !next.isEmpty {
      let fresh = next.filter { known.insert($0).inserted }
      found += fresh
      next = fresh.flatMap { parents[$0] ?? [] }
    }
    return found
  }
}

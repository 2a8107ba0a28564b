/// Finds what was probably meant.
package enum Suggestion {
  /// The candidate nearest to `name`, if it is near enough to be a slip of the fingers: one letter wrong, missing, too
  /// many or swapped in a short name, two in one of six letters or more, three in one of twelve.
  package static func nearest(to name: String, among candidates: some Sequence<String>) -> String? {
    let wanted = Array(name.unicodeScalars.prefix(64))
    let bound = wanted.count < 6 ? 1 : wanted.count < 12 ? 2 : 3
    var best: (distance: Int, name: String)?
    for candidate in candidates {
      let scalars = Array(candidate.unicodeScalars.prefix(64))
      guard abs(scalars.count - wanted.count) <= bound else { continue }
      let distance = distance(wanted, scalars)
      guard distance <= bound, distance < max(wanted.count, scalars.count) else { continue }
      if best.map({ (distance, candidate) < ($0.distance, $0.name) }) ?? true { best = (distance, candidate) }
    }
    return best?.name
  }

  /// Edit distance with swaps of neighbours; letters that differ in case only count as equal.
  private static func distance(_ left: [Unicode.Scalar], _ right: [Unicode.Scalar]) -> Int {
    func same(_ a: Unicode.Scalar, _ b: Unicode.Scalar) -> Bool {
      a == b || a.properties.lowercaseMapping == b.properties.lowercaseMapping
    }
    var before: [Int] = []
    var previous = Array(0...right.count)
    for i in 1..<(left.count + 1) {
      var current = [i]
      for j in 1..<(right.count + 1) {
        var cost = min(previous[j] + 1, current[j - 1] + 1)
        cost = min(cost, previous[j - 1] + (same(left[i - 1], right[j - 1]) ? 0 : 1))
        if i > 1, j > 1, same(left[i - 1], right[j - 2]), same(left[i - 2], right[j - 1]) {
          cost = min(cost, before[j - 2] + 1)
        }
        current.append(cost)
      }
      before = previous
      previous = current
    }
    return previous[right.count]
  }
}

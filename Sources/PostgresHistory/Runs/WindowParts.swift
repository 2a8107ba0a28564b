import Model
import Postgres

/// Parts of the pieces of a window that are of one level and follow each other without a gap.
///
/// A stretch is asked for by itself, with its begin and end as parameters: the server then opens those partitions only that it
/// lies in, and reads one range of the index for each stream.
struct WindowParts {
  /// What a part adds to a piece, or takes off it.
  struct Share: Hashable {
    var piece: Int
    /// 1 or −1.
    var sign: Int64
  }

  /// Nil for runs.
  let level: RollupLevel?
  private(set) var parts: [(part: WindowPart, shares: [Share])]

  /// Pieces follow each other in order of time.
  ///
  /// - Parameter isSigned: whether what is asked for can be taken off again, as counts can: fewer rows are read then.
  static func of(_ pieces: [(Int64, Int64)], sealed: Int64, isSigned: Bool) -> [WindowParts] {
    var shares: [WindowPart: [Share]] = [:]
    for (index, (from, to)) in pieces.enumerated() {
      if isSigned {
        for (part, sign) in WindowPart.signed(from: from, to: to, sealed: sealed) {
          shares[part, default: []].append(Share(piece: index, sign: sign))
        }
      } else {
        for part in WindowPart.parts(from: from, to: to, sealed: sealed) {
          shares[part, default: []].append(Share(piece: index, sign: 1))
        }
      }
    }
    var found: [WindowParts] = []
    let levels = RollupLevel.allCases.map { $0 as RollupLevel? } + [nil]
    for level in levels {
      let own = shares.filter { $0.key.level == level }.sorted { $0.key.from < $1.key.from }
      for (part, shares) in own {
        if let last = found.indices.last, found[last].level == level, found[last].to == part.from {
          found[last].parts.append((part, shares))
        } else {
          found.append(WindowParts(level: level, parts: [(part, shares)]))
        }
      }
    }
    return found
  }

  /// Where the first one begins.
  var from: Int64 { parts.first?.part.from ?? 0 }

  /// Where the last one ends.
  var to: Int64 { parts.last?.part.to ?? 0 }

  /// Where they begin and end, as `$1` and `$2`.
  var range: [PostgresValue] { [.int(from), .int(to)] }

  /// Where each begins: `width_bucket` finds the part of a moment among them.
  var starts: PostgresValue { .ints(parts.map(\.part.from)) }

  /// The number of buckets of its level.
  var bucketCount: Int { level.map { Int((to - from) / $0.width) } ?? 0 }

  /// What the part counts for that `width_bucket` found, which counts from 1.
  func shares(_ number: Int) -> [Share] { parts[number - 1].shares }

  /// What a moment counts for.
  func shares(at moment: Int64) -> [Share] {
    var low = 0
    var high = parts.count
    while low + 1 < high {
      let middle = (low + high) / 2
      if parts[middle].part.from <= moment { low = middle } else { high = middle }
    }
    return parts[low].shares
  }
}

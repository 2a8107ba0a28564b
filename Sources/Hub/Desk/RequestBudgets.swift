import Fleet
import Model
import Synchronization

/// How often each node may ask for what: so many requests at once, and so many more in each second. A node gone wild keeps no
/// other one waiting.
final class RequestBudgets: Sendable {
  /// What is asked for.
  enum Kind: Hashable {
    case registering, beating, asking, sending

    /// As many as pass at once.
    fileprivate var burst: Double {
      switch self {
      case .registering: 10
      case .beating: 10
      case .asking: 20
      case .sending: 200
      }
    }

    /// From one more to the next.
    fileprivate var interval: Duration {
      switch self {
      case .registering: .seconds(2)
      case .beating: .milliseconds(500)
      case .asking: .milliseconds(250)
      case .sending: .milliseconds(20)
      }
    }
  }

  private struct Key: Hashable {
    var node: String
    var kind: Kind
  }

  private struct Bucket {
    var left: Double
    var seen: Duration
  }

  /// As many as are remembered. Beyond it all are forgotten.
  private static let mostBuckets = 20_000

  private let time: any TimeSource
  private let buckets = Mutex<[Key: Bucket]>([:])

  init(time: any TimeSource) {
    self.time = time
  }

  /// Lets one more request of a node pass.
  func pass(_ kind: Kind, of node: String) throws(Refused) {
    let now = time.uptime
    let passes = buckets.withLock { buckets in
      if buckets.count >= Self.mostBuckets { buckets = [:] }
      let key = Key(node: node, kind: kind)
      var bucket = buckets[key] ?? Bucket(left: kind.burst, seen: now)
      bucket.left = min(kind.burst, bucket.left + (now - bucket.seen) / kind.interval)
      bucket.seen = now
      defer { buckets[key] = bucket }
      guard bucket.left >= 1 else { return false }
      bucket.left -= 1
      return true
    }
    guard passes else {
      throw Refused(
        .tooOften, "the node \"\(node.prefix(80))\" has sent \(Int(kind.burst)) such requests at once",
        retryAfter: max(kind.interval, .seconds(1)))
    }
  }
}

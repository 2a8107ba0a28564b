import Fleet
import Model
import Synchronization

/// How often each node may ask for what, and all nodes of one pass together: so many requests at once, and so many more in each
/// second. A node gone wild keeps no other one waiting, whatever names it claims.
final class RequestBudgets: Sendable {
  /// What is asked for.
  enum Kind: Hashable {
    case registering, beating, asking, sending
    /// Looking for a node that this replica has not heard of: each costs a reading of the store.
    case recalling

    /// As many as pass at once of one node.
    fileprivate var burst: Double {
      switch self {
      case .registering: 10
      case .beating: 10
      case .asking: 20
      case .sending: 200
      case .recalling: 10
      }
    }

    /// From one more to the next.
    fileprivate var interval: Duration {
      switch self {
      case .registering: .seconds(2)
      case .beating: .milliseconds(500)
      case .asking: .milliseconds(250)
      case .sending: .milliseconds(20)
      case .recalling: .seconds(1)
      }
    }

    /// The nodes of one pass together may do as much as so many nodes.
    fileprivate var nodes: Double {
      switch self {
      case .registering: 50
      // A region as large as one may be beats all the time.
      case .beating: 200
      case .asking: 100
      case .sending, .recalling: 20
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

    /// Lets one more pass, where there is room.
    mutating func pass(_ kind: Kind, of nodes: Double, at now: Duration) -> Bool {
      fill(kind, of: nodes, at: now)
      guard left >= 1 else { return false }
      left -= 1
      return true
    }

    mutating func fill(_ kind: Kind, of nodes: Double, at now: Duration) {
      left = min(kind.burst * nodes, left + (now - seen) / kind.interval * nodes)
      seen = now
    }
  }

  /// The buckets of one pass: its own, and those of its nodes.
  private struct Share {
    var own: [Kind: Bucket] = [:]
    var nodes: [Key: Bucket] = [:]

    mutating func pass(_ kind: Kind, of node: String, at now: Duration) -> Bool {
      if nodes.count >= RequestBudgets.mostBuckets {
        nodes = nodes.filter { key, bucket in
          var bucket = bucket
          bucket.fill(key.kind, of: 1, at: now)
          return bucket.left < key.kind.burst
        }
        if nodes.count >= RequestBudgets.mostBuckets { nodes = [:] }
      }
      let key = Key(node: node, kind: kind)
      return nodes[key, default: Bucket(left: kind.burst, seen: now)].pass(kind, of: 1, at: now)
    }
  }

  /// As many are remembered of one pass. Beyond it those that are full are forgotten, and then all.
  private static let mostBuckets = 10_000

  private let time: any TimeSource
  /// By the name of the pass; the service file says how many there are.
  private let shares = Mutex<[String: Share]>([:])

  init(time: any TimeSource) {
    self.time = time
  }

  /// Lets one more request of a pass's nodes pass, before anything of it is read.
  func pass(_ kind: Kind, by pass: String) throws(Refused) {
    let now = time.uptime
    let passes = shares.withLock { shares in
      shares[pass, default: Share()].own[
        kind, default: Bucket(left: kind.burst * kind.nodes, seen: now)
      ].pass(kind, of: kind.nodes, at: now)
    }
    guard passes else {
      throw Refused(
        .tooOften, "the nodes of the pass \"\(pass)\" have sent \(Int(kind.burst * kind.nodes)) such requests at once",
        retryAfter: .seconds(1))
    }
  }

  /// Lets one more request of a node pass.
  func pass(_ kind: Kind, by pass: String, of node: String) throws(Refused) {
    let now = time.uptime
    let passes = shares.withLock { shares in
      shares[pass, default: Share()].pass(kind, of: node, at: now)
    }
    guard passes else {
      throw Refused(
        .tooOften, "the node \"\(node)\" has sent \(Int(kind.burst)) such requests at once",
        retryAfter: max(kind.interval, .seconds(1)))
    }
  }
}

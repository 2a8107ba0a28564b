/// The places under the limits on concurrent runs, and the line of those who wait for one.
///
/// Hosts take turns, and within a host first come is first served: a host with a thousand checks does not keep the one
/// check of another waiting. Everything is O(1).
struct Places {
  private struct Host {
    var taken = 0
    var line = Line()
    /// Whether it is in `turns`.
    var hasTurn = false
  }

  private let limits: ConcurrencyLimits
  private var hosts: [Host] = []
  /// Hosts with somebody waiting and a place to give.
  private var turns = Line()
  /// How many places are taken.
  private(set) var taken = 0

  init(limits: ConcurrencyLimits) {
    self.limits = limits
  }

  /// Makes room for one more host, and returns its index.
  mutating func addHost() -> Int {
    hosts.append(Host())
    return hosts.count - 1
  }

  /// Puts somebody at the end of the host's line.
  mutating func join(_ member: Int, host: Int) {
    hosts[host].line.append(member)
    giveTurn(host)
  }

  /// The next in line, who now has a place that must be given back by `release(host:)`; nil when no place is free for
  /// anybody who waits.
  mutating func next() -> Int? {
    guard taken < limits.global, let host = turns.popFirst() else { return nil }
    hosts[host].hasTurn = false
    // A host has a turn only while its line is not empty.
    guard let member = hosts[host].line.popFirst() else { return nil }
    take(host: host)
    giveTurn(host)
    return member
  }

  /// Takes a place whatever the limits say: for a run that was under way before the plan changed.
  mutating func take(host: Int) {
    hosts[host].taken += 1
    taken += 1
  }

  /// Gives a place back.
  mutating func release(host: Int) {
    hosts[host].taken -= 1
    taken -= 1
    giveTurn(host)
  }

  /// Everybody who waits, in the order in which each host would serve them.
  func waiting() -> [Int] {
    hosts.flatMap { $0.line.members }
  }

  private mutating func giveTurn(_ host: Int) {
    guard !hosts[host].hasTurn, !hosts[host].line.isEmpty, hosts[host].taken < limits.perHost else { return }
    hosts[host].hasTurn = true
    turns.append(host)
  }
}

/// First in, first out.
private struct Line {
  private var storage: [Int] = []
  private var head = 0

  var isEmpty: Bool { head == storage.count }

  var members: ArraySlice<Int> { storage[head...] }

  mutating func append(_ member: Int) {
    storage.append(member)
  }

  mutating func popFirst() -> Int? {
    guard head < storage.count else { return nil }
    let member = storage[head]
    head += 1
    // Moved up when half is empty, so that each member is moved once on average.
    if head >= 32 && head * 2 >= storage.count {
      storage.removeFirst(head)
      head = 0
    } else if head == storage.count {
      storage.removeAll(keepingCapacity: true)
      head = 0
    }
    return member
  }
}

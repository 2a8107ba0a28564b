package import Model

/// Finds nodes that are not to be believed, by what other nodes see: a pure value that is told the decided slots.
///
/// A slot says something of a node where most of the other regions pass it: either the node passes too, or it is
/// contradicted. A node that is contradicted in at least four fifths of at least five unrelated checks (different hosts,
/// where they are known) lately is quarantined. When every node of its region that has checks is, their region is cut off;
/// otherwise it is the node itself. A region of one node cannot tell which, and says so.
///
/// A quarantined node goes on running, and what it sees is still compared: it is believed again when it agreed for a
/// while.
package struct NodeHealthMachine: Sendable {
  /// What is to be done.
  package enum Action: Hashable, Sendable {
    /// The node is believed no more, or for another reason from now on.
    case quarantine(node: String, Quarantine, cause: Cause)
    /// The node is believed again.
    case release(node: String)
  }

  /// What is wrong.
  package enum Cause: Hashable, Sendable {
    /// The node; others of its region pass what it fails.
    case node
    /// The region: all its nodes fail what other regions pass.
    case region(String)
  }

  /// How many unrelated checks it takes.
  package static let leastSubjects = 5
  /// Which share of them must be contradicted.
  package static let sickShare = 0.8
  /// A quarantined node that is contradicted in less than this share agrees again.
  package static let wellShare = 0.2
  /// How long it has to agree.
  package static let recovery = Duration.seconds(60)
  /// A quarantined node that nothing contradicted for so long, because nothing could be compared, is believed again.
  package static let forgiveness = Duration.minutes(30)
  /// What is seen within one is told apart by check only.
  static let bucket = Duration.seconds(10)
  /// How many buckets are looked back over.
  static let window = 30
  /// How many checks are looked at in a bucket: as many as are enough to know.
  static let mostSubjects = 64

  /// What a node saw in a while that could be compared.
  private struct Bucket: Sendable {
    let number: Int64
    /// By subject, whether it was contradicted when it was compared last.
    var subjects: [UInt64: Bool] = [:]
  }

  private struct Node: Sendable {
    let region: String
    /// Oldest first.
    var buckets: [Bucket] = []
    var quarantine: Quarantine?
    var cause: Cause?
    /// Since when it agrees.
    var wellSince: Timestamp?
    var lastContradicted: Timestamp?
    /// Whether it was contradicted since the last judgement.
    var isNewlyContradicted = false
  }

  private var nodes: [String: Node] = [:]

  /// - Parameter standings: nodes that are quarantined already stay so until they agree.
  package init(_ standings: [NodeStanding] = []) {
    for standing in standings {
      guard let quarantine = standing.quarantine else { continue }
      var node = Node(region: standing.description.region)
      node.quarantine = quarantine
      node.lastContradicted = quarantine.since
      nodes[standing.description.name] = node
    }
  }

  /// Takes in what regions said of a slot.
  ///
  /// - Parameter host: that the check talks to: checks of one host are related. Nil where nobody knows.
  package mutating func observe(_ decision: SlotDecision, host: String?, at now: Timestamp) {
    guard decision.votes.count > 1, !decision.isInMaintenance, !decision.isLate else { return }
    let seen = decision.votes.map { vote in
      (vote: vote, verdict: vote.verdict == .unknown ? Abstention.seen(vote.reason) : vote.verdict)
    }
    let subject = host.map(StableHash.of) ?? decision.check.stableHash
    for (vote, verdict) in seen {
      guard let name = vote.node, let verdict else { continue }
      // Only those that are believed say whether a check passes.
      let others = seen.filter { $0.vote.region != vote.region && $0.vote.verdict != .unknown }
      let passing = others.count { $0.vote.verdict.isGood }
      guard passing > 0, 2 * passing > others.count else { continue }
      note(name, region: vote.region, subject: subject, isContradicted: verdict == .down, at: now)
    }
  }

  /// Says what follows; asked every few seconds.
  package mutating func judge(at now: Timestamp) -> [Action] {
    forgetOld(at: now)
    var actions: [Action] = []
    let sick = Set(nodes.filter { isSick($0.value) }.keys)
    for name in nodes.keys.sorted() {
      guard let node = nodes[name] else { continue }
      if sick.contains(name) {
        quarantine(name, node, sick: sick, at: now, &actions)
      } else if node.quarantine != nil {
        release(name, node, at: now, &actions)
      }
      nodes[name]?.isNewlyContradicted = false
    }
    return actions
  }

  // MARK: What was seen

  private static func number(_ moment: Timestamp) -> Int64 {
    moment.nanosecondsSinceEpoch.flooredQuotient(by: bucket.nanoseconds)
  }

  private mutating func note(
    _ name: String, region: String, subject: UInt64, isContradicted: Bool, at now: Timestamp
  ) {
    var node = nodes.removeValue(forKey: name) ?? Node(region: region)
    defer { nodes[name] = node }
    if isContradicted {
      node.lastContradicted = now
      node.isNewlyContradicted = true
    }
    let number = Self.number(now)
    if node.buckets.last?.number != number { node.buckets.append(Bucket(number: number)) }
    let last = node.buckets.count - 1
    guard node.buckets[last].subjects.count < Self.mostSubjects || node.buckets[last].subjects[subject] != nil else {
      return
    }
    node.buckets[last].subjects[subject] = isContradicted
  }

  private mutating func forgetOld(at now: Timestamp) {
    let oldest = Self.number(now) - Int64(Self.window)
    for name in Array(nodes.keys) {
      nodes[name]?.buckets.removeAll { $0.number < oldest }
      if let node = nodes[name], node.buckets.isEmpty, node.quarantine == nil { nodes[name] = nil }
    }
  }

  /// The newest things that were compared, as far back as it takes for enough of them.
  private func recent(_ node: Node) -> [UInt64: Bool] {
    var subjects: [UInt64: Bool] = [:]
    for bucket in node.buckets.reversed() {
      subjects.merge(bucket.subjects) { newer, _ in newer }
      if subjects.count >= Self.leastSubjects { break }
    }
    return subjects
  }

  private func contradicted(_ subjects: [UInt64: Bool]) -> Double {
    Double(subjects.count { $0.value }) / Double(max(1, subjects.count))
  }

  private func isSick(_ node: Node) -> Bool {
    let subjects = recent(node)
    return subjects.count >= Self.leastSubjects && contradicted(subjects) >= Self.sickShare
  }

  // MARK: What follows

  private mutating func quarantine(
    _ name: String, _ node: Node, sick: Set<String>, at now: Timestamp, _ actions: inout [Action]
  ) {
    nodes[name]?.wellSince = nil
    // What it was contradicted in is old where an outage left nothing to compare since: that it passes makes nobody sick.
    guard node.quarantine != nil || node.isNewlyContradicted else { return }
    let peers = nodes.filter { $0.value.region == node.region && $0.key != name && !$0.value.buckets.isEmpty }.keys
    let isCutOff = !peers.isEmpty && peers.allSatisfy(sick.contains)
    let cause = isCutOff ? Cause.region(node.region) : .node
    guard node.quarantine == nil || (node.cause != nil && node.cause != cause) else {
      nodes[name]?.cause = cause
      return
    }
    let subjects = recent(node)
    let share = "\(subjects.count { $0.value }) of \(subjects.count) checks that other regions pass"
    let reason =
      if isCutOff {
        "region \(node.region) is cut off: all its \(peers.count + 1) nodes fail what other regions pass"
      } else if peers.isEmpty {
        "it fails \(share); region \(node.region) has no other node to tell whether all of it is cut off"
      } else {
        "it fails \(share), and others of region \(node.region) do not"
      }
    let quarantine = Quarantine(since: node.quarantine?.since ?? now, reason: reason)
    nodes[name]?.quarantine = quarantine
    nodes[name]?.cause = cause
    actions.append(.quarantine(node: name, quarantine, cause: cause))
  }

  private mutating func release(_ name: String, _ node: Node, at now: Timestamp, _ actions: inout [Action]) {
    let subjects = recent(node)
    let agrees = subjects.count >= Self.leastSubjects && contradicted(subjects) <= Self.wellShare
    let since = agrees ? node.wellSince ?? now : nil
    nodes[name]?.wellSince = since
    let isWell = since.map { now - $0 >= Self.recovery } ?? false
    let isForgiven = node.lastContradicted.map { now - $0 >= Self.forgiveness } ?? true
    guard isWell || isForgiven else { return }
    nodes[name]?.quarantine = nil
    nodes[name]?.cause = nil
    nodes[name]?.wellSince = nil
    actions.append(.release(node: name))
  }
}

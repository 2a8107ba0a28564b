package import Model

/// Decides who the members of each region are, and for how long they have been silent: a pure value that is told how the
/// nodes stand, and answers with the memberships that change. Its leader asks it every `pace`.
///
/// - A membership changes only when something does: silence is told in steps of the leases that are in use, because nothing
///   else depends on it.
/// - It begins a little ahead (`lead`), so that nodes hear of it before it is in force; what it says of silence is how things
///   will stand then, if nothing is heard meanwhile. It looks as far ahead as until it is asked again, too: so a dead node is
///   replaced when its lease ends, and not later.
/// - A node that leaves in order counts as silent for longer than any lease: its checks go to others at once.
/// - A quarantined node keeps its checks, and has no say: only by what it runs can be seen that it is well again. Whoever
///   does not want to wait stops it, and the others of its region take over.
/// - A node that comes back gets its share at once; one that keeps going away has to be heard for a while first, twice as
///   long each time. Nothing is held back where nobody else is there.
/// - When the machine was not asked for a while (the store stood still, or another hub became the leader), nobody becomes
///   silent before every node has had time to be heard again.
package struct MembershipMachine: Sendable {
  /// How often it should be asked.
  package static let pace = Duration.seconds(1)
  /// How far ahead a membership begins.
  package static let lead = Duration.seconds(2)
  /// Nodes that were not seen for longer need not be told of: they are members no more.
  package static let memory = Duration.days(1)
  /// In this time every living node is heard at least once: longer than from one beat to the next.
  static let settling = Duration.seconds(5)
  /// A node that did not go away for so long is steady again.
  static let steadiness = Duration.minutes(15)
  /// The longest time that a node has to be heard before it gets its share again.
  static let longestHold = Duration.minutes(5)

  /// What is remembered of a node.
  private struct Track: Sendable {
    /// As it was told last.
    var silence: Duration
    /// How often it went away lately.
    var falls = 0
    var lastFall: Timestamp?
    /// Since when it is heard again.
    var heardSince: Timestamp?
  }

  private var memberships: [String: Membership]
  private var tracks: [String: Track] = [:]
  private var lastAsked: Timestamp?
  private var settledFrom: Timestamp?

  /// - Parameter memberships: the newest one of each region, as stored.
  package init(_ memberships: [Membership] = []) {
    self.memberships = Dictionary(memberships.map { ($0.region, $0) }) { $0.epoch > $1.epoch ? $0 : $1 }
    for member in memberships.flatMap(\.members) { tracks[member.node] = Track(silence: member.silence) }
  }

  /// Takes in how the nodes stand.
  ///
  /// - Parameters:
  ///   - nodes: every node that was seen within `memory`.
  ///   - leases: the leases of all checks (`CheckLease`).
  ///   - now: by the store's clock.
  /// - Returns: the memberships to put in force, by region. When that fails, the machine is made anew from what is stored.
  package mutating func update(nodes: [NodeStanding], leases: Set<Duration>, at now: Timestamp) -> [Membership] {
    settle(at: now)
    let steps = leases.sorted()
    var members: [String: [Membership.Member]] = [:]
    var begins: [String: Timestamp] = [:]
    for (region, standings) in Dictionary(grouping: nodes, by: \.description.region) {
      members[region] = silences(of: standings, steps: steps, at: now).map { Membership.Member(node: $0, silence: $1) }
        .sorted { $0.node < $1.node }
      // The leases that end before it is asked again end exactly then.
      begins[region] = standings.compactMap { standing in
        steps.last { $0 <= silence(of: standing, at: now) }.map { standing.lastSeen + $0 }
      }.max()
    }
    let known = Set(nodes.map(\.description.name))
    tracks = tracks.filter { known.contains($0.key) }
    var changed: [Membership] = []
    for region in Set(members.keys).union(memberships.keys).sorted() {
      let isNew = memberships[region]?.members != members[region, default: []]
      guard isNew else { continue }
      let next = following(
        memberships[region], region: region, members: members[region, default: []], from: begins[region], at: now)
      memberships[region] = next
      changed.append(next)
    }
    return changed
  }

  private mutating func settle(at now: Timestamp) {
    if let lastAsked, now >= lastAsked, now - lastAsked <= Self.settling {
      self.lastAsked = now
      return
    }
    lastAsked = now
    settledFrom = now + Self.settling
  }

  private func following(
    _ membership: Membership?, region: String, members: [Membership.Member], from begin: Timestamp?, at now: Timestamp
  ) -> Membership {
    guard let membership else { return Membership(region: region, epoch: 1, since: now, members: members) }
    var since = max(now + Self.lead, begin ?? now)
    // Two changes at once keep their order. A start far ahead was written before the store's clock was set back.
    if membership.since >= since, membership.since < since + .minutes(1) { since = membership.since + .milliseconds(1) }
    return Membership(region: region, epoch: membership.epoch + 1, since: since, members: members)
  }

  // MARK: Silence

  /// The silence of each node of one region.
  private mutating func silences(
    of standings: [NodeStanding], steps: [Duration], at now: Timestamp
  ) -> [String: Duration] {
    var silences: [String: Duration] = [:]
    var held: [String] = []
    for standing in standings {
      let name = standing.description.name
      var silence = silence(of: standing, steps: steps, at: now)
      if let settledFrom, now < settledFrom, let before = tracks[name]?.silence { silence = min(silence, before) }
      silences[name] = silence
      if isHeldBack(name, silence: silence, at: now) { held.append(name) }
    }
    let present = silences.filter { $0.value == .zero && !held.contains($0.key) }
    for name in held where !present.isEmpty { silences[name] = tracks[name]?.silence }
    for standing in standings {
      let name = standing.description.name
      remember(name, silence: silences[name] ?? .zero, isLeaving: standing.isLeaving, at: now)
    }
    return silences
  }

  private func silence(of standing: NodeStanding, steps: [Duration], at now: Timestamp) -> Duration {
    guard !standing.isLeaving else { return CheckLease.longest }
    return steps.last { $0 <= silence(of: standing, at: now) } ?? .zero
  }

  /// How long it will have been silent when what is decided later begins, if nothing is heard of it meanwhile.
  private func silence(of standing: NodeStanding, at now: Timestamp) -> Duration {
    now + Self.lead + Self.pace - standing.lastSeen
  }

  /// Whether a node that is heard again has to wait for its share; notes since when it is heard.
  private mutating func isHeldBack(_ name: String, silence: Duration, at now: Timestamp) -> Bool {
    guard let track = tracks[name], track.silence > .zero else { return false }
    guard silence == .zero else {
      tracks[name]?.heardSince = nil
      return false
    }
    let since = track.heardSince ?? now
    tracks[name]?.heardSince = since
    guard track.falls > 1 else { return false }
    let hold = min(.seconds(10) * (1 << min(track.falls - 2, 10)), Self.longestHold)
    return now - since < hold
  }

  private mutating func remember(_ name: String, silence: Duration, isLeaving: Bool, at now: Timestamp) {
    var track = tracks[name] ?? Track(silence: silence)
    if let lastFall = track.lastFall, now - lastFall > Self.steadiness { track.falls = 0 }
    if silence > .zero, track.silence == .zero, !isLeaving {
      track.falls += 1
      track.lastFall = now
    }
    if silence == .zero { track.heardSince = nil }
    track.silence = silence
    tracks[name] = track
  }
}

extension NodeStanding {
  /// Whether it said that it goes.
  fileprivate var isLeaving: Bool { beat?.isLeaving ?? false }
}

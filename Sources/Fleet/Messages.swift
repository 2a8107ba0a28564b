package import Model

/// A node introduces itself.
package struct Registration: Codable, Hashable, Sendable {
  /// `FleetProtocol.version` of the node.
  package var protocolVersion: Int
  package var name: String
  package var region: String
  package var labels: [String: String]
  /// The version of its program.
  package var version: String
  /// The identity of its spool, 16 hex digits.
  package var spool: String

  /// A registration of a node.
  package init(_ node: NodeDescription) {
    protocolVersion = FleetProtocol.version
    name = node.name
    region = node.region
    labels = node.labels
    version = node.version
    let digits = String(node.spool, radix: 16)
    spool = String(repeating: "0", count: 16 - digits.count) + digits
  }

  /// The node that introduces itself; nil where the spool is no 16 hex digits.
  package var description: NodeDescription? {
    guard spool.utf8.count == 16, let number = UInt64(spool, radix: 16) else { return nil }
    return NodeDescription(name: name, region: region, labels: labels, version: version, spool: number)
  }
}

/// A node is taken in.
package struct Admission: Codable, Hashable, Sendable {
  /// Everything of the node's spool up to this number is stored.
  package var acknowledged: Int64
  /// Numbers that are stored too, behind a hole.
  package var ahead: ClosedRange<Int64>?
  /// The hub's clock, in milliseconds since the epoch.
  package var hubTime: Int64
  /// From one beat to the next, in milliseconds.
  package var beatEvery: Int64

  /// An admission with everything said.
  package init(_ progress: SpoolProgress, hubTime: Int64, beatEvery: Int64 = 3_000) {
    acknowledged = progress.acknowledged
    ahead = progress.ahead
    self.hubTime = hubTime
    self.beatEvery = beatEvery
  }

  /// How far the node's spool is stored.
  package var progress: SpoolProgress { SpoolProgress(acknowledged: acknowledged, ahead: ahead) }
}

/// A node says how it is (`NodeBeat`). Durations are in milliseconds.
package struct Beat: Codable, Hashable, Sendable {
  package var node: String
  package var region: String
  package var configuration: Int64
  package var epoch: Int64
  package var clockOffset: Double?
  package var spoolLength: Int
  package var oldestWait: Int64?
  package var dropped: Int
  package var checks: Int
  package var isLeaving: Bool

  /// A beat as it travels.
  package init(_ beat: NodeBeat) {
    node = beat.node
    region = beat.region
    configuration = beat.configuration
    epoch = beat.epoch
    clockOffset = beat.clockOffset.map { $0.seconds * 1000 }
    spoolLength = beat.spoolLength
    oldestWait = beat.oldestWait.map { $0.nanoseconds / 1_000_000 }
    dropped = beat.dropped
    checks = beat.checks
    isLeaving = beat.isLeaving
  }

  /// What the node says.
  package var beat: NodeBeat {
    NodeBeat(
      node: node, region: region, configuration: configuration, epoch: epoch,
      // What a hostile node claims stays within what a duration can hold.
      clockOffset: clockOffset.flatMap { abs($0) < 1e12 ? .microseconds(Int64($0 * 1000)) : nil },
      spoolLength: max(0, spoolLength),
      oldestWait: oldestWait.map { .milliseconds(min(max(0, $0), 1_000_000_000_000)) }, dropped: max(0, dropped),
      checks: max(0, checks), isLeaving: isLeaving)
  }
}

/// What a beat is answered with.
package struct BeatReply: Codable, Hashable, Sendable {
  /// The hub's clock when it answered, in milliseconds since the epoch.
  package var hubTime: Int64
  /// Why the node is not believed; nil while it is.
  package var quarantine: String?

  /// A reply with everything said.
  package init(hubTime: Int64, quarantine: String? = nil) {
    self.hubTime = hubTime
    self.quarantine = quarantine
  }
}

/// A node asks what it is to do, and says what it knows.
package struct WorkQuestion: Codable, Hashable, Sendable {
  package var node: String
  package var region: String
  /// The version of the configuration that it has; 0 without one.
  package var configuration: Int64
  /// The digest of the configuration that it has (`ConfigurationChange.digest`): a version says which files it means only within
  /// one database. Nil without one, and from programs that did not say it yet.
  package var digest: String?
  /// The number of the membership that it follows; 0 without one.
  package var epoch: Int64
  /// From when on that membership holds, in milliseconds since the epoch: its number, too, may be given out again by a database
  /// that was restored. Nil without one, and from programs that did not say it yet.
  package var since: Int64?
  /// The digest of the values that it was given (`SuppliedValues.digest`).
  package var values: String
  /// The number of the last second opinion that it was asked for.
  package var opinion: Int64
  /// How long to wait for news, in milliseconds.
  package var wait: Int64

  /// A question with everything said.
  package init(
    node: String, region: String, configuration: Int64, digest: String? = nil, epoch: Int64, since: Int64? = nil,
    values: String, opinion: Int64, wait: Int64
  ) {
    self.node = node
    self.region = region
    self.configuration = configuration
    self.digest = digest
    self.epoch = epoch
    self.since = since
    self.values = values
    self.opinion = opinion
    self.wait = wait
  }
}

/// What is new; what is nil is as it was.
package struct WorkReply: Codable, Hashable, Sendable {
  /// A newer configuration.
  package var configuration: ConfigurationChange?
  /// Secrets and environment of the checks that the node runs or may have to run: never kept on its disk.
  package var values: SuppliedValues?
  /// The memberships of its region, oldest first: the one in force, and one that begins soon.
  package var memberships: [MembershipMessage]?
  /// Second opinions that are asked for.
  package var opinions: [OpinionRequest]
  /// The hub's clock, in milliseconds since the epoch.
  package var hubTime: Int64

  /// A reply with everything said.
  package init(
    configuration: ConfigurationChange? = nil, values: SuppliedValues? = nil, memberships: [MembershipMessage]? = nil,
    opinions: [OpinionRequest] = [], hubTime: Int64
  ) {
    self.configuration = configuration
    self.values = values
    self.memberships = memberships
    self.opinions = opinions
    self.hubTime = hubTime
  }

  /// Whether it says nothing.
  package var isEmpty: Bool { configuration == nil && values == nil && memberships == nil && opinions.isEmpty }
}

/// A configuration, or what is different in it.
package struct ConfigurationChange: Codable, Hashable, Sendable {
  /// One file of it.
  package struct File: Codable, Hashable, Sendable {
    package var path: String
    /// SHA-256 of its content, in hex.
    package var digest: String
    /// Base64; nil where the node has the content already.
    package var content: String?

    /// A file of a configuration.
    package init(path: String, digest: String, content: String?) {
      self.path = path
      self.digest = digest
      self.content = content
    }
  }

  package var version: Int64
  /// SHA-256 over all files, in hex.
  package var digest: String
  /// The files that were named, in order; the others are reached from them.
  package var roots: [String]
  /// Every file of the configuration.
  package var files: [File]

  /// A change with everything said.
  package init(version: Int64, digest: String, roots: [String], files: [File]) {
    self.version = version
    self.digest = digest
    self.roots = roots
    self.files = files
  }
}

/// What scenario files read from outside of themselves, for the checks of one node.
package struct SuppliedValues: Codable, Hashable, Sendable {
  /// By name, as `env` holds them.
  package var environment: [String: String]
  /// By the path of the file that declares it, and its name there.
  package var secrets: [String: [String: String]]
  /// The checks that the values are for, sorted: no other one can be run with them.
  package var checks: [String]
  /// Changes with the values, and says nothing about them.
  package var digest: String

  /// Values with everything said.
  package init(
    environment: [String: String] = [:], secrets: [String: [String: String]] = [:], checks: [String] = [],
    digest: String = ""
  ) {
    self.environment = environment
    self.secrets = secrets
    self.checks = checks
    self.digest = digest
  }
}

/// A `Membership` as it travels; times and durations in milliseconds.
package struct MembershipMessage: Codable, Hashable, Sendable {
  package var region: String
  package var epoch: Int64
  package var since: Int64
  /// Node to silence.
  package var members: [String: Int64]

  /// A membership as it travels.
  package init(_ membership: Membership) {
    region = membership.region
    epoch = membership.epoch
    since = membership.since.millisecondsSinceEpoch
    members = Dictionary(membership.members.map { ($0.node, $0.silence.nanoseconds / 1_000_000) }) { first, _ in first }
  }

  /// The membership.
  package var membership: Membership {
    Membership(
      region: region, epoch: epoch, since: Timestamp(millisecondsSinceEpoch: since),
      members: members.sorted { $0.key < $1.key }.map {
        Membership.Member(node: $0.key, silence: .milliseconds(min(max(0, $0.value), 1_000_000_000)))
      })
  }
}

/// A region of another failure domain is asked what it sees.
package struct OpinionRequest: Codable, Hashable, Sendable {
  /// Rises.
  package var number: Int64
  package var check: String
  /// The number of the slot that it is about.
  package var slot: Int64
  /// When that slot begins, in milliseconds since the epoch, by the configuration in force at the hub; nil where the check is not
  /// in it.
  package var start: Int64?
  /// Until when an answer is of use, in milliseconds since the epoch.
  package var until: Int64

  /// A request with everything said.
  package init(number: Int64, check: String, slot: Int64, start: Int64? = nil, until: Int64) {
    self.number = number
    self.check = check
    self.slot = slot
    self.start = start
    self.until = until
  }
}

/// What a batch of runs is answered with.
package struct BatchReply: Codable, Hashable, Sendable {
  /// Everything of the spool up to this number is stored.
  package var acknowledged: Int64
  /// Numbers that are stored too, behind a hole.
  package var ahead: ClosedRange<Int64>?
  package var added: Int
  package var duplicates: Int
  package var replayed: Int

  /// What came of a batch.
  package init(_ summary: IngestSummary) {
    acknowledged = summary.progress.acknowledged
    ahead = summary.progress.ahead
    added = summary.added
    duplicates = summary.duplicates
    replayed = summary.replayed
  }

  /// How far the spool is stored.
  package var progress: SpoolProgress { SpoolProgress(acknowledged: acknowledged, ahead: ahead) }
}

/// A refusal as it travels (RFC 9457).
package struct RefusalMessage: Codable, Hashable, Sendable {
  /// Ends in a `FleetProtocol.Refusal`.
  package var type: String
  package var title: String
  package var status: Int
  package var detail: String
  /// For a gap: everything up to this number is stored.
  package var acknowledged: Int64?

  /// A refusal with everything said.
  package init(type: String, title: String, status: Int, detail: String, acknowledged: Int64? = nil) {
    self.type = type
    self.title = title
    self.status = status
    self.detail = detail
    self.acknowledged = acknowledged
  }

  /// Which refusal it is; nil for one that this version does not know.
  package var refusal: FleetProtocol.Refusal? {
    type.split(whereSeparator: { $0 == "/" || $0 == ":" }).last.flatMap { FleetProtocol.Refusal(rawValue: String($0)) }
  }
}

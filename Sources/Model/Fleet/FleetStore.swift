/// What the replicas of a hub share. Nothing of it is held in a hub alone: any replica may answer any request, and may be
/// killed at any moment.
///
/// Times are those of the store's own clock, so that replicas whose clocks differ agree.
package protocol FleetStore: Sendable {
  /// The store's clock.
  func clock() async throws -> Timestamp

  // MARK: Singletons

  /// Takes the lease of a singleton, or prolongs it.
  ///
  /// - Parameters:
  ///   - holder: the replica, unique for each start of a process.
  /// - Returns: the lease; nil while another one holds it.
  func acquire(_ singleton: Singleton, holder: String, for duration: Duration) async throws -> SingletonLease?

  /// Gives a lease back before its end. Nothing happens where it is another's by now.
  func release(_ lease: SingletonLease) async throws

  /// Who holds a singleton now; nil while nobody does.
  func holder(of singleton: Singleton) async throws -> SingletonLease?

  // MARK: Configuration

  /// Makes this the configuration of the fleet. One with the digest of the newest is the newest.
  ///
  /// - Returns: its version; versions rise by one.
  func publish(_ content: [UInt8], digest: String, by holder: String) async throws -> Int64

  /// Which configuration is the newest; nil where none was published. Its version may be lower than it was, or the same with
  /// another digest: databases are restored from backups, and replaced by empty ones.
  func newestConfiguration() async throws -> ConfigurationIdentity?

  /// The newest configuration; nil where none was published.
  func configuration() async throws -> StoredConfiguration?

  // MARK: Nodes

  /// Takes a node in, or again. Of two with one name, the newer description holds.
  func register(_ node: NodeDescription) async throws -> NodeStanding

  /// Keeps what a node says of itself; it is seen now.
  ///
  /// - Returns: false for a node that nobody registered.
  func keep(_ beat: NodeBeat) async throws -> Bool

  /// Every node that was seen within `age`, by region and name.
  func nodes(seenWithin age: Duration) async throws -> [NodeStanding]

  /// Believes a node no more, or again.
  func setQuarantine(_ quarantine: Quarantine?, of node: String, under lease: SingletonLease) async throws

  /// The memberships of all regions, by region.
  func memberships() async throws -> [Membership]

  /// Puts a membership in force.
  ///
  /// - Throws: `FleetFault.leaseLost`, or an error of the store's.
  func put(_ membership: Membership, under lease: SingletonLease) async throws

  // MARK: Runs

  /// Stores what a node sent, in one transaction: runs into history, votes for whoever decides, and how far the node's
  /// spool is stored (`SpoolProgress`). Runs whose number is stored are passed over: a batch that comes twice counts once.
  ///
  /// - Throws: `FleetFault.gap` when numbers are missing between what is stored and the batch.
  func ingest(_ batch: SpoolBatch) async throws -> IngestSummary

  /// Votes that nobody has decided by yet, oldest first, at most about so many batches of them.
  func votes(limit: Int) async throws -> [VoteBatch]

  /// Settles votes in one transaction: takes the batches away, keeps what was decided in history where it differs from
  /// what regions alone give, and appends the decisions to the feed.
  ///
  /// - Throws: `FleetFault.leaseLost`, after which nothing has happened.
  func settle(_ batches: [VoteBatch], decisions: [SlotDecision], under lease: SingletonLease) async throws

  /// Asks nodes for second opinions, whichever replica they speak to.
  ///
  /// - Throws: `FleetFault.leaseLost`, after which nobody was asked.
  func ask(_ opinions: [OpinionQuestion], under lease: SingletonLease) async throws

  /// The second opinions that were asked for after a number and are of use still, by number.
  func opinions(after number: Int64) async throws -> [OpinionQuestion]

  /// What was decided after a place of the feed, oldest first, at most about so many pieces. The feed is kept for an hour.
  func decisions(after place: Int64, limit: Int) async throws -> [FeedPiece]

  /// The place of the newest piece of the feed; 0 when it is empty.
  func feedEnd() async throws -> Int64
}

/// Work that only one replica does at a time.
package enum Singleton: String, Hashable, Sendable, CaseIterable {
  /// Deciding slots over regions, with all that follows from it: services, incidents.
  case deciding
  /// Who runs what: memberships, quarantines.
  case assigning
  /// Making and dropping partitions, rolling up, closing months.
  case keeping
}

/// The right to do the work of a singleton, until it ends.
package struct SingletonLease: Hashable, Sendable {
  package var singleton: Singleton
  package var holder: String
  /// Rises whenever the lease changes hands. Whoever writes under an older one is refused (fencing).
  package var token: Int64
  /// By the store's clock.
  package var until: Timestamp

  /// A lease with everything said.
  package init(singleton: Singleton, holder: String, token: Int64, until: Timestamp) {
    self.singleton = singleton
    self.holder = holder
    self.token = token
    self.until = until
  }
}

/// Which configuration of a fleet: a version alone says it only within one database.
package struct ConfigurationIdentity: Hashable, Sendable {
  package var version: Int64
  /// That of its content.
  package var digest: String

  /// An identity with everything said.
  package init(version: Int64, digest: String) {
    self.version = version
    self.digest = digest
  }
}

/// The configuration of a fleet as it is stored.
package struct StoredConfiguration: Hashable, Sendable {
  package var version: Int64
  package var digest: String
  /// A bundle of scenario files; no secret is in it.
  package var content: [UInt8]

  /// A configuration with everything said.
  package init(version: Int64, digest: String, content: [UInt8]) {
    self.version = version
    self.digest = digest
    self.content = content
  }

  /// Which one it is.
  package var identity: ConfigurationIdentity { ConfigurationIdentity(version: version, digest: digest) }
}

/// Runs of one node's spool, one after the other.
package struct SpoolBatch: Hashable, Sendable {
  package var node: String
  package var region: String
  /// The identity of the spool.
  package var spool: UInt64
  /// The number of the first run.
  package var first: Int64
  /// Numbers below were dropped by the spool and will never come: no gap is seen in them.
  package var oldest: Int64
  /// Whether it is let past older runs that are not stored yet.
  package var isAhead: Bool
  package var runs: [FleetRun]
  /// Places in `runs` of those that are not to be stored; their numbers are used up all the same.
  package var passedOver: Set<Int> = []

  /// A batch with everything said.
  package init(
    node: String, region: String, spool: UInt64, first: Int64, oldest: Int64, isAhead: Bool = false, runs: [FleetRun]
  ) {
    self.node = node
    self.region = region
    self.spool = spool
    self.first = first
    self.oldest = oldest
    self.isAhead = isAhead
    self.runs = runs
  }

  /// The number of the last run; one less than `first` without any.
  package var last: Int64 { first + Int64(runs.count) - 1 }
}

/// What came of a batch.
package struct IngestSummary: Hashable, Sendable {
  /// How far the spool is stored.
  package var progress: SpoolProgress
  /// Runs that are stored now.
  package var added: Int
  /// Runs of slots that had one already.
  package var duplicates: Int
  /// Runs that had come before.
  package var replayed: Int

  /// A summary with everything said.
  package init(progress: SpoolProgress, added: Int = 0, duplicates: Int = 0, replayed: Int = 0) {
    self.progress = progress
    self.added = added
    self.duplicates = duplicates
    self.replayed = replayed
  }
}

/// Runs of one node that wait to be decided by.
package struct VoteBatch: Hashable, Sendable {
  /// Its place in the queue.
  package var id: Int64
  /// When it was stored.
  package var received: Timestamp
  package var runs: [FleetRun]

  /// A batch with everything said.
  package init(id: Int64, received: Timestamp, runs: [FleetRun]) {
    self.id = id
    self.received = received
    self.runs = runs
  }
}

/// Decisions that were made together.
package struct FeedPiece: Hashable, Sendable {
  /// Its place in the feed; rises.
  package var place: Int64
  package var decisions: [SlotDecision]

  /// A piece with everything said.
  package init(place: Int64, decisions: [SlotDecision]) {
    self.place = place
    self.decisions = decisions
  }
}

/// Why the fleet's store refused.
package enum FleetFault: Error, Hashable, Sendable {
  /// The lease is another's by now; nothing was written.
  case leaseLost(Singleton)
  /// Numbers are missing: everything up to `acknowledged` is stored, and the batch begins later than the next one.
  case gap(acknowledged: Int64)
  /// Another batch of the node's spool is being stored at this moment.
  case storing(String)
  /// Nobody registered a node of that name.
  case unknownNode(String)
}

import Fleet
import FoundationEssentials
package import Model

/// Answers what nodes ask. Any replica may: everything that must last is in the store.
///
/// Nodes are not trusted beyond their grant: what they send is bounded, held against it, and refused in words.
package final class HubDesk: Sendable {
  /// The region of what the hub itself records: services, and jobs that report. No node may be of it.
  package static let ownRegion = "hub"
  /// A clock that is wrong by more is not corrected for.
  package static let longestClockOffset = Duration.minutes(10)
  /// A node that was heard of within it is alive.
  static let liveness = FleetProtocol.beatInterval * 3
  private static let mostLabels = 32
  /// How soon a node is answered that has heard of more than this replica, where there is no more.
  private static let recheck = Duration.seconds(1)

  /// What was counted of nodes' requests.
  package let tallies: FleetTallies
  let store: any FleetStore
  let view: FleetView
  let supply: any WorkSupply
  let time: any TimeSource
  private let budgets: RequestBudgets

  /// A desk over the store.
  package init(
    store: any FleetStore, view: FleetView, supply: any WorkSupply, time: any TimeSource,
    tallies: FleetTallies = FleetTallies()
  ) {
    self.store = store
    self.view = view
    self.supply = supply
    self.time = time
    self.tallies = tallies
    budgets = RequestBudgets(time: time)
  }

  // MARK: Questions

  /// Takes a node in: `Registration` → `Admission`, both as JSON.
  package func register(_ body: [UInt8], by pass: NodePass) async throws(Refused) -> [UInt8] {
    try await counted { () async throws(Refused) in
      let registration = try Self.decoded(Registration.self, body)
      try pass.check(node: registration.name, region: registration.region)
      try budgets.pass(.registering, of: registration.name)
      guard registration.protocolVersion == FleetProtocol.version else {
        throw Refused(
          .protocolVersion,
          "the node speaks version \(registration.protocolVersion) of the protocol, and this hub version \(FleetProtocol.version)"
        )
      }
      let node = try Self.description(registration)
      let standing = try await self.stored { store in
        let before = try await store.nodes(seenWithin: Self.liveness).first { $0.description.name == node.name }
        if let before, let why = Self.clash(of: node, with: before) { throw Refused(.nameTaken, why) }
        return try await store.register(node)
      }
      return Self.encoded(
        Admission(
          standing.progress, hubTime: hubTime,
          beatEvery: FleetProtocol.beatInterval.nanoseconds / 1_000_000))
    }
  }

  /// Hears how a node is: `Beat` → `BeatReply`, both as JSON.
  package func beat(_ body: [UInt8], by pass: NodePass) async throws(Refused) -> [UInt8] {
    try await counted { () async throws(Refused) in
      let beat = try Self.decoded(Beat.self, body).beat
      try pass.check(node: beat.node, region: beat.region)
      try budgets.pass(.beating, of: beat.node)
      guard try await self.stored({ try await $0.keep(beat) }) else { throw Self.unknown(beat.node) }
      // It is kept all the same, so that people see what is wrong.
      if let offset = beat.clockOffset, max(offset, .zero - offset) > Self.longestClockOffset {
        throw Refused(
          .clock,
          "the clock of the node is wrong by \(Int(offset.seconds)) seconds, \(Int(Self.longestClockOffset.seconds)) are allowed; set it by NTP"
        )
      }
      return Self.encoded(BeatReply(hubTime: hubTime, quarantine: view.picture[beat.node]?.quarantine?.reason))
    }
  }

  /// Tells a node what is new for it: `WorkQuestion` → `WorkReply`, both as JSON. Where nothing is, it waits for as long as
  /// the question says.
  package func work(_ body: [UInt8], by pass: NodePass) async throws(Refused) -> [UInt8] {
    try await counted { () async throws(Refused) in
      let question = try Self.decoded(WorkQuestion.self, body)
      try pass.check(node: question.node, region: question.region)
      try budgets.pass(.asking, of: question.node)
      guard view.picture.read != nil else {
        throw Refused(.unavailable, "the hub has not read its store yet", retryAfter: .seconds(1))
      }
      let wait = min(max(.zero, .milliseconds(min(question.wait, 1_000_000))), FleetProtocol.longestWait)
      let asked = time.uptime
      let deadline = asked + wait
      while true {
        let picture = view.picture
        let reply = reply(to: question, asked: asked, picture)
        guard reply.isEmpty, time.uptime < deadline, !Task.isCancelled else { return Self.encoded(reply) }
        let isAhead = isAhead(question, picture)
        await view.change(
          after: picture.generation, until: isAhead ? min(deadline, time.uptime + Self.recheck) : deadline)
      }
    }
  }

  /// Whether a node has heard of what this replica has not: news of another one's, or of a database that is no more.
  private func isAhead(_ question: WorkQuestion, _ picture: FleetView.Picture) -> Bool {
    let plan = supply.plan
    if question.configuration > plan.configuration { return true }
    if question.configuration == plan.configuration, let digest = question.digest, digest != plan.digest { return true }
    let last = picture.memberships[question.region]?.last
    return question.epoch > last?.epoch ?? 0 || last.map { Self.isOther($0, than: question) } == true
  }

  /// Whether a membership is not the one that a node follows, though it bears its number.
  private static func isOther(_ membership: Membership, than question: WorkQuestion) -> Bool {
    membership.epoch == question.epoch
      && question.since.map { $0 != membership.since.millisecondsSinceEpoch } == true
  }

  private func reply(to question: WorkQuestion, asked: Duration, _ picture: FleetView.Picture) -> WorkReply {
    let now = view.clock.now
    let memberships = picture.memberships[question.region] ?? []
    let pending = picture.opinions.filter { $0.node == question.node && $0.until > now }
    let values = supply.values(
      for: question.node, in: question.region, memberships: memberships, opinions: pending.map(\.check))
    let isOtherEpoch = memberships.last.map { last in
      // What is above may be known to another replica only; what the store says since then holds, as after it was replaced.
      last.epoch > question.epoch
        || (last.epoch < question.epoch || Self.isOther(last, than: question))
          && picture.read ?? asked - .seconds(1) >= asked
    }
    return WorkReply(
      configuration: supply.change(since: question.configuration, digest: question.digest, asked: asked),
      // Before anybody has decided who runs what, nobody is told to stop.
      values: memberships.isEmpty && pending.isEmpty || values.digest == question.values ? nil : values,
      memberships: isOtherEpoch == true ? memberships.map { MembershipMessage($0) } : nil,
      opinions: pending.filter { $0.number > question.opinion }.map {
        OpinionRequest(
          number: $0.number, check: $0.check.text, slot: $0.slot,
          start: start(of: $0.slot, of: $0.check)?.millisecondsSinceEpoch, until: $0.until.millisecondsSinceEpoch)
      }, hubTime: now.millisecondsSinceEpoch)
  }

  /// When a slot begins, by the configuration in force; nil where the check is not in it.
  private func start(of slot: Int64, of check: CheckID) -> Timestamp? {
    supply.plan.checks.first { $0.id == check }?.grid.slot(number: slot).start
  }

  /// Takes runs: `RunCoding` of a batch → `BatchReply` as JSON.
  package func ingest(_ body: [UInt8], by pass: NodePass) async throws(Refused) -> [UInt8] {
    try await counted { () async throws(Refused) in
      guard body.count <= FleetProtocol.batchBytes else {
        throw Refused(.tooLarge, "\(body.count) bytes are sent, \(FleetProtocol.batchBytes) are allowed")
      }
      let batch: SpoolBatch
      do throws(CodingFault) {
        batch = try RunCoding.batch(body)
      } catch {
        throw Refused(.malformed, "the runs cannot be read: \(error)")
      }
      try pass.check(node: batch.node, region: batch.region)
      try budgets.pass(.sending, of: batch.node)
      return Self.encoded(BatchReply(try await take(batch)))
    }
  }

  // MARK: Refusing

  /// Counts what is refused.
  private func counted(
    _ work: () async throws(Refused) -> [UInt8]
  ) async throws(Refused) -> [UInt8] {
    do throws(Refused) {
      return try await work()
    } catch {
      tallies.count(error.refusal)
      throw error
    }
  }

  /// Asks the store; a store that fails is a refusal, and the node tries again.
  func stored<Result: Sendable>(
    _ ask: (any FleetStore) async throws -> Result
  ) async throws(Refused) -> Result {
    do {
      return try await ask(store)
    } catch let refused as Refused {
      throw refused
    } catch let fault as FleetFault {
      switch fault {
      case .unknownNode(let node): throw Self.unknown(node)
      case .gap(let acknowledged):
        throw Refused(
          .gap, "runs are missing: everything up to number \(acknowledged) is stored; go on with the next one",
          acknowledged: acknowledged)
      case .storing: throw Refused(.unavailable, "another batch of this spool is being stored", retryAfter: .seconds(1))
      case .leaseLost: throw Refused(.unavailable, "the hub is changing its leader", retryAfter: .seconds(1))
      }
    } catch {
      throw Refused(.unavailable, "the hub's store could not answer; its log says why", retryAfter: .seconds(2))
    }
  }

  static func unknown(_ node: String) -> Refused {
    Refused(.unknownNode, "no node \"\(node.prefix(80))\" with that spool is registered: register first")
  }

  // MARK: Registering

  private static func description(_ registration: Registration) throws(Refused) -> NodeDescription {
    guard NodeDescription.isName(registration.name), NodeDescription.isName(registration.region) else {
      throw Refused(
        .malformed,
        "the node is \"\(registration.name.prefix(80))\" of the region \"\(registration.region.prefix(80))\": names are 1 to 63 letters, digits, '.', '_' and '-', a letter or digit first"
      )
    }
    guard registration.region != ownRegion else {
      throw Refused(.malformed, "the region \"\(ownRegion)\" is the hub's own: give the node's region another name")
    }
    guard registration.labels.count <= mostLabels, registration.version.utf8.count <= 64,
      registration.labels.allSatisfy({ $0.key.utf8.count <= 64 && $0.value.utf8.count <= 256 })
    else {
      throw Refused(
        .malformed,
        "a node has at most \(mostLabels) labels with names of 64 bytes and values of 256, and a version of 64")
    }
    guard let node = registration.description else {
      throw Refused(.malformed, "the spool is \"\(registration.spool.prefix(80))\": it must be 16 hex digits")
    }
    return node
  }

  /// Why a node may not have the name of one that is alive; nil when it may.
  private static func clash(of node: NodeDescription, with other: NodeStanding) -> String? {
    guard other.description.spool != node.spool, other.beat?.isLeaving != true else { return nil }
    return
      "a node \"\(node.name)\" of the region \"\(other.description.region)\" is alive, with another spool: give this one another name, or wait \(Int(liveness.seconds)) seconds after that one has ended"
  }

  // MARK: Bytes

  private var hubTime: Int64 { view.clock.now.millisecondsSinceEpoch }

  private static func decoded<Message: Decodable>(_ type: Message.Type, _ body: [UInt8]) throws(Refused) -> Message {
    do {
      return try JSONDecoder().decode(type, from: Data(body))
    } catch let fault as DecodingError {
      throw Refused(.malformed, "the body is not what it should be: \(words(for: fault))")
    } catch {
      throw Refused(.malformed, "the body is no JSON")
    }
  }

  private static func words(for fault: DecodingError) -> String {
    let (what, context): (String, DecodingError.Context) =
      switch fault {
      case .keyNotFound(let key, let context): ("\"\(key.stringValue)\" is missing", context)
      case .typeMismatch(let type, let context): ("expected \(type)", context)
      case .valueNotFound(let type, let context): ("expected \(type), found nothing", context)
      case .dataCorrupted(let context): ("it cannot be read", context)
      @unknown default: ("it cannot be read", DecodingError.Context(codingPath: [], debugDescription: ""))
      }
    let path = context.codingPath.map { $0.intValue.map(String.init) ?? $0.stringValue }.joined(separator: ".")
    return path.isEmpty ? what : "\(path.prefix(120)): \(what)"
  }

  private static func encoded(_ message: some Encodable) -> [UInt8] {
    // None of the messages can fail to be written: they hold no number that JSON has not.
    (try? JSONEncoder().encode(message)).map(Array.init) ?? []
  }
}

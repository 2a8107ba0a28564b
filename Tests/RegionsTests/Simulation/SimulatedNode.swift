import Agent
import Fleet
import Model
import Regions

/// An agent: its clock, its network, its spool, and the outbox that every agent has.
struct SimulatedNode {
  let name: String
  let region: String
  var isAlive = true
  /// Whether it reaches hubs.
  var hasHub = true
  /// Whether it reaches what it checks.
  var hasTargets = true
  /// Whether its own fault makes it fail what others pass, without knowing it: its references answer, its resolver does not.
  var isSick = false
  /// How far its corrected clock is wrong.
  var clockError = Duration.zero
  /// The newest slot of each check that it ran.
  var ran: [CheckID: Int64] = [:]
  var memberships: [Membership] = []
  /// Runs by number from `spoolStart`; a kill does not lose them.
  var spool: [FleetRun] = []
  var spoolStart: Int64 = 1
  var dropped = 0
  var outbox: Outbox
  /// When the outbox wants to be woken.
  var wakeTime: Timestamp?
  /// Distinguishes what was sent before a restart.
  var life = 0
  /// Whether hubs hear it; and since when, or until when they did.
  var isHeard = true
  var heardChange: Timestamp

  static let spoolCap = 400

  init(_ name: String, in region: String, seed: UInt64, at now: Timestamp) {
    self.name = name
    self.region = region
    heardChange = now
    outbox = Outbox(settings: Self.settings, seed: seed, at: .zero)
  }

  static let settings = Outbox.Settings(batchRuns: 50, rate: 100, pace: .milliseconds(500))

  /// When hubs heard of it last: it beats every three seconds.
  func lastSeen(at now: Timestamp) -> Timestamp {
    guard isHeard else { return heardChange }
    let beats = (now - heardChange).nanoseconds / 3_000_000_000
    return heardChange + .seconds(3 * max(0, beats))
  }

  func standing(at now: Timestamp, quarantine: Quarantine?) -> NodeStanding {
    NodeStanding(
      description: NodeDescription(name: name, region: region, version: "1", spool: 1), registered: newYear,
      lastSeen: lastSeen(at: now), quarantine: quarantine)
  }

  mutating func keep(_ run: FleetRun) -> Int64 {
    spool.append(run)
    if spool.count > Self.spoolCap {
      spool.removeFirst()
      spoolStart += 1
      dropped += 1
    }
    return spoolStart + Int64(spool.count) - 1
  }

  func batch(from: Int64, limit: Int, isAhead: Bool) -> SpoolBatch {
    let first = max(from, spoolStart)
    let runs = spool.dropFirst(Int(first - spoolStart)).prefix(limit)
    return SpoolBatch(
      node: name, region: region, spool: 1, first: first, oldest: spoolStart, isAhead: isAhead, runs: Array(runs))
  }

  mutating func release(through number: Int64) {
    let count = min(max(0, Int(number - spoolStart + 1)), spool.count)
    spool.removeFirst(count)
    spoolStart += Int64(count)
  }
}

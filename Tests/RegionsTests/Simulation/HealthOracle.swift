import Model
import Regions

/// Knows which nodes are sick in truth, and holds against it what hubs find out.
///
/// A sick node must be found, and be believed again when it is well, within a bound: when each of its checks had a slot since,
/// and enough of them could be compared. Where an outage began or ended meanwhile, nobody can say how many could.
struct HealthOracle {
  /// So long after a slot's begin it is decided and the decision judged: ten seconds of time-out, and the way of it.
  private static let delay = Duration.seconds(15)

  private struct Patient {
    var isSick = false
    /// Since when it is sick, or well.
    var since: Timestamp
    /// Whether it has a fault of its own of any kind, and when it had one last.
    var isFaulty = false
    var lastFault: Timestamp?
    var isQuarantined = false
    /// Whether hubs know how it is.
    var isKnown = true
    /// Checks that were compared since, and when first.
    var compared: [CheckID: Timestamp] = [:]
  }

  /// Whether nothing else goes wrong than nodes and checks, so that bounds hold.
  var isCalm = false
  private(set) var violations: [String] = []
  /// How long after nodes fell sick they were not believed any more.
  private(set) var findings: [Duration] = []
  /// How long after they were well they were believed again.
  private(set) var releases: [Duration] = []
  /// How often nothing was asked, because too little could be compared.
  private(set) var exempt = 0
  private var patients: [String: Patient] = [:]
  private var longest = Duration.zero
  private var outageEdges: [Timestamp] = []

  // MARK: The truth

  /// Looks at every node, after something happened.
  mutating func look(_ fleet: FleetSimulation) {
    longest = fleet.checks.map(\.interval).max() ?? .zero
    for node in fleet.nodes {
      var patient = patients[node.name] ?? Patient(since: fleet.now)
      if patient.isSick != node.isSick {
        examine(patient, node.name, at: fleet.now)
        patient.isKnown = patient.isQuarantined == node.isSick
        patient.isSick = node.isSick
        patient.since = fleet.now
        patient.compared = [:]
      }
      let isOnTime = node.clockError < .seconds(1) && node.clockError > .seconds(-1)
      let isFaulty = node.isSick || !node.hasTargets || !isOnTime
      if isFaulty || patient.isFaulty { patient.lastFault = fleet.now }
      patient.isFaulty = isFaulty
      patients[node.name] = patient
    }
  }

  /// An outage begins or ends.
  mutating func outageChanged(at now: Timestamp) { outageEdges.append(now) }

  // MARK: What hubs say

  /// Notes what a decision compares.
  mutating func take(_ decision: SlotDecision, at now: Timestamp) {
    guard !decision.isLate else { return }
    for vote in decision.votes {
      guard let node = vote.node, let patient = patients[node], !patient.isKnown, decision.slot.start >= patient.since,
        patient.compared[decision.check] == nil
      else { continue }
      let seen = vote.verdict == .unknown ? Abstention.seen(vote.reason) : vote.verdict
      let others = decision.votes.filter { $0.region != vote.region && $0.verdict != .unknown }
      guard 2 * others.count(where: \.verdict.isGood) > others.count, seen == (patient.isSick ? .down : .up) else {
        continue
      }
      patients[node]?.compared[decision.check] = now
    }
  }

  mutating func quarantined(_ node: String, _ cause: NodeHealthMachine.Cause, _ fleet: FleetSimulation) {
    guard var patient = patients[node] else { return violations.append("\(node) is nobody") }
    // One that is not believed already may be told another cause.
    if !patient.isQuarantined, !isSuspect(patient, at: fleet.now) {
      violations.append("\(fleet.now): \(node) is healthy and not believed")
    }
    if case .region(let region) = cause {
      for peer in fleet.nodes where peer.region == region && peer.isAlive {
        if let other = patients[peer.name], !isSuspect(other, at: fleet.now) {
          violations.append("\(fleet.now): region \(region) is not cut off, \(peer.name) is healthy")
        }
      }
    }
    if patient.isSick, !patient.isKnown {
      findings.append(fleet.now - patient.since)
      examine(patient, node, at: fleet.now)
      patient.isKnown = true
    }
    patient.isQuarantined = true
    patients[node] = patient
  }

  mutating func released(_ node: String, at now: Timestamp) {
    guard var patient = patients[node] else { return violations.append("\(node) is nobody") }
    if patient.isSick, now - patient.since > longest + Self.delay {
      violations.append("\(now): \(node) is believed, and sick since \(patient.since)")
    }
    if !patient.isSick, !patient.isKnown {
      releases.append(now - patient.since)
      examine(patient, node, at: now)
    }
    patient.isKnown = !patient.isSick
    patient.isQuarantined = false
    patients[node] = patient
  }

  mutating func conclude(at now: Timestamp) {
    for (node, patient) in patients { examine(patient, node, at: now) }
  }

  // MARK: Bounds

  /// Whether a node has a fault of its own, or had one when the runs began by which it is judged: of each check the newest
  /// counts, which is one interval old, and is decided a little after the next.
  private func isSuspect(_ patient: Patient, at now: Timestamp) -> Bool {
    patient.isFaulty || patient.lastFault.map { now - $0 <= longest * 2 + .seconds(30) } ?? false
  }

  /// Whether hubs took too long to find out how a node is.
  private mutating func examine(_ patient: Patient, _ node: String, at now: Timestamp) {
    let seen = patient.since + longest + Self.delay
    let bound = patient.isSick ? seen : seen + NodeHealthMachine.recovery
    guard isCalm, !patient.isKnown, now > bound else { return }
    let isCompared = patient.compared.values.count { $0 <= seen } >= NodeHealthMachine.leastSubjects
    let isSteady = !outageEdges.contains { $0 >= patient.since - longest && $0 <= bound }
    guard isCompared, isSteady else {
      exempt += 1
      return
    }
    violations.append("\(node) is \(patient.isSick ? "sick" : "well") since \(patient.since), unknown at \(now)")
  }
}

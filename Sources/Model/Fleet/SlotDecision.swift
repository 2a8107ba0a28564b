/// What one region said of one slot.
package struct RegionalVote: Hashable, Sendable {
  /// Why a run was made.
  package enum Origin: String, Hashable, Sendable, CaseIterable {
    /// Its slot had come.
    case scheduled
    /// A first failure elsewhere asked for a second opinion. It votes, and is no run of its region's history.
    case opinion
  }

  /// Which region.
  package var region: String
  /// What is told of the region's place, for expressions: the labels that its nodes share.
  package var labels: [String: String]
  /// Which node; nil where nobody said.
  package var node: String?
  /// What the region holds. `unknown` has no say: that node was sick, or the fault was ours.
  package var verdict: Verdict
  /// Why it is not up.
  package var reason: HistoryReason?
  /// How long the deciding attempt took.
  package var duration: Duration?
  package var origin: Origin

  /// A vote with everything said.
  package init(
    region: String, labels: [String: String] = [:], node: String? = nil, verdict: Verdict,
    reason: HistoryReason? = nil, duration: Duration? = nil, origin: Origin = .scheduled
  ) {
    self.region = region
    self.labels = labels
    self.node = node
    self.verdict = verdict
    self.reason = reason
    self.duration = duration
    self.origin = origin
  }
}

/// What is held of a check in one slot over all regions, and who said what.
package struct SlotDecision: Hashable, Sendable {
  /// Which check.
  package var check: CheckID
  /// The occasion.
  package var slot: Slot
  /// What is held over all regions.
  package var verdict: Verdict
  /// Why it is not up.
  package var reason: HistoryReason?
  /// Whether too few regions voted, so that nothing can be held: we are blind.
  package var isBlind: Bool
  /// Whether it fell into planned maintenance.
  package var isInMaintenance: Bool
  /// Whether it corrects what was decided before: history follows it, incidents do not.
  package var isLate: Bool
  /// By region.
  package var votes: [RegionalVote]
  /// When the last of the votes came in; nil where none did.
  package var lastVote: Timestamp?
  /// When it was decided.
  package var decided: Timestamp

  /// A decision with everything said.
  package init(
    check: CheckID, slot: Slot, verdict: Verdict, reason: HistoryReason? = nil, isBlind: Bool = false,
    isInMaintenance: Bool = false, isLate: Bool = false, votes: [RegionalVote], lastVote: Timestamp? = nil,
    decided: Timestamp
  ) {
    self.check = check
    self.slot = slot
    self.verdict = verdict
    self.reason = reason
    self.isBlind = isBlind
    self.isInMaintenance = isInMaintenance
    self.isLate = isLate
    self.votes = votes
    self.lastVote = lastVote
    self.decided = decided
  }
}

/// One run as it travels from a node to the hub.
package struct FleetRun: Hashable, Sendable {
  /// What history keeps of it.
  package var run: HistoryRun
  /// Why it was made.
  package var origin: RegionalVote.Origin
  /// The version of the configuration that it was made by.
  package var configuration: Int64
  /// The number of the membership that it was made under.
  package var epoch: Int64

  /// A run with everything said.
  package init(run: HistoryRun, origin: RegionalVote.Origin = .scheduled, configuration: Int64, epoch: Int64) {
    self.run = run
    self.origin = origin
    self.configuration = configuration
    self.epoch = epoch
  }
}

package import Model

/// What regions hold of one slot together: a pure function of their votes, of the regions that should vote, and of what was
/// held before.
///
/// Only regions that have a say count: those that voted `up`, `degraded` or `down` for this very slot. An opinion confirms or
/// doubts: it does not bring down what a region of the check's own sees working.
package struct SlotElection: Hashable, Sendable {
  /// What is known from the slots before.
  package struct Held: Hashable, Sendable {
    /// The last verdict that was more than `unknown`; nil where there was none.
    package var verdict: Verdict?
    /// For how many slots in a row regions were down, where few regions vote; a slot without their vote breaks no row.
    package var downInRow: [String: Int]

    /// What is held, with everything said.
    package init(verdict: Verdict? = nil, downInRow: [String: Int] = [:]) {
      self.verdict = verdict
      self.downInRow = downInRow
    }
  }

  /// What is held of the slot.
  package struct Outcome: Hashable, Sendable {
    package var verdict: Verdict
    /// Why it is not up.
    package var reason: HistoryReason?
    /// Whether too few regions voted.
    package var isBlind: Bool
  }

  /// When the check is down.
  package let quorum: Quorum
  /// How many regions should vote.
  package let expected: Int

  /// - Parameter expected: how many regions should vote: the check's own, or all of them.
  package init(quorum: Quorum, expected: Int) {
    self.quorum = quorum
    self.expected = expected
  }

  /// How many regions must have a say, so that anything is held.
  package var votesNeeded: Int { max(1, quorum.votes ?? (expected >= 3 ? expected / 2 + 1 : 1)) }

  /// What is held of a slot, given the votes for it, one a region.
  package func outcome(of votes: [RegionalVote], held: Held = Held()) -> Outcome {
    let tally = Tally(votes)
    guard tally.known >= votesNeeded else { return unknown(votes, known: tally.known) }
    if tally.known == 1, expected <= 1, let own = tally.voters.first {
      return Outcome(verdict: own.verdict, reason: own.reason, isBlind: false)
    }
    let (isDown, note) = isDown(tally, held: held)
    if isDown { return Outcome(verdict: .down, reason: tally.reason(.quorum, note: note), isBlind: false) }
    if !tally.down.isEmpty {
      return Outcome(verdict: .degraded, reason: tally.reason(.regional, note: note), isBlind: false)
    }
    guard let degraded = tally.voters.first(where: { $0.verdict == .degraded }) else {
      return Outcome(verdict: .up, isBlind: false)
    }
    return Outcome(verdict: .degraded, reason: degraded.reason, isBlind: false)
  }

  /// What is held after a slot.
  package func following(_ held: Held, votes: [RegionalVote], outcome: Outcome) -> Held {
    var next = held
    if outcome.verdict != .unknown { next.verdict = outcome.verdict }
    let own = votes.filter { $0.origin == .scheduled && $0.verdict != .unknown }
    // Rows are of use only where one region may have to be believed alone.
    guard expected <= 2 || own.count <= 2 else {
      next.downInRow = [:]
      return next
    }
    for vote in own {
      next.downInRow[vote.region] = vote.verdict == .down ? min(held.downInRow[vote.region, default: 0] + 1, 1000) : nil
    }
    return next
  }

  /// Whether the check is down whatever the regions that did not vote yet would say.
  ///
  /// - Parameter missing: how many votes may still come.
  package func isCertainlyDown(_ votes: [RegionalVote], missing: Int, held: Held) -> Bool {
    let tally = Tally(votes)
    guard tally.known >= votesNeeded, expected > 1 else { return false }
    switch quorum.down {
    case .count(let count): return tally.down.count >= needed(count)
    case .share(let share):
      return (0...missing).allSatisfy { isDown(tally.down.count, of: tally.known + $0, share: share, held: held) }
    case .expression: return false
    }
  }

  // MARK: Rules

  private func isDown(_ tally: Tally, held: Held) -> (Bool, note: String?) {
    switch quorum.down {
    case .count(let count): return (tally.down.count >= needed(count), nil)
    case .share(let share): return byShare(share, tally, held: held)
    case .expression(let expression):
      do {
        return (try expression.holds(for: tally.voters), nil)
      } catch {
        let (isDown, note) = byShare(0.5, tally, held: held)
        let fault = "the quorum's expression failed (\(error)), so half of the regions decide"
        return (isDown, [note, fault].compactMap { $0 }.joined(separator: "; "))
      }
    }
  }

  /// A count that is above the number of regions asks for all of them.
  private func needed(_ count: Int) -> Int { max(1, min(count, expected)) }

  private func byShare(_ share: Double, _ tally: Tally, held: Held) -> (Bool, note: String?) {
    if isDown(tally.down.count, of: tally.known, share: share, held: held) { return (true, nil) }
    guard expected <= 2 || tally.own <= 2, tally.own > 0 else { return (false, nil) }
    for vote in tally.down where vote.origin == .scheduled {
      let row = held.downInRow[vote.region, default: 0] + 1
      if row >= max(1, quorum.consecutive) { return (true, "\(vote.region) saw it down \(row) times in a row") }
    }
    return (false, nil)
  }

  private func isDown(_ down: Int, of known: Int, share: Double, held: Held) -> Bool {
    // A half that nobody asked less than decides nothing.
    if 2 * down == known, share >= 0.5 { return held.verdict == .down }
    // A hair less, so that 60 % of five is three and not four.
    return down >= max(2, Int((share * Double(known) - 1e-9).rounded(.up)))
  }

  private func unknown(_ votes: [RegionalVote], known: Int) -> Outcome {
    // The fault of our own that a region tells says more than that it had no say.
    let told = votes.filter { vote in
      guard vote.verdict == .unknown, let code = vote.reason?.code else { return false }
      return code != .nodeSick && code != .nodeOffline && code != .cancelled
    }
    if known + told.count >= votesNeeded, let first = told.first {
      return Outcome(verdict: .unknown, reason: first.reason, isBlind: false)
    }
    let message = "\(known) of \(expected) regions had a say, and \(votesNeeded) are needed"
    return Outcome(verdict: .unknown, reason: HistoryReason(code: .blind, message: message), isBlind: true)
  }
}

/// The votes that count.
private struct Tally {
  /// By region.
  let voters: [RegionalVote]
  let down: [RegionalVote]
  /// How many are of regions whose slot had come.
  let own: Int

  init(_ votes: [RegionalVote]) {
    let sayers = votes.filter { $0.verdict != .unknown }
    let isSeenWorking = sayers.contains { $0.origin == .scheduled && $0.verdict.isGood }
    voters = sayers.filter { !($0.origin == .opinion && isSeenWorking && $0.verdict == .down) }
      .sorted { $0.region < $1.region }
    down = voters.filter { $0.verdict == .down }
    own = voters.count { $0.origin == .scheduled }
  }

  var known: Int { voters.count }

  /// Who sees it down, and why the first of them does.
  func reason(_ code: ReasonCode, note: String?) -> HistoryReason {
    HistoryReason(
      code, downIn: down.map(\.region), of: known, because: down.lazy.compactMap(\.reason).first, note: note)
  }
}

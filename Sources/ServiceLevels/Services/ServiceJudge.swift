package import Model

/// What one member says of a slot of its service.
package struct MemberVerdict: Hashable, Sendable {
  package var check: CheckID
  /// As messages call it.
  package var name: String
  /// Nil when its slot has no run.
  package var verdict: Verdict?
  /// Which of the closed set, where it is not up.
  package var code: ReasonCode?
  /// Why, in one line; empty where nothing is known.
  package var message: String
  /// A member in maintenance has no say.
  package var isInMaintenance: Bool

  /// A member's verdict with everything said.
  package init(
    check: CheckID, name: String, verdict: Verdict?, code: ReasonCode? = nil, message: String = "",
    isInMaintenance: Bool = false
  ) {
    self.check = check
    self.name = name
    self.verdict = verdict
    self.code = code
    self.message = message
    self.isInMaintenance = isInMaintenance
  }
}

/// What is held of a service in one slot.
package struct ServiceJudgement: Hashable, Sendable {
  package var verdict: Verdict
  /// Why it is not up, with the members named.
  package var reason: Reason?
  /// The member that the reason begins with; nil when it is up.
  package var culprit: CheckID?
  /// Whether every member was in maintenance.
  package var isInMaintenance: Bool

  /// A judgement with everything said.
  package init(verdict: Verdict, reason: Reason? = nil, culprit: CheckID? = nil, isInMaintenance: Bool = false) {
    self.verdict = verdict
    self.reason = reason
    self.culprit = culprit
    self.isInMaintenance = isInMaintenance
  }
}

/// Judges the slots of a service by those of its members.
///
/// Members in maintenance are left out, and the rule is asked of the rest; when nobody is left, all are asked, and the
/// slot is in maintenance. A member of which nothing is known could be good or bad: the service is down only when its rule
/// fails even if it were good, and unknown when it alone decides.
package struct ServiceJudge: Hashable, Sendable {
  /// How many members a message names before it counts the rest: a message is one line.
  private static let namedMembers = 3

  private let rule: ServiceRule
  private let weights: [CheckID: Int]

  /// A judge of one service.
  package init(rule: ServiceRule, members: [ServiceDefinition.Member]) {
    self.rule = rule
    weights = Dictionary(members.map { ($0.check, $0.weight) }) { first, _ in first }
  }

  /// What is held of the slot that these are the members' verdicts for.
  package func judge(_ members: [MemberVerdict]) -> ServiceJudgement {
    let present = members.filter { !$0.isInMaintenance }
    guard present.isEmpty, !members.isEmpty else { return judgement(of: present) }
    var judgement = judgement(of: members)
    judgement.isInMaintenance = true
    return judgement
  }

  private func judgement(of members: [MemberVerdict]) -> ServiceJudgement {
    let good = members.filter { $0.verdict?.isGood == true }
    let unknown = members.filter { $0.verdict == nil || $0.verdict == .unknown }
    guard holds(good: good + unknown, among: members) else { return bad(.down, members.filter { $0.verdict == .down }) }
    guard holds(good: good, among: members) else { return bad(.unknown, unknown) }
    let impaired = members.filter { $0.verdict == .down } + members.filter { $0.verdict == .degraded }
    return impaired.isEmpty ? ServiceJudgement(verdict: .up) : bad(.degraded, impaired)
  }

  private func holds(good: [MemberVerdict], among members: [MemberVerdict]) -> Bool {
    switch rule {
    case .all: return good.count == members.count
    case .any: return !good.isEmpty || members.isEmpty
    // Of fewer members than were asked for, because the rest is in maintenance, all must be good.
    case .atLeast(let count): return good.count >= min(count, members.count)
    case .weighted(let downBelow):
      let limit = Ratio(decimal: downBelow)
      return weight(of: good) * Int128(limit.denominator) >= weight(of: members) * Int128(limit.numerator)
    }
  }

  private func weight(of members: [MemberVerdict]) -> Int128 {
    members.reduce(0) { $0 + Int128(weights[$1.check] ?? 1) }
  }

  private func bad(_ verdict: Verdict, _ members: [MemberVerdict]) -> ServiceJudgement {
    let named = members.prefix(Self.namedMembers).map(Self.words).joined(separator: "; ")
    let rest = members.count - Self.namedMembers
    let message = rest > 0 ? "\(named); and \(rest) more" : named
    // A code says what its verdict is: a service that is degraded because a member is down is so by warning.
    let code = members.first?.code.flatMap { $0.verdict == verdict ? $0 : nil }
    return ServiceJudgement(
      verdict: verdict, reason: Reason(code: code ?? Self.code(for: verdict), message: message),
      culprit: members.first?.check)
  }

  private static func words(_ member: MemberVerdict) -> String {
    guard let verdict = member.verdict else { return "\(member.name) has no run" }
    return "\(member.name) is \(verdict.rawValue)" + (member.message.isEmpty ? "" : ": \(member.message)")
  }

  private static func code(for verdict: Verdict) -> ReasonCode {
    switch verdict {
    case .down: .expectationFailed
    case .unknown: .internal
    case .up, .degraded: .warning
    }
  }
}

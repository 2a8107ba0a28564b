import Model
import ServiceLevels
import Testing

struct ServiceJudgeTests {
  struct Case: CustomStringConvertible {
    var rule: ServiceRule
    /// A letter a member: u(p), d(egraded), x (down), ? (unknown), - (no run), m (down, in maintenance).
    var members: String
    var expected: Verdict
    var description: String { "\(rule) of \(members)" }
  }

  private static let ids = "abcdefgh"

  private func member(_ letter: Character, _ place: Int) throws -> MemberVerdict {
    let name = String(Array(Self.ids)[place])
    let id = try #require(CheckID(name))
    switch letter {
    case "u": return MemberVerdict(check: id, name: name, verdict: .up)
    case "d":
      return MemberVerdict(check: id, name: name, verdict: .degraded, code: .warning, message: "slow")
    case "x":
      return MemberVerdict(check: id, name: name, verdict: .down, code: .timeout, message: "no answer")
    case "?": return MemberVerdict(check: id, name: name, verdict: .unknown, code: .internal, message: "our fault")
    case "m":
      return MemberVerdict(
        check: id, name: name, verdict: .down, code: .timeout, message: "no answer", isInMaintenance: true)
    default: return MemberVerdict(check: id, name: name, verdict: nil)
    }
  }

  private func judge(_ rule: ServiceRule, _ letters: String, weights: [Int] = []) throws -> ServiceJudgement {
    let verdicts = try letters.enumerated().map { try member($1, $0) }
    let members = verdicts.enumerated().map { index, verdict in
      ServiceDefinition.Member(check: verdict.check, weight: index < weights.count ? weights[index] : 1)
    }
    return ServiceJudge(rule: rule, members: members).judge(verdicts)
  }

  @Test(
    "a rule that fails whatever is not known is down; one that what is not known decides is unknown",
    arguments: [
      Case(rule: .all, members: "uuu", expected: .up),
      Case(rule: .all, members: "udu", expected: .degraded),
      Case(rule: .all, members: "uux", expected: .down),
      Case(rule: .all, members: "u?u", expected: .unknown),
      Case(rule: .all, members: "u-u", expected: .unknown),
      Case(rule: .all, members: "?x-", expected: .down),
      Case(rule: .any, members: "xxu", expected: .degraded),
      Case(rule: .any, members: "xxx", expected: .down),
      Case(rule: .any, members: "xx?", expected: .unknown),
      Case(rule: .any, members: "x?u", expected: .degraded),
      Case(rule: .any, members: "??u", expected: .up),
      Case(rule: .atLeast(2), members: "uux", expected: .degraded),
      Case(rule: .atLeast(2), members: "uxx", expected: .down),
      Case(rule: .atLeast(2), members: "ux?", expected: .unknown),
      Case(rule: .atLeast(2), members: "uu?", expected: .up),
      Case(rule: .weighted(downBelow: 0.5), members: "ux", expected: .degraded),
      Case(rule: .weighted(downBelow: 0.5), members: "uxx", expected: .down),
      Case(rule: .weighted(downBelow: 0.5), members: "ux?x", expected: .unknown),
    ])
  func rules(_ judged: Case) throws {
    #expect(try judge(judged.rule, judged.members).verdict == judged.expected)
  }

  @Test("weights decide exactly: a share that is just the limit is not below it")
  func weights() throws {
    #expect(try judge(.weighted(downBelow: 0.7), "ux", weights: [7, 3]).verdict == .degraded)
    #expect(try judge(.weighted(downBelow: 0.7), "ux", weights: [69, 31]).verdict == .down)
    #expect(try judge(.weighted(downBelow: 0.5), "ux", weights: [.max, .max]).verdict == .degraded)
  }

  @Test("a member in maintenance has no say, and a rule asks no more members than are left")
  func maintenance() throws {
    #expect(try judge(.all, "um") == ServiceJudgement(verdict: .up))
    #expect(try judge(.atLeast(2), "umm").verdict == .up)
    #expect(try judge(.atLeast(2), "xmu").verdict == .down)
    #expect(try judge(.any, "xm").verdict == .down)
  }

  @Test("when every member is in maintenance the slot is, with the verdict it would have had")
  func allInMaintenance() throws {
    let judgement = try judge(.all, "mm")
    #expect(judgement.isInMaintenance)
    #expect(judgement.verdict == .down)
  }

  @Test("the message names the members, and counts those beyond the third")
  func message() throws {
    let one = try judge(.all, "ux")
    #expect(one.reason == Reason(code: .timeout, message: "b is down: no answer"))
    #expect(one.culprit == CheckID("b"))
    #expect(
      try judge(.all, "xxxxx").reason?.message
        == "a is down: no answer; b is down: no answer; c is down: no answer; and 2 more")
    #expect(try judge(.all, "u-").reason == Reason(code: .internal, message: "b has no run"))
  }

  @Test("a service that is degraded because a member is down is so by warning: every code says what its verdict is")
  func codes() throws {
    let judgement = try judge(.any, "ux")
    #expect(judgement.reason == Reason(code: .warning, message: "b is down: no answer"))
  }
}

import Model
import Regions
import Testing

/// A slot in letters, and what must come of it.
struct ElectionCase: Sendable, CustomTestStringConvertible {
  var votes: String
  var quorum = Quorum.standard
  var held: Verdict? = .up
  var result: Verdict
  var code: ReasonCode?
  var isBlind = false

  var testDescription: String { "\(votes) held \(held?.rawValue ?? "-") \(quorum.down)" }
}

@Suite("An election")
struct SlotElectionTests {
  @Test(
    "holds what the regions hold together",
    arguments: [
      // One region: its verdict is the slot's.
      ElectionCase(votes: "u", result: .up),
      ElectionCase(votes: "d", result: .down, code: .connectRefused),
      ElectionCase(votes: "w", result: .degraded, code: .warning),
      ElectionCase(votes: "x", result: .unknown, code: .blind, isBlind: true),
      // Two: both, or one for long enough.
      ElectionCase(votes: "dd", result: .down, code: .quorum),
      ElectionCase(votes: "ud", result: .degraded, code: .regional),
      ElectionCase(votes: "ud", held: .down, result: .down, code: .quorum),
      ElectionCase(votes: "-d", result: .degraded, code: .regional),
      ElectionCase(votes: "-u", held: .down, result: .up),
      // Three and more: half of those that have a say, and never exactly half.
      ElectionCase(votes: "uud", result: .degraded, code: .regional),
      ElectionCase(votes: "udd", result: .down, code: .quorum),
      ElectionCase(votes: "xdd", result: .down, code: .quorum),
      ElectionCase(votes: "uudd", result: .degraded, code: .regional),
      ElectionCase(votes: "uudd", held: .down, result: .down, code: .quorum),
      ElectionCase(votes: "uddd", result: .down, code: .quorum),
      ElectionCase(votes: "uuudd", held: .down, result: .degraded, code: .regional),
      ElectionCase(votes: "uuddd", result: .down, code: .quorum),
      ElectionCase(votes: "uuwuu", result: .degraded, code: .warning),
      ElectionCase(votes: "uuuuu", held: .down, result: .up),
      // Too few that have a say: unknown, never down.
      ElectionCase(votes: "---dd", held: .up, result: .unknown, code: .blind, isBlind: true),
      ElectionCase(votes: "xxxdd", held: .down, result: .unknown, code: .blind, isBlind: true),
      ElectionCase(votes: "xxx", result: .unknown, code: .blind, isBlind: true),
      ElectionCase(votes: "---dd", quorum: Quorum(votes: 2), result: .down, code: .quorum),
      ElectionCase(votes: "uuu-d", quorum: Quorum(votes: 5), result: .unknown, code: .blind, isBlind: true),
      // A count is the author's word.
      ElectionCase(votes: "uuuud", quorum: Quorum(down: .count(1)), result: .down, code: .quorum),
      ElectionCase(votes: "uuudd", quorum: Quorum(down: .count(3)), result: .degraded, code: .regional),
      ElectionCase(votes: "dd", quorum: Quorum(down: .count(5)), result: .down, code: .quorum),
      ElectionCase(votes: "ud", quorum: Quorum(down: .count(2)), held: .down, result: .degraded, code: .regional),
      // Shares.
      ElectionCase(votes: "uuddd", quorum: Quorum(down: .share(0.6)), result: .down, code: .quorum),
      ElectionCase(votes: "uuddd", quorum: Quorum(down: .share(0.61)), result: .degraded, code: .regional),
      ElectionCase(votes: "uudd", quorum: Quorum(down: .share(0.25)), result: .down, code: .quorum),
      ElectionCase(votes: "uuud", quorum: Quorum(down: .share(0.25)), result: .degraded, code: .regional),
      ElectionCase(votes: "dddd", quorum: Quorum(down: .share(1)), result: .down, code: .quorum),
    ])
  func rules(_ example: ElectionCase) throws {
    let election = SlotElection(quorum: example.quorum, expected: example.votes.count)
    let outcome = election.outcome(of: votes(example.votes), held: .init(verdict: example.held))
    #expect(outcome.verdict == example.result)
    #expect(outcome.reason?.code == example.code)
    #expect(outcome.isBlind == example.isBlind)
  }

  @Test("names the regions that see it down, and why")
  func words() {
    let outcome = SlotElection(quorum: .standard, expected: 5).outcome(of: votes("ududd"))
    #expect(outcome.reason?.message == "down in 3 of 5 regions: r1, r3, r4 (refused)")
  }

  @Test("tells a fault of ours in place of blindness")
  func ownFault() {
    var broken = votes("xxx")
    for index in broken.indices { broken[index].reason = HistoryReason(code: .templateFailed, message: "no such name") }
    let outcome = SlotElection(quorum: .standard, expected: 3).outcome(of: broken)
    #expect(outcome.verdict == .unknown)
    #expect(outcome.reason?.code == .templateFailed)
    #expect(!outcome.isBlind)
  }

  @Test("believes one of two regions after enough slots in a row, which a missing vote does not break")
  func consecutive() {
    let election = SlotElection(quorum: Quorum(consecutive: 3), expected: 2)
    var held = SlotElection.Held(verdict: .up)
    var verdicts: [Verdict] = []
    for letters in ["ud", "ud", "u-", "ud", "ud", "uu", "ud"] {
      let outcome = election.outcome(of: votes(letters), held: held)
      held = election.following(held, votes: votes(letters), outcome: outcome)
      verdicts.append(outcome.verdict)
    }
    #expect(verdicts == [.degraded, .degraded, .up, .down, .down, .up, .degraded])
  }

  @Test("lets an opinion confirm and doubt, but not outvote what a region of the check's own sees working")
  func opinions() {
    let election = SlotElection(quorum: .standard, expected: 2)
    func verdict(_ votes: [RegionalVote]) -> Verdict {
      election.outcome(of: votes, held: .init(verdict: .up)).verdict
    }
    #expect(verdict([.of("a", .down), .of("b", .up), .of("c", .down, origin: .opinion)]) == .degraded)
    #expect(verdict([.of("a", .down), .of("c", .down, origin: .opinion)]) == .down)
    #expect(verdict([.of("a", .down), .of("b", .down), .of("c", .up, origin: .opinion)]) == .down)
    let alone = SlotElection(quorum: .standard, expected: 1)
    let doubted = [RegionalVote.of("a", .down), .of("c", .up, origin: .opinion)]
    #expect(alone.outcome(of: doubted, held: .init(verdict: .up)).verdict == .degraded)
    #expect(alone.outcome(of: doubted, held: .init(verdict: .up, downInRow: ["a": 2])).verdict == .down)
  }

  @Test("asks an expression of the votes that count, and half of the regions where it fails")
  func expressions() {
    let european = QuorumExpression(source: "eu") { votes in votes.contains { $0.region == "r0" && $0.verdict == .down } }
    let election = SlotElection(quorum: Quorum(down: .expression(european)), expected: 3)
    #expect(election.outcome(of: votes("duu")).verdict == .down)
    #expect(election.outcome(of: votes("udd")).verdict == .degraded)
    let failing = QuorumExpression(source: "no") { _ in throw FixtureFault(text: "no label continent") }
    let fallen = SlotElection(quorum: Quorum(down: .expression(failing)), expected: 3)
    let outcome = fallen.outcome(of: votes("udd"))
    #expect(outcome.verdict == .down)
    #expect(outcome.reason?.message.contains("the quorum's expression failed") == true)
    #expect(outcome.reason?.message.contains("no label continent") == true)
    #expect(fallen.outcome(of: votes("uud")).verdict == .degraded)
  }

  // MARK: Properties

  private static func anyVotes(_ random: inout SeededGenerator, regions: Int) -> [RegionalVote] {
    (0..<regions).compactMap { index in
      guard let verdict = verdict("uwdx-".randomElement(using: &random) ?? "-") else { return nil }
      return .of("r\(index)", verdict)
    }
  }

  @Test("is never down where exactly half is down and it was not, nor up where it was", arguments: 0..<20)
  func half(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    for _ in 0..<200 {
      let half = Int.random(in: 1...4, using: &random)
      let tied = (0..<(2 * half)).map { RegionalVote.of("r\($0)", $0 < half ? .down : .up) }
      let election = SlotElection(quorum: Quorum(consecutive: 1000), expected: 2 * half)
      #expect(election.outcome(of: tied, held: .init(verdict: .up)).verdict == .degraded)
      #expect(election.outcome(of: tied, held: .init(verdict: .down)).verdict == .down)
    }
  }

  @Test("is down only by a quorum of regions that have a say", arguments: 0..<20)
  func quorum(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    for _ in 0..<500 {
      let expected = Int.random(in: 3...9, using: &random)
      let votes = Self.anyVotes(&random, regions: expected)
      let held = SlotElection.Held(verdict: [nil, .up, .degraded, .down].randomElement(using: &random) ?? nil)
      let outcome = SlotElection(quorum: .standard, expected: expected).outcome(of: votes, held: held)
      let known = votes.count { $0.verdict != .unknown }
      let down = votes.count { $0.verdict == .down }
      if outcome.verdict == .down {
        #expect((down >= 2 && 2 * down > known) || (2 * down == known && held.verdict == .down))
        #expect(2 * known > expected)
      }
      #expect(outcome.isBlind == (2 * known <= expected))
      #expect(outcome.isBlind == (outcome.verdict == .unknown))
    }
  }

  @Test("says what history says of the votes alone, where all voted and nothing was held", arguments: 0..<20)
  func agreesWithHistory(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    for _ in 0..<500 {
      let votes = Self.anyVotes(&random, regions: Int.random(in: 1...9, using: &random)).filter {
        $0.verdict != .unknown
      }
      let outcome = SlotElection(quorum: .standard, expected: votes.count).outcome(of: votes)
      #expect(outcome.verdict == Verdict.overRegions(votes.map(\.verdict)))
    }
  }

  @Test("that is certain stays down whatever the missing votes say", arguments: 0..<20)
  func certainty(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    var certain = 0
    for _ in 0..<500 {
      let expected = Int.random(in: 2...7, using: &random)
      let all = (0..<expected).map { RegionalVote.of("r\($0)", verdict("uwddx".randomElement(using: &random) ?? "d") ?? .up) }
      let given = Array(all.prefix(Int.random(in: 0...expected, using: &random)))
      let rule: Quorum.Rule = [.share(0.5), .share(0.7), .share(0.3), .count(2)].randomElement(using: &random) ?? .count(1)
      let election = SlotElection(quorum: Quorum(down: rule), expected: expected)
      let held = SlotElection.Held(verdict: .up)
      guard election.isCertainlyDown(given, missing: expected - given.count, held: held) else { continue }
      certain += 1
      #expect(election.outcome(of: all, held: held).verdict == .down)
    }
    #expect(certain > 10)
  }
}

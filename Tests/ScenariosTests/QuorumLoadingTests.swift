import Model
import Scenarios
import Testing

@Suite("The quorum of a check")
struct QuorumLoadingTests {
  @Test(
    "is read in every form",
    arguments: [
      ("quorum: 2", Quorum(down: .count(2))), ("quorum: 50%", Quorum(down: .share(0.5))),
      ("quorum: {down: 3, votes: 4}", Quorum(down: .count(3), votes: 4)),
      ("quorum: {down: 100%, consecutive: 1}", Quorum(down: .share(1), consecutive: 1)),
      ("quorum: {votes: 1}", Quorum(votes: 1)), ("quorum: {}", .standard), ("enabled: true", .standard),
      ("quorum: '${1 + 1}'", Quorum(down: .count(2))),
    ])
  func forms(text: String, quorum: Quorum) throws {
    #expect(try loadCheck("\(text)\n    http: {url: https://a.example}").check.quorum == quorum)
  }

  @Test("is taken from the defaults")
  func defaults() throws {
    let scenario = try loadOne(
      """
      version: 1
      defaults: {quorum: {down: 2, votes: 2}}
      checks:
        - {id: a, http: {url: https://a.example}}
        - {id: b, quorum: 75%, http: {url: https://b.example}}
        - {id: c, heartbeat: {}}
      """)
    #expect(
      scenario.checks.map(\.check.quorum) == [Quorum(down: .count(2), votes: 2), Quorum(down: .share(0.75)), .standard])
  }

  private func vote(
    _ region: String, _ verdict: Verdict, continent: String? = nil, reason: ReasonCode? = nil
  ) -> RegionalVote {
    RegionalVote(
      region: region, labels: continent.map { ["continent": $0] } ?? [:], node: "\(region)-1", verdict: verdict,
      reason: reason.map { HistoryReason(code: $0, message: "no answer") }, duration: .milliseconds(250))
  }

  private func expression(_ source: String) throws -> QuorumExpression {
    let check = try loadCheck("quorum: {down: '\(source)'}\n    http: {url: https://a.example}").check
    guard case .expression(let expression) = check.quorum.down else {
      Issue.record("\(source) is no expression")
      throw Unexpected()
    }
    return expression
  }

  private struct Unexpected: Error {}

  @Test(
    "asks an expression over the votes",
    arguments: [
      ("size(down) >= 2", true), ("size(down) >= 3", false), ("size(up) == 1", true), ("size(votes) == 3", true),
      (#"down.exists(r, r.labels.continent == "europe") && size(down) >= 2"#, true),
      (#"down.all(r, r.labels.continent == "europe")"#, false), (#"up.exists(r, r.region == "eu")"#, false),
      (#"down.exists(r, r.reason == "timeout" && r.duration_ms > 200 && r.node == "eu-1")"#, true),
      (#"votes.filter(r, r.verdict == "degraded").map(r, r.region) == ["ap"]"#, true),
    ])
  func expressions(source: String, isDown: Bool) throws {
    let votes = [
      vote("eu", .down, continent: "europe", reason: .timeout), vote("us", .down, continent: "america"),
      vote("ap", .degraded, continent: "asia"),
    ]
    #expect(try expression(source).holds(for: votes) == isDown)
  }

  @Test("fails in words where a label is not there")
  func failure() throws {
    let expression = try expression(#"down.all(r, r.labels.continent == "europe")"#)
    #expect(expression.source == #"down.all(r, r.labels.continent == "europe")"#)
    #expect { try expression.holds(for: [vote("eu", .down)]) } throws: { "\($0)".contains("continent") }
  }
}

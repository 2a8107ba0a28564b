import Agent
import Model
import Synchronization
import TestSupport
import Testing
import Transport

@Suite("References")
struct ReferencesTests {
  private static func run(_ verdict: Verdict, _ code: ReasonCode?) throws -> Run {
    let moment = Timestamp(secondsSinceEpoch: 1_767_225_600)
    return Run(
      check: try #require(CheckID("shop")), region: "eu", node: "n1",
      slot: Slot(number: 1, start: moment, interval: .seconds(60)), started: moment, duration: .seconds(1),
      verdict: verdict, reason: code.map { Reason(code: $0, message: "no answer within 1s") }, traceID: "")
  }

  @Test(
    "Most of the references must fail too",
    arguments: [
      ([], false), ([true], false), ([false], true), ([true, false], false), ([false, false], true),
      ([true, false, false], true), ([true, true, false], false), ([true, true, false, false], false),
    ] as [([Bool], Bool)])
  func majority(_ answers: [Bool], _ isSick: Bool) throws {
    #expect(ReferenceJudge.isSick(answers) == isSick)
    let judged = ReferenceJudge.judged(try Self.run(.down, .timeout), by: answers)
    #expect(judged.verdict == (isSick ? .unknown : .down))
    #expect(judged.reason?.code == (isSick ? .nodeSick : .timeout))
  }

  @Test("Only what a lost network gives too is in doubt", arguments: ReasonCode.allCases)
  func reasons(_ code: ReasonCode) throws {
    let isNetwork = [.resolveFailed, .connectRefused, .connectFailed, .tlsFailed, .timeout].contains(code)
    #expect(ReferenceJudge.isInDoubt(try Self.run(code.verdict, code)) == isNetwork)
    #expect(!ReferenceJudge.isInDoubt(try Self.run(.up, nil)))
  }

  @Test("What the run saw is said in the reason of a sick node's")
  func words() throws {
    let judged = ReferenceJudge.judged(try Self.run(.down, .connectFailed), by: [false, false, true])
    #expect(
      judged.reason?.message
        == "2 of 3 references do not answer this node either; the run saw: no answer within 1s")
  }

  @Test("Runs that fail together share one round, and one that fails later has another")
  func sharing() async throws {
    let time = ManualTime()
    let probe = ScriptedProbe(answers: false)
    let references = References(
      [Reference(Endpoint(host: "a", port: 1)), Reference(Endpoint(host: "b", port: 2))], probe: probe, time: time)
    let failed = try Self.run(.down, .timeout)
    async let first = references.reviewed(failed)
    async let second = references.reviewed(failed)
    #expect(await [first.verdict, second.verdict] == [.unknown, .unknown])
    #expect(probe.count == 2)
    time.advance(by: .seconds(1))
    _ = await references.reviewed(failed)
    #expect(probe.count == 2)
    time.advance(by: .seconds(1))
    probe.set(answers: true)
    #expect(await references.reviewed(failed).verdict == .down)
    #expect(probe.count == 4)
  }

  @Test(
    "The replicas of a hub are one reference, which answers when one of them does",
    arguments: [(["hub-1"], Verdict.down), (["target"], .down), (["hub-1", "hub-2", "other"], .down), ([], .unknown)]
      as [([String], Verdict)])
  func replicas(_ answering: [String], _ verdict: Verdict) async throws {
    let probe = ScriptedProbe(hosts: Set(answering))
    let hubs = Reference(Endpoint(host: "hub-1", port: 1), Endpoint(host: "hub-2", port: 1))
    let references = References(
      [hubs, Reference(Endpoint(host: "target", port: 1))], probe: probe, time: ManualTime())
    #expect(await references.reviewed(try Self.run(.down, .timeout)).verdict == verdict)
  }

  @Test("A run that is up asks nobody")
  func up() async throws {
    let probe = ScriptedProbe(answers: false)
    let references = References([Reference(Endpoint(host: "a", port: 1))], probe: probe, time: ManualTime())
    #expect(await references.reviewed(try Self.run(.up, nil)).verdict == .up)
    #expect(probe.count == 0)
  }

  @Test("A listener is reached, and so is a port that refuses; a name that is none is not")
  func connecting() async throws {
    let server = try HTTPTestServer { _ in [] }
    defer { server.stop() }
    let loops = try EventLoops(count: 1)
    defer { loops.stop() }
    let probe = ConnectionProbe(loops: loops, resolver: Resolver())
    #expect(await probe.reaches(Endpoint(host: "127.0.0.1", port: server.port), within: .seconds(5)))
    // A port that was free a moment ago.
    let closed = try HTTPTestServer { _ in [] }
    closed.stop()
    #expect(await probe.reaches(Endpoint(host: "127.0.0.1", port: closed.port), within: .seconds(5)))
    #expect(await !probe.reaches(Endpoint(host: "no such name", port: 80), within: .seconds(5)))
  }
}

private final class ScriptedProbe: ReachProbe {
  private let state: Mutex<(answers: Bool, count: Int)>
  /// Those that answer whatever the others do.
  private let hosts: Set<String>

  init(answers: Bool) {
    state = Mutex((answers, 0))
    hosts = []
  }

  init(hosts: Set<String>) {
    state = Mutex((false, 0))
    self.hosts = hosts
  }

  var count: Int { state.withLock { $0.count } }

  func set(answers: Bool) { state.withLock { $0.answers = answers } }

  func reaches(_ endpoint: Endpoint, within bound: Duration) async -> Bool {
    state.withLock { state in
      state.count += 1
      return state.answers || hosts.contains(endpoint.host)
    }
  }
}

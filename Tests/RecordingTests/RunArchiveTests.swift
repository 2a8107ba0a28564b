import Model
import Recording
import Testing

@Suite("The archive of runs")
struct RunArchiveTests {
  private func check(_ id: String, _ kind: ProbeKind) throws -> Check {
    Check(id: try #require(CheckID(id)), kind: kind, location: SourceLocation(file: "shop.yaml", line: 1, column: 1))
  }

  private func run(of check: Check, _ verdict: Verdict, trace: String, body: Int = 0) -> Run {
    let facts = Facts(
      phases: Phases(), detail: .http(HTTPFacts(status: 200, body: Array(repeating: 0, count: body), url: "")))
    let slot = check.grid.slot(number: 7)
    return Run(
      check: check.id, region: "eu", node: "node-1", slot: slot, started: slot.start, duration: .zero, verdict: verdict,
      traceID: trace,
      steps: [StepResult(name: "a", kind: .http, verdict: verdict, started: slot.start, duration: .zero, facts: facts)])
  }

  @Test("keeps the last runs of a journey, and of a plain check those that were not up")
  func kinds() throws {
    let journey = try check("checkout", .journey)
    let plain = try check("front-page", .http)
    let archive = RunArchive()
    archive.apply([journey, plain])
    for check in [journey, plain] {
      for verdict in Verdict.allCases { archive.record(run(of: check, verdict, trace: verdict.rawValue)) }
    }
    #expect(Verdict.allCases.allSatisfy { archive.run(of: journey.id, traceID: $0.rawValue)?.verdict == $0 })
    #expect(archive.run(of: plain.id, traceID: "up") == nil)
    #expect(archive.run(of: plain.id, traceID: "degraded") != nil)
    #expect(archive.run(of: plain.id, traceID: "down")?.steps.first?.name == "a")
  }

  @Test("lets failures stay that many good runs came after")
  func failuresStay() throws {
    let journey = try check("checkout", .journey)
    let archive = RunArchive(runsPerCheck: 3)
    archive.apply([journey])
    archive.record(run(of: journey, .down, trace: "failure"))
    for number in 0..<5000 { archive.record(run(of: journey, .up, trace: "\(number)")) }
    #expect(archive.run(of: journey.id, traceID: "failure") != nil)
    let kept = (0..<5000).filter { archive.run(of: journey.id, traceID: "\($0)") != nil }
    #expect(kept == [4997, 4998, 4999])
  }

  @Test("holds no more bytes than it may, the oldest going first")
  func bound() throws {
    let checks = try (0..<4).map { try check("check-\($0)", .journey) }
    let archive = RunArchive(limit: 100 << 10)
    archive.apply(checks)
    for number in 0..<40 {
      archive.record(run(of: checks[number % 4], .down, trace: "\(number)", body: 10 << 10))
    }
    let kept = (0..<40).filter { archive.run(of: checks[$0 % 4].id, traceID: "\($0)") != nil }
    #expect(kept == Array(31..<40))
  }

  @Test("forgets checks that are gone")
  func gone() throws {
    let journey = try check("checkout", .journey)
    let archive = RunArchive()
    archive.apply([journey])
    archive.record(run(of: journey, .up, trace: "1"))
    archive.apply([])
    archive.record(run(of: journey, .up, trace: "2"))
    archive.apply([journey])
    #expect(archive.run(of: journey.id, traceID: "1") == nil)
    #expect(archive.run(of: journey.id, traceID: "2") == nil)
  }
}

import Fleet
import FoundationEssentials
import Model
import Testing

@Suite("What travels between nodes and hubs")
struct CodingTests {
  private let run: FleetRun

  init() throws {
    let start = Timestamp(millisecondsSinceEpoch: 1_795_000_000_123)
    run = FleetRun(
      run: HistoryRun(
        check: try #require(CheckID("front-page")), region: "eu", node: "probe-1", slotStart: start,
        interval: .seconds(10), started: start + .milliseconds(3), duration: .microseconds(182_400), verdict: .down,
        reason: HistoryReason(
          code: .timeout, step: "front-page", phase: .connect, message: "no answer within 5 s – gone",
          location: "a.yaml:3:4"),
        attempts: 2, traceID: "0123456789abcdef0123456789abcdef", isInMaintenance: true),
      origin: .opinion, configuration: 7, epoch: 12)
  }

  private var plain: FleetRun {
    var other = run
    other.run = HistoryRun(
      check: run.run.check, region: "eu", slotStart: run.run.slotStart - .seconds(60), interval: .seconds(10),
      duration: nil, verdict: .up)
    return other
  }

  @Test("runs come back as they were")
  func runsComeBack() throws {
    let runs = [run, plain, run]
    #expect(try RunCoding.runs(RunCoding.encode(runs)) == runs)
    #expect(try RunCoding.runs(RunCoding.encode([FleetRun]())) == [])
  }

  @Test("a batch comes back as it was")
  func batchComesBack() throws {
    let batch = SpoolBatch(node: "probe-1", region: "eu", spool: .max - 3, first: 42, oldest: 17, runs: [run, plain])
    #expect(try RunCoding.batch(RunCoding.encode(batch)) == batch)
  }

  @Test("decisions come back as they were")
  func decisionsComeBack() throws {
    let slot = SlotGrid(check: run.run.check, interval: .seconds(10)).slot(at: run.run.slotStart)
    let decision = SlotDecision(
      check: run.run.check, slot: slot, verdict: .degraded, reason: HistoryReason(code: .regional, message: "eu"),
      isBlind: true, isInMaintenance: true, isLate: true,
      votes: [
        RegionalVote(
          region: "eu", labels: ["asn": "64500"], node: "probe-1", verdict: .down,
          reason: HistoryReason(code: .timeout, message: "late"), duration: .milliseconds(5), origin: .opinion),
        RegionalVote(region: "us", verdict: .up),
      ], lastVote: slot.start + .seconds(1), decided: slot.start + .seconds(2))
    #expect(try DecisionCoding.decisions(DecisionCoding.encode([decision, decision])) == [decision, decision])
  }

  @Test("a question for work is read with and without what programs of before did not say")
  func questionsOfBefore() throws {
    let question = WorkQuestion(
      node: "n", region: "eu", configuration: 4, digest: "d", epoch: 3, since: 20, values: "v", opinion: 1, wait: 5)
    let body = try JSONEncoder().encode(question)
    #expect(try JSONDecoder().decode(WorkQuestion.self, from: body) == question)
    let before = #"{"node":"n","region":"eu","configuration":4,"epoch":3,"values":"v","opinion":1,"wait":5,"later":[]}"#
    var expected = question
    (expected.digest, expected.since) = (nil, nil)
    #expect(try JSONDecoder().decode(WorkQuestion.self, from: Data(before.utf8)) == expected)
  }

  @Test("bytes that are cut off anywhere are refused")
  func cutBytesAreRefused() {
    let bytes = RunCoding.encode(
      SpoolBatch(node: "n", region: "eu", spool: 1, first: 1, oldest: 1, runs: [run, plain]))
    for length in bytes.indices {
      #expect(throws: CodingFault.self) { try RunCoding.batch(Array(bytes[..<length])) }
    }
  }

  @Test("bytes that are changed anywhere are read or refused, and nothing else happens")
  func changedBytesDoNoHarm() {
    let bytes = RunCoding.encode(
      SpoolBatch(node: "n", region: "eu", spool: 1, first: 1, oldest: 1, runs: [run, plain]))
    var refused = 0
    for place in bytes.indices {
      for change in [UInt8(1), 0x80, 0xff] {
        var changed = bytes
        changed[place] ^= change
        do { _ = try RunCoding.batch(changed) } catch { refused += 1 }
      }
    }
    #expect(refused > 0)
  }

  @Test("a huge number of runs is refused before anything is made room for")
  func hugeCountsAreRefused() {
    #expect(throws: CodingFault.self) { try RunCoding.runs([1, 0, 0xff, 0xff, 0xff, 0xff, 0x7f]) }
  }
}

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
    var batch = SpoolBatch(node: "probe-1", region: "eu", spool: .max - 3, first: 42, oldest: 17, runs: [run, plain])
    #expect(try RunCoding.batch(RunCoding.encode(batch)) == batch)
    batch.isAhead = true
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

  @Test("numbers at the end of their range are refused", arguments: [Int64.min, .min + 1, .max])
  func extremes(_ number: Int64) throws {
    var plain = plain
    plain.run.slotStart = Timestamp(millisecondsSinceEpoch: 0)
    plain.run.started = plain.run.slotStart
    let bytes = RunCoding.encode([plain])
    let extreme = varint(UInt64(bitPattern: (number << 1) ^ (number >> 63)))
    // The slot and the lag are zeros; each of the zeros in turn is made the number.
    var refused = 0
    for place in bytes.indices where bytes[place] == 0 {
      let changed = bytes[..<place] + extreme + bytes[(place + 1)...]
      if (try? RunCoding.runs(Array(changed))) == nil { refused += 1 }
    }
    #expect(refused >= 2)
  }

  @Test("a text that is far too long is cut, and refused where somebody else sends it")
  func longTexts() throws {
    var long = run
    let words = "a" + String(repeating: "\u{301}", count: 1_000_000)
    long.run.reason = HistoryReason(code: .timeout, step: words, message: words, location: words)
    let back = try #require(try RunCoding.runs(RunCoding.encode([long])).first?.run.reason)
    for text in [back.message, back.step ?? "", back.location ?? ""] {
      #expect(text.utf8.first == UInt8(ascii: "a") && text.utf8.count <= 4096)
    }
    #expect(throws: CodingFault("byte 5: a text of 2000001 bytes; 4096 are allowed")) {
      try RunCoding.runs([1, 1] + varint(2_000_001) + Array(words.utf8) + [0])
    }
  }

  private func varint(_ number: UInt64) -> [UInt8] {
    var rest = number
    var bytes: [UInt8] = []
    while rest >= 0x80 {
      bytes.append(UInt8(rest & 0x7f) | 0x80)
      rest >>= 7
    }
    return bytes + [UInt8(rest)]
  }

  @Test("a batch of many more runs than are allowed is refused before they are read")
  func manyRuns() {
    let many = Array(repeating: plain, count: 4 * FleetProtocol.batchRuns + 1)
    let batch = SpoolBatch(node: "n", region: "eu", spool: 1, first: 1, oldest: 1, runs: many)
    #expect(throws: CodingFault("20001 runs are sent, 20000 are allowed")) {
      try RunCoding.batch(RunCoding.encode(batch))
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

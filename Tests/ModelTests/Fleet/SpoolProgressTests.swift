import Model
import Testing

@Suite("How far a spool is stored")
struct SpoolProgressTests {
  @Test(
    "Numbers that nobody counts to end nothing, and are possible for no spool",
    arguments: [
      (0, .min ... .max), (.max, .min ... .max), (.min, 5...(.max)), (.max, nil), (-1, nil),
      ((1 << 59) + 1, nil), (0, 2...((1 << 59) + 1)),
    ] as [(Int64, ClosedRange<Int64>?)])
  func impossible(_ acknowledged: Int64, _ ahead: ClosedRange<Int64>?) {
    #expect(!SpoolProgress(acknowledged: acknowledged, ahead: ahead).isPossible)
  }

  @Test(
    "What a spool can have is possible",
    arguments: [(0, nil), (1 << 59, nil), (3, 5...9), (0, 2...(1 << 59))] as [(Int64, ClosedRange<Int64>?)])
  func possible(_ acknowledged: Int64, _ ahead: ClosedRange<Int64>?) {
    #expect(SpoolProgress(acknowledged: acknowledged, ahead: ahead).isPossible)
  }

  private func batch(_ numbers: ClosedRange<Int64>, oldest: Int64 = 1, isAhead: Bool = false) throws -> SpoolBatch {
    let check = try #require(CheckID("shop"))
    let runs = numbers.map { number in
      FleetRun(
        run: HistoryRun(
          check: check, region: "eu", slotStart: Timestamp(millisecondsSinceEpoch: number * 1000),
          interval: .seconds(1),
          duration: nil, verdict: .up), configuration: 1, epoch: 1)
    }
    return SpoolBatch(
      node: "n", region: "eu", spool: 1, first: numbers.lowerBound, oldest: oldest, isAhead: isAhead, runs: runs)
  }

  @Test("Whatever comes twice, late, ahead or not at all, each run is taken once, and what is stored only grows")
  func randomStories() throws {
    for seed in UInt64(1)...300 {
      var dice = Dice(seed: seed)
      var progress = SpoolProgress()
      var taken: Set<Int64> = []
      var spooled: Int64 = 40
      var turns = 0
      while progress != SpoolProgress(acknowledged: spooled) {
        turns += 1
        try #require(turns < 10_000)
        if spooled < 200 { spooled += Int64(dice.next(5)) }
        let isAhead = dice.next(3) == 0
        let from =
          isAhead
          ? progress.ahead.map { $0.upperBound + 1 } ?? progress.acknowledged + 1 + Int64(dice.next(20))
          : max(1, progress.acknowledged + 1 - Int64(dice.next(6)))
        guard from <= spooled else { continue }
        let sent = try batch(from...min(spooled, from + Int64(dice.next(12))), isAhead: isAhead)
        let before = progress
        let (fresh, replayed) = try progress.take(sent)
        #expect(fresh.count + replayed == sent.runs.count)
        for run in fresh {
          #expect(taken.insert(run.run.slotStart.millisecondsSinceEpoch / 1000).inserted, "seed \(seed)")
        }
        #expect(progress.acknowledged >= before.acknowledged)
        #expect(progress.acknowledged == 0 || Set(1...max(1, progress.acknowledged)).isSubset(of: taken))
        if let ahead = progress.ahead { #expect(Set(ahead).isSubset(of: taken)) }
      }
      #expect(taken == Set(1...spooled))
    }
  }

  @Test("What the spool dropped is passed over, also where a stretch is ahead of it")
  func dropped() throws {
    var progress = SpoolProgress(acknowledged: 2, ahead: 10...12)
    _ = try progress.take(try batch(6...7, oldest: 6))
    #expect(progress == SpoolProgress(acknowledged: 7, ahead: 10...12))
    _ = try progress.take(try batch(30...31, oldest: 30))
    #expect(progress == SpoolProgress(acknowledged: 31))
  }

  @Test("Nothing is changed by a batch that leaves a gap")
  func gaps() throws {
    var progress = SpoolProgress(acknowledged: 2, ahead: 10...12)
    for sent in [
      try batch(4...5), try batch(9...9, isAhead: true), try batch(14...15, isAhead: true),
      try batch(40...41, oldest: 4),
    ] {
      let acknowledged = max(2, sent.oldest - 1)
      #expect(throws: FleetFault.gap(acknowledged: acknowledged)) { try progress.take(sent) }
      #expect(progress == SpoolProgress(acknowledged: 2, ahead: 10...12))
    }
  }

  @Test("A stretch without a hole before it is none", arguments: [Int64(4), 5, 6])
  func closes(_ acknowledged: Int64) {
    #expect(SpoolProgress(acknowledged: acknowledged, ahead: 5...6) == SpoolProgress(acknowledged: 6))
  }
}

private struct Dice {
  private var state: UInt64

  init(seed: UInt64) { state = seed &* 0x9e37_79b9_7f4a_7c15 }

  mutating func next(_ count: UInt64) -> UInt64 {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return (state >> 33) % count
  }
}

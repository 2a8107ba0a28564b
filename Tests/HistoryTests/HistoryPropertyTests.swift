import History
import Model
import Testing

@Suite("A store counts as the definitions say")
struct HistoryPropertyTests {
  /// Runs of up to three days with gaps, duplicates, changes of interval, maintenance, pauses and disorder.
  private struct Story {
    var batches: [[HistoryRun]] = []
    /// When the check was disabled; never at the start of a slot.
    var pauses: [Range<Timestamp>] = []
    var end = newYear

    /// - Parameter isInOrder: whether nothing is held back. Where runs are gone, what was said of a slot over all regions
    ///   first stays, so a late run of one of them is no part of such a story.
    init(seed: UInt64, regions: [String], isInOrder: Bool) throws {
      var random = SeededGenerator(seed: seed)
      let check = try CheckID.named("front-page")
      var runs: [HistoryRun] = []
      for region in regions {
        var interval = Duration.seconds([10, 60, 300, 420].randomElement(using: &random) ?? 60)
        var slot = newYear + .seconds(Int.random(in: 0..<7200, using: &random))
        if regions.count > 1 { (interval, slot) = (.seconds(60), newYear + .seconds(17)) }
        for _ in 0..<Int.random(in: 50..<400, using: &random) {
          if regions.count == 1, Int.random(in: 0..<60, using: &random) == 0 {
            interval = .seconds([10, 30, 60, 300, 420].randomElement(using: &random) ?? 60)
          }
          if Int.random(in: 0..<9, using: &random) > 0 {
            runs.append(
              HistoryRun(
                check: check, region: region, slotStart: slot, interval: interval,
                duration: Int.random(in: 0..<9, using: &random) == 0
                  ? nil : .microseconds(Int.random(in: 1..<3_000_000, using: &random)),
                verdict: Verdict.allCases.randomElement(using: &random) ?? .up,
                isInMaintenance: Int.random(in: 0..<12, using: &random) == 0))
          }
          if Int.random(in: 0..<90, using: &random) == 0 {
            slot = slot + interval * Int.random(in: 1..<200, using: &random)
          }
          slot = slot + interval
          if regions.count == 1, Int.random(in: 0..<150, using: &random) == 0 { slot = slot + .seconds(7) }
        }
        end = max(end, slot)
      }
      // Mostly in order, as runs come; some are held back, some come twice with another verdict.
      runs.sort { $0.slotStart < $1.slotStart }
      var held: [HistoryRun] = []
      var batch: [HistoryRun] = []
      for run in runs {
        if !isInOrder, Int.random(in: 0..<12, using: &random) == 0 { held.append(run) } else { batch.append(run) }
        if Int.random(in: 0..<20, using: &random) == 0 {
          var twice = run
          twice.verdict = .down
          held.append(twice)
        }
        if Int.random(in: 0..<40, using: &random) == 0 {
          held.shuffle(using: &random)
          let late = held.prefix(Int.random(in: 0...held.count, using: &random))
          batches.append(batch + late)
          held.removeFirst(late.count)
          batch = []
        }
      }
      batches.append(batch + held.shuffled(using: &random))
      var moment = newYear
      for _ in 0..<Int.random(in: 0..<4, using: &random) {
        let begin = moment + .seconds(Int.random(in: 0..<30_000, using: &random)) + .milliseconds(500)
        moment = begin + .seconds(Int.random(in: 0..<20_000, using: &random)) + .milliseconds(1)
        pauses.append(begin..<moment)
      }
    }
  }

  @Test(
    "where runs are kept, every window is exact, whatever order runs came in", arguments: Backend.allCases,
    0..<24 as Range<UInt64>)
  func exactWhereRunsAreKept(_ backend: Backend, seed: UInt64) async throws {
    let regions = seed % 3 == 2 ? ["eu", "us", "asia"] : ["local"]
    try await compare(backend, seed: seed, regions: regions, retention: .standard, edge: 1)
  }

  @Test("also where runs are kept for longer than roll-ups", arguments: Backend.allCases, 50..<62 as Range<UInt64>)
  func exactWhereRunsOutliveRollups(_ backend: Backend, seed: UInt64) async throws {
    let retention = HistoryRetention(runs: .days(9), fiveMinutes: .hours(2), hours: .hours(30))
    let regions = seed % 3 == 2 ? ["eu", "us", "asia"] : ["local"]
    try await compare(backend, seed: seed, regions: regions, retention: retention, edge: 1)
  }

  /// What is kept for how long, and the roll-up that is left then, in seconds.
  private static let rolledUp: [(retention: HistoryRetention, edge: Int)] = [
    (HistoryRetention(runs: .hours(1)), 300), (HistoryRetention(runs: .hours(1), fiveMinutes: .hours(2)), 3600),
    (HistoryRetention(runs: .hours(1), fiveMinutes: .hours(2), hours: .days(1)), 86_400),
  ]

  @Test(
    "where only roll-ups are left, windows from one to another are exact", arguments: Backend.allCases,
    (0..<3).flatMap { level in (100..<112 as Range<UInt64>).map { ($0, level) } })
  func exactToTheRollup(_ backend: Backend, _ story: (seed: UInt64, level: Int)) async throws {
    let (seed, level) = (story.seed, Self.rolledUp[story.level])
    let regions = seed % 3 == 2 ? ["eu", "us", "asia"] : ["local"]
    try await compare(backend, seed: seed, regions: regions, retention: level.retention, edge: level.edge)
  }

  @Test(
    "whatever ages imports are of, and in whatever order they come", arguments: Backend.allCases,
    200..<208 as Range<UInt64>)
  func importsOfAnyAge(_ backend: Backend, seed: UInt64) async throws {
    let folder = try TemporaryFolder()
    let store = try await backend.store(in: folder)
    var reference = ReferenceHistory()
    var random = SeededGenerator(seed: seed)
    let now = newYear + .days(900)
    for _ in 0..<12 {
      var batch: [HistoryRun] = []
      for _ in 0..<Int.random(in: 1..<4, using: &random) {
        let age = [10, 50, 500, 900].randomElement(using: &random) ?? 900
        let first = Int.random(in: max(0, 900 - age) * 24..<900 * 24 - 30, using: &random)
        for hour in first..<first + Int.random(in: 1..<30, using: &random) {
          batch.append(try .at(hour * 3600, Verdict.allCases.randomElement(using: &random) ?? .up, every: 3600))
        }
      }
      batch.shuffle(using: &random)
      try await store.write(batch, at: now)
      for run in batch { reference.store(run) }
      if Bool.random(using: &random) { try await store.maintainFully(at: now) }
    }
    let check = try CheckID.named("front-page")
    for _ in 0..<8 {
      let days = [Int.random(in: 0...900, using: &random), Int.random(in: 0...900, using: &random)].sorted()
      let (from, to) = (newYear + .days(days[0]), newYear + .days(days[1]))
      let tally = try await store.tally(from: days[0] * 86_400, to: days[1] * 86_400)
      #expect(tally == reference.tally(of: check, region: nil, from: from, to: to), "seed \(seed), \(days)")
    }
  }

  private func compare(
    _ backend: Backend, seed: UInt64, regions: [String], retention: HistoryRetention, edge: Int
  ) async throws {
    let folder = try TemporaryFolder()
    let store = try await backend.store(in: folder, retention)
    var reference = ReferenceHistory()
    let story = try Story(seed: seed, regions: regions, isInOrder: edge > 1 && regions.count > 1)
    var random = SeededGenerator(seed: seed &+ 1)
    for batch in story.batches {
      let now = batch.map(\.slotStart).max() ?? story.end
      try await store.write(batch, at: now)
      for run in batch { reference.store(run) }
      if Bool.random(using: &random) { try await store.maintainFully(at: now + .seconds(400)) }
    }
    let check = try CheckID.named("front-page")
    for pause in story.pauses {
      for (moment, isEnabled) in [(pause.lowerBound, false), (pause.upperBound, true)] {
        try await store.register([CheckRegistration(id: check, isEnabled: isEnabled)], in: "hub", at: moment)
      }
      reference.pause(check, from: pause.lowerBound, to: pause.upperBound)
    }
    try await store.maintainFully(at: story.end + .seconds(60))
    let length = Int((story.end - newYear).seconds)
    for _ in 0..<40 {
      var bounds = [
        Int.random(in: -500..<length + 4000, using: &random), Int.random(in: 0..<length + 4000, using: &random),
      ]
      bounds = bounds.sorted().map { $0 / edge * edge }
      let (from, to) = (newYear + .seconds(bounds[0]), newYear + .seconds(bounds[1]))
      for region in [nil] + regions.map(Optional.some) {
        let scope = region.map { RegionScope.only($0) } ?? .combined
        let rows = try await store.tallies(TallyQuery(checks: nil, scope: scope, from: from, to: to))
        let expected = reference.tally(of: check, region: region, from: from, to: to)
        #expect(rows.map(\.tally) == [expected], "seed \(seed), \(region ?? "all"), \(bounds)")
        let latency = try await store.latency(of: check, region: region, from: from, to: to)
        let durations = reference.latencies(of: check, region: region, from: from, to: to)
        #expect(latency.count == durations.count, "seed \(seed), \(region ?? "all"), \(bounds)")
        #expect(latency.sumMicroseconds == durations.reduce(0) { $0 + $1.roundedMicroseconds })
      }
    }
    try await compareSeries(store, reference, regions: regions, length: length, edge: edge, random: &random)
    if retention == .standard {
      for region in regions {
        let changes = try await store.stateChanges(
          of: check, from: newYear - .days(1), to: story.end + .days(1), limit: 10_000)
        let expected = reference.stateChanges(of: check, region: region)
        #expect(changes.filter { $0.region == region }.map(\.slotStart) == expected.map(\.slotStart), "seed \(seed)")
      }
    }
  }

  /// Pieces are exact one by one, with what is known at the last boundary, and add up to the whole.
  private func compareSeries(
    _ store: any HistoryStore, _ reference: ReferenceHistory, regions: [String], length: Int, edge: Int,
    random: inout SeededGenerator
  ) async throws {
    let check = try CheckID.named("front-page")
    for _ in 0..<10 {
      let count = Int.random(in: 2...9, using: &random)
      let seconds = (0..<count).map { _ in Int.random(in: -500..<length + 4000, using: &random) / edge * edge }
      let boundaries = Set(seconds).sorted().map { newYear + .seconds($0) }
      guard boundaries.count > 1, let end = boundaries.last else { continue }
      for region in [nil] + regions.map(Optional.some) {
        let scope = region.map { RegionScope.only($0) } ?? .combined
        let rows = try await store.series(SeriesQuery(checks: [check], scope: scope, boundaries: boundaries))
        let expected = zip(boundaries, boundaries.dropFirst()).map { from, to in
          ReferenceHistory.tally(reference.slots(of: check, region: region, from: from, to: to, knownUntil: end))
        }
        #expect(rows.first?.tallies == expected, "\(region ?? "all"), \(seconds.sorted())")
        let whole = try await store.tallies(
          TallyQuery(checks: [check], scope: scope, from: boundaries[0], to: end)
        ).first?.tally
        #expect(rows.first?.tallies.reduce(SlotTally(), +) == whole)
      }
    }
  }
}

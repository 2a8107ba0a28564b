import History
import Model
import Testing

@Suite("What is rolled up")
struct RollupTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
  }

  private func hours(days: Range<Int>) throws -> [HistoryRun] {
    try (days.lowerBound * 24..<days.upperBound * 24).map { try .at($0 * 3600, every: 3600) }
  }

  @Test("counts imports that surround one another once", arguments: Backend.allCases, [false, true])
  func surroundingImports(_ backend: Backend, wasRunBefore: Bool) async throws {
    let store = try await backend.store(in: folder)
    let now = newYear + .days(100)
    if wasRunBefore {
      // Five minutes of that time are still there when the import makes their cut pass them.
      try await store.write(hours(days: 0..<5), at: newYear + .days(5))
      try await store.maintainFully(at: newYear + .days(6))
    }
    try await store.write(hours(days: 10..<60), at: now)
    try await store.write((wasRunBefore ? [] : hours(days: 0..<5)) + hours(days: 70..<80), at: now)
    for isMaintained in [false, true] {
      if isMaintained { try await store.maintainFully(at: now) }
      #expect(try await store.tally(from: 60 * 86_400, to: 100 * 86_400)?.up == 240)
      #expect(try await store.tally(from: 0, to: 100 * 86_400)?.up == 65 * 24)
      #expect(try await store.tally(from: 6 * 86_400, to: 75 * 86_400)?.up == 55 * 24)
    }
  }

  @Test("still knows which slots lay in a pause", arguments: Backend.allCases, [1, 8, 40, 500])
  func pauses(_ backend: Backend, days: Int) async throws {
    let store = try await backend.store(in: folder)
    let check = try CheckID.named("front-page")
    try await store.write((0..<617).map { try .at($0 * 60) }, at: newYear + .days(1))
    for (minute, isEnabled) in [(617, false), (725, true)] {
      try await store.register(
        [CheckRegistration(id: check, isEnabled: isEnabled)], in: "local", at: newYear + .minutes(minute))
    }
    try await store.write((725..<1440).map { try .at($0 * 60) }, at: newYear + .days(1))
    try await store.maintainFully(at: newYear + .days(days))
    #expect(try await store.tally(from: 0, to: 86_400) == SlotTally(expected: 1332, up: 1332))
  }

  @Test(
    "is let go for good where days are not kept for ever, and neither counts again nor comes back",
    arguments: Backend.allCases)
  func finiteDays(_ backend: Backend) async throws {
    let store = try await backend.store(
      in: folder, HistoryRetention(runs: .days(1), fiveMinutes: .days(1), hours: .days(1), days: .days(7)))
    for day in 0..<20 {
      try await store.write(hours(days: day..<day + 1), at: newYear + .days(day + 1))
      try await store.maintainFully(at: newYear + .days(day + 1))
    }
    #expect(try await store.tally(from: -864_000, to: 20 * 86_400) == SlotTally(expected: 168, up: 168))
    let again = try await store.write(hours(days: 2..<3), at: newYear + .days(20))
    #expect(again == WriteSummary(duplicates: 24))
    #expect(try await store.tally(from: -864_000, to: 20 * 86_400) == SlotTally(expected: 168, up: 168))
    let latency = try await store.latency(
      of: .named("front-page"), region: nil, from: newYear, to: newYear + .days(20))
    #expect(latency.count == 168)
  }

  @Test(
    "is kept at least as long as what is finer, so that windows are exact where runs are kept",
    arguments: Backend.allCases)
  func finerThanCoarser(_ backend: Backend) async throws {
    let store = try await backend.store(
      in: folder, HistoryRetention(runs: .days(50), fiveMinutes: .days(35), hours: .days(20)))
    try await store.write((0..<144).map { try .at($0 * 600, every: 600) }, at: newYear + .days(1))
    try await store.maintainFully(at: newYear + .days(49))
    #expect(try await store.tally(from: 37_800, to: 86_400) == SlotTally(expected: 81, up: 81))
    let latency = try await store.latency(
      of: .named("front-page"), region: nil, from: newYear + .seconds(37_800), to: newYear + .days(1))
    #expect(latency.count == 81)
  }

  @Test("adds up years of latency without end")
  func latencyOfYears() {
    var histogram = LatencyHistogram()
    histogram.add(microseconds: .max)
    for _ in 0..<20 { histogram.merge(histogram) }
    #expect(histogram.count == 1 << 20)
    #expect(histogram.sumMicroseconds == .max)
  }
}

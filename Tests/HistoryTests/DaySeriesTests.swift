import History
import Model
import TestSupport
import Testing

@Suite("Days of bars")
struct DaySeriesTests {
  /// Days without any run, one after another and alone.
  private static let silentDays: Set<Int> = [9, 10, 11, 30]

  @Test(
    "each of many days that are read together is what it is by itself, whatever the hour at which they begin",
    arguments: Backend.each([0, 2, 22, 13]))
  func daysReadTogether(_ backend: Backend, hour: Int) async throws {
    let folder = try TemporaryFolder()
    let store = try await backend.store(in: folder)
    var reference = ReferenceHistory()
    let end = newYear + .days(50) + .seconds(40_000)
    var runs: [HistoryRun] = []
    // The check is younger than the bars, and begins within a day.
    for number in 5 * 24 + 7..<50 * 24 + 11 where !Self.silentDays.contains(number / 24) {
      runs.append(try .at(number * 3600 + 17, number % 31 == 0 ? .down : .up, every: 3600))
    }
    try await store.write(runs, at: end)
    try await store.maintainFully(at: end)
    for run in runs { reference.store(unchecked: run) }
    let boundaries = (0...49).map { newYear + .days($0) + .hours(hour) } + [end]
    let check = try CheckID.named("front-page")
    let rows = try await store.series(SeriesQuery(checks: [check], boundaries: boundaries))
    let expected = zip(boundaries, boundaries.dropFirst()).map { from, to in
      ReferenceHistory.tally(reference.slots(of: check, region: nil, from: from, to: to, knownUntil: end))
    }
    #expect(rows.map(\.tallies) == [expected])
  }
}

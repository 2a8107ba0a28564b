import History
import Model
import Testing

@Suite("A store expects slots of the checks in force")
struct RegistrationTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
  }

  private func hours(_ range: Range<Int>, check: String = "front-page", region: String = "local") throws -> [HistoryRun]
  {
    try range.map { try .at($0 * 3600, check: check, region: region, every: 3600) }
  }

  private func registration(
    _ id: String = "front-page", movedFrom: String? = nil, isEnabled: Bool = true, regions: [String]? = nil
  ) throws -> CheckRegistration {
    CheckRegistration(
      id: try .named(id), movedFrom: try movedFrom.map { try .named($0) }, isEnabled: isEnabled, regions: regions)
  }

  private func expected(
    _ check: String = "front-page", scope: RegionScope = .combined, hours: Int, in store: any HistoryStore
  ) async throws -> Int? {
    try await store.tally(of: check, scope: scope, from: 0, to: hours * 3600)?.expected
  }

  @Test(
    "and nothing between the removal of an old check and the first slot of the one that takes it over",
    arguments: Backend.allCases)
  func pausesBetween(_ backend: Backend) async throws {
    let store = try await backend.store(in: folder)
    try await store.write(hours(0..<24, check: "home"), at: newYear + .days(1))
    try await store.register([], in: "local", at: newYear + .days(1))
    try await store.register([registration()], in: "local", at: newYear + .days(5))
    try await store.write(hours(120..<144), at: newYear + .days(6))
    try await store.register([registration(movedFrom: "home")], in: "local", at: newYear + .days(6))
    #expect(try await store.tally(from: 0, to: 6 * 86_400) == SlotTally(expected: 48, up: 48))
  }

  @Test("also when many are renamed at once, and some have a history of their own", arguments: Backend.allCases)
  func renamesMany(_ backend: Backend) async throws {
    let store = try await backend.store(in: folder)
    for index in 0..<30 { try await store.write(hours(0..<3, check: "check-\(index)"), at: newYear + .hours(3)) }
    for index in 0..<3 { try await store.write(hours(3..<4, check: "new-check-\(index)"), at: newYear + .hours(4)) }
    try await store.register(
      (0..<30).map { try registration("new-check-\($0)", movedFrom: "check-\($0)") }, in: "local",
      at: newYear + .hours(4))
    for index in 0..<30 {
      try await store.write(hours(4..<6, check: "new-check-\(index)"), at: newYear + .hours(6))
    }
    #expect(try await store.checks().map(\.id.text) == (0..<30).map { "new-check-\($0)" }.sorted())
    #expect(try await store.tally(of: "new-check-0", from: 0, to: 21_600) == SlotTally(expected: 6, up: 6))
    #expect(
      try await store.tally(of: "new-check-9", from: 0, to: 21_600) == SlotTally(expected: 6, up: 5, missed: 1))
  }

  @Test("in the regions that they run in", arguments: Backend.allCases)
  func regionByRegion(_ backend: Backend) async throws {
    let store = try await backend.store(in: folder)
    for region in ["eu", "us"] { try await store.write(hours(0..<4, region: region), at: newYear + .hours(4)) }
    try await store.register([registration()], in: "us", at: newYear)
    try await store.register([registration(regions: ["us"])], in: "eu", at: newYear + .hours(4))
    #expect(try await expected(scope: .only("eu"), hours: 10, in: store) == 4)
    #expect(try await expected(scope: .only("us"), hours: 10, in: store) == 10)
    #expect(try await expected(hours: 10, in: store) == 10)
    #expect(try await store.checks().first?.endedAt == nil)
    try await store.register([], in: "us", at: newYear + .hours(6))
    #expect(try await expected(scope: .only("us"), hours: 10, in: store) == 6)
    #expect(try await expected(hours: 10, in: store) == 6)
    #expect(try await store.checks().first?.endedAt == newYear + .hours(6))
  }

  @Test("also where another daemon's files do not name them", arguments: Backend.allCases)
  func severalDaemons(_ backend: Backend) async throws {
    let store = try await backend.store(in: folder)
    try await store.register([registration("one")], in: "eu", at: newYear)
    try await store.register([registration("two")], in: "us", at: newYear)
    try await store.write(hours(0..<2, check: "one", region: "eu"), at: newYear + .hours(2))
    try await store.write(hours(0..<2, check: "two", region: "us"), at: newYear + .hours(2))
    try await store.register([registration("one")], in: "eu", at: newYear + .hours(2))
    try await store.register([registration("two")], in: "us", at: newYear + .hours(2))
    #expect(try await expected("one", hours: 10, in: store) == 10)
    #expect(try await expected("two", hours: 10, in: store) == 10)
  }

  @Test(
    "and of an imported region, that nobody speaks for, as long as the check is in force", arguments: Backend.allCases)
  func importedRegions(_ backend: Backend) async throws {
    let store = try await backend.store(in: folder)
    try await store.write(hours(0..<2) + hours(0..<2, region: "imported"), at: newYear + .hours(2))
    try await store.register([], in: "local", at: newYear + .hours(4))
    #expect(try await expected(hours: 10, in: store) == 4)
    #expect(try await expected(scope: .only("imported"), hours: 10, in: store) == 4)
    // What is imported of the time before the removal does not bring the check back.
    try await store.write(hours(0..<2, region: "older"), at: newYear + .hours(5))
    #expect(try await expected(hours: 10, in: store) == 4)
  }

  @Test("and again when another region begins to run one that was removed", arguments: Backend.allCases)
  func resumes(_ backend: Backend) async throws {
    let store = try await backend.store(in: folder)
    try await store.write(hours(0..<2, region: "eu"), at: newYear + .hours(2))
    try await store.register([], in: "eu", at: newYear + .hours(2))
    try await store.write(hours(5..<6, region: "us"), at: newYear + .hours(6))
    #expect(try await store.tally(from: 0, to: 7 * 3600) == SlotTally(expected: 4, up: 3, missed: 1))
  }

  @Test("and takes a slot off once, however the pauses lie in it", arguments: Backend.allCases)
  func pausesInOneSlot(_ backend: Backend) async throws {
    let store = try await backend.store(in: folder)
    try await store.write([.at(0, every: 3600), .at(10_800, every: 3600)], at: newYear + .hours(4))
    for (minute, isEnabled) in [(130, false), (140, true), (150, false), (160, true)] {
      try await store.register(
        [registration(isEnabled: isEnabled)], in: "local", at: newYear + .minutes(minute))
    }
    #expect(try await store.tally(from: 0, to: 14_400) == SlotTally(expected: 3, up: 2, missed: 1))
  }

  @Test("and takes a slot off once that began in a pause and is still open", arguments: Backend.allCases)
  func openSlotOfAPause(_ backend: Backend) async throws {
    let store = try await backend.store(in: folder)
    try await store.write([.at(0, every: 3600), .at(7200, every: 3600)], at: newYear + .hours(3))
    for (minute, isEnabled) in [(150, false), (190, true)] {
      try await store.register(
        [registration(isEnabled: isEnabled)], in: "local", at: newYear + .minutes(minute))
    }
    #expect(try await store.tally(from: 0, to: 12_600) == SlotTally(expected: 3, up: 2, missed: 1))
  }
}

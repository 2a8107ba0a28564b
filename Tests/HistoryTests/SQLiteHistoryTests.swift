import Foundation
import Glibc
import History
import Model
import Synchronization
import TestSupport
import Testing

/// A clock that only moves when it is told to; sleepers wake at once, so that nothing waits.
final class LeapingTime: TimeSource {
  private let passed = Mutex(Duration.zero)

  var now: Timestamp { newYear + uptime }
  var uptime: Duration { passed.withLock { $0 } }

  func sleep(untilUptime deadline: Duration) async throws {
    try Task.checkCancellation()
    passed.withLock { $0 = max($0, deadline) }
  }
}

@Suite("History in an SQLite file")
struct SQLiteHistoryTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
  }

  private func recorder(_ store: any HistoryStore, queueLength: Int = 100) -> HistoryRecorder {
    HistoryRecorder(
      store: store, time: LeapingTime(),
      limits: .init(queueLength: queueLength, farewell: .milliseconds(600)))
  }

  private func run(_ minute: Int) throws -> Run {
    let slot = Slot(number: Int64(minute), start: newYear + .minutes(minute), interval: .minutes(1))
    return Run(
      check: try .named("front-page"), region: "local", node: "n", slot: slot, started: slot.start,
      duration: .milliseconds(20), verdict: .up, traceID: "4bf92f3577b34da6a3ce929d0e0e4736")
  }

  @Test("has what was written, when it is opened beside a writer that never closed it")
  func readsAHotLog() async throws {
    let writer = try SQLiteHistory(path: folder.database)
    try await writer.write([.at(0), .at(60)], at: newYear + .hours(1))
    #expect(access("\(folder.database)-wal", F_OK) == 0)
    for mode in [SQLiteHistory.Mode.readOnly, .readWrite] {
      let other = try SQLiteHistory(path: folder.database, mode: mode)
      #expect(try await other.tally(from: 0, to: 120)?.up == 2)
      try await other.close()
    }
    try await writer.write([.at(120)], at: newYear + .hours(1))
    #expect(try await writer.tally(from: 0, to: 180)?.up == 3)
  }

  @Test("sees what another process has written before it counts on")
  func seesOtherWriters() async throws {
    let daemon = try SQLiteHistory(path: folder.database)
    let importer = try SQLiteHistory(path: folder.database)
    try await daemon.write([.at(0)], at: newYear + .hours(1))
    try await importer.write([.at(60, .down)], at: newYear + .hours(1))
    let summary = try await daemon.write([.at(60), .at(120)], at: newYear + .hours(1))
    #expect(summary == WriteSummary(added: 1, duplicates: 1))
  }

  @Test("says what is wrong with a path", arguments: [SQLiteHistory.Mode.readOnly, .readWrite])
  func saysWhatIsWrong(mode: SQLiteHistory.Mode) throws {
    let path = "\(folder.path)/missing/history.db"
    let error = #expect(throws: HistoryError.self) { try SQLiteHistory(path: path, mode: mode) }
    #expect(error?.message.contains("\"\(path)\"") == true)
  }

  @Test("refuses a file that is no history")
  func refusesOtherFiles() throws {
    let file = try #require(fopen(folder.database, "w"))
    fputs(String(repeating: "this is no database ", count: 100), file)
    fclose(file)
    let error = #expect(throws: HistoryError.self) { try SQLiteHistory(path: folder.database) }
    #expect(error?.message.contains("no SQLite database") == true)
  }

  @Test("cannot be written when opened for reading, and says so")
  func readOnlySaysSo() async throws {
    try await SQLiteHistory(path: folder.database).close()
    let store = try SQLiteHistory(path: folder.database, mode: .readOnly)
    let health = await store.health()
    #expect(!health.isWritable)
    #expect(health.message?.contains("cannot be written") == true)
  }

  @Test("keeps runs waiting within a bound while it cannot be written, and stores them afterwards")
  func waitsForTheStore() async throws {
    let store = FailingStore(try SQLiteHistory(path: folder.database))
    let recorder = recorder(store, queueLength: 3)
    store.isFailing.store(true, ordering: .sequentiallyConsistent)
    for minute in 0..<5 { recorder.record(try run(minute)) }
    #expect(await recorder.flush() == false)
    #expect(recorder.status.queueLength == 3)
    #expect(recorder.status.dropped == 2)
    #expect(!recorder.status.isWritable)
    #expect(recorder.status.lastError == "the disk is full")
    store.isFailing.store(false, ordering: .sequentiallyConsistent)
    #expect(await recorder.flush())
    #expect(recorder.status.queueLength == 0)
    #expect(recorder.status.written == 3)
    #expect(recorder.status.isWritable)
    #expect(try await store.tally(from: 0, to: 300)?.up == 3)
  }

  @Test("keeps what it has when it is full, says so, and goes on once there is space")
  func survivesAFullDisk() async throws {
    let full = try SQLiteHistory(path: folder.database, maximumPages: 60)
    let recorder = recorder(full, queueLength: 100_000)
    var minutes = 0
    while recorder.status.isWritable, minutes < 100_000 {
      for minute in minutes..<minutes + 1000 { recorder.record(try run(minute)) }
      minutes += 1000
      await recorder.flush()
    }
    let status = recorder.status
    #expect(status.lastError?.contains("the disk is full") == true)
    #expect(status.written + status.queueLength == minutes)
    #expect(try await full.tally(from: 0, to: status.written * 60)?.up == status.written)
    try await full.close()
    let roomy = try SQLiteHistory(path: folder.database)
    try await roomy.write((0..<minutes).map { HistoryRun(try run($0)) }, at: newYear)
    #expect(try await roomy.tally(from: 0, to: minutes * 60)?.up == minutes)
  }

  @Test("stores the last runs when its recorder is stopped")
  func storesTheLastRuns() async throws {
    let store = try SQLiteHistory(path: folder.database)
    let time = ManualTime()
    let recorder = HistoryRecorder(store: store, time: time)
    let recording = Task { await recorder.run() }
    await time.sleepers()
    recorder.record(try run(0))
    recording.cancel()
    await recording.value
    #expect(try await store.tally(from: 0, to: 60)?.up == 1)
  }

  @Test("slots missed in planned maintenance are stored as maintenance, within bounds, and other missed slots are not")
  func missedInMaintenance() async throws {
    let store = try SQLiteHistory(path: folder.database)
    let recorder = recorder(store, queueLength: 10)
    recorder.record(try run(0))
    let check: CheckID = try .named("front-page")
    let grid = SlotGrid(check: check, interval: .minutes(1))
    let first = grid.firstSlot(startingFrom: newYear + .minutes(2)).number
    func missed(_ numbers: ClosedRange<Int64>, _ isInMaintenance: Bool) -> MissedSlots {
      MissedSlots(
        check: check, grid: grid, numbers: numbers, cause: .late, isInMaintenance: isInMaintenance)
    }
    recorder.record(missed(first...(first + 3), false), in: "local")
    #expect(recorder.status.queueLength == 1)
    recorder.record(missed((first + 4)...(first + 6), true), in: "local")
    #expect(await recorder.flush())
    let tally = try #require(try await store.tally(from: 0, to: 3600))
    #expect(tally.maintenance == 3)
    #expect(tally.up == 1)
    #expect(tally.unknown == 0)
    recorder.record(missed((first + 10)...(first + 1_000_000_000), true), in: "local")
    #expect(recorder.status.queueLength == 10)
    #expect(recorder.status.dropped == 1_000_000_000 - 9 - 10)
  }

  @Test("what was not timed counts in no latency")
  func untimed() async throws {
    let store = try SQLiteHistory(path: folder.database)
    var untimed = try run(0)
    untimed.attempts = 0
    untimed.duration = .zero
    try await store.write([HistoryRun(untimed), HistoryRun(try run(1))], at: newYear + .minutes(5))
    let latency = try await store.latency(
      of: try .named("front-page"), region: nil, from: newYear, to: newYear + .hours(1))
    #expect(latency.count == 1)
  }

  @Test("does whole what a cancelled task asked for, and knows what it did")
  func survivesCancellation() async throws {
    let store = try SQLiteHistory(path: folder.database)
    try await store.write([.at(0, check: "one")], at: newYear)
    await Task {
      withUnsafeCurrentTask { $0?.cancel() }
      _ = try? await store.write([.at(0, .down, check: "two")], at: newYear)
    }.value
    try await store.write([.at(60, .down, check: "two"), .at(0, check: "three")], at: newYear)
    try await store.close()
    let again = try SQLiteHistory(path: folder.database)
    try await again.write([.at(60, check: "three")], at: newYear)
    #expect(try await again.tally(of: "one", from: 0, to: 60) == SlotTally(expected: 1, up: 1))
    #expect(
      try await again.tally(of: "two", from: 0, to: 120)
        == SlotTally(expected: 2, down: 2, downtime: .seconds(120)))
    #expect(try await again.tally(of: "three", from: 0, to: 120) == SlotTally(expected: 2, up: 2))
  }

  @Test("tells of each write and of what fails, once for each cause")
  func tellsOfTrouble() async throws {
    let store = FailingStore(try SQLiteHistory(path: folder.database))
    let events = Mutex<[HistoryRecorder.Event]>([])
    let time = ManualTime()
    let recorder = HistoryRecorder(store: store, time: time) { event in events.withLock { $0.append(event) } }
    let recording = Task { await recorder.run() }
    store.isUpkeepFailing.store(true, ordering: .sequentiallyConsistent)
    for step in 0..<12 {
      await time.sleepers()
      store.isFailing.store(step < 3, ordering: .sequentiallyConsistent)
      recorder.record(try run(step))
      await time.advanceToNextDeadline()
    }
    await time.sleepers()
    #expect(recorder.status.upkeepError == "the disk is full")
    #expect(recorder.status.isWritable)
    let told = events.withLock { $0 }
    #expect(told.count { if case .wrote = $0 { true } else { false } } == 12)
    #expect(
      told.filter { if case .wrote = $0 { false } else { true } } == [
        .fails(.writing, because: "the disk is full"), .recovered(.writing),
        .fails(.upkeep, because: "the disk is full"),
      ])
    store.isUpkeepFailing.store(false, ordering: .sequentiallyConsistent)
    for _ in 0..<5 { await time.advanceToNextDeadline() }
    await time.sleepers()
    #expect(recorder.status.upkeepError == nil)
    recording.cancel()
    await recording.value
  }

  @Test("hears of the checks in force once it can be written, as of the moment when they came into force")
  func registersLater() async throws {
    let store = FailingStore(try SQLiteHistory(path: folder.database))
    let recorder = recorder(store)
    recorder.record(try run(0))
    #expect(await recorder.flush())
    store.isFailing.store(true, ordering: .sequentiallyConsistent)
    recorder.register([], in: "local", at: newYear + .minutes(3))
    #expect(await recorder.flush(within: .zero) == false)
    store.isFailing.store(false, ordering: .sequentiallyConsistent)
    #expect(await recorder.flush())
    #expect(try await store.tally(from: 0, to: 3600)?.expected == 3)
  }

  @Test("keeps its runs while the clock is wrong by years")
  func survivesAWrongClock() async throws {
    let store = try SQLiteHistory(path: folder.database)
    let time = ManualTime()
    let recorder = HistoryRecorder(store: store, time: time)
    let recording = Task { await recorder.run() }
    await time.sleepers()
    recorder.record(try run(0))
    await time.advanceToNextDeadline()
    await time.sleepers()
    time.setClock(by: .days(3650))
    for _ in 0..<40 {
      await time.advanceToNextDeadline()
      await time.sleepers()
    }
    recorder.record(try run(1))
    await time.advanceToNextDeadline()
    await time.sleepers()
    time.setClock(by: .days(-3650))
    recorder.record(try run(2))
    await time.advanceToNextDeadline()
    await time.sleepers()
    recording.cancel()
    await recording.value
    #expect(try await store.runs(RunQuery(check: .named("front-page"))).runs.count == 3)
    #expect(try await store.tally(from: 0, to: 180) == SlotTally(expected: 3, up: 3))
  }

  @Test("believes a clock that has stood by another time for ten minutes")
  func believesAClockAtLast() {
    var clock = SteadyClock(wall: newYear, uptime: .zero)
    #expect(clock.now(wall: newYear + .seconds(31), uptime: .seconds(1)) == newYear + .seconds(31))
    let far = newYear + .days(3650)
    for minute in 1..<11 {
      #expect(
        clock.now(wall: far + .minutes(minute), uptime: .minutes(minute)) == newYear + .minutes(minute) + .seconds(30))
    }
    #expect(clock.now(wall: far + .minutes(11), uptime: .minutes(11)) == far + .minutes(11))
  }

  /// Replaces bytes of the closed file wherever they stand.
  private func patch(_ old: String, with new: String) throws {
    let file = try #require(fopen(folder.database, "r+"))
    defer { fclose(file) }
    var bytes: [UInt8] = []
    while case let byte = fgetc(file), byte != EOF { bytes.append(UInt8(byte)) }
    let (old, new) = (Array(old.utf8), Array(new.utf8))
    for start in 0..<bytes.count - old.count where bytes[start..<start + old.count].elementsEqual(old) {
      fseek(file, start, SEEK_SET)
      fwrite(new, 1, new.count, file)
    }
  }

  @Test("refuses a file that a newer version wrote", arguments: [SQLiteHistory.Mode.readOnly, .readWrite])
  func refusesNewerFiles(mode: SQLiteHistory.Mode) async throws {
    try await SQLiteHistory(path: folder.database).close()
    try patch("1 runs, roll-ups", with: "9 runs, roll-ups")
    let error = #expect(throws: HistoryError.self) { try SQLiteHistory(path: folder.database, mode: mode) }
    #expect(
      error?.message
        == "history \"\(folder.database)\": the file was written by a newer version; use that version, or another --store"
    )
  }

  @Test("refuses the database of something else", arguments: [SQLiteHistory.Mode.readOnly, .readWrite])
  func refusesForeignDatabases(mode: SQLiteHistory.Mode) async throws {
    try await SQLiteHistory(path: folder.database).close()
    try patch("CRLW", with: "MINE")
    let error = #expect(throws: HistoryError.self) { try SQLiteHistory(path: folder.database, mode: mode) }
    #expect(error?.message.contains("the database of something else") == true)
  }

  @Test(
    "is found where the user points",
    arguments: [
      ("curlew.db", "curlew.db"), ("sqlite:curlew.db", "curlew.db"),
      ("sqlite:///var/lib/curlew.db", "/var/lib/curlew.db"),
      ("/var/lib/a:b.db", "/var/lib/a:b.db"), ("./a:b", "./a:b"),
    ])
  func readsLocations(text: String, path: String) throws {
    #expect(try StoreLocation(text) == .sqlite(path: path))
  }

  @Test(
    "is not found at other stores or without a path",
    arguments: [
      "postgre://ada:s3cret@host/db", "postgres:ada:s3cret@host/db", "post.gres://ada:s3cret@host/db",
      "://ada:s3cret@host/db", "//ada:s3cret@host/db", "ada:s3cret@host/db", "sqlite://ada:s3cret@host/db",
      " postgres://ada:s3cret@host/db", "sqlite:", "sqlite://curlew.db", "",
    ])
  func refusesLocations(text: String) {
    let error = #expect(throws: HistoryError.self) { try StoreLocation(text) }
    #expect(error?.message.contains("s3cret") == false)
  }

  @Test("is a PostgreSQL database where the user points at one", arguments: ["postgres", "postgresql"])
  func readsURLs(scheme: String) throws {
    let url = "\(scheme)://ada:s3cret@db.example/history"
    let location = try StoreLocation(url)
    #expect(location == .postgres(url: Secret(url)))
    #expect(!"\(location)".contains("s3cret"))
  }

  @Test("goes on with a file of the first version: every figure is as it was, and late runs still find their place")
  func takesUpTheFirstSchema() async throws {
    let fixture = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures/first-schema.sqlite")
    try Data(contentsOf: fixture).write(to: URL(filePath: folder.database))
    let store = try SQLiteHistory(path: folder.database)
    let check = try CheckID.named("shop")
    func tally(_ from: String, _ to: String) async throws -> SlotTally? {
      let query = TallyQuery(
        checks: [check], from: try #require(Timestamp(rfc3339: from)), to: try #require(Timestamp(rfc3339: to)))
      return try await store.tallies(query).first?.tally
    }
    // What the first version said of the same file.
    #expect(
      try await tally("2026-09-29T00:00:00Z", "2026-10-20T00:00:00Z")
        == SlotTally(expected: 2016, up: 1946, degraded: 49, down: 21, downtime: .seconds(18_900)))
    #expect(
      try await tally("2026-07-24T00:00:00Z", "2026-11-01T00:00:00Z")
        == SlotTally(expected: 4320, up: 4133, degraded: 103, down: 45, missed: 39, downtime: .seconds(40_500)))
    let from = try #require(Timestamp(rfc3339: "2026-07-24T00:00:00Z"))
    let to = try #require(Timestamp(rfc3339: "2026-11-01T00:00:00Z"))
    let latency = try await store.latency(of: check, region: nil, from: from, to: to)
    #expect(latency.percentile(0.5) == .microseconds(19_968))
    #expect(latency.percentile(0.99) == .microseconds(75_776))
    #expect(latency.mean == .nanoseconds(23_788_761))
    // One that was missed, and one that is there already, long after their runs are gone.
    let first = try #require(Timestamp(rfc3339: "2026-09-17T00:00:00Z"))
    let late = [101, 200].map { index in
      HistoryRun(
        check: check, region: "local", slotStart: first + .minutes(15 * index), interval: .minutes(15),
        duration: .milliseconds(20), verdict: .up)
    }
    let summary = try await store.write(late, at: try #require(Timestamp(rfc3339: "2026-11-22T00:00:00Z")))
    #expect(summary == WriteSummary(added: 1, duplicates: 1))
    #expect(
      try await tally("2026-07-24T00:00:00Z", "2026-11-01T00:00:00Z")
        == SlotTally(expected: 4320, up: 4134, degraded: 103, down: 45, missed: 38, downtime: .seconds(40_500)))
    try await store.close()
  }
}

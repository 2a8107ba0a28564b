import Glibc
import History
import Model
import Postgres
import PostgresHistory
import TestSupport

/// A folder of one test, gone when the test is.
final class TemporaryFolder: Sendable {
  let path: String

  init() throws {
    var template = Array("/tmp/curlew-history-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw HistoryError("no temporary folder: errno \(errno)") }
    path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  deinit {
    for name in ["history.db", "history.db-wal", "history.db-shm", "history.db-journal"] { unlink("\(path)/\(name)") }
    rmdir(path)
  }

  var database: String { "\(path)/history.db" }
}

/// Where a history may be kept. What is said of a store in general is tested of each.
enum Backend: String, CaseIterable, Sendable {
  case sqlite, postgres

  /// A store of one test.
  ///
  /// - Parameter folder: a file of it is used where files are; it must live as long as the store.
  func store(in folder: TemporaryFolder, _ retention: HistoryRetention = .standard) async throws -> any CurlewStore {
    switch self {
    case .sqlite: return try SQLiteHistory(path: folder.database, retention: retention)
    case .postgres:
      let address = try PostgresAddress(try await PostgresServer.database())
      return try await PostgresHistory(address, options: PostgresOptions(connections: 2), retention: retention)
    }
  }
}

/// The same numbers for the same seed (SplitMix64), so that a failure can be run again.
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return mixed ^ (mixed >> 31)
  }
}

/// 2026-01-01T00:00:00Z, the start of a day, an hour and five minutes.
let newYear = Timestamp(secondsSinceEpoch: 1_767_225_600)

extension CheckID {
  /// An id that a test writes out.
  static func named(_ text: String) throws -> CheckID {
    guard let id = CheckID(text) else { throw HistoryError("\"\(text)\" is no id of a check") }
    return id
  }
}

extension HistoryRun {
  /// A run of a minute's slot, `seconds` after new year.
  static func at(
    _ seconds: Int, _ verdict: Verdict = .up, check: String = "front-page", region: String = "local",
    every interval: Int = 60, took milliseconds: Int? = 100, maintenance: Bool = false
  ) throws -> HistoryRun {
    HistoryRun(
      check: try .named(check), region: region, slotStart: newYear + .seconds(seconds), interval: .seconds(interval),
      duration: milliseconds.map { .milliseconds($0) }, verdict: verdict, isInMaintenance: maintenance)
  }
}

extension HistoryStore {
  /// Rolls up and deletes until nothing more is due.
  func maintainFully(at now: Timestamp) async throws {
    while try await maintain(at: now) {}
  }

  /// The tally of one check, which must be there.
  func tally(
    of check: String = "front-page", scope: RegionScope = .combined, from: Int, to: Int
  ) async throws -> SlotTally? {
    let query = TallyQuery(
      checks: [try .named(check)], scope: scope, from: newYear + .seconds(from), to: newYear + .seconds(to))
    return try await tallies(query).first?.tally
  }
}

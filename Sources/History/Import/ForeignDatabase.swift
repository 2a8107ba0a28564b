import GRDB
package import Model

/// The database of another system, opened for reading alone.
///
/// Rows are read in bounded portions, so that a large database takes no more memory than a small one.
package final class ForeignDatabase: Sendable {
  /// How many rows are read, and runs written, at a time.
  static let portion = 5000

  /// What it holds, in order of names.
  package let subjects: [ForeignSubject]
  /// What stays behind, one sentence each.
  package let losses: [String]
  private let reader: any ForeignReader

  /// Opens a database.
  ///
  /// - Parameters:
  ///   - map: check ids by what subjects are called there, for those that shall not be called as `curlew convert` does.
  /// - Throws: `HistoryError` when there is no such file, it is the database of something else, or of a version whose
  ///   tables are not known; and when two subjects would become one check.
  package init(of system: ForeignSystem, path: String, map: [String: CheckID] = [:]) throws {
    do {
      let source = try ForeignSource(path: path)
      reader =
        switch system {
        case .gatus: try GatusReader(source, map: map)
        case .kuma: try KumaReader(source, map: map)
        }
    } catch let error as DatabaseError {
      throw HistoryError("'\(path)': \(error.message ?? "it cannot be read"); is it a database of SQLite, and whole?")
    }
    subjects = reader.subjects
    losses = reader.losses
    var names: [CheckID: String] = [:]
    for subject in subjects where subject.runs + subject.sums > 0 {
      if let other = names.updateValue(subject.name, forKey: subject.check) {
        throw HistoryError(
          "'\(path)': '\(other)' and '\(subject.name)' would both become '\(subject.check)'; name one with --map")
      }
    }
    let unknown = map.keys.filter { key in !subjects.contains { $0.name == key } }.sorted()
    if let first = unknown.first {
      let some = subjects.prefix(10).map { "'\($0.name)'" }.joined(separator: ", ")
      throw HistoryError("'\(path)': there is no '\(first)' in it, which --map names; there are \(some)")
    }
  }

  /// Hands over every run, in bounded portions and for each check in order of time. Sums come first, since they are older.
  ///
  /// - Parameters:
  ///   - region: where the runs were made from.
  ///   - now: what lies behind it is left out.
  ///   - receive: stores a portion.
  package func runs(in region: String, until now: Timestamp, _ receive: ([HistoryRun]) async throws -> Void)
    async throws
  {
    var batch: [HistoryRun] = []
    for (index, subject) in subjects.enumerated() where subject.sums > 0 {
      for sum in try reader.sums(of: index) {
        batch += SlotAssigner.runs(of: sum, check: subject.check, region: region, interval: subject.interval)
          .filter { $0.slotStart <= now }
        if batch.count >= Self.portion {
          try await receive(batch)
          batch = []
        }
      }
    }
    var states = subjects.map { SubjectState($0, region: region) }
    var cursor: Int64 = 0
    while true {
      let (rows, next) = try reader.rows(after: cursor)
      guard let next else { break }
      cursor = next
      for row in rows where row.at <= now { batch += states[row.subject].take(row) }
      if batch.count >= Self.portion {
        try await receive(batch)
        batch = []
      }
    }
    for index in states.indices { batch += states[index].end() }
    if !batch.isEmpty { try await receive(batch) }
  }
}

/// Reads the rows of one system.
protocol ForeignReader: Sendable {
  var subjects: [ForeignSubject] { get }
  var losses: [String] { get }

  /// The sums of a subject that lie before its first run, in order of time.
  func sums(of subject: Int) throws -> [ForeignSum]

  /// The next rows in the order in which they were written, and the place to go on from; nil at the end.
  func rows(after cursor: Int64) throws -> (rows: [ForeignRun], next: Int64?)
}

/// Makes runs of one subject's rows.
private struct SubjectState {
  /// More failures in a row that were all to be tried again are a failure.
  private static let mostPending = 1000

  private let subject: ForeignSubject
  private let region: String
  private var slots: SlotAssigner
  /// Failures that were to be tried again: what they were is known when that was done.
  private var pending: [ForeignRun] = []

  init(_ subject: ForeignSubject, region: String) {
    self.subject = subject
    self.region = region
    slots = SlotAssigner(check: subject.check, interval: subject.interval)
  }

  /// The runs that are certain now.
  mutating func take(_ row: ForeignRun) -> [HistoryRun] {
    if row.outcome == .pending, pending.count < Self.mostPending {
      pending.append(row)
      return []
    }
    let verdict: Verdict =
      switch row.outcome {
      case .up: .degraded
      case .down, .pending: .down
      case .maintenance: .unknown
      }
    return release(as: verdict) + [run(row, row.outcome == .up ? .up : verdict)]
  }

  /// What is left at the end: nobody knows what it would have come to.
  mutating func end() -> [HistoryRun] { release(as: .unknown) }

  private mutating func release(as verdict: Verdict) -> [HistoryRun] {
    let rows = pending
    pending = []
    return rows.map { run($0, verdict) }
  }

  private mutating func run(_ row: ForeignRun, _ verdict: Verdict) -> HistoryRun {
    let slot = slots.slot(at: row.at)
    let isInMaintenance = row.outcome == .maintenance
    let reason: HistoryReason? =
      switch verdict {
      case .up: nil
      case .degraded: HistoryReason(code: .retried, message: HistoryReason.foreign(row.message).message)
      case .down: HistoryReason.foreign(row.message)
      case .unknown: nil
      }
    return HistoryRun(
      check: subject.check, region: region, slotStart: slot.start, interval: subject.interval, started: row.at,
      duration: row.duration, verdict: verdict, reason: reason, isInMaintenance: isInMaintenance)
  }
}

/// An open file with what its tables are.
struct ForeignSource: Sendable {
  let path: String
  let queue: DatabaseQueue
  /// Columns by tables.
  let tables: [String: Set<String>]

  init(path: String) throws {
    var configuration = Configuration()
    configuration.readonly = true
    configuration.busyMode = .timeout(5)
    self.path = path
    queue = try DatabaseQueue(path: path, configuration: configuration)
    tables = try queue.read { database in
      var tables: [String: Set<String>] = [:]
      for name in try String.fetchAll(database, sql: "SELECT name FROM sqlite_master WHERE type = 'table'") {
        tables[name] = Set(try database.columns(in: name).map(\.name))
      }
      return tables
    }
  }

  func has(_ table: String, _ column: String? = nil) -> Bool {
    tables[table].map { columns in column.map(columns.contains) ?? true } ?? false
  }

  /// Whether a table is there and has rows.
  func count(_ table: String) throws -> Int {
    guard has(table) else { return 0 }
    return try queue.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM \"\(table)\"") ?? 0 }
  }

  /// - Throws: `HistoryError` when the file is not what it is said to be, or newer than what is known.
  func require(_ wanted: [(table: String, columns: [String])], of system: String) throws {
    for (index, entry) in wanted.enumerated() {
      guard let columns = tables[entry.table] else {
        throw HistoryError(
          index == 0
            ? "'\(path)' is the database of something else: there is no table '\(entry.table)', which \(system) has"
            : "'\(path)': there is no table '\(entry.table)': it is of a version of \(system) that is not known")
      }
      if let missing = entry.columns.first(where: { !columns.contains($0) }) {
        throw HistoryError(
          "'\(path)': the table '\(entry.table)' has no column '\(missing)': it is of a version of \(system) that is not "
            + "known")
      }
    }
  }
}

import GRDB
import Model

/// What the writer knows by heart of everything stored, so that a run that comes in order costs one insert.
///
/// It holds only what can be read back from the tables, and it is read back after a failed transaction and whenever
/// another process has written.
struct Ledger: Sendable {
  /// One check in one region.
  struct Origin: Hashable, Sendable {
    var check: CheckID
    var region: String
  }

  /// What is known of one stream.
  struct Stream: Sendable {
    var key: Int64
    var check: Int64
    /// 0 over all regions.
    var region: Int64
    /// Up to where (exclusive) each level holds a row for every bucket with runs, by `RollupLevel`.
    var sealed: [Int64]
    var lastSlot: Int64 = .min
    var lastVerdict: Verdict?
    /// The last stretch of its cadence.
    var beat: Cadence.Stretch?
  }

  var checks: [CheckID: Int64] = [:]
  var regions: [String: Int64] = [:]
  var nodes: [String: Int64] = [:]
  var streams: [Stream] = []
  /// Indexes into `streams`.
  var indexes: [Origin: Int] = [:]
  /// Indexes of the streams of a check's regions, by the check's key.
  var regional: [Int64: [Int]] = [:]
  /// Indexes of the streams over all regions, by the check's key.
  var combined: [Int64: Int] = [:]
  var cuts: Cuts
  /// Where sealing and pruning go on, as indexes into `streams`.
  var sealCursor = 0
  var pruneCursor = 0
  /// Changes when another connection has written (https://sqlite.org/pragma.html#pragma_data_version).
  var dataVersion: Int64

  /// Reads everything back.
  init(reading database: Database) throws {
    dataVersion = try Ledger.dataVersion(of: database)
    cuts = try Cuts(reading: database)
    checks = try Ledger.names("SELECT key, id FROM checks", in: database) { CheckID($0) }
    regions = try Ledger.names("SELECT key, name FROM regions", in: database) { $0 }
    nodes = try Ledger.names("SELECT key, name FROM nodes", in: database) { $0 }
    let checkIDs = Dictionary(uniqueKeysWithValues: checks.map { ($1, $0) })
    let regionNames = Dictionary(uniqueKeysWithValues: regions.map { ($1, $0) })
    let rows = try StoredStatement(
      "SELECT key, check_key, region_key, sealed_five, sealed_hour, sealed_day FROM streams ORDER BY key", in: database)
    while try rows.next() {
      let stream = Stream(
        key: rows.integer(0), check: rows.integer(1), region: rows.integer(2),
        sealed: [rows.integer(3), rows.integer(4), rows.integer(5)])
      add(stream, check: checkIDs[stream.check], region: regionNames[stream.region])
    }
    for index in streams.indices {
      try recall(index, in: database)
    }
  }

  static func dataVersion(of database: Database) throws -> Int64 {
    let row = try StoredStatement("PRAGMA data_version", in: database)
    defer { row.reset() }
    return try row.next() ? row.integer(0) : 0
  }

  private static func names<Name: Hashable>(
    _ sql: String, in database: Database, as name: (String) -> Name?
  ) throws -> [Name: Int64] {
    var names: [Name: Int64] = [:]
    let rows = try StoredStatement(sql, in: database)
    while try rows.next() {
      if let text = rows.text(1), let name = name(text) { names[name] = rows.integer(0) }
    }
    return names
  }

  /// Reads back the last slot, verdict and stretch of one stream.
  private mutating func recall(_ index: Int, in database: Database) throws {
    let stream = streams[index]
    let beat = try StoredStatement(
      "SELECT since, interval FROM cadences WHERE stream = ? ORDER BY since DESC LIMIT 1", in: database)
    beat.bind(stream.key, at: 1)
    if try beat.next() {
      streams[index].beat = Cadence.Stretch(
        sinceMilliseconds: beat.integer(0), intervalMilliseconds: beat.integer(1))
    }
    beat.reset()
    let state = try StoredStatement(
      "SELECT mark FROM state_changes WHERE stream = ? ORDER BY slot DESC LIMIT 1", in: database)
    state.bind(stream.key, at: 1)
    if try state.next() { streams[index].lastVerdict = Verdict(mark: state.integer(0)) }
    state.reset()
    let sources = stream.region == 0 ? regional[stream.check, default: []].map { streams[$0].key } : [stream.key]
    var last = Int64.min
    for source in sources {
      let run = try StoredStatement("SELECT max(slot) FROM runs WHERE stream = ?", in: database)
      run.bind(source, at: 1)
      if try run.next(), let slot = run.optionalInteger(0) { last = max(last, slot) }
      run.reset()
    }
    for level in RollupLevel.allCases {
      let row = try StoredStatement(
        "SELECT bucket, slots FROM \(level.table) WHERE stream = ? ORDER BY bucket DESC LIMIT 1", in: database)
      row.bind(stream.key, at: 1)
      if try row.next() { last = max(last, row.lastSlot(of: level, bucket: 0, slots: 1)) }
      row.reset()
    }
    streams[index].lastSlot = last
  }

  /// Takes a stream in; its check and region are nil for the one over all regions.
  mutating func add(_ stream: Stream, check: CheckID?, region: String?) {
    let index = streams.count
    streams.append(stream)
    if stream.region == 0 {
      combined[stream.check] = index
    } else {
      regional[stream.check, default: []].append(index)
      if let check, let region { indexes[Origin(check: check, region: region)] = index }
    }
  }

  /// The key of a check, region or node, made when it is new.
  static func key<Name: Hashable>(
    of name: Name, text: String, among names: inout [Name: Int64], table: String, column: String,
    in database: Database
  ) throws -> Int64 {
    if let key = names[name] { return key }
    let insert = try StoredStatement("INSERT INTO \(table) (\(column)) VALUES (?)", in: database)
    insert.bind(text, at: 1)
    try insert.run()
    names[name] = database.lastInsertedRowID
    return database.lastInsertedRowID
  }

  /// The stream of a run's check and region, made when it is new.
  mutating func stream(of run: HistoryRun, slot: Int64, in database: Database) throws -> Int {
    let origin = Origin(check: run.check, region: run.region)
    if let index = indexes[origin] { return index }
    let check = try Self.key(
      of: run.check, text: run.check.text, among: &checks, table: "checks", column: "id", in: database)
    let region = try Self.key(
      of: run.region, text: run.region, among: &regions, table: "regions", column: "name", in: database)
    let siblings = regional[check, default: []]
    if siblings.count == 1, combined[check] == nil {
      try beginCombining(streams[siblings[0]], in: database)
    }
    // A new stream begins with the bucket of its first run; what is older than runs are kept is sealed from the start.
    let start = max(slot, cuts.until[0])
    let sealed = RollupLevel.allCases.map { $0.floor(start) }
    let stream = try insertStream(check: check, region: region, sealed: sealed, in: database)
    add(stream, check: run.check, region: run.region)
    if let combined = combined[check] {
      try resume(streams[combined].key, with: stream.key, from: slot, in: database)
    }
    return streams.count - 1
  }

  /// A region that begins to run a check ends the pause over all regions. One that was imported from before the pause
  /// shares it.
  private func resume(_ combined: Int64, with stream: Int64, from slot: Int64, in database: Database) throws {
    let resume = try StoredStatement(
      "UPDATE pauses SET until = ?2 WHERE stream = ?1 AND until IS NULL AND since <= ?2", in: database)
    resume.bind(combined, at: 1)
    resume.bind(slot, at: 2)
    try resume.run()
    let share = try StoredStatement(
      "INSERT INTO pauses SELECT ?2, since, NULL FROM pauses WHERE stream = ?1 AND until IS NULL", in: database)
    share.bind(combined, at: 1)
    share.bind(stream, at: 2)
    try share.run()
  }

  private func insertStream(check: Int64, region: Int64, sealed: [Int64], in database: Database) throws -> Stream {
    let insert = try StoredStatement(
      """
      INSERT INTO streams (check_key, region_key, sealed_five, sealed_hour, sealed_day) VALUES (?, ?, ?, ?, ?)
      """, in: database)
    insert.bind(check, at: 1)
    insert.bind(region, at: 2)
    for (offset, moment) in sealed.enumerated() { insert.bind(moment, at: Int32(3 + offset)) }
    try insert.run()
    return Stream(key: database.lastInsertedRowID, check: check, region: region, sealed: sealed)
  }

  /// Makes the stream over all regions from that of the only region so far, whose verdicts were the check's own.
  mutating func beginCombining(_ only: Stream, in database: Database) throws {
    var stream = try insertStream(check: only.check, region: 0, sealed: only.sealed, in: database)
    let cadence = try StoredStatement(
      "INSERT INTO cadences SELECT ?, since, interval FROM cadences WHERE stream = ?", in: database)
    cadence.bind(stream.key, at: 1)
    cadence.bind(only.key, at: 2)
    try cadence.run()
    let pauses = try StoredStatement(
      "INSERT INTO pauses SELECT ?, since, until FROM pauses WHERE stream = ?", in: database)
    pauses.bind(stream.key, at: 1)
    pauses.bind(only.key, at: 2)
    try pauses.run()
    for level in RollupLevel.allCases {
      let copy = try StoredStatement(
        """
        INSERT INTO \(level.table) (stream, \(Rollup.columns))
        SELECT ?, bucket, up, degraded, down, unknown, maintenance, down_ms, 0, NULL, slots
        FROM \(level.table) WHERE stream = ?
        """, in: database)
      copy.bind(stream.key, at: 1)
      copy.bind(only.key, at: 2)
      try copy.run()
    }
    stream.lastSlot = only.lastSlot
    stream.beat = only.beat
    add(stream, check: nil, region: nil)
  }

  /// The streams whose runs a stream is made of: itself, or those of all regions.
  func sources(of index: Int) -> [Int64] {
    let stream = streams[index]
    return stream.region == 0 ? regional[stream.check, default: []].map { streams[$0].key } : [stream.key]
  }
}

/// Up to where (exclusive) each level may have been deleted: runs, five minutes, hours, days.
struct Cuts: Hashable, Sendable {
  static let names = ["runs", "five_minutes", "hours", "days"]

  /// By level, runs first, then as `RollupLevel`.
  var until: [Int64] = [.min, .min, .min, .min]

  init(reading database: Database) throws {
    let rows = try StoredStatement("SELECT level, until FROM cuts", in: database)
    while try rows.next() {
      if let name = rows.text(0), let index = Self.names.firstIndex(of: name) { until[index] = rows.integer(1) }
    }
  }

  /// Moves the cuts on to where retention has them now; they never go back, for what is gone stays gone.
  ///
  /// Each is rounded down to the next coarser bucket, so that a level's rows begin where a coarser row ends; and none is
  /// later than that of a finer level, because what is between the levels' rows could not be reckoned.
  mutating func advance(to now: Int64, retention: HistoryRetention, in database: Database) throws {
    let fiveMinutes = max(retention.fiveMinutes, retention.runs)
    let hours = max(retention.hours, fiveMinutes)
    let wanted: [Int64?] = [
      RollupLevel.hours.floor(now - retention.runs.nanoseconds / 1_000_000),
      RollupLevel.hours.floor(now - fiveMinutes.nanoseconds / 1_000_000),
      RollupLevel.days.floor(now - hours.nanoseconds / 1_000_000),
      retention.days.map { RollupLevel.days.floor(now - max($0, hours).nanoseconds / 1_000_000) },
    ]
    for (index, moment) in wanted.enumerated() {
      guard let moment, moment > until[index] else { continue }
      until[index] = moment
      let store = try StoredStatement("INSERT OR REPLACE INTO cuts (level, until) VALUES (?, ?)", in: database)
      store.bind(Self.names[index], at: 1)
      store.bind(moment, at: 2)
      try store.run()
    }
  }

  /// From where on a stream still has everything of a level (runs 0, five minutes 1, hours 2, days 3): what the next
  /// level does not have yet is never deleted.
  func kept(_ level: Int, sealed: [Int64]) -> Int64 {
    level < sealed.count ? min(until[level], sealed[level]) : until[level]
  }
}

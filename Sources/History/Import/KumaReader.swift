import GRDB
import Model

/// Reads what Uptime Kuma keeps in SQLite: beats, and of what is older sums of hours and days.
///
/// A day after it was made a beat is deleted, unless it is one of the last hundred or a change of state; so what lies before
/// the first beat that is no change is told by the sums. Versions before 2.0 have no sums, and keep every beat.
struct KumaReader: ForeignReader {
  let subjects: [ForeignSubject]
  let losses: [String]
  private let source: ForeignSource
  /// Where each monitor stands among the subjects.
  private let monitors: [Int64: Int]
  /// Since when the beats of each subject are whole.
  private let horizons: [Timestamp?]
  private let levels: [(table: String, seconds: Int64)]

  init(_ source: ForeignSource, map: [String: CheckID]) throws {
    try source.require(
      [
        ("heartbeat", ["id", "monitor_id", "status", "msg", "time", "ping", "important"]),
        ("monitor", ["id", "name", "interval", "type"]),
      ], of: "Uptime Kuma")
    self.source = source
    var levels: [(table: String, seconds: Int64)] = []
    for (table, seconds) in [("stat_hourly", Int64(3600)), ("stat_daily", 86_400)] where source.has(table) {
      try source.require([(table, ["monitor_id", "timestamp", "ping", "up", "down"])], of: "Uptime Kuma")
      levels.append((table, seconds))
    }
    self.levels = levels
    let hasSums = !levels.isEmpty
    var names = CheckNames()
    var subjects: [ForeignSubject] = []
    var monitors: [Int64: Int] = [:]
    var horizons: [Timestamp?] = []
    var groups = 0
    try source.queue.read { database in
      let rows = try Row.fetchCursor(database, sql: "SELECT id, name, interval, type FROM monitor ORDER BY id")
      while let row = try rows.next() {
        let name: String = row[1] ?? "monitor"
        // As `curlew convert` names them: each in turn, groups too.
        let id = names.id(for: name)
        guard row[3] != "group" else {
          groups += 1
          continue
        }
        monitors[row[0]] = subjects.count
        subjects.append(
          ForeignSubject(
            name: name, check: map[name] ?? id, interval: .seconds(min(31_536_000, max(1, row[2] ?? Int64(60)))),
            runs: 0,
            sums: 0, first: nil, last: nil))
        horizons.append(nil)
      }
      for (monitor, index) in monitors {
        let horizon =
          hasSums
          ? try String.fetchOne(
            database, sql: "SELECT min(time) FROM heartbeat WHERE monitor_id = ? AND important = 0",
            arguments: [monitor])
          : nil
        horizons[index] = horizon.flatMap(ForeignTime.moment)
        let row = try Row.fetchOne(
          database,
          sql: "SELECT count(*), min(time), max(time) FROM heartbeat WHERE monitor_id = ? AND time >= coalesce(?, '')",
          arguments: [monitor, horizon])
        subjects[index].runs = row?[0] ?? 0
        let (first, last): (String?, String?) = (row?[1], row?[2])
        subjects[index].first = first.flatMap(ForeignTime.moment)
        subjects[index].last = last.flatMap(ForeignTime.moment)
        if horizons[index] == nil, hasSums { horizons[index] = subjects[index].first }
      }
    }
    for (monitor, index) in monitors {
      let sums = try Self.sums(of: monitor, before: horizons[index], levels, in: source)
      subjects[index].sums = sums.count
      subjects[index].first = sums.first?.from ?? subjects[index].first
      subjects[index].last = subjects[index].last ?? sums.last?.until
    }
    self.subjects = subjects
    self.monitors = monitors
    self.horizons = horizons
    losses = try Self.losses(source, groups: groups, hasSums: hasSums, kept: subjects.reduce(0) { $0 + $1.runs })
  }

  private static func losses(
    _ source: ForeignSource, groups: Int, hasSums: Bool, kept: Int
  ) throws -> [String] {
    var losses: [String] = []
    if groups > 0 { losses.append("the beats of \(groups) groups: a service is judged anew from its checks") }
    let beats = try source.count("heartbeat")
    if hasSums, beats > kept {
      losses.append("\(beats - kept) single beats from before the time since when all are kept: the sums count them")
    }
    for (table, what) in [
      ("incident", "incidents, which were written on status pages by hand"),
      ("maintenance", "maintenance windows: `curlew convert kuma.db` carries them over; slots in them are marked"),
      ("notification", "notifications"), ("status_page", "status pages: `curlew convert kuma.db --service-file`"),
    ] {
      let count = try source.count(table)
      if count > 0 { losses.append("\(count) \(what)") }
    }
    return losses
  }

  // MARK: Sums

  func sums(of subject: Int) throws -> [ForeignSum] {
    guard let monitor = monitors.first(where: { $0.value == subject })?.key else { return [] }
    return try Self.sums(of: monitor, before: horizons[subject], levels, in: source)
  }

  /// Hours as far back as there are any, days before them.
  private static func sums(
    of monitor: Int64, before horizon: Timestamp?, _ levels: [(table: String, seconds: Int64)], in source: ForeignSource
  ) throws -> [ForeignSum] {
    var end = horizon
    var sums: [ForeignSum] = []
    for level in levels {
      let hasExtras = source.has(level.table, "extras")
      let rows = try source.queue.read { database in
        try Row.fetchAll(
          database,
          sql: """
            SELECT timestamp, up, down, ping\(hasExtras ? ", extras" : ", NULL") FROM \(level.table)
            WHERE monitor_id = ? ORDER BY timestamp
            """, arguments: [monitor])
      }
      let older = rows.compactMap { row -> ForeignSum? in
        let start: Int64 = row[0] ?? 0
        let ping: Double = row[3] ?? 0
        let extras: String? = row[4]
        return sum(
          ForeignSum(
            from: Timestamp(secondsSinceEpoch: start), until: Timestamp(secondsSinceEpoch: start + level.seconds),
            up: max(0, row[1] ?? 0), down: max(0, row[2] ?? 0), maintenance: extras.flatMap(maintenance) ?? 0,
            duration: ping > 0 && ping < 1e9 ? .microseconds(Int64(ping * 1000)) : nil), before: end)
      }
      sums = older + sums
      end = older.first?.from ?? end
    }
    return sums
  }

  /// What of a sum lies before a moment. Of one that the moment cuts, its part: how many of its runs are kept one by one is
  /// not told apart, because some of them were deleted.
  private static func sum(_ sum: ForeignSum, before end: Timestamp?) -> ForeignSum? {
    guard sum.up + sum.down + sum.maintenance > 0 else { return nil }
    guard let end, sum.until > end else { return sum }
    guard sum.from < end else { return nil }
    let share = (end - sum.from).seconds / (sum.until - sum.from).seconds
    var part = sum
    part.until = end
    part.up = Int((Double(sum.up) * share).rounded())
    part.down = Int((Double(sum.down) * share).rounded(.up))
    part.maintenance = Int((Double(sum.maintenance) * share).rounded())
    return part.up + part.down + part.maintenance > 0 ? part : nil
  }

  /// `{"maintenance": 3}`.
  private static func maintenance(_ extras: String) -> Int? {
    guard let mark = extras.firstRange(of: "\"maintenance\"") else { return nil }
    let digits = extras[mark.upperBound...].drop { !$0.isNumber }.prefix { $0.isNumber }
    return digits.count < 10 ? Int(digits) : nil
  }

  // MARK: Beats

  func rows(after cursor: Int64) throws -> (rows: [ForeignRun], next: Int64?) {
    try source.queue.read { database in
      var runs: [ForeignRun] = []
      var next: Int64?
      let rows = try Row.fetchCursor(
        database,
        sql: """
          SELECT id, monitor_id, status, ping, time, msg FROM heartbeat
          WHERE id > ? ORDER BY id LIMIT \(ForeignDatabase.portion)
          """, arguments: [cursor])
      while let row = try rows.next() {
        next = row[0]
        guard let monitor: Int64 = row[1], let subject = monitors[monitor], let time: String = row[4],
          let at = ForeignTime.moment(time), let outcome = Self.outcome(row[2])
        else { continue }
        if let horizon = horizons[subject], at < horizon { continue }
        let ping: Double? = row[3]
        runs.append(
          ForeignRun(
            subject: subject, at: at, outcome: outcome,
            duration: ping.flatMap { $0 >= 0 && $0 < 1e9 ? .microseconds(Int64($0 * 1000)) : nil },
            message: outcome == .up ? "" : row[5] ?? ""))
      }
      return (runs, next)
    }
  }

  private static func outcome(_ status: Int?) -> ForeignOutcome? {
    switch status {
    case 0: .down
    case 1: .up
    case 2: .pending
    case 3: .maintenance
    default: nil
    }
  }
}

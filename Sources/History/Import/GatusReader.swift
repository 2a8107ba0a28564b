import GRDB
import Model

/// Reads what Gatus keeps in SQLite: results of the last hundred runs or so, sums of the hours and days before, and results
/// of suites.
struct GatusReader: ForeignReader {
  /// How many of an endpoint's results are looked at to see how far apart they lie.
  private static let samples = 200
  /// Where a suite's rows begin among the cursors.
  private static let suites: Int64 = 1 << 62

  let subjects: [ForeignSubject]
  let losses: [String]
  private let source: ForeignSource
  private let endpoints: [Int64: Int]
  private let suiteIDs: [Int64: Int]
  private let hasSteps: Bool
  private let edges: [(first: Timestamp?, edge: Edge)]

  private struct Edge {
    var hour: Int64
    var good = 0
    var bad = 0
  }

  /// What is gathered of an endpoint or suite before anything is handed over.
  private struct Sketch {
    var name: String
    var first: Timestamp?
    var last: Timestamp?
    var runs = 0
    var distances: [Double] = []
    /// Of the hour in which the first run lies: which of the runs that its sum counts are kept one by one.
    var edge = Edge(hour: .max)

    mutating func see(_ moment: Timestamp, isGood: Bool) {
      let hour = moment.millisecondsSinceEpoch / 3_600_000
      if hour < edge.hour { edge = Edge(hour: hour) }
      if hour == edge.hour {
        if isGood { edge.good += 1 } else { edge.bad += 1 }
      }
      if let last, distances.count < samples { distances.append((moment - last).seconds) }
      first = first.map { min($0, moment) } ?? moment
      last = last.map { max($0, moment) } ?? moment
      runs += 1
    }

    /// The middle of the distances, in whole seconds.
    var interval: Duration? {
      let sorted = distances.filter { $0 > 0 }.sorted()
      guard !sorted.isEmpty else { return nil }
      return .seconds(max(1, Int64(min(sorted[sorted.count / 2], 31_536_000).rounded())))
    }
  }

  init(_ source: ForeignSource, map: [String: CheckID]) throws {
    try source.require(
      [
        ("endpoint_results", ["endpoint_result_id", "endpoint_id", "success", "errors", "duration", "timestamp"]),
        ("endpoints", ["endpoint_id", "endpoint_key", "endpoint_name", "endpoint_group"]),
        (
          "endpoint_uptimes",
          ["endpoint_id", "hour_unix_timestamp", "total_executions", "successful_executions", "total_response_time"]
        ),
      ], of: "Gatus")
    self.source = source
    let hasSteps = source.has("endpoint_results", "suite_result_id")
    self.hasSteps = hasSteps
    var sketches: [Sketch] = []
    var ids: [CheckID] = []
    var endpoints: [Int64: Int] = [:]
    var suiteIDs: [Int64: Int] = [:]
    var losses: [String] = []
    let hasSuites = source.has("suites", "suite_key") && source.has("suite_results", "timestamp")
    try source.queue.read { database in
      func add(_ row: Row) throws -> Int {
        let key: String = row[1] ?? ""
        sketches.append(Sketch(name: key))
        let base = CheckNames.base(of: CheckNames.gatus(group: row[3], name: row[2] ?? key))
        // What `base` gives is an id.
        guard let id = map[key] ?? CheckID(base) else { throw HistoryError("'\(key)' cannot be made an id; use --map") }
        ids.append(id)
        return sketches.count - 1
      }
      let steps = hasSteps ? "WHERE suite_result_id IS NULL" : ""
      let rows = try Row.fetchCursor(
        database,
        sql: "SELECT endpoint_id, endpoint_key, endpoint_name, endpoint_group FROM endpoints ORDER BY endpoint_key")
      while let row = try rows.next() {
        endpoints[row[0]] = try add(row)
      }
      let results = try Row.fetchCursor(
        database,
        sql: "SELECT endpoint_id, timestamp, success FROM endpoint_results \(steps) ORDER BY endpoint_result_id")
      while let row = try results.next() {
        guard let id: Int64 = row[0], let index = endpoints[id], let moment = Self.moment(row[1]) else { continue }
        sketches[index].see(moment, isGood: row[2] ?? false)
      }
      guard hasSuites else { return }
      let suites = try Row.fetchCursor(
        database, sql: "SELECT suite_id, suite_key, suite_name, suite_group FROM suites ORDER BY suite_key")
      while let row = try suites.next() { suiteIDs[row[0]] = try add(row) }
      let suiteResults = try Row.fetchCursor(
        database, sql: "SELECT suite_id, timestamp, success FROM suite_results ORDER BY suite_result_id")
      while let row = try suiteResults.next() {
        guard let id: Int64 = row[0], let index = suiteIDs[id], let moment = Self.moment(row[1]) else { continue }
        sketches[index].see(moment, isGood: row[2] ?? false)
      }
    }
    self.endpoints = endpoints
    self.suiteIDs = suiteIDs
    var subjects: [ForeignSubject] = []
    for (index, sketch) in sketches.enumerated() {
      var subject = ForeignSubject(
        name: sketch.name, check: ids[index], interval: sketch.interval ?? .seconds(60), runs: sketch.runs, sums: 0,
        first: sketch.first, last: sketch.last)
      if let endpoint = endpoints.first(where: { $0.value == index })?.key {
        let hours = try Self.hours(of: endpoint, in: source)
        if sketch.interval == nil, let middle = hours.map(\.total).sorted().dropFirst(hours.count / 2).first, middle > 0
        {
          subject.interval = .seconds(max(1, 3600 / middle))
        }
        let sums = Self.sums(hours, before: (sketch.first, sketch.edge), interval: subject.interval)
        subject.sums = sums.count
        subject.first = sums.first?.from ?? subject.first
        subject.last = subject.last ?? sums.last?.until
      }
      subjects.append(subject)
    }
    if hasSteps {
      let steps = try source.queue.read {
        try Int.fetchOne($0, sql: "SELECT count(*) FROM endpoint_results WHERE suite_result_id IS NOT NULL") ?? 0
      }
      if steps > 0 {
        losses.append("\(steps) results of single steps of suites: the suites' own results are carried over")
      }
    }
    for (table, what) in [
      ("endpoint_events", "events: changes are told by the runs"),
      ("endpoint_result_conditions", "results of single conditions"),
      ("endpoint_alerts_triggered", "alerts that were triggered"),
    ] {
      let count = try source.count(table)
      if count > 0 { losses.append("\(count) \(what)") }
    }
    self.subjects = subjects
    self.losses = losses
    edges = sketches.map { ($0.first, $0.edge) }
  }

  /// Gatus' driver writes a time as text; a whole number is one of the epoch.
  private static func moment(_ value: DatabaseValue) -> Timestamp? {
    switch value.storage {
    case .string(let text): ForeignTime.moment(text)
    case .int64(let seconds): Timestamp(secondsSinceEpoch: seconds)
    default: nil
    }
  }

  // MARK: Sums

  private struct Hour {
    var start: Int64
    var total: Int
    var good: Int
    var milliseconds: Int64
  }

  private static func hours(of endpoint: Int64, in source: ForeignSource) throws -> [Hour] {
    try source.queue.read { database in
      try Row.fetchAll(
        database,
        sql: """
          SELECT hour_unix_timestamp, total_executions, successful_executions, total_response_time
          FROM endpoint_uptimes WHERE endpoint_id = ? ORDER BY hour_unix_timestamp
          """, arguments: [endpoint]
      ).map { Hour(start: $0[0], total: max(0, $0[1] ?? 0), good: max(0, $0[2] ?? 0), milliseconds: $0[3] ?? 0) }
    }
  }

  /// What lies before the first result that is kept. A row with more runs than an hour has room for is one of a whole
  /// day: Gatus merges the hours of days that are over.
  private static func sums(
    _ hours: [Hour], before known: (first: Timestamp?, edge: Edge), interval: Duration
  ) -> [ForeignSum] {
    let room = max(1, Int(3600 / interval.seconds)) + 2
    return hours.enumerated().compactMap { index, hour in
      let next = index + 1 < hours.count ? hours[index + 1].start : Int64.max
      let isDay = hour.total > room
      let from = Timestamp(secondsSinceEpoch: hour.start)
      var until = Timestamp(secondsSinceEpoch: min(hour.start + (isDay ? 86_400 : 3600), max(next, hour.start + 3600)))
      var (good, bad) = (min(hour.good, hour.total), max(0, hour.total - hour.good))
      if let first = known.first, until > first {
        guard from < first else { return nil }
        if isDay {
          let share = (first - from).seconds / (until - from).seconds
          (good, bad) = (Int(Double(good) * share), Int((Double(bad) * share).rounded(.up)))
        } else {
          (good, bad) = (max(0, good - known.edge.good), max(0, bad - known.edge.bad))
        }
        until = first
      }
      guard good + bad > 0 else { return nil }
      return ForeignSum(
        from: from, until: until, up: good, down: bad, maintenance: 0,
        duration: .milliseconds(hour.milliseconds / Int64(hour.total)))
    }
  }

  func sums(of subject: Int) throws -> [ForeignSum] {
    guard let endpoint = endpoints.first(where: { $0.value == subject })?.key else { return [] }
    return Self.sums(
      try Self.hours(of: endpoint, in: source), before: edges[subject], interval: subjects[subject].interval)
  }

  // MARK: Results

  func rows(after cursor: Int64) throws -> (rows: [ForeignRun], next: Int64?) {
    if cursor < Self.suites {
      let steps = hasSteps ? "AND suite_result_id IS NULL" : ""
      let page = try page(
        """
        SELECT endpoint_result_id, endpoint_id, success, duration, timestamp, errors FROM endpoint_results
        WHERE endpoint_result_id > ? \(steps) ORDER BY endpoint_result_id LIMIT \(ForeignDatabase.portion)
        """, after: cursor, among: endpoints)
      if page.next != nil || suiteIDs.isEmpty { return page }
      return ([], Self.suites)
    }
    let page = try page(
      """
      SELECT suite_result_id, suite_id, success, duration, timestamp, errors FROM suite_results
      WHERE suite_result_id > ? ORDER BY suite_result_id LIMIT \(ForeignDatabase.portion)
      """, after: cursor - Self.suites, among: suiteIDs)
    return (page.rows, page.next.map { $0 + Self.suites })
  }

  private func page(
    _ sql: String, after cursor: Int64, among subjects: [Int64: Int]
  ) throws -> (rows: [ForeignRun], next: Int64?) {
    try source.queue.read { database in
      var runs: [ForeignRun] = []
      var next: Int64?
      let rows = try Row.fetchCursor(database, sql: sql, arguments: [cursor])
      while let row = try rows.next() {
        next = row[0]
        guard let id: Int64 = row[1], let subject = subjects[id], let at = Self.moment(row[4]) else { continue }
        let nanoseconds: Int64? = row[3]
        let isGood: Bool = row[2] ?? false
        let errors: String = isGood ? "" : row[5] ?? ""
        runs.append(
          ForeignRun(
            subject: subject, at: at, outcome: isGood ? .up : .down,
            duration: nanoseconds.map { .nanoseconds(max(0, $0)) },
            message: errors.replacing("|~|", with: "; ")))
      }
      return (runs, next)
    }
  }
}

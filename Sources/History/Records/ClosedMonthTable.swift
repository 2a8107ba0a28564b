import GRDB
import Model

/// Reads and adds to the closed months.
struct ClosedMonthTable {
  private static let columns = """
    month, check_id, time_zone, revision, closed, author, reason,
    expected, up, degraded, down, unknown, missed, maintenance, down_ms,
    plain_expected, plain_up, plain_degraded, plain_down, plain_unknown, plain_missed, plain_maintenance, plain_down_ms,
    incident_ms, objective, p50_us, p95_us, p99_us
    """
  private static let columnCount = 28

  let database: Database

  /// Adds a row, unless there is one of the same check, month, time zone and revision.
  ///
  /// - Returns: whether it was added.
  func close(_ month: ClosedMonth) throws -> Bool {
    let places = Array(repeating: "?", count: Self.columnCount).joined(separator: ", ")
    let insert = try StoredStatement(
      "INSERT OR IGNORE INTO closed_months (\(Self.columns)) VALUES (\(places))", in: database)
    insert.bind(month.month.number, at: 1)
    insert.bind(month.check.text, at: 2)
    insert.bind(month.timeZone, at: 3)
    insert.bind(Int64(month.revision), at: 4)
    insert.bind(month.closedAt.millisecondsSinceEpoch, at: 5)
    insert.bind(month.author, at: 6)
    insert.bind(month.reason, at: 7)
    bind(month.tally, to: insert, from: 8)
    bind(month.unadjusted, to: insert, from: 16)
    insert.bind(month.incidentDowntime.nanoseconds / 1_000_000, at: 24)
    insert.bind(month.objective, at: 25)
    for (offset, percentile) in [month.p50, month.p95, month.p99].enumerated() {
      insert.bind(percentile.map { $0.nanoseconds / 1000 }, at: Int32(26 + offset))
    }
    try insert.run()
    return database.changesCount > 0
  }

  private func bind(_ tally: SlotTally, to statement: StoredStatement, from index: Int32) {
    let counts = [
      tally.expected, tally.up, tally.degraded, tally.down, tally.unknown, tally.missed, tally.maintenance,
    ]
    for (offset, count) in counts.enumerated() { statement.bind(Int64(count), at: index + Int32(offset)) }
    statement.bind(tally.downtime.nanoseconds / 1_000_000, at: index + 7)
  }

  /// Rows by month, check, time zone and revision, oldest first; both months are included.
  func rows(of checks: [CheckID]?, from: YearMonth?, to: YearMonth?) throws -> [ClosedMonth] {
    let rows = try StoredStatement(
      """
      SELECT \(Self.columns) FROM closed_months
      WHERE month BETWEEN ?1 AND ?2 \(checks == nil ? "" : "AND check_id IN (SELECT value FROM json_each(?3))")
      ORDER BY month, check_id, time_zone, revision
      """, in: database)
    rows.bind(from?.number ?? .min, at: 1)
    rows.bind(to?.number ?? .max, at: 2)
    if let checks { rows.bind(CheckList.json(of: checks), at: 3) }
    var found: [ClosedMonth] = []
    while try rows.next() {
      guard let check = rows.text(1).flatMap({ CheckID($0) }) else { continue }
      let percentiles = (25..<28).map { column in rows.optionalInteger(column).map { Duration.microseconds($0) } }
      found.append(
        ClosedMonth(
          check: check, month: YearMonth(number: rows.integer(0)), timeZone: rows.text(2) ?? "",
          revision: Int(rows.integer(3)), closedAt: Timestamp(millisecondsSinceEpoch: rows.integer(4)),
          author: rows.text(5), reason: rows.text(6), tally: tally(in: rows, from: 7),
          unadjusted: tally(in: rows, from: 15), incidentDowntime: .milliseconds(rows.integer(23)),
          objective: rows.real(24), p50: percentiles[0], p95: percentiles[1], p99: percentiles[2]))
    }
    return found
  }

  private func tally(in row: StoredStatement, from column: Int32) -> SlotTally {
    let counts = (column..<column + 7).map { Int(row.integer($0)) }
    return SlotTally(
      expected: counts[0], up: counts[1], degraded: counts[2], down: counts[3], unknown: counts[4], missed: counts[5],
      maintenance: counts[6], downtime: .milliseconds(row.integer(column + 7)))
  }
}

extension YearMonth {
  /// The month as one number that grows with time: 202610.
  fileprivate var number: Int64 { Int64(year * 100 + month) }

  fileprivate init(number: Int64) {
    self.init(year: Int(number / 100), month: Int(number % 100))
  }
}

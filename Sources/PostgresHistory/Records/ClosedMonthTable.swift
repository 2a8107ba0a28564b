import Model
import Postgres

/// Reads and adds to the closed months.
struct ClosedMonthTable {
  private static let columns = """
    month, check_id, time_zone, revision, closed, author, reason,
    expected, up, degraded, down, unknown, missed, maintenance, down_ms,
    plain_expected, plain_up, plain_degraded, plain_down, plain_unknown, plain_missed, plain_maintenance, plain_down_ms,
    incident_ms, objective, p50_us, p95_us, p99_us
    """

  let session: PostgresSession

  /// Adds a row, unless there is one of the same check, month, time zone and revision.
  ///
  /// - Returns: whether it was added.
  func close(_ month: ClosedMonth) throws -> Bool {
    var values: [PostgresValue] = [
      .int(month.month.number), .text(month.check.text), .text(month.timeZone), .int(Int64(month.revision)),
      .int(month.closedAt.millisecondsSinceEpoch), .optional(month.author), .optional(month.reason),
    ]
    values += Self.values(of: month.tally) + Self.values(of: month.unadjusted)
    values += [.int(month.incidentDowntime.nanoseconds / 1_000_000), .double(month.objective)]
    values += [month.p50, month.p95, month.p99].map { .optional($0.map { $0.nanoseconds / 1000 }) }
    let places = (1...values.count).map { "$\($0)" }.joined(separator: ", ")
    return try session.execute(
      "INSERT INTO closed_months (\(Self.columns)) VALUES (\(places)) ON CONFLICT DO NOTHING", values
    ).affected > 0
  }

  private static func values(of tally: SlotTally) -> [PostgresValue] {
    let counts = [
      tally.expected, tally.up, tally.degraded, tally.down, tally.unknown, tally.missed, tally.maintenance,
    ]
    return counts.map { .int(Int64($0)) } + [.int(tally.downtime.nanoseconds / 1_000_000)]
  }

  /// Rows by month, check, time zone and revision, oldest first; both months are included.
  func rows(of checks: [CheckID]?, from: YearMonth?, to: YearMonth?) throws -> [ClosedMonth] {
    var values: [PostgresValue] = [.int(from?.number ?? .min), .int(to?.number ?? .max)]
    if let checks { values.append(.texts(checks.map(\.text))) }
    let rows = try session.execute(
      """
      SELECT \(Self.columns) FROM closed_months
      WHERE month BETWEEN $1 AND $2 \(checks == nil ? "" : "AND check_id = ANY($3)")
      ORDER BY month, check_id COLLATE "C", time_zone COLLATE "C", revision
      """, values)
    return try rows.compactMap { row in
      guard let check = CheckID(try row[1]) else { return nil }
      let percentiles = try (25..<28).map { column in (try row[column] as Int64?).map { Duration.microseconds($0) } }
      return ClosedMonth(
        check: check, month: YearMonth(number: try row[0]), timeZone: try row[2], revision: try row[3],
        closedAt: Timestamp(millisecondsSinceEpoch: try row[4]), author: try row[5], reason: try row[6],
        tally: try tally(in: row, from: 7), unadjusted: try tally(in: row, from: 15),
        incidentDowntime: .milliseconds(try row[23] as Int64), objective: try row[24], p50: percentiles[0],
        p95: percentiles[1], p99: percentiles[2])
    }
  }

  private func tally(in row: PostgresRow, from column: Int) throws -> SlotTally {
    let counts: [Int] = try (column..<column + 7).map { try row[$0] }
    return SlotTally(
      expected: counts[0], up: counts[1], degraded: counts[2], down: counts[3], unknown: counts[4], missed: counts[5],
      maintenance: counts[6], downtime: .milliseconds(try row[column + 7] as Int64))
  }
}

extension YearMonth {
  /// The month as one number that grows with time: 202610.
  fileprivate var number: Int64 { Int64(year * 100 + month) }

  fileprivate init(number: Int64) {
    self.init(year: Int(number / 100), month: Int(number % 100))
  }
}

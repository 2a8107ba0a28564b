import Model
import Postgres

/// What people and jobs report, on its way from any replica to the one that decides, and the answers on their way back.
struct ReportTable {
  /// More do not wait: nobody has decided for hours then.
  private static let most: Int64 = 100_000
  /// An answer that nobody asked for waits so long, in milliseconds: its replica was killed.
  private static let answerLifetime: Int64 = 3_600_000

  let session: PostgresSession

  /// Keeps a report.
  ///
  /// - Throws: `FleetFault.tooManyReports`.
  func post(_ report: [UInt8]) throws -> Int64 {
    // By the ends of the primary key, which costs nothing however many wait.
    let rows = try session.execute(
      """
      INSERT INTO fleet_reports (received, body) SELECT \(FleetTables.now), $1
      WHERE coalesce((SELECT max(id) - min(id) FROM fleet_reports), 0) < $2 RETURNING id
      """, [.bytes(report), .int(Self.most)])
    guard let row = rows.first else { throw FleetFault.tooManyReports }
    return try row[0]
  }

  /// Whether a report waits for an answer. Asked several times a second, and nothing is locked for it.
  func isWaiting() throws -> Bool {
    try session.value("SELECT EXISTS (SELECT FROM fleet_reports WHERE answer IS NULL)") ?? false
  }

  /// The oldest without an answer, which nobody can take back from now on.
  func take(_ limit: Int) throws -> [PostedReport] {
    let rows = try session.execute(
      """
      WITH oldest AS (
        SELECT id, is_taken FROM fleet_reports WHERE answer IS NULL ORDER BY id LIMIT $1 FOR UPDATE
      ), taken AS (
        UPDATE fleet_reports r SET is_taken = true FROM oldest WHERE r.id = oldest.id
        RETURNING r.id, r.received, r.body, oldest.is_taken
      )
      SELECT * FROM taken ORDER BY id
      """, [.int(Int64(max(0, limit)))])
    return try rows.map { row in
      PostedReport(
        number: try row[0], received: Timestamp(millisecondsSinceEpoch: try row[1]), body: try row[2],
        isAgain: try row[3])
    }
  }

  /// Keeps answers, and forgets reports that are answered by nothing.
  func answer(_ answers: [ReportAnswer]) throws {
    let silent = answers.filter { $0.body == nil }.map(\.number)
    if !silent.isEmpty { try session.execute("DELETE FROM fleet_reports WHERE id = ANY($1)", [.ints(silent)]) }
    for answer in answers {
      guard let body = answer.body else { continue }
      try session.execute(
        "UPDATE fleet_reports SET answer = $2, body = '' WHERE id = $1", [.int(answer.number), .bytes(body)])
    }
  }

  /// The answer to a report, which is forgotten by that.
  func takeAnswer(to report: Int64) throws -> [UInt8]? {
    let rows = try session.execute(
      "DELETE FROM fleet_reports WHERE id = $1 AND answer IS NOT NULL RETURNING answer", [.int(report)])
    return try rows.first.map { try $0[0] }
  }

  /// Takes a report back that no leader has taken.
  func withdraw(_ report: Int64) throws -> Bool {
    try session.execute("DELETE FROM fleet_reports WHERE id = $1 AND NOT is_taken", [.int(report)]).affected > 0
  }

  /// Forgets answers that nobody will ask for.
  func forget() throws {
    try session.execute(
      "DELETE FROM fleet_reports WHERE answer IS NOT NULL AND received < \(FleetTables.now) - $1",
      [.int(Self.answerLifetime)])
  }
}

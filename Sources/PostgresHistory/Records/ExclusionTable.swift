import Model
import Postgres

/// Reads and adds to the ledger of exclusions.
struct ExclusionTable {
  let session: PostgresSession

  /// Adds an entry.
  ///
  /// - Returns: its number.
  func append(_ entry: Exclusion) throws -> Int64 {
    let number: Int64? = try session.value(
      """
      INSERT INTO exclusions (every_check, since, until, reason, author, recorded, withdraws)
      VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id
      """,
      [
        .bool(entry.checks == nil), .int(entry.from.millisecondsSinceEpoch), .int(entry.until.millisecondsSinceEpoch),
        .text(entry.reason), .text(entry.author), .int(entry.recordedAt.millisecondsSinceEpoch),
        .optional(entry.withdraws),
      ])
    let id = number ?? 0
    try session.execute(
      """
      INSERT INTO exclusion_checks (exclusion, position, check_id)
      SELECT $1, position - 1, check_id FROM unnest($2) WITH ORDINALITY AS named (check_id, position)
      ON CONFLICT DO NOTHING
      """, [.int(id), .texts((entry.checks ?? []).map(\.text))])
    return id
  }

  /// Every entry, oldest first.
  func all() throws -> [Exclusion] {
    let rows = try session.execute(
      """
      SELECT id, every_check, since, until, reason, author, recorded, withdraws,
        (SELECT string_agg(check_id, ' ' ORDER BY position) FROM exclusion_checks WHERE exclusion = id)
      FROM exclusions ORDER BY id
      """)
    return try rows.map { row in
      let isOfAll: Bool = try row[1]
      let named: String? = try row[8]
      // An id of a check has no space in it.
      let checks = (named ?? "").split(separator: " ").compactMap { CheckID(String($0)) }
      return Exclusion(
        id: try row[0], checks: isOfAll ? nil : checks, from: Timestamp(millisecondsSinceEpoch: try row[2]),
        until: Timestamp(millisecondsSinceEpoch: try row[3]), reason: try row[4], author: try row[5],
        recordedAt: Timestamp(millisecondsSinceEpoch: try row[6]), withdraws: try row[7])
    }
  }
}

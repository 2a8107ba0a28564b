import GRDB
import Model

/// Reads and adds to the ledger of exclusions.
struct ExclusionTable {
  let database: Database

  /// Adds an entry.
  ///
  /// - Returns: its number.
  func append(_ entry: Exclusion) throws -> Int64 {
    let insert = try StoredStatement(
      """
      INSERT INTO exclusions (every_check, since, until, reason, author, recorded, withdraws)
      VALUES (?, ?, ?, ?, ?, ?, ?)
      """, in: database)
    insert.bind(entry.checks == nil ? 1 : 0, at: 1)
    insert.bind(entry.from.millisecondsSinceEpoch, at: 2)
    insert.bind(entry.until.millisecondsSinceEpoch, at: 3)
    insert.bind(entry.reason, at: 4)
    insert.bind(entry.author, at: 5)
    insert.bind(entry.recordedAt.millisecondsSinceEpoch, at: 6)
    insert.bind(entry.withdraws, at: 7)
    try insert.run()
    let id = database.lastInsertedRowID
    let check = try StoredStatement(
      "INSERT OR IGNORE INTO exclusion_checks (exclusion, position, check_id) VALUES (?, ?, ?)", in: database)
    for (position, name) in (entry.checks ?? []).enumerated() {
      check.bind(id, at: 1)
      check.bind(Int64(position), at: 2)
      check.bind(name.text, at: 3)
      try check.run()
    }
    return id
  }

  /// Every entry, oldest first.
  func all() throws -> [Exclusion] {
    var checks: [Int64: [CheckID]] = [:]
    let named = try StoredStatement(
      "SELECT exclusion, check_id FROM exclusion_checks ORDER BY exclusion, position", in: database)
    while try named.next() {
      if let check = named.text(1).flatMap({ CheckID($0) }) { checks[named.integer(0), default: []].append(check) }
    }
    let rows = try StoredStatement(
      "SELECT id, every_check, since, until, reason, author, recorded, withdraws FROM exclusions ORDER BY id",
      in: database)
    var found: [Exclusion] = []
    while try rows.next() {
      let id = rows.integer(0)
      found.append(
        Exclusion(
          id: id, checks: rows.integer(1) != 0 ? nil : checks[id] ?? [],
          from: Timestamp(millisecondsSinceEpoch: rows.integer(2)),
          until: Timestamp(millisecondsSinceEpoch: rows.integer(3)), reason: rows.text(4) ?? "",
          author: rows.text(5) ?? "", recordedAt: Timestamp(millisecondsSinceEpoch: rows.integer(6)),
          withdraws: rows.optionalInteger(7)))
    }
    return found
  }
}

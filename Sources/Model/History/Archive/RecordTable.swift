/// One kind of record as all stores keep it: the tables have the same names and columns everywhere.
package struct RecordTable: Hashable, Sendable {
  /// What a column holds.
  package enum Kind: Sendable { case int, real, text, flag }

  /// One column.
  package struct Column: Hashable, Sendable {
    package var name: String
    package var kind: Kind
  }

  package var name: String
  package var columns: [Column]
  /// How many of the columns, from the first, tell a row from all others.
  package var keyCount: Int
  /// Whether a row may change once it is written.
  package var mayChange: Bool
  /// Whether a row may go again. A copy that goes on begins without any of them: what its source has let go of since would
  /// stay otherwise.
  package var mayGo: Bool

  private init(
    _ name: String, keys: Int, mayChange: Bool = false, mayGo: Bool = false, _ columns: [(Kind, String)]
  ) {
    self.name = name
    keyCount = keys
    self.mayChange = mayChange
    self.mayGo = mayGo
    self.columns = columns.flatMap { kind, names in
      names.split(separator: " ").map { Column(name: String($0), kind: kind) }
    }
  }

  /// All of them. Each stands after those that it speaks of.
  package static let all = [
    RecordTable(
      "incidents", keys: 1, mayChange: true,
      [
        (.int, "id"), (.text, "origin check_id title state"), (.int, "began opened ended"),
        (.text, "cause_code cause_step cause_expression cause_message"), (.int, "consequence_of"),
        (.text, "acknowledged_by acknowledged_note"), (.int, "acknowledged_at"), (.flag, "published"),
      ]),
    RecordTable(
      "incident_impacts", keys: 3, mayChange: true, mayGo: true,
      [(.text, "check_id"), (.int, "began incident position"), (.text, "level")]),
    RecordTable(
      "incident_updates", keys: 2, [(.int, "incident number at"), (.text, "kind author state text")]),
    RecordTable(
      "exclusions", keys: 1,
      [
        (.int, "id"), (.flag, "every_check"), (.int, "since until"), (.text, "reason author"),
        (.int, "recorded withdraws"),
      ]),
    // A check that was renamed takes its exclusions along.
    RecordTable("exclusion_checks", keys: 2, mayChange: true, [(.int, "exclusion position"), (.text, "check_id")]),
    RecordTable(
      "closed_months", keys: 4,
      [
        (.int, "month"), (.text, "check_id time_zone"), (.int, "revision closed"), (.text, "author reason"),
        (.int, "expected up degraded down unknown missed maintenance down_ms"),
        (.int, "plain_expected plain_up plain_degraded plain_down plain_unknown plain_missed"),
        (.int, "plain_maintenance plain_down_ms incident_ms"), (.real, "objective"), (.int, "p50_us p95_us p99_us"),
      ]),
    RecordTable(
      "jobs", keys: 1, mayChange: true, mayGo: true,
      [(.text, "check_id"), (.int, "started"), (.text, "kind"), (.int, "at took_us"), (.text, "output key")]),
    RecordTable("job_keys", keys: 2, mayChange: true, mayGo: true, [(.text, "check_id key"), (.int, "at")]),
  ]

  /// Its name for people.
  package var words: String { name.replacing("_", with: " ") }

  /// The names of the columns, as SQL has them.
  package var columnList: String { columns.map { "\"\($0.name)\"" }.joined(separator: ", ") }

  /// The names of the columns that tell a row from all others, as SQL has them.
  package var keyList: String { columns.prefix(keyCount).map { "\"\($0.name)\"" }.joined(separator: ", ") }

  /// What becomes of a row that is there already, as SQL has it.
  package var onConflict: String {
    let rest = columns.dropFirst(keyCount).map { "\"\($0.name)\" = excluded.\"\($0.name)\"" }
    guard mayChange, !rest.isEmpty else { return "ON CONFLICT (\(keyList)) DO NOTHING" }
    return "ON CONFLICT (\(keyList)) DO UPDATE SET \(rest.joined(separator: ", "))"
  }
}

/// One value of a record.
package enum ArchiveValue: Hashable, Sendable {
  case null
  case int(Int64)
  case real(Double)
  case text(String)
  case flag(Bool)
}

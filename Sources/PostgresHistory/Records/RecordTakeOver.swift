import Model
import Postgres

/// Makes the records of one check those of another. Where both have one that there can be only once, that of the newer check
/// stays; of closed months and exclusions, which are never deleted, the older check keeps its own.
struct RecordTakeOver {
  let from: CheckID
  let to: CheckID

  func run(in session: PostgresSession) throws {
    let names: [PostgresValue] = [.text(from.text), .text(to.text)]
    try session.execute("UPDATE incidents SET check_id = $2 WHERE check_id = $1", names)
    let tables = [
      ("incident_impacts", "(o.began, o.incident) = (t.began, t.incident)"),
      ("exclusion_checks", "o.exclusion = t.exclusion"),
      ("closed_months", "(o.month, o.time_zone, o.revision) = (t.month, t.time_zone, t.revision)"),
      ("jobs", "true"), ("job_keys", "o.key = t.key"),
    ]
    for (table, isSame) in tables {
      try session.execute(
        """
        UPDATE \(table) t SET check_id = $2 WHERE check_id = $1
          AND NOT EXISTS (SELECT 1 FROM \(table) o WHERE o.check_id = $2 AND \(isSame))
        """, names)
    }
    for table in ["incident_impacts", "jobs", "job_keys"] {
      try session.execute("DELETE FROM \(table) WHERE check_id = $1", [.text(from.text)])
    }
  }
}

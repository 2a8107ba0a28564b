import GRDB
import Model

/// Makes the records of one check those of another. Where both have one that there can be only once, that of the newer check
/// stays; of closed months and exclusions, which are never deleted, the older check keeps its own.
struct RecordTakeOver {
  let from: CheckID
  let to: CheckID

  func run(in database: Database) throws {
    for table in ["incidents", "incident_impacts", "exclusion_checks", "closed_months", "jobs", "job_keys"] {
      let move = try StoredStatement(
        "UPDATE OR IGNORE \(table) SET check_id = ?2 WHERE check_id = ?1", in: database)
      move.bind(from.text, at: 1)
      move.bind(to.text, at: 2)
      try move.run()
    }
    for table in ["incident_impacts", "jobs", "job_keys"] {
      let clear = try StoredStatement("DELETE FROM \(table) WHERE check_id = ?", in: database)
      clear.bind(from.text, at: 1)
      try clear.run()
    }
  }
}

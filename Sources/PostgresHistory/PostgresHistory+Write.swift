import Model
import Postgres

extension PostgresHistory {
  /// Stores runs within somebody's transaction, of which this may be called once.
  func write(_ runs: [HistoryRun], at now: Timestamp, in session: PostgresSession) throws -> WriteSummary {
    throw HistoryError("history \"\(pool.name)\": runs are not kept here yet")
  }

  /// Keeps what is held of slots over all regions, within somebody's transaction and before its `write`.
  func judge(_ verdicts: [JudgedSlot], in session: PostgresSession) throws {
    throw HistoryError("history \"\(pool.name)\": verdicts over regions are not kept here yet")
  }
}

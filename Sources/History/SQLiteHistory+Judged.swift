package import Model

extension SQLiteHistory {
  package func judge(_ verdicts: [JudgedSlot]) async throws {
    throw HistoryError("verdicts over regions are not kept here yet")
  }
}

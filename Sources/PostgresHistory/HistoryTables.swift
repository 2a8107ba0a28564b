/// The tables of runs and roll-ups.
enum HistoryTables {
  static let first = """
    -- Written to see whether the database can be.
    CREATE TABLE written (key bigint PRIMARY KEY, at timestamptz NOT NULL);
    """
}

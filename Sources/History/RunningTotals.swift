import GRDB
import Model

/// Everything a stream knows before a moment, and its last known slot there.
struct RunningTotals {
  var totals = Totals()
  var lastSlot: Int64?

  /// The statements that find the last row before a moment, by level: prepared once for thousands of streams.
  struct Lookup {
    fileprivate let statements: [StoredStatement]

    init(_ database: Database) throws {
      statements = try RollupLevel.allCases.map { level in
        try StoredStatement(
          """
          SELECT bucket, last_slot, up, degraded, down, unknown, maintenance, down_ms, timed, timed_us
          FROM \(level.table) WHERE stream = ? AND bucket < ? ORDER BY bucket DESC LIMIT 1
          """, in: database)
      }
    }
  }

  /// Reads the totals before `moment`, which is a boundary of `level`: the last row before it, and, where the level has
  /// none, the last row of a coarser level that ends in time.
  init(of stream: Int64, before moment: Int64, from level: RollupLevel, using lookup: Lookup) throws {
    for coarser in RollupLevel.allCases where coarser.rawValue >= level.rawValue {
      let row = lookup.statements[coarser.rawValue]
      row.bind(stream, at: 1)
      row.bind(coarser.floor(moment), at: 2)
      defer { row.reset() }
      if try row.next() {
        totals = Totals(row)
        lastSlot = row.integer(1)
        return
      }
    }
  }

  /// The same, for a single stream.
  init(of stream: Int64, before moment: Int64, from level: RollupLevel, in database: Database) throws {
    try self.init(of: stream, before: moment, from: level, using: Lookup(database))
  }
}

import GRDB
import Model

/// Everything a stream knows before a moment, and its last known slot there.
struct RunningTotals {
  var totals = Totals()
  var lastSlot: Int64?

  /// Of a stream that knows nothing yet.
  init() {}

  /// The statements that find the last row before a moment, by level: prepared once for thousands of streams.
  struct Lookup {
    fileprivate let statements: [StoredStatement]

    init(_ database: Database) throws {
      statements = try RollupLevel.allCases.map { level in
        try StoredStatement(
          """
          SELECT bucket, up, degraded, down, unknown, maintenance, down_ms, slots
          FROM \(level.table) WHERE stream = ? AND bucket < ? AND bucket >= ? ORDER BY bucket DESC LIMIT 1
          """, in: database)
      }
    }
  }

  /// Reads the totals before `moment`, which is a boundary of `level`: the last row before it, and, where the level has
  /// none, the last row of a coarser level that ends in time.
  ///
  /// Rows before the level's cut are passed over even while they are still there: what was imported since is only in the
  /// coarser levels. Of days, the last row before the cut stays, and holds everything that was there before it.
  init(
    of stream: Int64, sealed: [Int64], before moment: Int64, from level: RollupLevel, cuts: Cuts, using lookup: Lookup
  ) throws {
    for coarser in RollupLevel.allCases where coarser.rawValue >= level.rawValue {
      let row = lookup.statements[coarser.rawValue]
      row.bind(stream, at: 1)
      row.bind(coarser.number(of: moment), at: 2)
      row.bind(
        coarser == .days ? .min : coarser.number(from: cuts.kept(coarser.rawValue + 1, sealed: sealed)), at: 3)
      defer { row.reset() }
      if try row.next() {
        totals = Totals(row)
        lastSlot = row.lastSlot(of: coarser, bucket: 0, slots: 7)
        return
      }
    }
  }

  /// The same, for a single stream.
  init(
    of stream: Ledger.Stream, before moment: Int64, from level: RollupLevel, cuts: Cuts, in database: Database
  ) throws {
    try self.init(
      of: stream.key, sealed: stream.sealed, before: moment, from: level, cuts: cuts, using: Lookup(database))
  }
}

extension StoredStatement {
  /// The newest slot of a row's slots, without taking the others apart; the bucket's begin for bytes that were never
  /// written by us.
  ///
  /// - Parameters:
  ///   - bucket: the column of the bucket's number.
  ///   - slots: the column of the bytes.
  func lastSlot(of level: RollupLevel, bucket: Int32, slots: Int32) -> Int64 {
    integer(bucket) * level.width + withBytes(slots) { SlotSet.last(encoded: $0, width: level.width) }
  }
}

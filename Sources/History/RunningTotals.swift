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
    /// Rows of days in a range, oldest first.
    fileprivate let days: StoredStatement

    init(_ database: Database) throws {
      let columns = "bucket, up, degraded, down, unknown, maintenance, down_ms, slots"
      statements = try RollupLevel.allCases.map { level in
        try StoredStatement(
          """
          SELECT \(columns) FROM \(level.table) WHERE stream = ? AND bucket < ? AND bucket >= ? ORDER BY bucket DESC LIMIT 1
          """, in: database)
      }
      days = try StoredStatement(
        "SELECT \(columns) FROM days WHERE stream = ? AND bucket >= ? AND bucket < ? ORDER BY bucket", in: database)
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
        self.init(row, coarser)
        return
      }
    }
    self.init()
  }

  /// Reads a row of `Lookup`.
  private init(_ row: StoredStatement, _ level: RollupLevel) {
    totals = Totals(row)
    lastSlot = row.lastSlot(of: level, bucket: 0, slots: 7)
  }

  /// Reads the totals before each of several begins of days that rise, as they stand in the rows of days: all rows in one go.
  static func byDays(of stream: Int64, before moments: [Int64], using lookup: Lookup) throws -> [RunningTotals] {
    guard let first = moments.first, let last = moments.last else { return [] }
    let level = RollupLevel.days
    var known = RunningTotals()
    let before = lookup.statements[level.rawValue]
    before.bind(stream, at: 1)
    before.bind(level.number(of: first), at: 2)
    before.bind(.min, at: 3)
    defer { before.reset() }
    if try before.next() { known = RunningTotals(before, level) }
    let rows = lookup.days
    rows.bind(stream, at: 1)
    rows.bind(level.number(of: first), at: 2)
    rows.bind(level.number(of: last), at: 3)
    defer { rows.reset() }
    var isRow = try rows.next()
    return try moments.map { moment in
      let number = level.number(of: moment)
      while isRow, rows.integer(0) < number {
        known = RunningTotals(rows, level)
        isRow = try rows.next()
      }
      return known
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

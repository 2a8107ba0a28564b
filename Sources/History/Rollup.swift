import GRDB
import Model

/// One row of a roll-up table.
struct Rollup: Sendable {
  /// When the bucket begins.
  var bucket: Int64
  /// Of everything that the stream knows up to the bucket's end.
  var runningTotals: Totals
  var latency: LatencyHistogram
  var slots: SlotSet

  static let columns =
    "bucket, up, degraded, down, unknown, maintenance, down_ms, bucket_us, latency, slots"

  /// Reads a row whose columns are `columns`; nil for blobs that were never written by us.
  init?(_ row: StoredStatement, _ level: RollupLevel) {
    bucket = row.integer(0) * level.width
    runningTotals = Totals(row)
    guard let latency = LatencyHistogram(encoded: row.bytes(8), sumMicroseconds: row.integer(7)),
      let slots = SlotSet(encoded: row.bytes(9), origin: bucket, width: level.width)
    else { return nil }
    self.latency = latency
    self.slots = slots
  }

  init(bucket: Int64, runningTotals: Totals, content: BucketContent) {
    self.bucket = bucket
    self.runningTotals = runningTotals
    latency = content.latency
    slots = content.slots
  }

  /// Writes the row, over the one that stands there.
  func store(stream: Int64, level: RollupLevel, in database: Database) throws {
    let insert = try StoredStatement(
      """
      INSERT OR REPLACE INTO \(level.table) (stream, \(Self.columns))
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      """, in: database)
    insert.bind(stream, at: 1)
    insert.bind(level.number(of: bucket), at: 2)
    insert.bind(runningTotals.up, at: 3)
    insert.bind(runningTotals.degraded, at: 4)
    insert.bind(runningTotals.down, at: 5)
    insert.bind(runningTotals.unknown, at: 6)
    insert.bind(runningTotals.maintenance, at: 7)
    insert.bind(runningTotals.downMilliseconds, at: 8)
    insert.bind(latency.sumMicroseconds, at: 9)
    insert.bind(latency.encoded, at: 10)
    insert.bind(slots.encoded(origin: bucket, width: level.width), at: 11)
    try insert.run()
  }
}

extension Totals {
  /// Reads the totals of a row whose columns are `Rollup.columns`.
  init(_ row: StoredStatement) {
    self.init(
      up: row.integer(1), degraded: row.integer(2), down: row.integer(3), unknown: row.integer(4),
      maintenance: row.integer(5), downMilliseconds: row.integer(6))
  }
}

import Model
import Postgres

/// One bucket of one stream.
struct StreamBucket: Hashable, Sendable {
  var stream: Int64
  var bucket: Int64
}

/// Reads and writes rows of roll-ups, many at once.
enum RollupRows {
  static let columns =
    "bucket, stream, up, degraded, down, unknown, maintenance, down_ms, latency_us, latency, slots"

  /// The rows of some buckets, as far as they are there.
  static func rows(
    _ level: RollupLevel, at buckets: [StreamBucket], in session: PostgresSession
  ) throws -> [StreamBucket: BucketContent] {
    guard !buckets.isEmpty else { return [:] }
    let rows = try session.execute(
      """
      SELECT \(columns.qualified(by: "t")) FROM unnest($1::bigint[], $2::bigint[]) AS w(s, b)
        JOIN \(level.table) t ON t.stream = w.s AND t.bucket = w.b
      """, [.ints(buckets.map(\.stream)), .ints(buckets.map(\.bucket))])
    return try contents(rows, level)
  }

  /// The rows of streams in ranges, one for each stream.
  static func rows(
    _ level: RollupLevel, of streams: [(stream: Int64, from: Int64, to: Int64)], in session: PostgresSession
  ) throws -> [StreamBucket: BucketContent] {
    guard !streams.isEmpty else { return [:] }
    let rows = try session.execute(
      """
      SELECT \(columns.qualified(by: "t")) FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) AS w(s, a, b)
        JOIN \(level.table) t ON t.stream = w.s AND t.bucket >= w.a AND t.bucket < w.b
      """, [.ints(streams.map(\.stream)), .ints(streams.map(\.from)), .ints(streams.map(\.to))])
    return try contents(rows, level)
  }

  static func contents(_ rows: PostgresRows, _ level: RollupLevel) throws -> [StreamBucket: BucketContent] {
    var found: [StreamBucket: BucketContent] = [:]
    found.reserveCapacity(rows.count)
    for row in rows {
      let bucket: Int64 = try row[0]
      var content = BucketContent()
      content.totals = Totals(
        up: try row[2], degraded: try row[3], down: try row[4], unknown: try row[5], maintenance: try row[6],
        downMilliseconds: try row[7])
      let latency: [UInt8]? = try row[9]
      // Bytes that were never written by us count for nothing.
      content.latency = LatencyHistogram(encoded: latency ?? [], sumMicroseconds: try row[8]) ?? LatencyHistogram()
      content.slots = SlotSet(encoded: try row[10] as [UInt8], origin: bucket, width: level.width) ?? SlotSet()
      found[StreamBucket(stream: try row[1], bucket: bucket)] = content
    }
    return found
  }

  /// Writes rows that are not there yet.
  static func add(
    _ contents: [StreamBucket: BucketContent], to level: RollupLevel, _ partitions: Partitions,
    in session: PostgresSession
  ) throws {
    if let table = PartitionedTable(level) {
      try partitions.ensure(table, for: contents.keys.lazy.map(\.bucket), in: session)
    }
    try copy(contents, level, into: level.table, in: session)
  }

  /// Writes rows over those that are there.
  static func put(
    _ contents: [StreamBucket: BucketContent], to level: RollupLevel, _ partitions: Partitions,
    in session: PostgresSession
  ) throws {
    guard !contents.isEmpty else { return }
    if let table = PartitionedTable(level) {
      try partitions.ensure(table, for: contents.keys.lazy.map(\.bucket), in: session)
    }
    try session.run(
      "CREATE TEMP TABLE IF NOT EXISTS incoming_rollups (LIKE days) ON COMMIT DELETE ROWS; TRUNCATE incoming_rollups")
    try copy(contents, level, into: "incoming_rollups", in: session)
    let counts = ["up", "degraded", "down", "unknown", "maintenance", "down_ms", "latency_us", "latency", "slots"]
    try session.execute(
      """
      INSERT INTO \(level.table) (\(columns)) SELECT \(columns) FROM incoming_rollups
      ON CONFLICT (stream, bucket) DO UPDATE SET \(counts.map { "\($0) = excluded.\($0)" }.joined(separator: ", "))
      """)
  }

  private static func copy(
    _ contents: [StreamBucket: BucketContent], _ level: RollupLevel, into table: String, in session: PostgresSession
  ) throws {
    try session.copyIn("\(table) (\(columns))") { writer in
      for (key, content) in contents.sorted(by: { ($0.key.stream, $0.key.bucket) < ($1.key.stream, $1.key.bucket) }) {
        writer.row(columns: 11)
        writer.int64(key.bucket)
        writer.int32(Int32(truncatingIfNeeded: key.stream))
        let totals = content.totals
        for count in [totals.up, totals.degraded, totals.down, totals.unknown, totals.maintenance] {
          writer.int32(Int32(clamping: count))
        }
        writer.int64(totals.downMilliseconds)
        writer.int64(content.latency.sumMicroseconds)
        let latency = content.latency.encoded
        if latency.isEmpty { writer.null() } else { writer.blob(latency) }
        writer.blob(content.slots.encoded(origin: key.bucket, width: level.width))
      }
    }
  }
}

extension BucketContent {
  /// Takes in what another part of the same bucket holds, or a later bucket of the same coarser one.
  mutating func merge(_ other: BucketContent) {
    totals = totals + other.totals
    latency.merge(other.latency)
    slots.formUnion(other.slots)
  }
}

extension String {
  /// Names of columns, each with that of their table.
  func qualified(by table: String) -> String { "\(table)." + replacing(", ", with: ", \(table).") }
}

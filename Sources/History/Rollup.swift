import GRDB
import Model

/// How finely what happened is still known once runs are gone.
enum RollupLevel: Int, CaseIterable, Sendable {
  case fiveMinutes, hours, days

  var table: String {
    switch self {
    case .fiveMinutes: "five_minutes"
    case .hours: "hours"
    case .days: "days"
    }
  }

  /// How long one bucket is, in milliseconds.
  var width: Int64 {
    switch self {
    case .fiveMinutes: 300_000
    case .hours: 3_600_000
    case .days: 86_400_000
    }
  }

  /// The start of the bucket that `moment` falls into; buckets are those of UTC.
  func floor(_ moment: Int64) -> Int64 {
    number(of: moment) * width
  }

  /// The number of the bucket that `moment` falls into: how many there are since the epoch. Tables hold these, for they
  /// are half as long as moments.
  func number(of moment: Int64) -> Int64 {
    moment.flooredQuotient(by: width)
  }

  /// The number of the first bucket that begins at `moment` or later.
  func number(from moment: Int64) -> Int64 {
    let number = number(of: moment)
    return moment.flooredRemainder(by: width) == 0 ? number : number + 1
  }
}

/// What counts of one run.
struct RunMark: Hashable, Sendable {
  var slot: Int64
  var verdict: Verdict
  var isInMaintenance: Bool
  /// Nil where it is not known.
  var microseconds: Int64?

  init(slot: Int64, verdict: Verdict, isInMaintenance: Bool, microseconds: Int64?) {
    self.slot = slot
    self.verdict = verdict
    self.isInMaintenance = isInMaintenance
    self.microseconds = microseconds
  }

  init(slot: Int64, mark: Int64, microseconds: Int64?) {
    self.init(
      slot: slot, verdict: Verdict(mark: mark & 3), isInMaintenance: mark & 4 != 0, microseconds: microseconds)
  }

  var mark: Int64 { verdict.mark + (isInMaintenance ? 4 : 0) }

  /// Whether latency speaks of it.
  var isTimed: Bool { verdict.isGood && !isInMaintenance && microseconds != nil }

  /// One slot from its runs in several regions. It has no duration: latency is that of runs, not of slots.
  ///
  /// - Parameter judged: what is held of the slot, where somebody said so.
  static func overRegions(_ marks: some Collection<RunMark>, slot: Int64, judged: Verdict?) -> RunMark {
    RunMark(
      slot: slot, verdict: judged ?? .overRegions(marks.map(\.verdict)),
      isInMaintenance: marks.contains { $0.isInMaintenance }, microseconds: nil)
  }
}

extension Verdict {
  /// The number that stands for it in the tables.
  var mark: Int64 {
    switch self {
    case .up: 0
    case .degraded: 1
    case .down: 2
    case .unknown: 3
    }
  }

  /// The verdict of the lowest two bits.
  init(mark: Int64) {
    switch mark & 3 {
    case 0: self = .up
    case 1: self = .degraded
    case 2: self = .down
    default: self = .unknown
    }
  }
}

/// Counts of runs; differences of running totals are these as well.
struct Totals: Hashable, Sendable {
  var up: Int64 = 0
  var degraded: Int64 = 0
  var down: Int64 = 0
  var unknown: Int64 = 0
  var maintenance: Int64 = 0
  var downMilliseconds: Int64 = 0

  var known: Int64 { up + degraded + down + unknown + maintenance }

  /// Counts one run (`sign` 1), or takes it back (−1).
  ///
  /// - Parameter interval: asked only where the run is down.
  mutating func count(_ run: RunMark, interval: @autoclosure () -> Int64, sign: Int64 = 1) {
    if run.isInMaintenance {
      maintenance += sign
    } else {
      switch run.verdict {
      case .up: up += sign
      case .degraded: degraded += sign
      case .down:
        down += sign
        downMilliseconds += sign * interval()
      case .unknown: unknown += sign
      }
    }
  }

  static func + (left: Totals, right: Totals) -> Totals {
    Totals(
      up: left.up + right.up, degraded: left.degraded + right.degraded, down: left.down + right.down,
      unknown: left.unknown + right.unknown, maintenance: left.maintenance + right.maintenance,
      downMilliseconds: left.downMilliseconds + right.downMilliseconds)
  }

  static func - (left: Totals, right: Totals) -> Totals {
    Totals(
      up: left.up - right.up, degraded: left.degraded - right.degraded, down: left.down - right.down,
      unknown: left.unknown - right.unknown, maintenance: left.maintenance - right.maintenance,
      downMilliseconds: left.downMilliseconds - right.downMilliseconds)
  }
}

/// What happened in one bucket alone.
struct BucketContent: Sendable {
  var totals = Totals()
  var latency = LatencyHistogram()
  /// The starts of its known slots, in order.
  var slots = SlotSet()

  /// Counts a run that comes after all others of the bucket.
  mutating func append(_ run: RunMark, interval: Int64) {
    totals.count(run, interval: interval)
    if run.isTimed, let microseconds = run.microseconds { latency.add(microseconds: microseconds) }
    slots.append(run.slot)
  }
}

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

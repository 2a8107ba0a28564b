import Model
import Postgres

/// How far history is rolled up, and from where on each level is there: the one row of `keeping`.
struct Keeping: Hashable, Sendable {
  /// Before the first moment that a timestamp can be, and a begin of buckets of every level.
  static let beginning = RollupLevel.days.floor(Int64.min / 1_000_000) - RollupLevel.days.width
  /// How long a slot waits for its run before it is rolled up: as long as a network may well be cut. What comes later costs a
  /// little more, and counts all the same.
  static let grace: Int64 = 15 * 60_000

  var generation: Int64
  /// Runs of slots before it come late.
  var announced: Int64
  /// Up to where (exclusive) all streams are rolled up.
  var sealed: Int64
  /// Before it, runs may be gone.
  var runsCut: Int64
  /// Before it, five minutes may be gone.
  var fiveMinutesCut: Int64
  /// Before it, hours may be gone.
  var hoursCut: Int64
  /// History begins here.
  var daysCut: Int64
  /// Whether a copy fills the history: runs and verdicts of anybody else are refused.
  var isFilling: Bool

  /// Reads it, of the moment of a transaction that reads.
  init(reading session: PostgresSession) throws {
    let rows = try session.execute(
      "SELECT generation, announced, sealed, cut_runs, cut_five, cut_hours, cut_days, filling FROM keeping WHERE key = 1"
    )
    guard let row = rows.first else { throw HistoryError("the database has lost the row of how far it is rolled up") }
    generation = try row[0]
    announced = try row[1]
    sealed = try row[2]
    runsCut = try row[3]
    fiveMinutesCut = try row[4]
    hoursCut = try row[5]
    daysCut = try row[6]
    isFilling = try row[7]
  }

  /// Reads it, and sees to it that it stays so until the transaction ends.
  ///
  /// - Parameter changes: whether the caller is about to change it, or names of streams: it then waits for all who store runs.
  init(holding session: PostgresSession, changes: Bool = false) throws {
    // A statement of its own: the one that reads must begin when the lock is held.
    try session.execute("LOCK TABLE keeping IN \(changes ? "EXCLUSIVE" : "ROW SHARE") MODE")
    try self.init(reading: session)
  }

  func store(in session: PostgresSession) throws {
    try session.execute(
      """
      UPDATE keeping SET generation = $1, announced = $2, sealed = $3, cut_runs = $4, cut_five = $5, cut_hours = $6,
        cut_days = $7, filling = $8 WHERE key = 1
      """,
      [generation, announced, sealed, runsCut, fiveMinutesCut, hoursCut, daysCut].map { .int($0) } + [.bool(isFilling)])
  }

  /// - Throws: `HistoryError` while a copy into the store is not finished.
  func refuseFilling(_ name: String) throws {
    guard isFilling else { return }
    throw HistoryError("\"\(name)\" holds half of a copy; run curlew history copy again to its end")
  }

  /// From where on a level is there.
  func cut(_ level: RollupLevel) -> Int64 {
    switch level {
    case .fiveMinutes: fiveMinutesCut
    case .hours: hoursCut
    case .days: daysCut
    }
  }

  /// Moves the cuts on to where retention has them now; they never go back, for what is gone stays gone. All are begins of days,
  /// and nothing is cut that is not rolled up.
  mutating func advance(to now: Int64, _ retention: HistoryRetention) {
    let fiveMinutes = max(retention.fiveMinutes, retention.runs)
    let hours = max(retention.hours, fiveMinutes)
    func cut(_ kept: Duration) -> Int64 {
      RollupLevel.days.floor(min(now - kept.nanoseconds / 1_000_000, sealed))
    }
    runsCut = max(runsCut, cut(retention.runs))
    fiveMinutesCut = max(fiveMinutesCut, cut(fiveMinutes))
    hoursCut = max(hoursCut, cut(hours))
    if let days = retention.days { daysCut = max(daysCut, cut(max(days, hours))) }
  }

  /// Where a window really begins or ends: where runs are gone, rounded down to what is left.
  func edge(_ wanted: Int64) -> Int64 {
    let moment = max(wanted, daysCut)
    return moment >= runsCut ? moment : level(at: moment).floor(moment)
  }

  /// The finest level that still has everything at a moment.
  func level(at moment: Int64) -> RollupLevel {
    moment >= fiveMinutesCut ? .fiveMinutes : moment >= hoursCut ? .hours : .days
  }
}

/// A part of a window, and the rows that hold what happened in it.
struct WindowPart: Hashable, Sendable {
  /// Nil for runs.
  var level: RollupLevel?
  var from: Int64
  var to: Int64

  /// The fewest rows that hold [from, to), in order of time: whole buckets of the coarsest level from the middle, finer ones from
  /// both ends.
  ///
  /// - Parameters:
  ///   - from: a begin of buckets of the finest level that is there.
  ///   - sealed: up to where it is rolled up.
  static func parts(from: Int64, to: Int64, sealed: Int64, _ level: RollupLevel? = .days) -> [WindowPart] {
    guard from < to else { return [] }
    guard let level else { return [WindowPart(level: nil, from: from, to: to)] }
    let first = level.floor(from) == from ? from : level.floor(from) + level.width
    let last = level.floor(min(to, sealed))
    guard first < last else { return parts(from: from, to: to, sealed: sealed, level.finer) }
    return parts(from: from, to: first, sealed: sealed, level.finer)
      + [WindowPart(level: level, from: first, to: last)]
      + parts(from: last, to: to, sealed: sealed, level.finer)
  }

  /// The same, where what is too much can be taken off again: whole buckets from the begin of one that is nearest to `from` to
  /// that nearest to `to`, with finer ones added or taken off at both ends. Days of a clock that is two hours off are a day
  /// and four hours each that way, and not twenty-four.
  ///
  /// Finer buckets are there from the begin of the coarser one on, for that is how all levels are cut.
  static func signed(
    from: Int64, to: Int64, sealed: Int64, _ level: RollupLevel? = .days
  ) -> [(part: WindowPart, sign: Int64)] {
    guard from < to else { return [] }
    guard let level else { return [(WindowPart(level: nil, from: from, to: to), 1)] }
    let last = level.floor(sealed)
    let first = min(level.floor(from + level.width / 2), last)
    let end = min(level.floor(to + level.width / 2), last)
    guard first < end else { return signed(from: from, to: to, sealed: sealed, level.finer) }
    func rest(_ from: Int64, _ to: Int64) -> [(part: WindowPart, sign: Int64)] {
      from <= to
        ? signed(from: from, to: to, sealed: sealed, level.finer)
        : signed(from: to, to: from, sealed: sealed, level.finer).map { ($0.part, -$0.sign) }
    }
    return rest(from, first) + [(WindowPart(level: level, from: first, to: end), 1)] + rest(end, to)
  }
}

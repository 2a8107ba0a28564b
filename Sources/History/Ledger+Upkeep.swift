import GRDB
import Model

extension Ledger {
  /// How long after its end a bucket of five minutes waits for runs that are still under way.
  private static let graceMilliseconds: Int64 = 30_000
  /// How many streams are rolled up in one transaction: about 40 ms.
  private static let streamsPerPortion = 500
  /// How many runs are deleted in one transaction, at most by a stream's portion more.
  private static let deletionsPerPortion = 10_000

  /// Does a bounded portion of rolling up and deleting.
  ///
  /// - Returns: whether more is due.
  mutating func upkeep(at now: Timestamp, retention: HistoryRetention, in database: Database) throws -> Bool {
    let moment = now.millisecondsSinceEpoch
    let before = cuts
    try cuts.advance(to: moment, retention: retention, in: database)
    if cuts != before { pruneCursor = 0 }
    let moreToSeal = try sealPortion(at: moment, in: database)
    // What outlived its retention must be in the next level first.
    let moreToPrune = moreToSeal ? true : try prunePortion(in: database)
    return moreToSeal || moreToPrune
  }

  // MARK: Rolling up

  private mutating func sealPortion(at moment: Int64, in database: Database) throws -> Bool {
    var sealed = 0
    for _ in streams.indices {
      if sealCursor >= streams.count { sealCursor = 0 }
      let stream = streams[sealCursor]
      let wait = min(stream.beat?.intervalMilliseconds ?? 0, RollupLevel.hours.width) + Self.graceMilliseconds
      let target = RollupLevel.fiveMinutes.floor(moment - wait)
      if isDue(stream, target) {
        guard sealed < Self.streamsPerPortion else { return true }
        try seal(sealCursor, to: target, in: database)
        sealed += 1
      }
      sealCursor += 1
    }
    return false
  }

  /// Whether rolling a stream up to `target` would put anything into any level.
  private func isDue(_ stream: Stream, _ target: Int64) -> Bool {
    RollupLevel.allCases.contains { level in
      let sealed = stream.sealed[level.rawValue]
      return stream.lastSlot >= sealed && level.floor(target) > sealed
    }
  }

  /// Rolls one stream up: five minutes from runs, hours from five minutes, days from hours.
  mutating func seal(_ index: Int, to target: Int64, in database: Database) throws {
    let stream = streams[index]
    for level in RollupLevel.allCases {
      let from = stream.sealed[level.rawValue]
      let to = level.floor(target)
      guard to > from else { continue }
      switch level {
      case .fiveMinutes: try sealRuns(of: index, from: from, to: to, in: database)
      case .hours: try sealRollups(of: stream.key, .fiveMinutes, into: .hours, from: from, to: to, in: database)
      case .days: try sealRollups(of: stream.key, .hours, into: .days, from: from, to: to, in: database)
      }
      streams[index].sealed[level.rawValue] = to
    }
    let update = try StoredStatement(
      "UPDATE streams SET sealed_five = ?, sealed_hour = ?, sealed_day = ? WHERE key = ?", in: database)
    for (offset, moment) in streams[index].sealed.enumerated() { update.bind(moment, at: Int32(1 + offset)) }
    update.bind(stream.key, at: 4)
    try update.run()
  }

  private func sealRuns(of index: Int, from: Int64, to: Int64, in database: Database) throws {
    let stream = streams[index]
    var marks: [RunMark] = []
    let judged = stream.region == 0 ? try JudgedSlots(database).verdicts(of: stream.key, from: from, to: to) : nil
    try RunMark.forEach(
      streams: sources(of: index), judged: judged, from: from, to: to, using: RunMark.lookup(database)
    ) { marks.append($0) }
    guard !marks.isEmpty else { return }
    let cadence = try Cadence(stream: stream.key, in: database)
    var running = try RunningTotals(of: stream, before: from, from: .fiveMinutes, cuts: cuts, in: database).totals
    var bucket = RollupLevel.fiveMinutes.floor(marks[0].slot)
    var content = BucketContent()
    for mark in marks {
      let own = RollupLevel.fiveMinutes.floor(mark.slot)
      if own != bucket {
        running = running + content.totals
        try Rollup(bucket: bucket, runningTotals: running, content: content)
          .store(stream: stream.key, level: .fiveMinutes, in: database)
        bucket = own
        content = BucketContent()
      }
      content.append(mark, interval: cadence.interval(at: mark.slot) ?? 0)
    }
    try Rollup(bucket: bucket, runningTotals: running + content.totals, content: content)
      .store(stream: stream.key, level: .fiveMinutes, in: database)
  }

  private func sealRollups(
    of stream: Int64, _ finer: RollupLevel, into level: RollupLevel, from: Int64, to: Int64, in database: Database
  ) throws {
    var pending: Rollup?
    for row in try Rollup.rows(of: stream, finer, from: from, to: to, in: database) {
      let bucket = level.floor(row.bucket)
      if var whole = pending, whole.bucket == bucket {
        whole.runningTotals = row.runningTotals
        whole.latency.merge(row.latency)
        whole.slots.formUnion(row.slots)
        pending = whole
      } else {
        try pending?.store(stream: stream, level: level, in: database)
        pending = row
        pending?.bucket = bucket
      }
    }
    try pending?.store(stream: stream, level: level, in: database)
  }

  // MARK: Deleting

  /// Deletes what outlived its retention, stream by stream, so that no transaction is long.
  private mutating func prunePortion(in database: Database) throws -> Bool {
    var deleted = 0
    while pruneCursor < streams.count {
      guard deleted < Self.deletionsPerPortion else { return true }
      let stream = streams[pruneCursor]
      if stream.region != 0 {
        let kept = cuts.kept(0, sealed: keptSeals(of: stream))
        for table in ["runs", "run_reasons"] {
          deleted += try delete(from: table, column: "slot", stream.key, before: kept, in: database)
        }
      } else {
        // Here the seals are those of the stream over all regions itself: what is gone is in its roll-ups.
        let kept = cuts.kept(0, sealed: stream.sealed)
        deleted += try delete(from: "judged", column: "slot", stream.key, before: kept, in: database)
      }
      for level in RollupLevel.allCases {
        var kept = level.floor(max(cuts.kept(level.rawValue + 1, sealed: stream.sealed), 0))
        if level == .days, kept > 0 { kept = try lastDay(of: stream.key, before: kept, in: database) ?? 0 }
        deleted += try delete(
          from: level.table, column: "bucket", stream.key, before: level.number(of: kept), in: database)
      }
      pruneCursor += 1
    }
    return false
  }

  /// The last of the days that outlived their retention: it stays, because the running totals that it bears are what
  /// every later row goes on from.
  private func lastDay(of stream: Int64, before moment: Int64, in database: Database) throws -> Int64? {
    let row = try StoredStatement("SELECT max(bucket) FROM days WHERE stream = ? AND bucket < ?", in: database)
    defer { row.reset() }
    row.bind(stream, at: 1)
    row.bind(RollupLevel.days.number(from: moment), at: 2)
    return try row.next() ? row.optionalInteger(0).map { $0 * RollupLevel.days.width } : nil
  }

  /// Runs of a region are also needed until the stream over all regions is rolled up.
  private func keptSeals(of stream: Stream) -> [Int64] {
    guard let combined = combined[stream.check] else { return stream.sealed }
    return zip(stream.sealed, streams[combined].sealed).map { min($0, $1) }
  }

  private func delete(
    from table: String, column: String, _ stream: Int64, before moment: Int64, in database: Database
  ) throws -> Int {
    guard moment > 0 else { return 0 }
    let delete = try StoredStatement("DELETE FROM \(table) WHERE stream = ? AND \(column) < ?", in: database)
    delete.bind(stream, at: 1)
    delete.bind(moment, at: 2)
    try delete.run()
    return database.changesCount
  }
}

extension RunMark {
  /// The statement that `forEach` is asked with, prepared once for thousands of streams.
  static func lookup(_ database: Database) throws -> StoredStatement {
    try StoredStatement(
      "SELECT slot, mark, duration_us FROM runs WHERE stream = ? AND slot >= ? AND slot < ?", in: database)
  }

  /// Goes through the marks of slots that start in [from, to), in order: those of one stream, or over the regions of
  /// those that it is made of.
  ///
  /// - Parameter judged: what is held of slots over all regions, where that was said; nil for the stream of one region.
  static func forEach(
    streams: [Int64], judged: [Int64: Verdict]?, from: Int64, to: Int64, using rows: StoredStatement,
    _ body: (RunMark) -> Void
  ) throws {
    guard from < to else { return }
    /// Of all regions, whose marks must be put in order first.
    var marks: [RunMark] = []
    for stream in streams {
      rows.bind(stream, at: 1)
      rows.bind(from, at: 2)
      rows.bind(to, at: 3)
      while try rows.next() {
        let mark = RunMark(slot: rows.integer(0), mark: rows.integer(1), microseconds: rows.optionalInteger(2))
        if judged == nil { body(mark) } else { marks.append(mark) }
      }
    }
    marks.sort { $0.slot < $1.slot }
    var rest = marks[...]
    while let slot = rest.first?.slot {
      let own = rest.prefix { $0.slot == slot }
      rest = rest.dropFirst(own.count)
      body(.overRegions(own, slot: slot, judged: judged?[slot]))
    }
  }
}

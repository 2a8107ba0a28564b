import GRDB
import Model

extension Ledger {
  /// What late runs change in the roll-ups of one stream.
  struct LateChange {
    var slot: Int64
    var totals: Totals
    var microseconds: Int64?
    /// Whether the stream did not know the slot.
    var isNew: Bool
  }

  /// Stores runs of one check that do not come after all others: those of a region that was cut off, and imports. They
  /// are worked through in order of time, so that each row of a roll-up is touched once.
  mutating func apply(
    late runs: [LateRun], check: Int64, to summary: inout WriteSummary, in database: Database
  ) throws {
    var accepted: [LateRun] = []
    for (index, runs) in Dictionary(grouping: runs, by: \.stream) {
      // The order of arrival breaks ties: the first stored stays.
      let ordered = runs.enumerated().sorted { ($0.element.mark.slot, $0.offset) < ($1.element.mark.slot, $1.offset) }
        .map(\.element)
      accepted += ordered.filter(\.isStored)
      let fresh = try add(ordered.filter { !$0.isStored }, to: index, in: database)
      summary.added += fresh.count
      summary.duplicates += ordered.count { !$0.isStored } - fresh.count
      accepted += fresh
    }
    if let index = combined[check], !accepted.isEmpty {
      try combine(accepted, in: index, database)
    }
  }

  /// Stores late runs of one region, in order of slots.
  ///
  /// - Returns: those whose slot was not known.
  private mutating func add(_ runs: [LateRun], to index: Int, in database: Database) throws -> [LateRun] {
    let stream = streams[index]
    let keptRuns = cuts.kept(0, sealed: stream.sealed)
    var cadence = try Cadence(stream: stream.key, in: database)
    let before = cadence
    var known = KnownSlots(stream: stream.key, sealed: stream.sealed, cuts: cuts)
    var accepted: [LateRun] = []
    for late in runs {
      let slot = late.mark.slot
      if slot == accepted.last?.mark.slot { continue }
      if slot >= keptRuns {
        guard try insert(late.run, late.mark, stream: stream.key, in: database) else { continue }
      } else {
        // Nobody can tell any more what was there before the last cut, so all of it counts as known.
        guard slot >= cuts.until[3], try !known.contains(slot, in: database) else { continue }
      }
      accepted.append(late)
      try cadence.insert(slot: slot, interval: late.interval) {
        try nextKnown(after: $0, stream: stream.key, sources: [stream.key], in: database)
      }
      try noteState(late, stream: stream, in: database)
    }
    guard let last = accepted.last else { return [] }
    if cadence != before { try cadence.store(stream: stream.key, in: database) }
    streams[index].beat = cadence.stretches.last
    if last.mark.slot > stream.lastSlot {
      streams[index].lastSlot = last.mark.slot
      streams[index].lastVerdict = last.mark.verdict
    }
    let changes = accepted.filter { $0.mark.slot < stream.sealed[0] }.map { late in
      var totals = Totals()
      totals.count(late.mark, interval: late.interval)
      return LateChange(
        slot: late.mark.slot, totals: totals, microseconds: late.mark.isTimed ? late.mark.microseconds : nil,
        isNew: true)
    }
    try merge(changes, into: stream, in: database)
    return accepted
  }

  /// Lets the roll-ups over all regions know of late runs.
  private mutating func combine(_ runs: [LateRun], in index: Int, _ database: Database) throws {
    let stream = streams[index]
    let sources = sources(of: index)
    var cadence = try Cadence(stream: stream.key, in: database)
    let before = cadence
    var known = KnownSlots(stream: stream.key, sealed: stream.sealed, cuts: cuts)
    var changes: [LateChange] = []
    let judged = try JudgedSlots(database)
    let bySlot = Dictionary(grouping: runs, by: \.mark.slot)
    for slot in bySlot.keys.sorted() {
      guard let added = bySlot[slot], let interval = added.first?.interval else { continue }
      try cadence.insert(slot: slot, interval: interval) {
        try nextKnown(after: $0, stream: stream.key, sources: sources, in: database)
      }
      streams[index].lastSlot = max(streams[index].lastSlot, slot)
      guard slot < stream.sealed[0] else { continue }
      let addedStreams = Set(added.map { streams[$0.stream].key })
      var others: [RunMark] = []
      for source in sources where !addedStreams.contains(source) {
        if let mark = try storedMark(stream: source, slot: slot, in: database) { others.append(mark) }
      }
      // Where the other regions' runs are gone, what was said of the slot first stays.
      if others.isEmpty, try known.contains(slot, in: database) { continue }
      var totals = Totals()
      let held = try judged.verdict(of: stream.key, slot: slot)
      if !others.isEmpty { totals.count(.overRegions(others, slot: slot, judged: held), interval: interval, sign: -1) }
      totals.count(.overRegions(others + added.map(\.mark), slot: slot, judged: held), interval: interval)
      changes.append(LateChange(slot: slot, totals: totals, microseconds: nil, isNew: others.isEmpty))
    }
    if cadence != before { try cadence.store(stream: stream.key, in: database) }
    streams[index].beat = cadence.stretches.last
    try merge(changes, into: stream, in: database)
  }

  func storedMark(stream: Int64, slot: Int64, in database: Database) throws -> RunMark? {
    let row = try StoredStatement("SELECT mark, duration_us FROM runs WHERE stream = ? AND slot = ?", in: database)
    defer { row.reset() }
    row.bind(stream, at: 1)
    row.bind(slot, at: 2)
    return try row.next()
      ? RunMark(slot: slot, mark: row.integer(0), microseconds: row.optionalInteger(1)) : nil
  }

  /// Works changes into the sealed rows of every level, and into the running totals of all rows after them.
  ///
  /// - Parameter changes: in order of slots, all before the stream's sealed five minutes.
  func merge(_ changes: [LateChange], into stream: Stream, in database: Database) throws {
    guard let first = changes.first else { return }
    for level in RollupLevel.allCases {
      let sealed = stream.sealed[level.rawValue]
      let kept = cuts.kept(level.rawValue + 1, sealed: stream.sealed)
      var contents: [Int64: BucketContent] = [:]
      for change in changes where change.slot >= kept && change.slot < sealed {
        let bucket = level.floor(change.slot)
        var content = contents.removeValue(forKey: bucket) ?? BucketContent()
        content.totals = content.totals + change.totals
        if let microseconds = change.microseconds { content.latency.add(microseconds: microseconds) }
        if change.isNew { content.slots.append(change.slot) }
        contents[bucket] = content
      }
      // What is before the cut is read by nobody any more.
      let rows = try Rollup.rows(
        of: stream.key, level, from: max(level.floor(first.slot), kept), to: .max, in: database)
      let buckets = Set(rows.map(\.bucket)).union(contents.keys).sorted()
      // Where the level has no row before, a coarser one has; it hears of the changes only after this level.
      guard let start = buckets.first else { continue }
      var running = try RunningTotals(of: stream, before: start, from: level, cuts: cuts, in: database).totals
      var shift = Totals()
      var pending = changes[...]
      let existing = Dictionary(uniqueKeysWithValues: rows.map { ($0.bucket, $0) })
      for bucket in buckets {
        while let change = pending.first, change.slot < bucket + level.width {
          shift = shift + change.totals
          pending.removeFirst()
        }
        var content = contents[bucket] ?? BucketContent()
        if let row = existing[bucket] {
          running = row.runningTotals
          content.latency.merge(row.latency)
          content.slots.formUnion(row.slots)
        }
        try Rollup(bucket: bucket, runningTotals: running + shift, content: content)
          .store(stream: stream.key, level: level, in: database)
      }
    }
  }

  /// Keeps changes of verdict true when a run comes between others.
  private func noteState(_ late: LateRun, stream: Stream, in database: Database) throws {
    let slot = late.mark.slot
    let state = try StoredStatement(
      "SELECT mark FROM state_changes WHERE stream = ? AND slot < ? ORDER BY slot DESC LIMIT 1", in: database)
    state.bind(stream.key, at: 1)
    state.bind(slot, at: 2)
    let before = try state.next() ? Verdict(mark: state.integer(0)) : nil
    state.reset()
    guard before != late.mark.verdict else { return }
    try storeStateChange(stream: stream.key, slot, late.mark.verdict, late.run.reason, in: database)
    guard let next = try nextKnown(after: slot, stream: stream.key, sources: [stream.key], in: database) else { return }
    let change = try StoredStatement("SELECT mark FROM state_changes WHERE stream = ? AND slot = ?", in: database)
    change.bind(stream.key, at: 1)
    change.bind(next, at: 2)
    let changed = try change.next() ? Verdict(mark: change.integer(0)) : nil
    change.reset()
    if changed == late.mark.verdict {
      let delete = try StoredStatement("DELETE FROM state_changes WHERE stream = ? AND slot = ?", in: database)
      delete.bind(stream.key, at: 1)
      delete.bind(next, at: 2)
      try delete.run()
    } else if changed == nil, let before {
      try storeStateChange(stream: stream.key, next, before, nil, in: database)
    }
  }

  /// The first known slot of a stream after `slot`, among runs and roll-ups.
  func nextKnown(after slot: Int64, stream: Int64, sources: [Int64], in database: Database) throws -> Int64? {
    var next: Int64?
    for source in sources {
      let run = try StoredStatement("SELECT min(slot) FROM runs WHERE stream = ? AND slot > ?", in: database)
      run.bind(source, at: 1)
      run.bind(slot, at: 2)
      if try run.next(), let found = run.optionalInteger(0) { next = min(next ?? .max, found) }
      run.reset()
    }
    for level in RollupLevel.allCases {
      let rows = try StoredStatement(
        "SELECT \(Rollup.columns) FROM \(level.table) WHERE stream = ? AND bucket >= ? ORDER BY bucket LIMIT 2",
        in: database)
      rows.bind(stream, at: 1)
      rows.bind(level.number(of: slot), at: 2)
      while try rows.next() {
        if let found = Rollup(rows, level)?.slots.first(after: slot) { next = min(next ?? .max, found) }
      }
    }
    return next
  }
}

/// Looks up slots whose runs are gone in the roll-ups; asked in order of time, it reads each row once.
private struct KnownSlots {
  let stream: Int64
  let sealed: [Int64]
  let cuts: Cuts
  private var level: RollupLevel = .days
  private var bucket: Int64?
  private var slots = SlotSet()

  init(stream: Int64, sealed: [Int64], cuts: Cuts) {
    self.stream = stream
    self.sealed = sealed
    self.cuts = cuts
  }

  mutating func contains(_ slot: Int64, in database: Database) throws -> Bool {
    let level: RollupLevel =
      slot >= cuts.kept(1, sealed: sealed) ? .fiveMinutes : slot >= cuts.kept(2, sealed: sealed) ? .hours : .days
    let bucket = level.floor(slot)
    if bucket != self.bucket || level != self.level {
      self.level = level
      self.bucket = bucket
      let row = try Rollup.rows(of: stream, level, from: bucket, to: bucket + 1, in: database).first
      slots = row?.slots ?? SlotSet()
    }
    return slots.contains(slot)
  }
}

extension Rollup {
  /// The rows of buckets that begin in [from, to).
  static func rows(
    of stream: Int64, _ level: RollupLevel, from: Int64, to: Int64, in database: Database
  ) throws -> [Rollup] {
    let rows = try StoredStatement(
      "SELECT \(columns) FROM \(level.table) WHERE stream = ? AND bucket >= ? AND bucket < ? ORDER BY bucket",
      in: database)
    rows.bind(stream, at: 1)
    rows.bind(level.number(from: from), at: 2)
    rows.bind(level.number(from: to), at: 3)
    var found: [Rollup] = []
    while try rows.next() {
      if let row = Rollup(rows, level) { found.append(row) }
    }
    return found
  }
}

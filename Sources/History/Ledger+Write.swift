import GRDB
import Model

extension Ledger {
  /// A run that does not come after everything its stream has.
  struct LateRun {
    var stream: Int
    var run: HistoryRun
    var mark: RunMark
    var interval: Int64
    /// Whether it is stored already, and only the roll-up over all regions must still hear of it.
    var isStored = false
  }

  /// Stores runs in whatever order they come; the first of two for one slot stays.
  mutating func write(
    _ runs: [HistoryRun], at now: Timestamp, retention: HistoryRetention, in database: Database
  ) throws -> WriteSummary {
    var summary = WriteSummary()
    var late: [Int64: [LateRun]] = [:]
    let horizon = RollupLevel.hours.floor(
      now.millisecondsSinceEpoch - retention.runs.nanoseconds / 1_000_000)
    for run in runs {
      let slot = run.slotStart.millisecondsSinceEpoch
      if slot < horizon, cuts.until[0] < horizon {
        try cuts.advance(to: now.millisecondsSinceEpoch, retention: retention, in: database)
      }
      let interval = max(1, run.interval.nanoseconds / 1_000_000)
      let mark = RunMark(
        slot: slot, verdict: run.verdict, isInMaintenance: run.isInMaintenance,
        microseconds: run.duration?.roundedMicroseconds)
      if let node = run.node, nodes[node] == nil {
        _ = try Self.key(of: node, text: node, among: &nodes, table: "nodes", column: "name", in: database)
      }
      let index = try stream(of: run, slot: slot, in: database)
      let check = streams[index].check
      if slot > streams[index].lastSlot, slot >= streams[index].sealed[0], slot >= cuts.until[0] {
        try append(run, mark, interval: interval, to: index, in: database)
        summary.added += 1
        if let combined = combined[check] {
          if slot < streams[combined].sealed[0] {
            late[check, default: []].append(
              LateRun(stream: index, run: run, mark: mark, interval: interval, isStored: true))
          } else {
            try beat(slot: slot, interval: interval, in: combined, database)
          }
        }
      } else {
        late[check, default: []].append(LateRun(stream: index, run: run, mark: mark, interval: interval))
      }
    }
    for (check, runs) in late {
      try apply(late: runs, check: check, to: &summary, in: database)
    }
    return summary
  }

  /// The path of nearly every run: newer than all others of its stream.
  private mutating func append(
    _ run: HistoryRun, _ mark: RunMark, interval: Int64, to index: Int, in database: Database
  ) throws {
    let stream = streams[index]
    try insert(run, mark, stream: stream.key, in: database)
    if let beat = stream.beat, beat.holds(slot: mark.slot, interval: interval) {
      // The usual case: nothing to say.
    } else {
      try beginStretch(slot: mark.slot, interval: interval, in: index, database)
    }
    if stream.lastVerdict != mark.verdict {
      try storeStateChange(stream: stream.key, mark.slot, mark.verdict, run.reason, in: database)
      streams[index].lastVerdict = mark.verdict
    }
    streams[index].lastSlot = mark.slot
  }

  private mutating func beginStretch(slot: Int64, interval: Int64, in index: Int, _ database: Database) throws {
    let insert = try StoredStatement(
      "INSERT INTO cadences (stream, since, interval) VALUES (?, ?, ?)", in: database)
    insert.bind(streams[index].key, at: 1)
    insert.bind(slot, at: 2)
    insert.bind(interval, at: 3)
    try insert.run()
    streams[index].beat = Cadence.Stretch(sinceMilliseconds: slot, intervalMilliseconds: interval)
  }

  /// Lets the rhythm over all regions know of a slot that is not sealed yet.
  private mutating func beat(slot: Int64, interval: Int64, in combined: Int, _ database: Database) throws {
    defer { streams[combined].lastSlot = max(streams[combined].lastSlot, slot) }
    if let beat = streams[combined].beat, slot >= beat.sinceMilliseconds, beat.holds(slot: slot, interval: interval) {
      return
    }
    if slot > streams[combined].lastSlot {
      try beginStretch(slot: slot, interval: interval, in: combined, database)
      return
    }
    var cadence = try Cadence(stream: streams[combined].key, in: database)
    let sources = sources(of: combined)
    let key = streams[combined].key
    if try cadence.insert(
      slot: slot, interval: interval,
      nextKnown: { try nextKnown(after: $0, stream: key, sources: sources, in: database) })
    {
      try cadence.store(stream: key, in: database)
      streams[combined].beat = cadence.stretches.last
    }
  }

  /// Stores the row of a run, and its reason.
  ///
  /// - Returns: false when its slot has one already.
  @discardableResult
  func insert(_ run: HistoryRun, _ mark: RunMark, stream: Int64, in database: Database) throws -> Bool {
    let insert = try StoredStatement(
      """
      INSERT OR IGNORE INTO runs (stream, slot, mark, duration_us, lag_ms, attempts, node, trace)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?)
      """, in: database)
    insert.bind(stream, at: 1)
    insert.bind(mark.slot, at: 2)
    insert.bind(mark.mark, at: 3)
    insert.bind(mark.microseconds, at: 4)
    insert.bind(run.started.millisecondsSinceEpoch - mark.slot, at: 5)
    insert.bind(Int64(run.attempts), at: 6)
    insert.bind(run.node.flatMap { nodes[$0] }, at: 7)
    insert.bind(TraceID.bytes(of: run.traceID), at: 8)
    try insert.run()
    guard database.changesCount > 0 else { return false }
    if let reason = run.reason {
      let detail = try StoredStatement(
        """
        INSERT OR REPLACE INTO run_reasons (stream, slot, code, step, phase, message, location)
        VALUES (?, ?, ?, ?, ?, ?, ?)
        """, in: database)
      detail.bind(stream, at: 1)
      detail.bind(mark.slot, at: 2)
      detail.bind(reason.code.rawValue, at: 3)
      detail.bind(reason.step, at: 4)
      detail.bind(reason.phase?.rawValue, at: 5)
      detail.bind(reason.message, at: 6)
      detail.bind(reason.location, at: 7)
      try detail.run()
    }
    return true
  }

  /// Stores from which slot on a stream has another verdict.
  func storeStateChange(
    stream: Int64, _ slot: Int64, _ verdict: Verdict, _ reason: HistoryReason?, in database: Database
  ) throws {
    let insert = try StoredStatement(
      "INSERT OR REPLACE INTO state_changes (stream, slot, mark, code, message) VALUES (?, ?, ?, ?, ?)", in: database)
    insert.bind(stream, at: 1)
    insert.bind(slot, at: 2)
    insert.bind(verdict.mark, at: 3)
    insert.bind(reason?.code.rawValue, at: 4)
    insert.bind(reason?.message, at: 5)
    try insert.run()
  }
}

extension Cadence {
  /// Reads the rhythm of one stream.
  init(stream: Int64, in database: Database) throws {
    let rows = try StoredStatement("SELECT since, interval FROM cadences WHERE stream = ? ORDER BY since", in: database)
    rows.bind(stream, at: 1)
    var stretches: [Stretch] = []
    while try rows.next() {
      stretches.append(Stretch(sinceMilliseconds: rows.integer(0), intervalMilliseconds: rows.integer(1)))
    }
    self.init(stretches)
  }

  /// Writes the rhythm of one stream anew.
  func store(stream: Int64, in database: Database) throws {
    let delete = try StoredStatement("DELETE FROM cadences WHERE stream = ?", in: database)
    delete.bind(stream, at: 1)
    try delete.run()
    for stretch in stretches {
      let insert = try StoredStatement(
        "INSERT INTO cadences (stream, since, interval) VALUES (?, ?, ?)", in: database)
      insert.bind(stream, at: 1)
      insert.bind(stretch.sinceMilliseconds, at: 2)
      insert.bind(stretch.intervalMilliseconds, at: 3)
      try insert.run()
    }
  }
}

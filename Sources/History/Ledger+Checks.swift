import GRDB
import Model

extension Ledger {
  /// Says which checks are in force where this process runs, and lets renamed ones take over their history.
  ///
  /// A region that no daemon has ever spoken for, such as one that was imported, is spoken for by any.
  mutating func register(
    _ registrations: [CheckRegistration], in region: String, at moment: Timestamp, in database: Database
  ) throws {
    let named = Set(registrations.map(\.id))
    var isStale = false
    for registration in registrations {
      guard let old = registration.movedFrom, !named.contains(old) else { continue }
      isStale = try takeOver(old, by: registration.id, in: database) || isStale
    }
    if isStale { self = try Ledger(reading: database) }

    let spokenFor = try regionsSpokenFor(by: region, in: database)
    let inForce = Dictionary(registrations.map { ($0.id, $0) }) { first, _ in first }
    var paused = try pausedStreams(in: database)
    for (origin, index) in indexes where spokenFor.contains(origin.region) {
      let isExpected = inForce[origin.check]?.runs(in: origin.region) ?? false
      try setPaused(!isExpected, streams[index].key, among: &paused, at: moment, in: database)
    }
    for (check, index) in combined {
      let isPaused = regional[check, default: []].allSatisfy { paused.contains(streams[$0].key) }
      try setPaused(isPaused, streams[index].key, among: &paused, at: moment, in: database)
    }
  }

  /// The own region, which is marked as spoken for, and those that nobody has marked.
  private mutating func regionsSpokenFor(by region: String, in database: Database) throws -> Set<String> {
    let key = try Self.key(of: region, text: region, among: &regions, table: "regions", column: "name", in: database)
    let mark = try StoredStatement("UPDATE regions SET registered = 1 WHERE key = ?", in: database)
    mark.bind(key, at: 1)
    try mark.run()
    var names: Set = [region]
    let rows = try StoredStatement("SELECT name FROM regions WHERE registered = 0", in: database)
    while try rows.next() {
      if let name = rows.text(0) { names.insert(name) }
    }
    return names
  }

  private func pausedStreams(in database: Database) throws -> Set<Int64> {
    var paused: Set<Int64> = []
    let rows = try StoredStatement("SELECT stream FROM pauses WHERE until IS NULL", in: database)
    while try rows.next() { paused.insert(rows.integer(0)) }
    return paused
  }

  private func setPaused(
    _ isPaused: Bool, _ stream: Int64, among paused: inout Set<Int64>, at moment: Timestamp, in database: Database
  ) throws {
    guard isPaused != paused.contains(stream) else { return }
    let change = try StoredStatement(
      isPaused
        ? "INSERT OR REPLACE INTO pauses (stream, since, until) VALUES (?1, ?2, NULL)"
        : "UPDATE pauses SET until = max(?2, since) WHERE stream = ?1 AND until IS NULL", in: database)
    change.bind(stream, at: 1)
    change.bind(moment.millisecondsSinceEpoch, at: 2)
    try change.run()
    if isPaused { paused.insert(stream) } else { paused.remove(stream) }
  }

  /// Makes the history of `old` that of `new`.
  ///
  /// - Returns: whether histories were joined, so that the ledger must be read anew before it is used for either check.
  mutating func takeOver(_ old: CheckID, by new: CheckID, in database: Database) throws -> Bool {
    guard old != new else { return false }
    // A check that never ran may have records all the same, such as a month that was closed or words about it.
    try RecordTakeOver(from: old, to: new).run(in: database)
    guard let oldKey = checks[old], !regional[oldKey, default: []].isEmpty else { return false }
    if let newKey = checks[new], !regional[newKey, default: []].isEmpty {
      try join(oldKey, into: newKey, in: database)
      checks[old] = nil
      return true
    }
    let delete = try StoredStatement("DELETE FROM checks WHERE id = ?", in: database)
    delete.bind(new.text, at: 1)
    try delete.run()
    let rename = try StoredStatement("UPDATE checks SET id = ? WHERE key = ?", in: database)
    rename.bind(new.text, at: 1)
    rename.bind(oldKey, at: 2)
    try rename.run()
    checks[old] = nil
    checks[new] = oldKey
    for region in regions.keys {
      if let index = indexes.removeValue(forKey: Origin(check: old, region: region)) {
        indexes[Origin(check: new, region: region)] = index
      }
    }
    return false
  }

  /// Joins the streams of two checks, region by region. Where both knew one slot, that of the newer check stays.
  private mutating func join(_ old: Int64, into new: Int64, in database: Database) throws {
    let regions = Set((regional[old, default: []] + regional[new, default: []]).map { streams[$0].region })
    if regions.count > 1 {
      for check in [old, new] where combined[check] == nil {
        if let only = regional[check]?.first { try beginCombining(streams[only], in: database) }
      }
      // Before runs change hands: each side's roll-up over its regions is made of its own runs.
      if let from = combined[old], let into = combined[new] {
        try joinPauses(of: streams[from].key, into: streams[into].key, in: database)
        try joinRollups(of: from, into: into, in: database)
        try moveRows(of: streams[from].key, into: streams[into].key, ["judged"], in: database)
      }
    }
    for from in regional[old, default: []] {
      if let into = regional[new, default: []].first(where: { streams[$0].region == streams[from].region }) {
        try joinPauses(of: streams[from].key, into: streams[into].key, in: database)
        try joinRollups(of: from, into: into, in: database)
        try moveRows(
          of: streams[from].key, into: streams[into].key, ["runs", "run_reasons", "state_changes"], in: database)
      } else {
        try database.execute(
          sql: "UPDATE streams SET check_key = ? WHERE key = ?", arguments: [new, streams[from].key])
      }
    }
    try database.execute(sql: "DELETE FROM streams WHERE check_key = ?", arguments: [old])
    try database.execute(sql: "DELETE FROM checks WHERE key = ?", arguments: [old])
  }

  /// What was not expected of either is not expected of both. The end of the older one's last pause is the first slot of
  /// the newer one, so this comes before the rhythms are joined.
  private func joinPauses(of from: Int64, into: Int64, in database: Database) throws {
    try database.execute(
      sql: """
        UPDATE pauses SET until = max(since, (SELECT min(since) FROM cadences WHERE stream = ?))
        WHERE stream = ? AND until IS NULL
        """, arguments: [into, from])
    try database.execute(sql: "UPDATE OR IGNORE pauses SET stream = ? WHERE stream = ?", arguments: [into, from])
    try database.execute(sql: "DELETE FROM pauses WHERE stream = ?", arguments: [from])
  }

  /// Adds the rows and the rhythm of one stream to those of another.
  private mutating func joinRollups(of from: Int, into: Int, in database: Database) throws {
    let target = max(streams[from].sealed[0], streams[into].sealed[0])
    try seal(from, to: target, in: database)
    try seal(into, to: target, in: database)
    let (from, into) = (streams[from], streams[into])
    let twice = from.region == 0 ? [] : try conflicts(from.key, into.key, before: target, in: database)
    for level in RollupLevel.allCases {
      // Both were rolled up as far, so the cut is the same. Of days, the last row before it still counts.
      let kept = level == .days ? .min : cuts.kept(level.rawValue + 1, sealed: into.sealed)
      let sides = try [from.key, into.key].map {
        try Rollup.rows(of: $0, level, from: kept, to: .max, in: database)
      }
      let buckets = Set(sides.joined().map(\.bucket)).sorted()
      guard let first = buckets.first else {
        try database.execute(sql: "DELETE FROM \(level.table) WHERE stream = ?", arguments: [from.key])
        continue
      }
      var running = try [from, into].map {
        try RunningTotals(of: $0, before: first, from: level, cuts: cuts, in: database).totals
      }
      let rows = sides.map { Dictionary(uniqueKeysWithValues: $0.map { ($0.bucket, $0) }) }
      var counted = Totals()
      var pending = twice[...]
      for bucket in buckets {
        while let change = pending.first, change.slot < bucket + level.width {
          counted = counted + change.totals
          pending.removeFirst()
        }
        var content = BucketContent()
        for side in 0..<2 {
          guard let row = rows[side][bucket] else { continue }
          running[side] = row.runningTotals
          content.latency.merge(row.latency)
          content.slots.formUnion(row.slots)
        }
        try Rollup(bucket: bucket, runningTotals: running[0] + running[1] - counted, content: content)
          .store(stream: into.key, level: level, in: database)
      }
      try database.execute(sql: "DELETE FROM \(level.table) WHERE stream = ?", arguments: [from.key])
    }
    let stretches =
      try Cadence(stream: from.key, in: database).stretches + Cadence(stream: into.key, in: database).stretches
    var joined: [Int64: Cadence.Stretch] = [:]
    for stretch in stretches { joined[stretch.sinceMilliseconds] = stretch }
    try Cadence(joined.values.sorted { $0.sinceMilliseconds < $1.sinceMilliseconds })
      .store(stream: into.key, in: database)
    try database.execute(sql: "DELETE FROM cadences WHERE stream = ?", arguments: [from.key])
  }

  /// The slots that both streams have a run of, as what the first one's runs counted for.
  private func conflicts(
    _ from: Int64, _ into: Int64, before: Int64, in database: Database
  ) throws -> [LateChange] {
    let cadence = try Cadence(stream: from, in: database)
    let rows = try StoredStatement(
      """
      SELECT slot, a.mark, a.duration_us FROM runs a JOIN runs b USING (slot)
      WHERE a.stream = ? AND b.stream = ? AND slot < ? ORDER BY slot
      """, in: database)
    rows.bind(from, at: 1)
    rows.bind(into, at: 2)
    rows.bind(before, at: 3)
    var changes: [LateChange] = []
    while try rows.next() {
      let mark = RunMark(slot: rows.integer(0), mark: rows.integer(1), microseconds: rows.optionalInteger(2))
      var totals = Totals()
      totals.count(mark, interval: cadence.interval(at: mark.slot) ?? 0)
      changes.append(LateChange(slot: mark.slot, totals: totals, microseconds: nil, isNew: false))
    }
    return changes
  }

  private func moveRows(of from: Int64, into: Int64, _ tables: [String], in database: Database) throws {
    for table in tables {
      try database.execute(sql: "UPDATE OR IGNORE \(table) SET stream = ? WHERE stream = ?", arguments: [into, from])
      try database.execute(sql: "DELETE FROM \(table) WHERE stream = ?", arguments: [from])
    }
  }
}

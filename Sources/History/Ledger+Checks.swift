import GRDB
import Model

extension Ledger {
  /// Says which checks are in force, and lets renamed ones take over their history.
  mutating func register(_ registrations: [CheckRegistration], at moment: Timestamp, in database: Database) throws {
    let named = Set(registrations.map(\.id))
    for registration in registrations {
      guard let old = registration.movedFrom, !named.contains(old) else { continue }
      try takeOver(old, by: registration.id, in: database)
    }
    let inForce = Set(registrations.filter(\.isEnabled).map(\.id))
    for (id, key) in checks {
      if inForce.contains(id) {
        let resume = try StoredStatement(
          "UPDATE pauses SET until = max(?, since) WHERE check_key = ? AND until IS NULL", in: database)
        resume.bind(moment.millisecondsSinceEpoch, at: 1)
        resume.bind(key, at: 2)
        try resume.run()
      } else {
        let pause = try StoredStatement(
          """
          INSERT OR IGNORE INTO pauses (check_key, since, until) SELECT ?1, ?2, NULL
          WHERE NOT EXISTS (SELECT 1 FROM pauses WHERE check_key = ?1 AND until IS NULL)
          """, in: database)
        pause.bind(key, at: 1)
        pause.bind(moment.millisecondsSinceEpoch, at: 2)
        try pause.run()
      }
    }
  }

  /// Makes the history of `old` that of `new`.
  mutating func takeOver(_ old: CheckID, by new: CheckID, in database: Database) throws {
    guard old != new, let oldKey = checks[old], !regional[oldKey, default: []].isEmpty else { return }
    if let newKey = checks[new], !regional[newKey, default: []].isEmpty {
      try join(oldKey, into: newKey, in: database)
    } else {
      for sql in [
        "DELETE FROM pauses WHERE check_key = (SELECT key FROM checks WHERE id = ?)",
        "DELETE FROM checks WHERE id = ?",
      ] {
        let delete = try StoredStatement(sql, in: database)
        delete.bind(new.text, at: 1)
        try delete.run()
      }
      let rename = try StoredStatement("UPDATE checks SET id = ? WHERE key = ?", in: database)
      rename.bind(new.text, at: 1)
      rename.bind(oldKey, at: 2)
      try rename.run()
    }
    self = try Ledger(reading: database)
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
        try joinRollups(of: from, into: into, in: database)
      }
    }
    for from in regional[old, default: []] {
      if let into = regional[new, default: []].first(where: { streams[$0].region == streams[from].region }) {
        try joinRollups(of: from, into: into, in: database)
        try moveRuns(of: streams[from].key, into: streams[into].key, in: database)
      } else {
        try database.execute(
          sql: "UPDATE streams SET check_key = ? WHERE key = ?", arguments: [new, streams[from].key])
      }
    }
    let first = try Int64.fetchOne(
      database,
      sql: "SELECT min(since) FROM cadences WHERE stream IN (SELECT key FROM streams WHERE check_key = ?)",
      arguments: [new])
    try database.execute(
      sql: "UPDATE pauses SET until = max(since, ?) WHERE check_key = ? AND until IS NULL",
      arguments: [first, old])
    try database.execute(sql: "UPDATE OR IGNORE pauses SET check_key = ? WHERE check_key = ?", arguments: [new, old])
    try database.execute(sql: "DELETE FROM pauses WHERE check_key = ?", arguments: [old])
    try database.execute(sql: "DELETE FROM streams WHERE check_key = ?", arguments: [old])
    try database.execute(sql: "DELETE FROM checks WHERE key = ?", arguments: [old])
  }

  /// Adds the rows and the rhythm of one stream to those of another.
  private mutating func joinRollups(of from: Int, into: Int, in database: Database) throws {
    let target = max(streams[from].sealed[0], streams[into].sealed[0])
    try seal(from, to: target, in: database)
    try seal(into, to: target, in: database)
    let (from, into) = (streams[from], streams[into])
    let twice = from.region == 0 ? [] : try conflicts(from.key, into.key, before: target, in: database)
    for level in RollupLevel.allCases {
      let sides = try [from.key, into.key].map {
        try Rollup.rows(of: $0, level, from: .min, to: .max, in: database)
      }
      let buckets = Set(sides.joined().map(\.bucket)).sorted()
      guard let first = buckets.first else { continue }
      var running = try [from.key, into.key].map {
        try RunningTotals(of: $0, before: first, from: level, in: database).totals
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

  private func moveRuns(of from: Int64, into: Int64, in database: Database) throws {
    for table in ["runs", "run_reasons", "state_changes"] {
      try database.execute(sql: "UPDATE OR IGNORE \(table) SET stream = ? WHERE stream = ?", arguments: [into, from])
      try database.execute(sql: "DELETE FROM \(table) WHERE stream = ?", arguments: [from])
    }
  }
}

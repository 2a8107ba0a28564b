import Model
import Postgres

/// Makes the history of one check that of another, when nobody stores runs.
struct TakeOver {
  private let session: PostgresSession
  private let partitions: Partitions

  init(_ session: PostgresSession, _ partitions: Partitions) {
    self.session = session
    self.partitions = partitions
  }

  /// What there is of a check.
  private struct Side {
    var check: Int64
    /// By region; 0 over all regions.
    var streams: [Int64: LockedStream]

    var isEmpty: Bool { streams.isEmpty }
  }

  func run(from old: CheckID, to new: CheckID) throws {
    guard old != new else { return }
    // A check that never ran may have records all the same, such as a month that was closed or words about it.
    try RecordTakeOver(from: old, to: new).run(in: session)
    var keeping = try Keeping(reading: session)
    guard let from = try side(old), !from.isEmpty else { return }
    keeping.generation += 1
    try keeping.store(in: session)
    if let into = try side(new), !into.isEmpty {
      try join(from, into, new, keeping)
      return
    }
    try session.execute("DELETE FROM checks WHERE id = $1", [.text(new.text)])
    try session.execute("UPDATE checks SET id = $1 WHERE key = $2", [.text(new.text), .int(from.check)])
  }

  private func side(_ id: CheckID) throws -> Side? {
    guard let row = try session.execute("SELECT key FROM checks WHERE id = $1 FOR UPDATE", [.text(id.text)]).first
    else { return nil }
    return try side(row[0])
  }

  private func side(_ check: Int64) throws -> Side {
    let rows = try session.execute(
      "SELECT \(LockedStream.columns) FROM streams WHERE check_key = $1 ORDER BY key FOR UPDATE", [.int(check)])
    let streams = try rows.map { try LockedStream($0) }
    return Side(check: check, streams: Dictionary(uniqueKeysWithValues: streams.map { ($0.region, $0) }))
  }

  /// Joins the streams of two checks, region by region. Where both knew one slot, that of the newer check stays.
  private func join(_ old: Side, _ new: Side, _ id: CheckID, _ keeping: Keeping) throws {
    var (old, new) = (old, new)
    if Set(old.streams.keys).union(new.streams.keys).subtracting([0]).count > 1 {
      for side in [old, new] where side.streams[0] == nil {
        try NewStreams(session: session, keeping: keeping).combine([side.check: side.streams.values.first?.key])
      }
      (old, new) = (try self.side(old.check), try self.side(new.check))
    }
    // What is not rolled up to the same moment cannot be joined row by row.
    let target = max(
      keeping.announced, (old.streams.values.map(\.sealed) + new.streams.values.map(\.sealed)).max() ?? 0)
    let behind = (Array(old.streams.values) + new.streams.values).filter { $0.sealed < target }
    if !behind.isEmpty { try Sealing(session: session, partitions: partitions).seal(behind, to: target) }
    // The one over all regions first: before runs change hands, each side's is made of its own runs.
    for (region, from) in old.streams.sorted(by: { $0.key < $1.key }) {
      if let into = new.streams[region] {
        try join(from, into, target)
      } else {
        try session.execute(
          "UPDATE streams SET check_key = $1 WHERE key = $2", [.int(new.check), .int(from.key)])
      }
    }
    try session.execute("DELETE FROM streams WHERE check_key = $1", [.int(old.check)])
    try session.execute("DELETE FROM checks WHERE key = $1", [.int(old.check)])
    try session.execute(
      """
      UPDATE streams SET combined = (SELECT o.key FROM streams o WHERE o.check_key = $1 AND o.region_key = 0)
      WHERE check_key = $1 AND region_key <> 0
      """, [.int(new.check)])
  }

  private func join(_ from: LockedStream, _ into: LockedStream, _ sealed: Int64) throws {
    let keys = [PostgresValue.int(from.key), .int(into.key)]
    // What was not expected of either is not expected of both. The end of the older one's last pause is the first slot of the
    // newer one.
    try session.execute(
      """
      UPDATE pauses SET until = greatest(since, coalesce((SELECT min(least(c.since, r.slot)) FROM
        (SELECT min(since) AS since FROM cadences WHERE stream = $2) c,
        (SELECT min(slot) AS slot FROM runs WHERE stream = $2) r), since))
      WHERE stream = $1 AND until IS NULL
      """, keys)
    try joinRollups(from, into, sealed)
    let cadences = try Cadence.all(of: [from.key, into.key], in: session)
    var stretches: [Int64: Cadence.Stretch] = [:]
    for key in [from.key, into.key] {
      for stretch in cadences[key]?.stretches ?? [] { stretches[stretch.sinceMilliseconds] = stretch }
    }
    let joined = Cadence(stretches.values.sorted { $0.sinceMilliseconds < $1.sinceMilliseconds })
    try StreamBook.storeCadences([into.key: joined], in: session)
    for (table, column) in [
      ("pauses", "since"), ("cadences", "since"), ("runs", "slot"), ("state_changes", "slot"), ("judged", "slot"),
    ] {
      if table != "cadences" {
        try session.execute(
          """
          UPDATE \(table) SET stream = $2 WHERE stream = $1
            AND NOT EXISTS (SELECT FROM \(table) o WHERE o.stream = $2 AND o.\(column) = \(table).\(column))
          """, keys)
      }
      try session.execute("DELETE FROM \(table) WHERE stream = $1", [keys[0]])
    }
  }

  /// Adds the rows of one stream to those of another.
  private func joinRollups(_ from: LockedStream, _ into: LockedStream, _ sealed: Int64) throws {
    // The slots that both have a run of count as the newer one has them.
    var twice: [(slot: Int64, totals: Totals)] = []
    if from.region != 0 {
      let rows = try session.execute(
        """
        SELECT a.slot, a.mark, a.interval_ms FROM runs a JOIN runs b ON b.slot = a.slot
        WHERE a.stream = $1 AND b.stream = $2 AND a.slot < $3
        """, [.int(from.key), .int(into.key), .int(sealed)])
      for row in rows {
        var totals = Totals()
        let interval: Int64 = try row[2]
        totals.count(RunMark(slot: 0, mark: try row[1], microseconds: nil), interval: interval, sign: -1)
        twice.append((try row[0], totals))
      }
    }
    for level in RollupLevel.allCases {
      let rows = try RollupRows.rows(
        level, of: [(from.key, Keeping.beginning, .max), (into.key, Keeping.beginning, .max)], in: session)
      var changed: [StreamBucket: BucketContent] = [:]
      for (key, content) in rows where key.stream == from.key {
        let own = StreamBucket(stream: into.key, bucket: key.bucket)
        var joined = rows[own] ?? BucketContent()
        joined.merge(content)
        for slot in twice where level.floor(slot.slot) == key.bucket { joined.totals = joined.totals + slot.totals }
        changed[own] = joined
      }
      try RollupRows.put(changed, to: level, partitions, in: session)
      try session.execute("DELETE FROM \(level.table) WHERE stream = $1", [.int(from.key)])
    }
  }
}

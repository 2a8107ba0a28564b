import Model
import Postgres

extension PostgresHistory {
  /// Keeps what is held of slots over all regions, within somebody's transaction. Of two verdicts for one slot the later one
  /// holds.
  ///
  /// Of a slot whose runs outlived their retention, what was said of it stays: nobody can tell any more what it counted for.
  func judge(_ verdicts: [JudgedSlot], in session: PostgresSession) throws {
    guard !verdicts.isEmpty else { return }
    let keeping = try Keeping(holding: session)
    try keeping.refuseFilling(archiveName)
    let combined = try combinedStreams(of: Set(verdicts.map(\.check)), keeping, in: session)
    let streams = try LockedStream.lock(Set(combined.values), in: session)
    var wanted: [StreamSlot: Verdict] = [:]
    for judged in verdicts {
      let slot = judged.slotStart.millisecondsSinceEpoch
      guard slot >= keeping.runsCut, let stream = combined[judged.check] else { continue }
      wanted[StreamSlot(stream: stream, slot: slot)] = judged.verdict
    }
    let marks = try RegionalMarks(of: Array(wanted.keys), in: session)
    wanted = wanted.filter { marks.judged[$0.key] != $0.value }
    var books: [Int64: StreamBook] = [:]
    for (place, verdict) in wanted {
      guard let stream = streams[place.stream], place.slot < stream.sealed, let runs = marks.runs[place] else {
        continue
      }
      let interval = marks.intervals[place] ?? 0
      var totals = Totals()
      let (before, own) = (marks.judged[place], runs.map(\.mark))
      totals.count(.overRegions(own, slot: place.slot, judged: before), interval: interval, sign: -1)
      totals.count(.overRegions(own, slot: place.slot, judged: verdict), interval: interval)
      books[place.stream, default: StreamBook(stream, keeping)].correct(slot: place.slot, totals)
    }
    try StreamBook.store(books, keeping, partitions, in: session)
    let places = wanted.map { ($0.key.stream, $0.key.slot, $0.value.mark) }
    try session.execute(
      """
      INSERT INTO judged SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) ORDER BY 1, 2
      ON CONFLICT (stream, slot) DO UPDATE SET verdict = excluded.verdict
      """, [.ints(places.map(\.0)), .ints(places.map(\.1)), .ints(places.map(\.2))])
  }

  /// The streams over all regions of checks. One that has had runs in one region only gets it now: a region that is expected may
  /// never have run anything, and what is held is another's verdict all the same.
  private func combinedStreams(
    of checks: Set<CheckID>, _ keeping: Keeping, in session: PostgresSession
  ) throws -> [CheckID: Int64] {
    func read() throws -> [CheckID: (check: Int64, only: Int64, combined: Int64?)] {
      let rows = try session.execute(
        """
        SELECT c.id, c.key, min(s.key), max(s.combined) FROM checks c JOIN streams s ON s.check_key = c.key
        WHERE c.id = ANY($1) AND s.region_key <> 0 GROUP BY c.id, c.key
        """, [.texts(checks.map(\.text))])
      var found: [CheckID: (check: Int64, only: Int64, combined: Int64?)] = [:]
      for row in rows {
        if let id = CheckID(try row[0] as String) { found[id] = (try row[1], try row[2], try row[3]) }
      }
      return found
    }
    var found = try read()
    let alone = found.values.filter { $0.combined == nil }.map(\.check)
    if !alone.isEmpty {
      try session.execute("SELECT key FROM checks WHERE key = ANY($1) ORDER BY key FOR UPDATE", [.ints(alone)])
      found = try read()
      let still = found.values.filter { $0.combined == nil }
      try NewStreams(session: session, keeping: keeping).combine(
        Dictionary(uniqueKeysWithValues: still.map { ($0.check, $0.only) }))
      found = try read()
    }
    return found.compactMapValues(\.combined)
  }
}

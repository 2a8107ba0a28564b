package import Model
import Postgres

extension PostgresHistory {
  /// The regions that have runs, or that somebody has spoken for, by name.
  package func regions() async throws -> [String] {
    try await read { try $0.execute("SELECT name FROM run_regions ORDER BY name").map { try $0[0] } }
  }

  package func checks() async throws -> [KnownCheck] {
    try await read { session in
      var checks: [KnownCheck] = []
      let rows = try session.execute(
        """
        SELECT c.id, r.name, p.since FROM checks c JOIN streams s ON s.check_key = c.key
          JOIN run_regions r ON r.key = s.region_key LEFT JOIN pauses p ON p.stream = s.key AND p.until IS NULL
        ORDER BY c.id, r.name
        """)
      for row in rows {
        guard let id = CheckID(try row[0] as String) else { continue }
        let ended = (try row[2] as Int64?).map { Timestamp(millisecondsSinceEpoch: $0) }
        if let last = checks.indices.last, checks[last].id == id {
          checks[last].regions.append(try row[1])
          // It has ended once it has in every region.
          checks[last].endedAt = checks[last].endedAt.flatMap { before in ended.map { max(before, $0) } }
        } else {
          checks.append(KnownCheck(id: id, regions: [try row[1]], endedAt: ended))
        }
      }
      return checks
    }
  }

  package func runs(_ query: RunQuery) async throws -> RunPage {
    try await read { session in
      let streams = try RegionalStream.all(of: query.check, in: session).filter {
        query.region == nil || $0.region == query.region
      }
      let ends = streams.map { stream in
        var end = query.to?.firstMillisecond ?? .max
        if let cursor = query.cursor {
          // Of the slot where the page before ended, the regions that follow are still to come.
          // The client chooses the number, so it may be the last one there is.
          let (after, overflows) = cursor.slotMilliseconds.addingReportingOverflow(1)
          end = min(end, stream.region <= cursor.region ? cursor.slotMilliseconds : overflows ? .max : after)
        }
        return end
      }
      var found = try RegionalStream.runs(
        of: streams, from: query.from?.firstMillisecond ?? .min, to: ends, verdict: query.verdict,
        limit: query.limit + 1, in: session)
      found.sort { ($1.slotStart, $0.region) < ($0.slotStart, $1.region) }
      guard found.count > query.limit else { return RunPage(runs: found, next: nil) }
      let page = Array(found.prefix(query.limit))
      return RunPage(
        runs: page,
        next: page.last.map { RunCursor(slotMilliseconds: $0.slotStart.millisecondsSinceEpoch, region: $0.region) })
    }
  }

  package func lastRuns(of check: CheckID?, limit: Int) async throws -> [HistoryRun] {
    try await read { session in
      let streams = try RegionalStream.all(of: check, in: session)
      return try RegionalStream.runs(
        of: streams, from: .min, to: streams.map { _ in .max }, verdict: nil, limit: limit, in: session)
    }
  }

  package func heldRuns(of check: CheckID?, limit: Int) async throws -> [HistoryRun] {
    try await read { session in
      let streams = try RegionalStream.all(of: check, in: session)
      let held = HeldSlots(
        try RegionalStream.runs(
          of: streams, from: .min, to: streams.map { _ in .max }, verdict: nil, limit: limit, in: session),
        limit: limit)
      let oldest = Array(held.oldest)
      let rows = try session.execute(
        """
        SELECT c.id, j.slot, j.verdict FROM unnest($1::text[], $2::bigint[]) AS w(id, oldest)
          JOIN checks c ON c.id = w.id JOIN streams o ON o.check_key = c.key AND o.region_key = 0
          JOIN judged j ON j.stream = o.key AND j.slot >= w.oldest
        """, [.texts(oldest.map(\.key.text)), .ints(oldest.map(\.value))])
      var judged: [HeldSlots.Key: Verdict] = [:]
      for row in rows {
        guard let check = CheckID(try row[0] as String) else { continue }
        judged[HeldSlots.Key(check: check, slot: try row[1])] = Verdict(mark: try row[2])
      }
      return held.runs(judged: judged)
    }
  }

  package func stateChanges(
    of check: CheckID, from: Timestamp, to: Timestamp, limit: Int
  ) async throws -> [StateChange] {
    try await read { session in
      var found: [StateChange] = []
      for stream in try RegionalStream.all(of: check, in: session) {
        found += try stream.changes(
          from: from.firstMillisecond, to: to.firstMillisecond, limit: limit, in: session
        ).map { slot, change in
          StateChange(
            check: check, region: stream.region, slotStart: Timestamp(millisecondsSinceEpoch: slot),
            verdict: change.verdict, reason: change.code.flatMap { ReasonCode(rawValue: $0) },
            message: change.message.map { String(decoding: $0, as: UTF8.self) })
        }
      }
      found.sort { ($1.slotStart, $0.region) < ($0.slotStart, $1.region) }
      return Array(found.prefix(limit))
    }
  }
}

/// One check in one region, for reading its runs.
struct RegionalStream {
  var key: Int64
  var check: CheckID
  var region: String
  /// Up to where it is rolled up.
  var sealed: Int64

  /// Those of one check, or of all, by check and region.
  static func all(of check: CheckID?, in session: PostgresSession) throws -> [RegionalStream] {
    let rows = try session.execute(
      """
      SELECT s.key, c.id, r.name, s.sealed FROM checks c JOIN streams s ON s.check_key = c.key
        JOIN run_regions r ON r.key = s.region_key \(check == nil ? "" : "WHERE c.id = $1") ORDER BY c.id, r.name
      """, check.map { [.text($0.text)] } ?? [])
    var streams: [RegionalStream] = []
    for row in rows {
      guard let check = CheckID(try row[1] as String) else { continue }
      streams.append(RegionalStream(key: try row[0], check: check, region: try row[2], sealed: try row[3]))
    }
    return streams
  }

  /// Runs whose slots start in [from, to), so many of each stream, newest first.
  ///
  /// - Parameter to: for each stream.
  static func runs(
    of streams: [RegionalStream], from: Int64, to: [Int64], verdict: Verdict?, limit: Int, in session: PostgresSession
  ) throws -> [HistoryRun] {
    let rows = try session.execute(
      """
      SELECT w.n - 1, r.slot, r.mark, r.duration_us, r.lag_ms, r.attempts, o.name, r.trace, r.code, r.step, r.phase,
        r.message, r.location, r.interval_ms
      FROM unnest($1::bigint[], $2::bigint[]) WITH ORDINALITY AS w(s, b, n), LATERAL (
        SELECT * FROM runs WHERE stream = w.s AND slot >= $3 AND slot < w.b AND ($4 < 0 OR mark & 3 = $4)
        ORDER BY slot DESC LIMIT $5) r LEFT JOIN run_nodes o ON o.key = r.node
      ORDER BY w.n, r.slot DESC
      """,
      [
        .ints(streams.map(\.key)), .ints(to), .int(from), .int(verdict?.mark ?? -1), .int(Int64(limit)),
      ])
    return try rows.map { row in
      let stream = streams[try row[0]]
      let slot: Int64 = try row[1]
      let mark = RunMark(slot: slot, mark: try row[2], microseconds: try row[3])
      let lag: Int64 = try row[4]
      let trace: [UInt8]? = try row[7]
      let interval: Int64 = try row[13]
      return HistoryRun(
        check: stream.check, region: stream.region, node: try row[6],
        slotStart: Timestamp(millisecondsSinceEpoch: slot), interval: .milliseconds(interval),
        started: Timestamp(millisecondsSinceEpoch: slot + lag),
        duration: mark.microseconds.map { .microseconds($0) }, verdict: mark.verdict, reason: try reason(row),
        attempts: try row[5], traceID: trace.flatMap { TraceID.text(of: $0) }, isInMaintenance: mark.isInMaintenance)
    }
  }

  private static func reason(_ row: PostgresRow) throws -> HistoryReason? {
    guard let code = (try row[8] as String?).flatMap({ ReasonCode(rawValue: $0) }) else { return nil }
    let message: [UInt8]? = try row[11]
    let phase: String? = try row[10]
    return HistoryReason(
      code: code, step: try row[9], phase: phase.flatMap { Phase(rawValue: $0) },
      message: message.map { String(decoding: $0, as: UTF8.self) } ?? "", location: try row[12])
  }

  /// Changes of verdict in [from, to), newest first: those of the time that is rolled up are kept, the others are seen in the
  /// runs.
  func changes(
    from: Int64, to: Int64, limit: Int, in session: PostgresSession
  ) throws -> [(slot: Int64, change: StreamBook.Change)] {
    func read(_ rows: PostgresRows) throws -> [(slot: Int64, change: StreamBook.Change)] {
      try rows.map {
        (try $0[0], StreamBook.Change(verdict: Verdict(mark: try $0[1]), code: try $0[2], message: try $0[3]))
      }
    }
    var fresh: [(slot: Int64, change: StreamBook.Change)] = []
    if to > sealed {
      let runs = try read(
        session.execute(
          "SELECT slot, mark, code, message FROM runs WHERE stream = $1 AND slot >= $2 AND slot < $3 ORDER BY slot",
          [.int(key), .int(sealed), .int(to)]))
      var verdict = try session.execute(
        "SELECT mark FROM state_changes WHERE stream = $1 ORDER BY slot DESC LIMIT 1", [.int(key)]
      ).first.map { Verdict(mark: try $0[0]) }
      for run in runs where run.change.verdict != verdict {
        verdict = run.change.verdict
        if run.slot >= from { fresh.append(run) }
      }
    }
    let kept = try read(
      session.execute(
        """
        SELECT slot, mark, code, message FROM state_changes WHERE stream = $1 AND slot >= $2 AND slot < $3
        ORDER BY slot DESC LIMIT $4
        """, [.int(key), .int(from), .int(to), .int(Int64(limit))]))
    return Array((fresh.reversed() + kept).prefix(limit))
  }
}

import GRDB
import Model

/// Reads checks, single runs and changes of verdict back.
struct RunReader {
  /// One check in one region.
  struct Stream {
    var key: Int64
    var check: CheckID
    var region: String
  }

  let database: Database

  init(_ database: Database) {
    self.database = database
  }

  /// The streams of one check's regions, or of all, by check and region.
  func streams(of check: CheckID?) throws -> [Stream] {
    let rows = try StoredStatement(
      """
      SELECT s.key, c.id, r.name FROM checks c JOIN streams s ON s.check_key = c.key JOIN regions r ON r.key = s.region_key
      \(check == nil ? "" : "WHERE c.id = ?") ORDER BY c.id, r.name
      """, in: database)
    if let check { rows.bind(check.text, at: 1) }
    var streams: [Stream] = []
    while try rows.next() {
      guard let check = rows.text(1).flatMap({ CheckID($0) }), let region = rows.text(2) else { continue }
      streams.append(Stream(key: rows.integer(0), check: check, region: region))
    }
    return streams
  }

  /// Every check with a run, by id. Each table is read once from end to end, for to look up each of ten thousand checks
  /// takes several times as long.
  func checks() throws -> [KnownCheck] {
    var ends: [Int64: Timestamp] = [:]
    let pauses = try StoredStatement("SELECT stream, since FROM pauses WHERE until IS NULL", in: database)
    while try pauses.next() { ends[pauses.integer(0)] = Timestamp(millisecondsSinceEpoch: pauses.integer(1)) }
    var rest = try streams(of: nil)[...]
    var checks: [KnownCheck] = []
    while let id = rest.first?.check {
      let own = rest.prefix { $0.check == id }
      rest = rest.dropFirst(own.count)
      let ended = own.compactMap { ends[$0.key] }
      checks.append(
        KnownCheck(id: id, regions: own.map(\.region), endedAt: ended.count == own.count ? ended.max() : nil))
    }
    return checks
  }

  /// A page of runs, newest first; runs of one slot by region.
  func page(_ query: RunQuery) throws -> RunPage {
    var found: [HistoryRun] = []
    for stream in try streams(of: query.check) where query.region == nil || stream.region == query.region {
      var end = query.to?.firstMillisecond ?? .max
      if let cursor = query.cursor {
        // Of the slot where the page before ended, the regions that follow are still to come.
        // The client chooses the number, so it may be the last one there is.
        let (after, overflows) = cursor.slotMilliseconds.addingReportingOverflow(1)
        end = min(end, stream.region <= cursor.region ? cursor.slotMilliseconds : overflows ? .max : after)
      }
      found += try runs(
        of: stream, from: query.from?.firstMillisecond ?? .min, to: end, verdict: query.verdict,
        limit: query.limit + 1)
    }
    found.sort { ($1.slotStart, $0.region) < ($0.slotStart, $1.region) }
    guard found.count > query.limit else { return RunPage(runs: found, next: nil) }
    let page = Array(found.prefix(query.limit))
    return RunPage(
      runs: page,
      next: page.last.map { RunCursor(slotMilliseconds: $0.slotStart.millisecondsSinceEpoch, region: $0.region) })
  }

  /// Runs of one stream whose slots start in [from, to), newest first.
  func runs(of stream: Stream, from: Int64, to: Int64, verdict: Verdict?, limit: Int) throws -> [HistoryRun] {
    let cadence = try Cadence(stream: stream.key, in: database)
    let rows = try StoredStatement(
      """
      SELECT r.slot, mark, duration_us, lag_ms, attempts, name, trace, code, step, phase, message, location
      FROM runs r LEFT JOIN nodes n ON n.key = r.node
        LEFT JOIN run_reasons d ON d.stream = r.stream AND d.slot = r.slot
      WHERE r.stream = ?1 AND r.slot >= ?2 AND r.slot < ?3 AND (?4 IS NULL OR r.mark & 3 = ?4)
      ORDER BY r.slot DESC LIMIT ?5
      """, in: database)
    rows.bind(stream.key, at: 1)
    rows.bind(from, at: 2)
    rows.bind(to, at: 3)
    rows.bind(verdict?.mark, at: 4)
    rows.bind(Int64(limit), at: 5)
    var runs: [HistoryRun] = []
    while try rows.next() {
      let slot = rows.integer(0)
      let mark = RunMark(slot: slot, mark: rows.integer(1), microseconds: rows.optionalInteger(2))
      let code = rows.text(7).flatMap { ReasonCode(rawValue: $0) }
      runs.append(
        HistoryRun(
          check: stream.check, region: stream.region, node: rows.text(5),
          slotStart: Timestamp(millisecondsSinceEpoch: slot),
          interval: .milliseconds(cadence.interval(at: slot) ?? 0),
          started: Timestamp(millisecondsSinceEpoch: slot + rows.integer(3)),
          duration: mark.microseconds.map { .microseconds($0) }, verdict: mark.verdict,
          reason: code.map {
            HistoryReason(
              code: $0, step: rows.text(8), phase: rows.text(9).flatMap { Phase(rawValue: $0) },
              message: rows.text(10) ?? "", location: rows.text(11))
          }, attempts: Int(rows.integer(4)), traceID: TraceID.text(of: rows.bytes(6)),
          isInMaintenance: mark.isInMaintenance))
    }
    return runs
  }

  /// What is held of slots over all regions, where that was said.
  ///
  /// - Parameter oldest: the start of the first slot of each check that is asked for.
  func judged(since oldest: [CheckID: Int64]) throws -> [HeldSlots.Key: Verdict] {
    let rows = try StoredStatement(
      """
      SELECT j.slot, j.verdict FROM checks c JOIN streams s ON s.check_key = c.key AND s.region_key = 0
        JOIN judged j ON j.stream = s.key WHERE c.id = ? AND j.slot >= ?
      """, in: database)
    var judged: [HeldSlots.Key: Verdict] = [:]
    for (check, slot) in oldest {
      rows.bind(check.text, at: 1)
      rows.bind(slot, at: 2)
      while try rows.next() {
        judged[HeldSlots.Key(check: check, slot: rows.integer(0))] = Verdict(mark: rows.integer(1))
      }
      rows.reset()
    }
    return judged
  }

  /// Changes of verdict in [from, to), newest first.
  func stateChanges(of check: CheckID, from: Int64, to: Int64, limit: Int) throws -> [StateChange] {
    var changes: [StateChange] = []
    for stream in try streams(of: check) {
      let rows = try StoredStatement(
        """
        SELECT slot, mark, code, message FROM state_changes WHERE stream = ? AND slot >= ? AND slot < ?
        ORDER BY slot DESC LIMIT ?
        """, in: database)
      rows.bind(stream.key, at: 1)
      rows.bind(from, at: 2)
      rows.bind(to, at: 3)
      rows.bind(Int64(limit), at: 4)
      while try rows.next() {
        changes.append(
          StateChange(
            check: check, region: stream.region, slotStart: Timestamp(millisecondsSinceEpoch: rows.integer(0)),
            verdict: Verdict(mark: rows.integer(1)), reason: rows.text(2).flatMap { ReasonCode(rawValue: $0) },
            message: rows.text(3)))
      }
    }
    changes.sort { ($1.slotStart, $0.region) < ($0.slotStart, $1.region) }
    return Array(changes.prefix(limit))
  }
}

import Model
import Postgres

/// A run on its way into the tables.
struct IncomingRun {
  var stream: Int64
  var mark: RunMark
  var interval: Int64
  var run: HistoryRun
}

extension PostgresHistory {
  /// Stores runs within somebody's transaction, of which this may be called once, and before anything that locks what it locks.
  ///
  /// Nothing is read of a run that comes in time, and nothing written but its row. Rows are locked in one order, whoever stores
  /// them: keys of checks, streams, then runs by stream and slot.
  func write(_ runs: [HistoryRun], at now: Timestamp, in session: PostgresSession) throws -> WriteSummary {
    guard !runs.isEmpty else { return WriteSummary() }
    let keeping = try Keeping(holding: session)
    try keeping.refuseFilling(archiveName)
    var first: [Origin: Int64] = [:]
    for run in runs {
      let origin = Origin(check: run.check, region: run.region)
      if first[origin] == nil { first[origin] = run.slotStart.millisecondsSinceEpoch }
    }
    let streams = try keys.streams(of: Set(first.keys), keeping, in: session) { missing in
      try NewStreams(session: session, keeping: keeping).begin(first.filter { missing.contains($0.key) })
    }
    var incoming: [IncomingRun] = []
    incoming.reserveCapacity(runs.count)
    for run in runs {
      guard let stream = streams[Origin(check: run.check, region: run.region)] else { continue }
      let mark = RunMark(
        slot: run.slotStart.millisecondsSinceEpoch, verdict: run.verdict, isInMaintenance: run.isInMaintenance,
        microseconds: run.duration?.roundedMicroseconds)
      incoming.append(
        IncomingRun(
          stream: stream, mark: mark, interval: max(1, run.interval.nanoseconds / 1_000_000), run: run))
    }
    // The order of arrival breaks ties: of two for one slot, the first stays.
    var order = Array(incoming.indices)
    order.sort { left, right in
      (incoming[left].stream, incoming[left].mark.slot, left) < (
        incoming[right].stream, incoming[right].mark.slot, right
      )
    }
    var unique: [IncomingRun] = []
    unique.reserveCapacity(order.count)
    for index in order {
      if let last = unique.last, last.stream == incoming[index].stream, last.mark.slot == incoming[index].mark.slot {
        continue
      }
      unique.append(incoming[index])
    }
    let added = try store(unique, keeping, in: session)
    return WriteSummary(added: added, duplicates: runs.count - added)
  }

  /// Stores runs that are in order, each slot once.
  ///
  /// - Returns: how many were new.
  private func store(_ runs: [IncomingRun], _ keeping: Keeping, in session: PostgresSession) throws -> Int {
    let late = runs.filter { $0.mark.slot < keeping.announced }
    let lateRuns = late.isEmpty ? nil : try LateRuns(late, keeping, partitions, in: session)
    let kept = runs.filter { $0.mark.slot >= keeping.runsCut }
    var added = 0
    var stored: Set<StreamSlot> = []
    if !kept.isEmpty {
      try partitions.ensure(.runs, for: kept.lazy.map(\.mark.slot), in: session)
      try RunRows.copy(kept, nodes: keys.nodes(Set(kept.compactMap(\.run.node)), in: session), in: session)
      if kept.contains(where: { $0.mark.slot >= keeping.announced }) {
        added = try session.execute(RunRows.insert("slot >= $1"), [.int(keeping.announced)]).affected
      }
      if kept.contains(where: { $0.mark.slot < keeping.announced }) {
        let rows = try session.execute(
          RunRows.insert("slot < $1") + " RETURNING stream, slot", [.int(keeping.announced)])
        for row in rows { stored.insert(StreamSlot(stream: try row[0], slot: try row[1])) }
      }
    }
    if let lateRuns { added += try lateRuns.apply(stored: stored) }
    return added
  }
}

/// One slot of one stream.
struct StreamSlot: Hashable, Sendable {
  var stream: Int64
  var slot: Int64
}

/// How runs get into their table: by COPY into one of the connection's own, and from there where no run is yet.
enum RunRows {
  private static let columns =
    "slot, interval_ms, duration_us, lag_ms, stream, attempts, node, mark, trace, code, step, phase, message, location"

  static func copy(_ runs: [IncomingRun], nodes: [String: Int64], in session: PostgresSession) throws {
    try session.run("CREATE TEMP TABLE IF NOT EXISTS incoming_runs (LIKE runs) ON COMMIT DELETE ROWS")
    try session.copyIn("incoming_runs (\(columns))") { writer in
      for incoming in runs {
        let run = incoming.run
        writer.row(columns: 14)
        writer.int64(incoming.mark.slot)
        writer.int64(incoming.interval)
        writer.int64(incoming.mark.microseconds)
        writer.int64(run.started.millisecondsSinceEpoch - incoming.mark.slot)
        writer.int32(Int32(truncatingIfNeeded: incoming.stream))
        writer.int32(Int32(clamping: run.attempts))
        writer.int32(run.node.flatMap { nodes[$0] }.map { Int32(truncatingIfNeeded: $0) })
        writer.int16(Int16(incoming.mark.mark))
        let trace = TraceID.bytes(of: run.traceID)
        if trace.isEmpty { writer.null() } else { writer.blob(trace) }
        if let reason = run.reason {
          writer.text(reason.code.rawValue)
          writer.text(reason.step)
          writer.text(reason.phase?.rawValue)
          writer.blob(Array(reason.message.utf8))
          writer.text(reason.location)
        } else {
          for _ in 0..<5 { writer.null() }
        }
      }
    }
  }

  /// Runs of one stream after the other, as a table to join with: a range of the index for each. Left to itself, the server
  /// reads all runs of a day where it expects many of them, which takes longer the later it is in the day; what has an OFFSET is
  /// not taken apart.
  static func each(
    _ stream: String, _ columns: String, from: String, to: String, where condition: String = "true"
  ) -> String {
    """
    LATERAL (SELECT \(columns) FROM runs WHERE stream = \(stream) AND slot >= \(from) AND slot < \(to) AND \(condition) OFFSET 0)
    """
  }

  /// Takes those that a condition holds for. In order, so that of two who store the same slots one waits for the other, and
  /// never both.
  static func insert(_ condition: String) -> String {
    """
    INSERT INTO runs (\(columns)) SELECT \(columns) FROM incoming_runs WHERE \(condition) ORDER BY stream, slot
    ON CONFLICT DO NOTHING
    """
  }
}

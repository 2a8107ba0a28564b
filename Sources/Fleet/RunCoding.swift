package import Model

/// Runs as bytes: what travels from a node, what its spool keeps, and what waits to be decided by. About 40 bytes a run.
package enum RunCoding {
  /// The first byte.
  static let version: UInt8 = 1
  /// The first byte of a batch that is let past older runs: a hub that does not know of such refuses it, and is sent everything in
  /// order.
  private static let aheadVersion: UInt8 = 2
  /// More runs of a batch than this are not read; how many of them are taken is the hub's to say.
  static let mostRuns = 4 * FleetProtocol.batchRuns
  /// The most nanoseconds that an interval or a duration may have: a hostile number must not overflow what is reckoned.
  private static let longestMilliseconds: UInt64 = 366 * 86_400_000

  /// Runs as bytes.
  package static func encode(_ runs: [FleetRun]) -> [UInt8] {
    var writer = FleetWriter()
    write(runs, to: &writer)
    return writer.finished(version: version)
  }

  /// Reads what `encode` made.
  package static func runs(_ bytes: [UInt8]) throws(CodingFault) -> [FleetRun] {
    var reader = try FleetReader(bytes, version: version)
    let runs = try runs(&reader)
    try reader.finish()
    return runs
  }

  /// A batch as the body of a request.
  package static func encode(_ batch: SpoolBatch) -> [UInt8] {
    var writer = FleetWriter()
    writer.write(batch.node)
    writer.write(batch.region)
    writer.write(batch.spool)
    writer.write(signed: batch.first)
    writer.write(signed: batch.oldest)
    write(batch.runs, to: &writer)
    return writer.finished(version: batch.isAhead ? aheadVersion : version)
  }

  /// Reads the body of a request.
  package static func batch(_ bytes: [UInt8]) throws(CodingFault) -> SpoolBatch {
    let isAhead = bytes.first == aheadVersion
    var reader = try FleetReader(bytes, version: isAhead ? aheadVersion : version)
    let node = try reader.text("the node")
    let region = try reader.text("the region")
    let spool = try reader.number("the spool")
    let first = try reader.signed("the first number")
    let oldest = try reader.signed("the oldest number")
    guard first >= 1, first < 1 << 60, oldest <= first else {
      throw CodingFault("the first number is \(first), the oldest \(oldest)")
    }
    let runs = try runs(&reader, limit: mostRuns)
    try reader.finish()
    return SpoolBatch(
      node: node, region: region, spool: spool, first: first, oldest: oldest, isAhead: isAhead, runs: runs)
  }

  // MARK: Runs

  private static func write(_ runs: [FleetRun], to writer: inout FleetWriter) {
    writer.write(runs.count)
    var slot: Int64 = 0
    for fleetRun in runs {
      let run = fleetRun.run
      let trace = TraceID.bytes(of: run.traceID)
      writer.write(
        UInt64(run.verdict.mark) | (run.isInMaintenance ? 4 : 0) | (fleetRun.origin == .opinion ? 8 : 0)
          | (run.reason == nil ? 0 : 16) | (trace.isEmpty ? 0 : 32))
      writer.write(run.check.text)
      writer.write(run.region)
      writer.write(run.node)
      let start = run.slotStart.millisecondsSinceEpoch
      writer.write(signed: start - slot)
      slot = start
      writer.write(UInt64(max(1, run.interval.nanoseconds / 1_000_000)))
      writer.write(signed: run.started.millisecondsSinceEpoch - start)
      writer.write(run.duration.map { UInt64(max(0, $0.nanoseconds / 1000)) + 1 } ?? 0)
      writer.write(run.attempts)
      writer.write(UInt64(max(0, fleetRun.configuration)))
      writer.write(UInt64(max(0, fleetRun.epoch)))
      writer.write(bytes: trace)
      if let reason = run.reason { write(reason, to: &writer) }
    }
  }

  private static func runs(_ reader: inout FleetReader, limit: Int = .max) throws(CodingFault) -> [FleetRun] {
    let count = try reader.count("runs")
    guard count <= limit else { throw CodingFault("\(count) runs are sent, \(limit) are allowed") }
    var runs: [FleetRun] = []
    runs.reserveCapacity(count)
    var slot: Int64 = 0
    for _ in 0..<count {
      let flags = try reader.number("flags")
      guard flags < 64 else { throw CodingFault("flags \(flags) are not known") }
      let id = try reader.text("a check")
      guard let check = CheckID(id) else { throw CodingFault("\"\(id.prefix(80))\" is the id of no check") }
      let region = try reader.text("a region")
      let node = try reader.optionalText("a node")
      let (start, overflow) = slot.addingReportingOverflow(try reader.signed("a slot"))
      guard !overflow, start.magnitude < 1 << 52 else { throw CodingFault("a slot beyond all time") }
      slot = start
      let interval = try reader.number("an interval")
      guard interval >= 1, interval <= longestMilliseconds else {
        throw CodingFault("an interval of \(interval) ms; 1 ms to 366 days are allowed")
      }
      let lag = try reader.signed("a start")
      guard lag.magnitude < 1 << 52 else { throw CodingFault("a start beyond all time") }
      let duration = try reader.number("a duration")
      guard duration / 1000 <= longestMilliseconds else { throw CodingFault("a duration of \(duration) µs") }
      let attempts = try reader.number("attempts")
      let configuration = try reader.number("a version")
      let epoch = try reader.number("an epoch")
      guard attempts <= 1_000_000, configuration < 1 << 60, epoch < 1 << 60 else {
        throw CodingFault("a number of attempts, version or epoch beyond all bounds")
      }
      let trace = flags & 32 == 0 ? nil : TraceID.text(of: Array(try reader.bytes(16, "a trace id")))
      let reason = flags & 16 == 0 ? nil : try reason(&reader)
      let run = HistoryRun(
        check: check, region: region, node: node, slotStart: Timestamp(millisecondsSinceEpoch: start),
        interval: .milliseconds(Int64(interval)), started: Timestamp(millisecondsSinceEpoch: start + lag),
        duration: duration == 0 ? nil : .microseconds(Int64(duration - 1)), verdict: Verdict(mark: Int64(flags & 3)),
        reason: reason, attempts: Int(attempts), traceID: trace, isInMaintenance: flags & 4 != 0)
      runs.append(
        FleetRun(
          run: run, origin: flags & 8 == 0 ? .scheduled : .opinion, configuration: Int64(configuration),
          epoch: Int64(epoch)))
    }
    return runs
  }

  // MARK: Reasons

  static func write(_ reason: HistoryReason, to writer: inout FleetWriter) {
    writer.write(reason.code.rawValue)
    writer.write(reason.step)
    writer.write(reason.phase?.rawValue)
    writer.write(reason.message)
    writer.write(reason.location)
  }

  static func reason(_ reader: inout FleetReader) throws(CodingFault) -> HistoryReason {
    let name = try reader.text("a reason")
    let step = try reader.optionalText("a step")
    let phase = try reader.optionalText("a phase")
    let message = try reader.text("a message")
    let location = try reader.optionalText("a place")
    // A newer node may know more reasons and phases than this hub: the verdict stays, and so do the words.
    return HistoryReason(
      code: ReasonCode(rawValue: name) ?? .internal, step: step,
      phase: phase.flatMap { Phase(rawValue: $0) }, message: message, location: location)
  }
}

import GRDB
import Model

/// Counts slots of a window from running totals: a few lookups for each edge, however long the window is.
struct TallyReader {
  /// One stream with all that its figures need beside the counts.
  struct Stream {
    var key: Int64
    var sealed: [Int64]
    /// The streams whose runs it is made of.
    var sources: [Int64]
    var cadence: Cadence
    /// When nothing was expected of it; the last one may be open.
    var pauses: [Range<Int64>]
  }

  /// Where a window really begins or ends, and everything known before.
  struct Edge {
    /// Rounded down to a roll-up where runs are gone.
    var moment: Int64
    var known: RunningTotals
  }

  private let database: Database
  private let cuts: Cuts
  private let totals: RunningTotals.Lookup
  private let marks: StoredStatement

  init(_ database: Database) throws {
    self.database = database
    cuts = try Cuts(reading: database)
    totals = try RunningTotals.Lookup(database)
    marks = try RunMark.lookup(database)
  }

  /// A stream with the names that its row bears.
  struct NamedStream {
    var check: CheckID
    /// Nil over all regions.
    var region: String?
    var stream: Stream
  }

  /// The streams that a scope speaks of, by check and region.
  ///
  /// - Parameter checks: nil for all.
  func streams(of checks: [CheckID]?, scope: RegionScope) throws -> [NamedStream] {
    guard let checks else { return try streams(matching: nil, scope: scope) }
    let wanted = Set(checks)
    // Asking for one costs as much as reading past a hundred.
    guard wanted.count > 100 else { return try wanted.sorted().flatMap { try streams(matching: $0, scope: scope) } }
    return try streams(matching: nil, scope: scope).filter { wanted.contains($0.check) }
  }

  private func streams(matching check: CheckID?, scope: RegionScope) throws -> [NamedStream] {
    let cadences = try cadences(of: check)
    let pauses = try pauses(of: check)
    let rows = try StoredStatement(
      """
      SELECT s.key, s.check_key, c.id, r.name, s.sealed_five, s.sealed_hour, s.sealed_day
      FROM checks c JOIN streams s ON s.check_key = c.key LEFT JOIN regions r ON r.key = s.region_key
      WHERE ?1 IS NULL OR c.id = ?1 ORDER BY c.id, r.name
      """, in: database)
    rows.bind(check?.text, at: 1)
    var found: [NamedStream] = []
    /// Where the streams of the check that is being read begin.
    var start = 0
    while try rows.next() {
      guard let id = rows.text(2).flatMap({ CheckID($0) }) else { continue }
      if found.last?.check != id {
        select(scope, in: &found, from: start)
        start = found.count
      }
      let key = rows.integer(0)
      let stream = Stream(
        key: key, sealed: [rows.integer(4), rows.integer(5), rows.integer(6)], sources: [key],
        cadence: cadences[key] ?? Cadence(), pauses: pauses[rows.integer(1)] ?? [])
      found.append(NamedStream(check: id, region: rows.text(3), stream: stream))
    }
    select(scope, in: &found, from: start)
    return found
  }

  /// Leaves of one check's streams, which stand at the end, those that the scope speaks of. The one over all regions,
  /// there only for several, comes first.
  private func select(_ scope: RegionScope, in found: inout [NamedStream], from start: Int) {
    guard start < found.count else { return }
    switch scope {
    case .each: found.removeSubrange(start...) { $0.region == nil }
    case .only(let region): found.removeSubrange(start...) { $0.region != region }
    case .combined:
      let sources = found[start...].filter { $0.region != nil }.map(\.stream.key)
      found[start].stream.sources = sources
      found[start].region = nil
      found.removeSubrange((start + 1)...)
    }
  }

  private func cadences(of check: CheckID?) throws -> [Int64: Cadence] {
    let rows = try StoredStatement(
      check == nil
        ? "SELECT stream, since, interval FROM cadences ORDER BY stream, since"
        : """
        SELECT d.stream, d.since, d.interval
        FROM checks c JOIN streams s ON s.check_key = c.key JOIN cadences d ON d.stream = s.key
        WHERE c.id = ? ORDER BY d.stream, d.since
        """, in: database)
    if let check { rows.bind(check.text, at: 1) }
    var stretches: [Int64: [Cadence.Stretch]] = [:]
    while try rows.next() {
      stretches[rows.integer(0), default: []].append(
        Cadence.Stretch(sinceMilliseconds: rows.integer(1), intervalMilliseconds: rows.integer(2)))
    }
    return stretches.mapValues { Cadence($0) }
  }

  /// By the key of the check.
  private func pauses(of check: CheckID?) throws -> [Int64: [Range<Int64>]] {
    let rows = try StoredStatement(
      """
      SELECT p.check_key, p.since, p.until FROM pauses p JOIN checks c ON c.key = p.check_key
      WHERE ?1 IS NULL OR c.id = ?1 ORDER BY p.check_key, p.since
      """, in: database)
    rows.bind(check?.text, at: 1)
    var pauses: [Int64: [Range<Int64>]] = [:]
    while try rows.next() {
      let since = rows.integer(1)
      pauses[rows.integer(0), default: []].append(since..<max(since, rows.optionalInteger(2) ?? .max))
    }
    return pauses
  }

  /// The edge of a window at `moment`.
  func edge(of stream: Stream, at moment: Int64) throws -> Edge {
    if moment >= cuts.kept(0, sealed: stream.sealed) {
      let rolled = min(RollupLevel.fiveMinutes.floor(moment), stream.sealed[0])
      var known = try RunningTotals(of: stream.key, before: rolled, from: .fiveMinutes, using: totals)
      for mark in try RunMark.stored(streams: stream.sources, from: rolled, to: moment, using: marks) {
        known.totals.count(mark, interval: stream.cadence.interval(at: mark.slot) ?? 0)
        known.lastSlot = mark.slot
      }
      return Edge(moment: moment, known: known)
    }
    let level = level(of: stream, at: moment)
    let rounded = level.floor(moment)
    return Edge(
      moment: rounded, known: try RunningTotals(of: stream.key, before: rounded, from: level, using: totals))
  }

  /// The finest level that still has everything at `moment`.
  private func level(of stream: Stream, at moment: Int64) -> RollupLevel {
    moment >= cuts.kept(1, sealed: stream.sealed)
      ? .fiveMinutes : moment >= cuts.kept(2, sealed: stream.sealed) ? .hours : .days
  }

  /// The tally between two edges.
  func tally(of stream: Stream, from: Edge, to: Edge) throws -> SlotTally {
    let counted = to.known.totals - from.known.totals
    var expected = stream.cadence.count(from: from.moment, to: to.moment)
    var isPaused = false
    for pause in stream.pauses where pause.lowerBound <= to.moment && pause.upperBound > from.moment {
      isPaused = isPaused || pause.upperBound >= to.moment
      // The slot that was open when the pause began is expected only if it was run.
      let begin = max(from.moment, stream.cadence.openSlot(at: pause.lowerBound) ?? pause.lowerBound)
      let end = min(to.moment, pause.upperBound)
      guard begin < end else { continue }
      let known = try edge(of: stream, at: end).known.totals - edge(of: stream, at: begin).known.totals
      expected -= max(0, stream.cadence.count(from: begin, to: end) - known.known)
    }
    if !isPaused, let open = stream.cadence.openSlot(at: to.moment), open >= from.moment, to.known.lastSlot != open {
      expected -= 1
    }
    expected = max(expected, counted.known)
    return SlotTally(
      expected: Int(expected), up: Int(counted.up), degraded: Int(counted.degraded), down: Int(counted.down),
      unknown: Int(counted.unknown), missed: Int(expected - counted.known), maintenance: Int(counted.maintenance),
      downtime: .milliseconds(counted.downMilliseconds))
  }

  /// The latency of a stream's runs between two moments, from the fewest rows that hold them.
  func latency(of stream: Stream, from: Int64, to: Int64) throws -> LatencyHistogram {
    var histogram = LatencyHistogram()
    let from = roundedMoment(of: stream, from)
    let to = roundedMoment(of: stream, to)
    try collect(.days, of: stream, from: from, to: to, into: &histogram)
    return histogram
  }

  private func roundedMoment(of stream: Stream, _ moment: Int64) -> Int64 {
    moment >= cuts.kept(0, sealed: stream.sealed) ? moment : level(of: stream, at: moment).floor(moment)
  }

  /// Takes whole buckets of `level` from the middle, and asks the next finer level for both ends.
  private func collect(
    _ level: RollupLevel?, of stream: Stream, from: Int64, to: Int64, into histogram: inout LatencyHistogram
  ) throws {
    guard from < to else { return }
    guard let level else {
      for mark in try RunMark.stored(streams: [stream.key], from: from, to: to, using: marks) where mark.isTimed {
        if let microseconds = mark.microseconds { histogram.add(microseconds: microseconds) }
      }
      return
    }
    let finer = RollupLevel(rawValue: level.rawValue - 1)
    let first = level.floor(from) == from ? from : level.floor(from) + level.width
    let last = min(level.floor(to), stream.sealed[level.rawValue])
    guard first < last else {
      try collect(finer, of: stream, from: from, to: to, into: &histogram)
      return
    }
    try collect(finer, of: stream, from: from, to: first, into: &histogram)
    let rows = try StoredStatement(
      "SELECT bucket_us, latency FROM \(level.table) WHERE stream = ? AND bucket >= ? AND bucket < ?", in: database)
    rows.bind(stream.key, at: 1)
    rows.bind(first, at: 2)
    rows.bind(last, at: 3)
    while try rows.next() {
      if let part = LatencyHistogram(encoded: rows.bytes(1), sumMicroseconds: rows.integer(0)) {
        histogram.merge(part)
      }
    }
    try collect(finer, of: stream, from: last, to: to, into: &histogram)
  }
}

extension Array {
  /// Removes the elements of a part that a condition holds for.
  fileprivate mutating func removeSubrange(_ part: PartialRangeFrom<Int>, where condition: (Element) -> Bool) {
    let kept = self[part].filter { !condition($0) }
    replaceSubrange(part, with: kept)
  }
}

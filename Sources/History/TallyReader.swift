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
    /// Whether it is the one over all regions.
    var isCombined = false
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

  /// Of more checks than this, all streams are read at once and chosen from.
  private static let mostAskedOneByOne = 20
  /// Of fewer days than this, each is looked up.
  private static let fewestSideBySide = 4

  private let database: Database
  private let cuts: Cuts
  private let lookup: RunningTotals.Lookup
  private let marks: StoredStatement
  private let judged: JudgedSlots

  init(_ database: Database) throws {
    self.database = database
    cuts = try Cuts(reading: database)
    lookup = try RunningTotals.Lookup(database)
    marks = try RunMark.lookup(database)
    judged = try JudgedSlots(database)
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
    guard wanted.count > Self.mostAskedOneByOne else {
      return try wanted.sorted().flatMap { try streams(matching: $0, scope: scope) }
    }
    return try streams(matching: nil, scope: scope).filter { wanted.contains($0.check) }
  }

  private func streams(matching check: CheckID?, scope: RegionScope) throws -> [NamedStream] {
    let cadences = try stretches(of: check, "cadences", "interval") {
      Cadence.Stretch(sinceMilliseconds: $0.integer(1), intervalMilliseconds: $0.integer(2))
    }
    let pauses = try stretches(of: check, "pauses", "until") {
      $0.integer(1)..<max($0.integer(1), $0.optionalInteger(2) ?? .max)
    }
    let rows = try StoredStatement(
      """
      SELECT s.key, c.id, r.name, s.sealed_five, s.sealed_hour, s.sealed_day
      FROM checks c JOIN streams s ON s.check_key = c.key LEFT JOIN regions r ON r.key = s.region_key
      \(check == nil ? "" : "WHERE c.id = ?") ORDER BY c.id, r.name
      """, in: database)
    if let check { rows.bind(check.text, at: 1) }
    var found: [NamedStream] = []
    /// Where the streams of the check that is being read begin.
    var start = 0
    while try rows.next() {
      guard let id = rows.text(1).flatMap({ CheckID($0) }) else { continue }
      if found.last?.check != id {
        select(scope, in: &found, from: start)
        start = found.count
      }
      let key = rows.integer(0)
      let stream = Stream(
        key: key, sealed: [rows.integer(3), rows.integer(4), rows.integer(5)], sources: [key],
        cadence: Cadence(cadences[key] ?? []), pauses: pauses[key] ?? [])
      found.append(NamedStream(check: id, region: rows.text(2), stream: stream))
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
      // Of the only region, the stream is that over all regions.
      if found.count - start > 1 {
        found[start].stream.sources = found[start...].filter { $0.region != nil }.map(\.stream.key)
        found[start].stream.isCombined = true
        found.removeSubrange((start + 1)...)
      }
      found[start].region = nil
    }
  }

  /// What a table says of each stream, in order of time, by the key of the stream: of one check's, or of all.
  ///
  /// - Parameter read: makes a value of a row whose columns are stream, since, and `column`.
  private func stretches<Value>(
    of check: CheckID?, _ table: String, _ column: String, read: (StoredStatement) -> Value
  ) throws -> [Int64: [Value]] {
    let own = "stream IN (SELECT s.key FROM checks c JOIN streams s ON s.check_key = c.key WHERE c.id = ?)"
    let rows = try StoredStatement(
      """
      SELECT stream, since, \(column) FROM \(table) \(check == nil ? "" : "WHERE \(own)") ORDER BY stream, since
      """, in: database)
    if let check { rows.bind(check.text, at: 1) }
    var stretches: [Int64: [Value]] = [:]
    while try rows.next() { stretches[rows.integer(0), default: []].append(read(rows)) }
    return stretches
  }

  /// The edge of a window at `wanted`, or where history begins now, when days before it were let go for good.
  func edge(of stream: Stream, at wanted: Int64) throws -> Edge {
    let moment = max(wanted, cuts.until[3])
    // Most streams are younger than a long window, and of what was before them nothing need be read.
    guard let first = stream.cadence.first, first < moment else {
      return Edge(moment: moment, known: RunningTotals())
    }
    if moment >= cuts.kept(0, sealed: stream.sealed) {
      let rolled = min(RollupLevel.fiveMinutes.floor(moment), stream.sealed[0])
      var known = try totals(of: stream, before: rolled, from: .fiveMinutes)
      let held = stream.isCombined ? try judged.verdicts(of: stream.key, from: rolled, to: moment) : nil
      try RunMark.forEach(streams: stream.sources, judged: held, from: rolled, to: moment, using: marks) { mark in
        known.totals.count(mark, interval: stream.cadence.interval(at: mark.slot) ?? 0)
        known.lastSlot = mark.slot
      }
      return Edge(moment: moment, known: known)
    }
    let level = level(of: stream, at: moment)
    let rounded = level.floor(moment)
    return Edge(moment: rounded, known: try totals(of: stream, before: rounded, from: level))
  }

  /// The edges of several windows, at moments that rise. Days of bars lie side by side: their rows are read in one go, for to
  /// look each of them up takes several times as long.
  func edges(of stream: Stream, at moments: [Int64]) throws -> [Edge] {
    let days = moments.filter { isBegin(ofDay: $0, in: stream) }
    guard let first = days.first, let last = days.last, days.count >= Self.fewestSideBySide,
      (last - first) / RollupLevel.days.width < 2 * days.count
    else { return try moments.map { try edge(of: stream, at: $0) } }
    var known = try RunningTotals.byDays(of: stream.key, before: days, using: lookup)[...]
    return try moments.map { moment in
      guard isBegin(ofDay: moment, in: stream), let totals = known.popFirst() else {
        return try edge(of: stream, at: moment)
      }
      return Edge(moment: moment, known: totals)
    }
  }

  /// Whether everything before a moment is in the rows of whole days.
  private func isBegin(ofDay moment: Int64, in stream: Stream) -> Bool {
    moment <= stream.sealed[RollupLevel.days.rawValue] && moment >= cuts.until[3]
      && moment > stream.cadence.first ?? .max && RollupLevel.days.floor(moment) == moment
  }

  private func totals(of stream: Stream, before moment: Int64, from level: RollupLevel) throws -> RunningTotals {
    // Where days begin every level says the same, and ninety days of one stream are on three pages of the coarsest.
    let coarsest = RollupLevel.allCases.last { coarser in
      coarser.rawValue >= level.rawValue && moment <= stream.sealed[coarser.rawValue] && coarser.floor(moment) == moment
    }
    return try RunningTotals(
      of: stream.key, sealed: stream.sealed, before: moment, from: coarsest ?? level, cuts: cuts, using: lookup)
  }

  /// How many slots before `moment` have a run: exact also where runs are gone, for roll-ups keep which slots they were.
  private func knownSlots(of stream: Stream, before moment: Int64) throws -> Int64 {
    let edge = try edge(of: stream, at: moment)
    let known = edge.known.totals.known
    guard edge.moment < moment else { return known }
    let bucket = try Rollup.rows(
      of: stream.key, level(of: stream, at: moment), from: edge.moment, to: edge.moment + 1, in: database
    ).first
    return known + Int64(bucket?.slots.count(before: moment) ?? 0)
  }

  /// The finest level that still has everything at `moment`.
  private func level(of stream: Stream, at moment: Int64) -> RollupLevel {
    moment >= cuts.kept(1, sealed: stream.sealed)
      ? .fiveMinutes : moment >= cuts.kept(2, sealed: stream.sealed) ? .hours : .days
  }

  /// What became of the slots of a window, by check and region.
  func rows(_ query: TallyQuery) throws -> [TallyRow] {
    let (from, to) = (query.from.firstMillisecond, query.to.firstMillisecond)
    return try streams(of: query.checks, scope: query.scope).map { named in
      let tally = try tally(
        of: named.stream, from: edge(of: named.stream, at: from), to: edge(of: named.stream, at: to))
      return TallyRow(check: named.check, region: named.region, tally: tally)
    }
  }

  /// The tally between two edges.
  ///
  /// - Parameter end: the edge up to which all is known, where it is another one than `to`: a slot that was open at `to` and
  ///   is over by now is expected as every other one, so that the tallies of pieces add up to that of the whole.
  func tally(of stream: Stream, from: Edge, to: Edge, knownUntil end: Edge? = nil) throws -> SlotTally {
    let end = end ?? to
    let expected = try SlotExpectation(cadence: stream.cadence, pauses: stream.pauses).slots(
      from: from.moment, to: to.moment, knownUntil: end.moment, isKnown: { end.known.lastSlot == $0 },
      count: { try knownSlots(of: stream, before: $0.upperBound) - knownSlots(of: stream, before: $0.lowerBound) })
    return SlotTally(to.known.totals - from.known.totals, expected: expected)
  }

  /// The latency of a stream's runs between two moments, from the fewest rows that hold them.
  func latency(of stream: Stream, from: Int64, to: Int64) throws -> LatencyHistogram {
    var histogram = LatencyHistogram()
    let from = roundedMoment(of: stream, from)
    let to = roundedMoment(of: stream, to)
    try collect(.days, of: stream, from: from, to: to, into: &histogram)
    return histogram
  }

  private func roundedMoment(of stream: Stream, _ wanted: Int64) -> Int64 {
    let moment = max(wanted, cuts.until[3])
    return moment >= cuts.kept(0, sealed: stream.sealed) ? moment : level(of: stream, at: moment).floor(moment)
  }

  /// Takes whole buckets of `level` from the middle, and asks the next finer level for both ends.
  private func collect(
    _ level: RollupLevel?, of stream: Stream, from: Int64, to: Int64, into histogram: inout LatencyHistogram
  ) throws {
    guard from < to else { return }
    guard let level else {
      try RunMark.forEach(streams: [stream.key], judged: nil, from: from, to: to, using: marks) { mark in
        if mark.isTimed, let microseconds = mark.microseconds { histogram.add(microseconds: microseconds) }
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
    rows.bind(level.number(of: first), at: 2)
    rows.bind(level.number(of: last), at: 3)
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

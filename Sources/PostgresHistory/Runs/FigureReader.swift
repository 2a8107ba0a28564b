import Model
import Postgres

/// A stream with all that its figures need beside the counts.
struct NamedStream {
  var key: Int64
  var check: CheckID
  /// Nil over all regions.
  var region: String?
  /// Whether it is made of the runs of other streams.
  var isCombined: Bool
  var expectation: SlotExpectation
}

/// Counts slots of windows, for many streams at once: each kind of row is asked once, whatever streams and pieces are.
struct FigureReader {
  let session: PostgresSession
  let keeping: Keeping

  init(_ session: PostgresSession) throws {
    self.session = session
    keeping = try Keeping(reading: session)
  }

  // MARK: Streams

  /// The streams that a scope speaks of, by check and region, with their rhythms.
  ///
  /// - Parameters:
  ///   - checks: nil for all.
  ///   - end: up to where rhythms are needed; nil where they are not.
  func streams(of checks: [CheckID]?, scope: RegionScope, until end: Int64?) throws -> [NamedStream] {
    let rows = try session.execute(
      """
      SELECT s.key, c.id, r.name FROM checks c JOIN streams s ON s.check_key = c.key
        LEFT JOIN run_regions r ON r.key = s.region_key
      \(checks == nil ? "" : "WHERE c.id = ANY($1)") ORDER BY c.id, r.name NULLS FIRST
      """, checks.map { [.texts($0.map(\.text))] } ?? [])
    var found: [NamedStream] = []
    var own: [NamedStream] = []
    for row in rows {
      guard let check = CheckID(try row[1] as String) else { continue }
      if own.last?.check != check {
        found += Self.select(scope, own)
        own = []
      }
      let region: String? = try row[2]
      own.append(
        NamedStream(
          key: try row[0], check: check, region: region, isCombined: region == nil,
          expectation: SlotExpectation(cadence: Cadence(), pauses: [])))
    }
    found += Self.select(scope, own)
    if let end { try readExpectations(&found, until: end) }
    return found
  }

  /// Leaves of one check's streams those that the scope speaks of. The one over all regions, there only for several, comes first.
  private static func select(_ scope: RegionScope, _ streams: [NamedStream]) -> [NamedStream] {
    switch scope {
    case .each: return streams.filter { !$0.isCombined }
    case .only(let region): return streams.filter { $0.region == region }
    case .combined:
      // Of the only region, the stream is that over all regions.
      return streams.prefix(1).map { stream in
        var stream = stream
        stream.region = nil
        return stream
      }
    }
  }

  private func readExpectations(_ streams: inout [NamedStream], until end: Int64) throws {
    let keys = streams.map(\.key)
    var cadences = try Cadence.all(of: keys, in: session)
    // What is not rolled up yet has its rhythm in its runs. Most of them are on the beat, and say nothing new.
    let offBeat =
      "(k.beat_since IS NULL OR interval_ms <> k.beat_interval OR (slot - k.beat_since) % k.beat_interval <> 0)"
    if end > keeping.sealed {
      let runs = { RunRows.each($0, "slot, interval_ms", from: "$2", to: "$3", where: offBeat) }
      let regional = """
        SELECT k.key, r.slot, r.interval_ms FROM streams k, \(runs("k.key")) r WHERE k.key = ANY($1) ORDER BY 1, 2
        """
      let combined = """
        SELECT k.key, r.slot, min(r.interval_ms) FROM streams k JOIN streams o ON o.combined = k.key, \(runs("o.key")) r
        WHERE k.key = ANY($1) GROUP BY 1, 2 ORDER BY 1, 2
        """
      for (isCombined, sql) in [(false, regional), (true, combined)] {
        let own = streams.filter { $0.isCombined == isCombined }.map(\.key)
        guard !own.isEmpty else { continue }
        for row in try session.execute(sql, [.ints(own), .int(keeping.sealed), .int(end)]) {
          cadences[try row[0], default: Cadence()].insert(slot: try row[1], interval: try row[2]) { _ in nil }
        }
      }
    }
    var pauses: [Int64: [Range<Int64>]] = [:]
    for row in try session.execute(
      "SELECT stream, since, until FROM pauses WHERE stream = ANY($1) ORDER BY stream, since", [.ints(keys)])
    {
      let since: Int64 = try row[1]
      pauses[try row[0], default: []].append(since..<max(since, try row[2] ?? .max))
    }
    for index in streams.indices {
      let key = streams[index].key
      streams[index].expectation = SlotExpectation(cadence: cadences[key] ?? Cadence(), pauses: pauses[key] ?? [])
    }
  }

  // MARK: Counts

  /// What became of the slots of a window, by check and region.
  func rows(_ query: TallyQuery) throws -> [TallyRow] {
    let moments = [query.from.firstMillisecond, query.to.firstMillisecond]
    let streams = try streams(of: query.checks, scope: query.scope, until: moments[1])
    return try zip(streams, tallies(of: streams, between: moments)).map { stream, tallies in
      TallyRow(check: stream.check, region: stream.region, tally: tallies[0])
    }
  }

  /// The tallies of streams between each moment and the next, in their order.
  func tallies(of streams: [NamedStream], between moments: [Int64]) throws -> [[SlotTally]] {
    let edges = moments.map { keeping.edge($0) }
    guard let end = edges.last, !streams.isEmpty else { return streams.map { _ in [] } }
    let pieces = Array(zip(edges, edges.dropFirst()))
    let counts = try totals(of: streams, pieces)
    // What must be known does not depend on what is known: it is asked for all streams together, and reckoned with afterwards.
    var questions = SlotQuestions(keeping: keeping)
    for stream in streams {
      for (from, to) in pieces {
        _ = stream.expectation.slots(
          from: from, to: to, knownUntil: end,
          isKnown: {
            questions.ask($0..<$0 + 1, of: stream)
            return false
          },
          count: {
            questions.ask($0, of: stream)
            return 0
          })
      }
    }
    let known = try questions.answers(session)
    return streams.enumerated().map { index, stream in
      pieces.enumerated().map { piece, edges in
        let expected = stream.expectation.slots(
          from: edges.0, to: edges.1, knownUntil: end, isKnown: { known.count($0..<$0 + 1, of: stream) > 0 },
          count: { known.count($0, of: stream) })
        return SlotTally(counts[index][piece], expected: expected)
      }
    }
  }

  /// How many rows or groups one statement gives at most: more would go through the server's disk, and lie in memory twice.
  private static let mostRows = 50_000

  /// What happened in streams in each piece, in their order.
  private func totals(of streams: [NamedStream], _ pieces: [(Int64, Int64)]) throws -> [[Totals]] {
    var found = Array(repeating: Array(repeating: Totals(), count: pieces.count), count: streams.count)
    let places = StreamPlaces(streams)
    for parts in WindowParts.of(pieces, sealed: keeping.sealed, isSigned: true) {
      guard let level = parts.level else {
        try countRuns(parts, streams, places, into: &found)
        continue
      }
      // Where pieces are of a few buckets each, as days of bars are, to add them up there takes longer than to send them.
      let isAdded = parts.bucketCount > 4 * parts.parts.count
      let rows = isAdded ? parts.parts.count : parts.bucketCount
      for keys in places.keys.chunks(of: max(1, Self.mostRows / max(1, rows))) {
        if isAdded {
          try addBuckets(level, parts, keys, places, into: &found)
        } else {
          try readBuckets(level, parts, keys, places, into: &found)
        }
      }
    }
    return found
  }

  private func readBuckets(
    _ level: RollupLevel, _ parts: WindowParts, _ keys: ArraySlice<Int64>, _ places: StreamPlaces,
    into found: inout [[Totals]]
  ) throws {
    let rows = try session.execute(
      """
      SELECT stream, bucket, up, degraded, down, unknown, maintenance, down_ms FROM \(level.table)
      WHERE stream = ANY($3) AND bucket >= $1 AND bucket < $2
      """, parts.range + [.ints(Array(keys))])
    var places = places
    for row in rows {
      guard let index = places.index(of: try row[0]) else { continue }
      let counts = try Totals(row)
      for share in parts.shares(at: try row[1]) { found[index][share.piece].add(counts, share.sign) }
    }
  }

  private func addBuckets(
    _ level: RollupLevel, _ parts: WindowParts, _ keys: ArraySlice<Int64>, _ places: StreamPlaces,
    into found: inout [[Totals]]
  ) throws {
    let isOne = parts.parts.count == 1
    let rows = try session.execute(
      """
      SELECT stream, \(isOne ? "1" : "width_bucket(bucket, $4::bigint[])") AS part, sum(up), sum(degraded), sum(down),
        sum(unknown), sum(maintenance), sum(down_ms)::bigint
      FROM \(level.table) WHERE stream = ANY($3) AND bucket >= $1 AND bucket < $2
      GROUP BY stream\(isOne ? "" : ", part")
      """, parts.range + [.ints(Array(keys))] + (isOne ? [] : [parts.starts]))
    var places = places
    for row in rows {
      guard let index = places.index(of: try row[0]) else { continue }
      let counts = try Totals(row)
      for share in parts.shares(try row[1]) { found[index][share.piece].add(counts, share.sign) }
    }
  }

  private func countRuns(
    _ parts: WindowParts, _ streams: [NamedStream], _ places: StreamPlaces, into found: inout [[Totals]]
  ) throws {
    var places = places
    let own = streams.filter { !$0.isCombined }.map(\.key)
    if !own.isEmpty {
      let rows = try session.execute(
        """
        SELECT stream, width_bucket(slot, $4::bigint[]) AS part, mark, count(*), sum(interval_ms)::bigint
        FROM runs WHERE stream = ANY($3) AND slot >= $1 AND slot < $2 GROUP BY stream, part, mark
        """, parts.range + [.ints(own), parts.starts])
      for row in rows {
        guard let index = places.index(of: try row[0]) else { continue }
        let counts = Totals(
          of: RunMark(slot: 0, mark: try row[2], microseconds: nil), slots: try row[3], milliseconds: try row[4])
        for share in parts.shares(try row[1]) { found[index][share.piece].add(counts, share.sign) }
      }
    }
    let combined = streams.filter(\.isCombined).map(\.key)
    guard !combined.isEmpty else { return }
    // Slots of which regions said the same are counted together, so that the verdict over regions is reckoned in one place.
    let rows = try session.execute(
      """
      SELECT x.combined, width_bucket(x.slot, $4::bigint[]) AS part, x.up, x.degraded, x.down, x.unknown, x.is_maintenance,
        j.verdict, count(*), sum(x.interval_ms)::bigint
      FROM (
        SELECT o.combined, r.slot,
          count(*) FILTER (WHERE r.mark & 3 = 0) AS up, count(*) FILTER (WHERE r.mark & 3 = 1) AS degraded,
          count(*) FILTER (WHERE r.mark & 3 = 2) AS down, count(*) FILTER (WHERE r.mark & 3 = 3) AS unknown,
          bool_or(r.mark >= 4) AS is_maintenance, min(r.interval_ms) AS interval_ms
        FROM streams o, \(RunRows.each("o.key", "slot, mark, interval_ms", from: "$1", to: "$2")) r
        WHERE o.combined = ANY($3) GROUP BY o.combined, r.slot) x
        LEFT JOIN judged j ON j.stream = x.combined AND j.slot = x.slot
      GROUP BY 1, 2, 3, 4, 5, 6, 7, 8
      """, parts.range + [.ints(combined), parts.starts])
    for row in rows {
      guard let index = places.index(of: try row[0]) else { continue }
      let counts: [(Verdict, Int)] = [
        (.up, try row[2]), (.degraded, try row[3]), (.down, try row[4]), (.unknown, try row[5]),
      ]
      let marks = counts.flatMap { verdict, count in
        Array(
          repeating: RunMark(slot: 0, verdict: verdict, isInMaintenance: false, microseconds: nil), count: count)
      }
      var mark = RunMark.overRegions(
        marks, slot: 0, judged: (try row[7] as Int64?).map { Verdict(mark: $0) })
      mark.isInMaintenance = try row[6]
      let totals = Totals(of: mark, slots: try row[8], milliseconds: try row[9])
      for share in parts.shares(try row[1]) { found[index][share.piece].add(totals, share.sign) }
    }
  }

  // MARK: Latency

  /// How long good runs of streams took between each moment and the next, in their order.
  func latencies(of streams: [NamedStream], between moments: [Int64]) throws -> [[LatencyHistogram]] {
    let edges = moments.map { keeping.edge($0) }
    let pieces = Array(zip(edges, edges.dropFirst()))
    var found = Array(repeating: Array(repeating: LatencyHistogram(), count: pieces.count), count: streams.count)
    var places = StreamPlaces(streams)
    for parts in WindowParts.of(pieces, sealed: keeping.sealed, isSigned: false) {
      guard let level = parts.level else {
        let rows = try session.execute(
          """
          SELECT stream, slot, duration_us FROM runs
          WHERE stream = ANY($3) AND slot >= $1 AND slot < $2 AND mark < 2 AND duration_us IS NOT NULL
          """, parts.range + [.ints(places.keys)])
        for row in rows {
          guard let index = places.index(of: try row[0]) else { continue }
          for share in parts.shares(at: try row[1]) { found[index][share.piece].add(microseconds: try row[2]) }
        }
        continue
      }
      for keys in places.keys.chunks(of: max(1, Self.mostRows / max(1, parts.bucketCount))) {
        let rows = try session.execute(
          """
          SELECT stream, bucket, latency_us, latency FROM \(level.table)
          WHERE stream = ANY($3) AND bucket >= $1 AND bucket < $2 AND latency IS NOT NULL
          """, parts.range + [.ints(Array(keys))])
        for row in rows {
          guard let index = places.index(of: try row[0]),
            let part = LatencyHistogram(encoded: try row[3] as [UInt8], sumMicroseconds: try row[2])
          else { continue }
          for share in parts.shares(at: try row[1]) { found[index][share.piece].merge(part) }
        }
      }
    }
    return found
  }
}

/// Where streams stand in a list. Rows come stream by stream, so the last place is mostly the next one too.
private struct StreamPlaces {
  /// In the order of the list.
  let keys: [Int64]
  private let indexes: [Int64: Int]
  private var last: (key: Int64, index: Int)?

  init(_ streams: [NamedStream]) {
    keys = streams.map(\.key)
    indexes = Dictionary(uniqueKeysWithValues: keys.enumerated().map { ($1, $0) })
  }

  mutating func index(of key: Int64) -> Int? {
    if let last, last.key == key { return last.index }
    last = indexes[key].map { (key, $0) }
    return last?.index
  }
}

extension [Int64] {
  /// Its elements in their order, so many at a time.
  fileprivate func chunks(of size: Int) -> [ArraySlice<Int64>] {
    stride(from: 0, to: count, by: size).map { self[$0..<Swift.min($0 + size, count)] }
  }
}

extension Totals {
  /// Slots that are alike.
  ///
  /// - Parameter milliseconds: all of them together.
  fileprivate init(of mark: RunMark, slots: Int64, milliseconds: Int64) {
    var one = Totals()
    one.count(mark, interval: 0)
    self.init(
      up: one.up * slots, degraded: one.degraded * slots, down: one.down * slots, unknown: one.unknown * slots,
      maintenance: one.maintenance * slots, downMilliseconds: one.down * milliseconds)
  }

  /// Reads the counts of a row, in columns 2 to 7.
  fileprivate init(_ row: PostgresRow) throws {
    self.init(
      up: try row[2], degraded: try row[3], down: try row[4], unknown: try row[5], maintenance: try row[6],
      downMilliseconds: try row[7])
  }

  /// Adds counts, or takes them off (−1).
  fileprivate mutating func add(_ counts: Totals, _ sign: Int64) {
    self = sign > 0 ? self + counts : self - counts
  }
}

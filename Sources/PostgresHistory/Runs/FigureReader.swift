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
      "AND (k.beat_since IS NULL OR r.interval_ms <> k.beat_interval OR (r.slot - k.beat_since) % k.beat_interval <> 0)"
    if end > keeping.sealed {
      for sql in [
        """
        SELECT k.key, r.slot, r.interval_ms FROM streams k JOIN runs r ON r.stream = k.key
        WHERE k.key = ANY($1) AND k.region_key <> 0 AND r.slot >= $2 AND r.slot < $3 \(offBeat) ORDER BY 1, 2
        """,
        """
        SELECT k.key, r.slot, min(r.interval_ms) FROM streams k JOIN streams o ON o.combined = k.key
          JOIN runs r ON r.stream = o.key
        WHERE k.key = ANY($1) AND r.slot >= $2 AND r.slot < $3 \(offBeat) GROUP BY 1, 2 ORDER BY 1, 2
        """,
      ] {
        for row in try session.execute(sql, [.ints(keys), .int(keeping.sealed), .int(end)]) {
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

  /// What happened in streams in each piece, in their order.
  private func totals(of streams: [NamedStream], _ pieces: [(Int64, Int64)]) throws -> [[Totals]] {
    var found = streams.map { _ in pieces.map { _ in Totals() } }
    let indexes = Dictionary(uniqueKeysWithValues: streams.enumerated().map { ($1.key, $0) })
    let keys = PostgresValue.ints(streams.map(\.key))
    for (level, parts) in WindowParts.of(pieces, sealed: keeping.sealed) {
      guard let level else {
        try countRuns(parts, streams, indexes, into: &found)
        continue
      }
      let rows = try session.execute(
        """
        SELECT t.stream, width_bucket(t.bucket, $4::bigint[]), sum(t.up), sum(t.degraded), sum(t.down), sum(t.unknown),
          sum(t.maintenance), sum(t.down_ms)::bigint
        FROM unnest($1::bigint[], $2::bigint[]) AS w(a, b)
          JOIN \(level.table) t ON t.stream = ANY($3) AND t.bucket >= w.a AND t.bucket < w.b
        GROUP BY 1, 2
        """, parts.ranges + [keys, parts.starts])
      for row in rows {
        guard let index = indexes[try row[0]] else { continue }
        let piece = parts.piece(try row[1])
        found[index][piece] =
          found[index][piece]
          + Totals(
            up: try row[2], degraded: try row[3], down: try row[4], unknown: try row[5], maintenance: try row[6],
            downMilliseconds: try row[7])
      }
    }
    return found
  }

  private func countRuns(
    _ parts: WindowParts, _ streams: [NamedStream], _ indexes: [Int64: Int], into found: inout [[Totals]]
  ) throws {
    let own = streams.filter { !$0.isCombined }.map(\.key)
    if !own.isEmpty {
      let rows = try session.execute(
        """
        SELECT r.stream, width_bucket(r.slot, $4::bigint[]), r.mark, count(*), sum(r.interval_ms)::bigint
        FROM unnest($1::bigint[], $2::bigint[]) AS w(a, b)
          JOIN runs r ON r.stream = ANY($3) AND r.slot >= w.a AND r.slot < w.b
        GROUP BY 1, 2, 3
        """, parts.ranges + [.ints(own), parts.starts])
      for row in rows {
        guard let index = indexes[try row[0]] else { continue }
        found[index][parts.piece(try row[1])].count(
          RunMark(slot: 0, mark: try row[2], microseconds: nil), slots: try row[3], milliseconds: try row[4])
      }
    }
    let combined = streams.filter(\.isCombined).map(\.key)
    guard !combined.isEmpty else { return }
    // Slots of which regions said the same are counted together, so that the verdict over regions is reckoned in one place.
    let rows = try session.execute(
      """
      SELECT x.combined, x.piece, x.up, x.degraded, x.down, x.unknown, x.is_maintenance, j.verdict, count(*),
        sum(x.interval_ms)::bigint
      FROM (
        SELECT o.combined, r.slot, width_bucket(r.slot, $4::bigint[]) AS piece,
          count(*) FILTER (WHERE r.mark & 3 = 0) AS up, count(*) FILTER (WHERE r.mark & 3 = 1) AS degraded,
          count(*) FILTER (WHERE r.mark & 3 = 2) AS down, count(*) FILTER (WHERE r.mark & 3 = 3) AS unknown,
          bool_or(r.mark >= 4) AS is_maintenance, min(r.interval_ms) AS interval_ms
        FROM streams o JOIN runs r ON r.stream = o.key
          JOIN unnest($1::bigint[], $2::bigint[]) AS w(a, b) ON r.slot >= w.a AND r.slot < w.b
        WHERE o.combined = ANY($3) AND r.slot >= $5 AND r.slot < $6 GROUP BY o.combined, r.slot) x
        LEFT JOIN judged j ON j.stream = x.combined AND j.slot = x.slot
      GROUP BY 1, 2, 3, 4, 5, 6, 7, 8
      """, parts.ranges + [.ints(combined), parts.starts, .int(parts.from), .int(parts.to)])
    for row in rows {
      guard let index = indexes[try row[0]] else { continue }
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
      found[index][parts.piece(try row[1])].count(mark, slots: try row[8], milliseconds: try row[9])
    }
  }

  // MARK: Latency

  /// How long good runs of streams took between each moment and the next, in their order.
  func latencies(of streams: [NamedStream], between moments: [Int64]) throws -> [[LatencyHistogram]] {
    let edges = moments.map { keeping.edge($0) }
    let pieces = Array(zip(edges, edges.dropFirst()))
    var found = streams.map { _ in pieces.map { _ in LatencyHistogram() } }
    let indexes = Dictionary(uniqueKeysWithValues: streams.enumerated().map { ($1.key, $0) })
    let keys = PostgresValue.ints(streams.map(\.key))
    for (level, parts) in WindowParts.of(pieces, sealed: keeping.sealed) {
      guard let level else {
        let rows = try session.execute(
          """
          SELECT r.stream, width_bucket(r.slot, $4::bigint[]), r.duration_us
          FROM unnest($1::bigint[], $2::bigint[]) AS w(a, b)
            JOIN runs r ON r.stream = ANY($3) AND r.slot >= w.a AND r.slot < w.b
          WHERE r.mark < 2 AND r.duration_us IS NOT NULL
          """, parts.ranges + [keys, parts.starts])
        for row in rows {
          guard let index = indexes[try row[0]] else { continue }
          found[index][parts.piece(try row[1])].add(microseconds: try row[2])
        }
        continue
      }
      let rows = try session.execute(
        """
        SELECT t.stream, width_bucket(t.bucket, $4::bigint[]), t.latency_us, t.latency
        FROM unnest($1::bigint[], $2::bigint[]) AS w(a, b)
          JOIN \(level.table) t ON t.stream = ANY($3) AND t.bucket >= w.a AND t.bucket < w.b
        WHERE t.latency IS NOT NULL
        """, parts.ranges + [keys, parts.starts])
      for row in rows {
        guard let index = indexes[try row[0]],
          let part = LatencyHistogram(encoded: try row[3] as [UInt8], sumMicroseconds: try row[2])
        else { continue }
        found[index][parts.piece(try row[1])].merge(part)
      }
    }
    return found
  }
}

/// The parts of all pieces of a window that are of one level.
struct WindowParts {
  private var parts: [(part: WindowPart, piece: Int)] = []

  /// By level, those of runs under nil. Pieces follow each other in order of time.
  static func of(_ pieces: [(Int64, Int64)], sealed: Int64) -> [(level: RollupLevel?, parts: WindowParts)] {
    var found: [RollupLevel?: WindowParts] = [:]
    for (piece, (from, to)) in pieces.enumerated() {
      for part in WindowPart.parts(from: from, to: to, sealed: sealed) {
        found[part.level, default: WindowParts()].parts.append((part, piece))
      }
    }
    return found.map { ($0.key, $0.value) }
  }

  /// Where they begin and end, as two parameters; those that touch are one range.
  var ranges: [PostgresValue] {
    var ranges: [(from: Int64, to: Int64)] = []
    for (part, _) in parts {
      if let last = ranges.indices.last, ranges[last].to == part.from {
        ranges[last].to = part.to
      } else {
        ranges.append((part.from, part.to))
      }
    }
    return [.ints(ranges.map(\.from)), .ints(ranges.map(\.to))]
  }

  /// Where each begins: `width_bucket` finds the part of a moment among them.
  var starts: PostgresValue { .ints(parts.map(\.part.from)) }

  /// Where the first one begins.
  var from: Int64 { parts.first?.part.from ?? 0 }

  /// Where the last one ends.
  var to: Int64 { parts.last?.part.to ?? 0 }

  /// The piece of the part that `width_bucket` found, which counts from 1.
  func piece(_ bucket: Int) -> Int { parts[bucket - 1].piece }
}

extension Totals {
  /// Counts slots that are alike.
  ///
  /// - Parameter milliseconds: all of them together.
  mutating func count(_ mark: RunMark, slots: Int64, milliseconds: Int64) {
    var one = Totals()
    one.count(mark, interval: 0)
    self =
      self
      + Totals(
        up: one.up * slots, degraded: one.degraded * slots, down: one.down * slots, unknown: one.unknown * slots,
        maintenance: one.maintenance * slots, downMilliseconds: one.down * milliseconds)
  }
}

import Model
import Postgres

/// Makes streams of checks and regions that have had no runs.
struct NewStreams {
  /// What there is of a check.
  private struct Sibling {
    var key: Int64
    var check: Int64
    var region: Int64
  }

  let session: PostgresSession
  let keeping: Keeping

  /// - Parameter first: the first slot that is known of each.
  /// - Returns: their keys.
  func begin(_ first: [Origin: Int64]) throws -> [Origin: Int64] {
    let checks = try StreamKeys.make(first.keys.map(\.check.text), "checks", "id", in: session)
    let regions = try StreamKeys.make(first.keys.map(\.region), "run_regions", "name", in: session)
    // Of two who begin regions of one check, the later one must see what the other has made.
    try session.execute(
      "SELECT key FROM checks WHERE key = ANY($1) ORDER BY key FOR UPDATE", [.ints(Array(checks.values))])
    var siblings = try Dictionary(grouping: siblings(of: Array(checks.values)), by: \.check)
    var found: [Origin: Int64] = [:]
    var made: [(stream: Int64, check: Int64, slot: Int64)] = []
    let ordered = first.sorted { ($0.key.check, $0.key.region) < ($1.key.check, $1.key.region) }
    for (origin, slot) in ordered {
      guard let check = checks[origin.check.text], let region = regions[origin.region] else { continue }
      if let stored = siblings[check]?.first(where: { $0.region == region }) {
        found[origin] = stored.key
        continue
      }
      let combined = siblings[check]?.first { $0.region == 0 }?.key
      let key = try insert(check: check, region: region, combined: combined, sealed: keeping.announced)
      siblings[check, default: []].append(Sibling(key: key, check: check, region: region))
      found[origin] = key
      made.append((key, check, slot))
    }
    let madeKeys = Set(made.map(\.stream))
    var toCombine: [Int64: Int64?] = [:]
    for check in Set(made.map(\.check)) {
      let own = siblings[check] ?? []
      guard own.count > 1, !own.contains(where: { $0.region == 0 }) else { continue }
      toCombine[check] = .some(own.first { !madeKeys.contains($0.key) }?.key)
    }
    try combine(toCombine)
    try resume(made)
    return found
  }

  private func siblings(of checks: [Int64]) throws -> [Sibling] {
    try session.execute(
      "SELECT key, check_key, region_key FROM streams WHERE check_key = ANY($1) ORDER BY key", [.ints(checks)]
    ).map { Sibling(key: try $0[0], check: try $0[1], region: try $0[2]) }
  }

  private func insert(check: Int64, region: Int64, combined: Int64? = nil, sealed: Int64) throws -> Int64 {
    let row = try session.execute(
      "INSERT INTO streams (check_key, region_key, combined, sealed) VALUES ($1, $2, $3, $4) RETURNING key",
      [.int(check), .int(region), .optional(combined), .int(sealed)])
    guard let key: Int64 = try row.first?[0] else { throw HistoryError("the database gave a new stream no key") }
    return key
  }

  /// Makes the streams over all regions of checks, each from that of its only region so far, whose verdicts were the check's own.
  ///
  /// - Parameter checks: with the streams of their only regions; nil where there was none before this transaction.
  func combine(_ checks: [Int64: Int64?]) throws {
    let only = checks.values.compactMap { $0 }
    // Nobody may roll them up, or work late runs into them, meanwhile.
    let rows = try session.execute(
      "SELECT key, sealed FROM streams WHERE key = ANY($1) ORDER BY key FOR UPDATE", [.ints(only)])
    let sealed: [Int64: Int64] = try rows.reduce(into: [:]) { $0[try $1[0]] = try $1[1] as Int64 }
    for (check, only) in checks.sorted(by: { $0.key < $1.key }) {
      let key = try insert(check: check, region: 0, sealed: only.flatMap { sealed[$0] } ?? keeping.announced)
      try session.execute(
        "UPDATE streams SET combined = $1 WHERE check_key = $2 AND region_key <> 0", [.int(key), .int(check)])
      guard let only else { continue }
      let keys = [PostgresValue.int(key), .int(only)]
      try session.execute(
        """
        UPDATE streams SET beat_since = o.beat_since, beat_interval = o.beat_interval FROM streams o
        WHERE streams.key = $1 AND o.key = $2
        """, keys)
      try session.execute(
        "INSERT INTO cadences SELECT $1, since, interval_ms FROM cadences WHERE stream = $2", keys)
      try session.execute("INSERT INTO pauses SELECT $1, since, until FROM pauses WHERE stream = $2", keys)
      for level in RollupLevel.allCases {
        try session.execute(
          """
          INSERT INTO \(level.table)
          SELECT bucket, $1, up, degraded, down, unknown, maintenance, down_ms, 0, NULL, slots
          FROM \(level.table) WHERE stream = $2
          """, keys)
      }
    }
  }

  /// A region that begins to run a check ends the pause over all regions. One that was imported from before the pause
  /// shares it.
  private func resume(_ made: [(stream: Int64, check: Int64, slot: Int64)]) throws {
    let rows = try session.execute(
      """
      SELECT s.check_key, s.key FROM streams s JOIN pauses p ON p.stream = s.key
      WHERE s.check_key = ANY($1) AND s.region_key = 0 AND p.until IS NULL
      """, [.ints(Array(Set(made.map(\.check))))])
    let paused: [Int64: Int64] = try rows.reduce(into: [:]) { $0[try $1[0]] = try $1[1] as Int64 }
    for new in made {
      guard let combined = paused[new.check] else { continue }
      try session.execute(
        "UPDATE pauses SET until = $2 WHERE stream = $1 AND until IS NULL AND since <= $2",
        [.int(combined), .int(new.slot)])
      try session.execute(
        "INSERT INTO pauses SELECT $2, since, NULL FROM pauses WHERE stream = $1 AND until IS NULL",
        [.int(combined), .int(new.stream)])
    }
  }
}

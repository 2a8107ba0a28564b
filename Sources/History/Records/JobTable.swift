import GRDB
import Model

/// Reads and writes what jobs reported last.
struct JobTable {
  /// How long the key of a report is remembered.
  private static let keyLifetime = Duration.days(1)

  let database: Database

  /// The state of every job, by check.
  func states() throws -> [HeartbeatState] {
    let rows = try StoredStatement(
      "SELECT check_id, started, kind, at, took_us, output, key FROM jobs ORDER BY check_id", in: database)
    var found: [HeartbeatState] = []
    while try rows.next() {
      guard let check = rows.text(0).flatMap({ CheckID($0) }) else { continue }
      let signal = rows.text(2).flatMap { HeartbeatSignal.Kind(rawValue: $0) }.map { kind in
        HeartbeatSignal(
          check: check, kind: kind, at: Timestamp(millisecondsSinceEpoch: rows.integer(3)),
          duration: rows.optionalInteger(4).map { .microseconds($0) }, output: rows.text(5),
          idempotencyKey: rows.text(6))
      }
      found.append(
        HeartbeatState(
          check: check, lastSignal: signal,
          startedAt: rows.optionalInteger(1).map { Timestamp(millisecondsSinceEpoch: $0) }))
    }
    return found
  }

  /// Keeps a state in place of the one before, remembers keys, and forgets those that are too old.
  func keep(_ state: HeartbeatState, keys: [String], at now: Timestamp) throws {
    let keep = try StoredStatement(
      "INSERT OR REPLACE INTO jobs (check_id, started, kind, at, took_us, output, key) VALUES (?, ?, ?, ?, ?, ?, ?)",
      in: database)
    let signal = state.lastSignal
    keep.bind(state.check.text, at: 1)
    keep.bind(state.startedAt?.millisecondsSinceEpoch, at: 2)
    keep.bind(signal?.kind.rawValue, at: 3)
    keep.bind(signal?.at.millisecondsSinceEpoch, at: 4)
    keep.bind(signal?.duration.map { $0.nanoseconds / 1000 }, at: 5)
    keep.bind(signal?.output, at: 6)
    keep.bind(signal?.idempotencyKey, at: 7)
    try keep.run()
    let forget = try StoredStatement("DELETE FROM job_keys WHERE at < ?", in: database)
    forget.bind((now - Self.keyLifetime).firstMillisecond, at: 1)
    try forget.run()
    let remember = try StoredStatement(
      "INSERT OR IGNORE INTO job_keys (check_id, key, at) VALUES (?, ?, ?)", in: database)
    for key in keys {
      remember.bind(state.check.text, at: 1)
      remember.bind(key, at: 2)
      remember.bind(now.millisecondsSinceEpoch, at: 3)
      try remember.run()
    }
  }

  /// Those of the keys that are remembered.
  func rememberedKeys(of check: CheckID, among keys: [String], at now: Timestamp) throws -> Set<String> {
    let look = try StoredStatement(
      "SELECT 1 FROM job_keys WHERE check_id = ? AND key = ? AND at >= ?", in: database)
    var found: Set<String> = []
    for key in keys {
      look.bind(check.text, at: 1)
      look.bind(key, at: 2)
      look.bind((now - Self.keyLifetime).firstMillisecond, at: 3)
      if try look.next() { found.insert(key) }
      look.reset()
    }
    return found
  }
}

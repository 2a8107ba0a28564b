import Model
import Postgres

/// Reads and writes what jobs reported last.
struct JobTable {
  /// How long the key of a report is remembered.
  private static let keyLifetime = Duration.days(1)

  let session: PostgresSession

  /// The state of every job, by check.
  func states() throws -> [HeartbeatState] {
    let rows = try session.execute(
      "SELECT check_id, started, kind, at, took_us, output, key FROM jobs ORDER BY check_id COLLATE \"C\"")
    return try rows.compactMap { row in
      guard let check = CheckID(try row[0]) else { return nil }
      let kind: String? = try row[2]
      let moment: Int64? = try row[3]
      let took: Int64? = try row[4]
      let started: Int64? = try row[1]
      var signal: HeartbeatSignal?
      if let kind = kind.flatMap({ HeartbeatSignal.Kind(rawValue: $0) }) {
        signal = HeartbeatSignal(
          check: check, kind: kind, at: Timestamp(millisecondsSinceEpoch: moment ?? 0),
          duration: took.map { .microseconds($0) }, output: try row[5], idempotencyKey: try row[6])
      }
      return HeartbeatState(
        check: check, lastSignal: signal, startedAt: started.map { Timestamp(millisecondsSinceEpoch: $0) })
    }
  }

  /// Keeps a state in place of the one before, remembers keys, and forgets those that are too old.
  func keep(_ state: HeartbeatState, keys: [String], at now: Timestamp) throws {
    let signal = state.lastSignal
    try session.execute(
      """
      INSERT INTO jobs (check_id, started, kind, at, took_us, output, key) VALUES ($1, $2, $3, $4, $5, $6, $7)
      ON CONFLICT (check_id) DO UPDATE SET started = excluded.started, kind = excluded.kind, at = excluded.at,
        took_us = excluded.took_us, output = excluded.output, key = excluded.key
      """,
      [
        .text(state.check.text), .optional(state.startedAt?.millisecondsSinceEpoch), .optional(signal?.kind.rawValue),
        .optional(signal?.at.millisecondsSinceEpoch), .optional(signal?.duration.map { $0.nanoseconds / 1000 }),
        .optional(signal?.output), .optional(signal?.idempotencyKey),
      ])
    try session.execute("DELETE FROM job_keys WHERE at < $1", [.int((now - Self.keyLifetime).firstMillisecond)])
    try session.execute(
      "INSERT INTO job_keys (check_id, key, at) SELECT $1, key, $3 FROM unnest($2) AS key ON CONFLICT DO NOTHING",
      [.text(state.check.text), .texts(keys), .int(now.millisecondsSinceEpoch)])
  }

  /// Those of the keys that are remembered.
  func rememberedKeys(of check: CheckID, among keys: [String], at now: Timestamp) throws -> Set<String> {
    // What came with a NUL was kept with U+FFFD for it, and is another key.
    let wanted = keys.filter { !$0.utf8.contains(0) }
    let rows = try session.execute(
      "SELECT key FROM job_keys WHERE check_id = $1 AND key = ANY($2) AND at >= $3",
      [.text(check.text), .texts(wanted), .int((now - Self.keyLifetime).firstMillisecond)])
    return Set(try rows.map { try $0[0] })
  }
}

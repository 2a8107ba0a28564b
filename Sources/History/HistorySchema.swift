import GRDB
import Model

/// The tables, as the steps that made them. A step that was released is never changed; another one follows it.
///
/// Times are milliseconds since the epoch, durations of runs microseconds. A *stream* is what one check did in one
/// region, or over all regions (region 0, there only for checks with two or more). Tables of runs and roll-ups are
/// clustered by stream and time (WITHOUT ROWID), so that a window of one check is one range on few pages.
enum HistorySchema {
  /// Marks the file as ours: "CRLW" (https://sqlite.org/pragma.html#pragma_application_id).
  static let applicationID: Int64 = 0x4352_4C57

  static var migrator: DatabaseMigrator {
    var migrator = DatabaseMigrator()
    migrator.registerMigration("1 runs, roll-ups, state changes, pauses") { database in
      try database.execute(sql: first)
    }
    migrator.registerMigration("2 smaller roll-ups") { database in
      for level in RollupLevel.allCases { try database.execute(sql: smaller(level)) }
    }
    migrator.registerMigration("3 incidents, exclusions, closed months, jobs") { database in
      try database.execute(sql: RecordSchema.third)
    }
    migrator.registerMigration("4 verdicts over regions") { database in
      try database.execute(sql: judged)
    }
    return migrator
  }

  /// What is held of slots over all regions (`stream` is the one over all regions), where that was said and not reckoned.
  /// A row goes with the runs that it speaks of: roll-ups have it in their counts by then.
  private static let judged = """
    CREATE TABLE judged (
      stream INTEGER NOT NULL, slot INTEGER NOT NULL, verdict INTEGER NOT NULL, PRIMARY KEY (stream, slot)
    ) WITHOUT ROWID, STRICT;
    """

  /// The roll-ups of now. Three levels with one shape. `bucket` counts buckets of the level since the epoch. Counts are
  /// running totals of everything the stream knows up to the bucket's end: what happened in a window is one subtraction,
  /// however long it is. `latency`, `bucket_us` (all its durations together) and `slots` are of the bucket alone; the last
  /// known slot is the last of `slots`.
  private static func smaller(_ level: RollupLevel) -> String {
    """
    ALTER TABLE \(level.table) RENAME TO larger_\(level.table);
    CREATE TABLE \(level.table) (
      stream INTEGER NOT NULL, bucket INTEGER NOT NULL,
      up INTEGER NOT NULL, degraded INTEGER NOT NULL, down INTEGER NOT NULL, unknown INTEGER NOT NULL,
      maintenance INTEGER NOT NULL, down_ms INTEGER NOT NULL,
      bucket_us INTEGER NOT NULL, latency BLOB, slots BLOB NOT NULL,
      PRIMARY KEY (stream, bucket)
    ) WITHOUT ROWID, STRICT;
    INSERT INTO \(level.table)
      SELECT stream, bucket / \(level.width), up, degraded, down, unknown, maintenance, down_ms, bucket_us, latency, slots
      FROM larger_\(level.table) ORDER BY stream, bucket;
    DROP TABLE larger_\(level.table);
    """
  }

  /// The roll-ups of the first step: `bucket` and `last_slot` in milliseconds.
  private static func rollups(_ table: String) -> String {
    """
    CREATE TABLE \(table) (
      stream INTEGER NOT NULL, bucket INTEGER NOT NULL, last_slot INTEGER NOT NULL,
      up INTEGER NOT NULL, degraded INTEGER NOT NULL, down INTEGER NOT NULL, unknown INTEGER NOT NULL,
      maintenance INTEGER NOT NULL, down_ms INTEGER NOT NULL,
      bucket_us INTEGER NOT NULL, latency BLOB, slots BLOB NOT NULL,
      PRIMARY KEY (stream, bucket)
    ) WITHOUT ROWID, STRICT;
    """
  }

  private static var first: String {
    """
    PRAGMA application_id = \(applicationID);
    CREATE TABLE checks (key INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE) STRICT;
    -- registered: whether a daemon has ever spoken for the region; others are spoken for by any daemon.
    CREATE TABLE regions (
      key INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, registered INTEGER NOT NULL DEFAULT 0
    ) STRICT;
    CREATE TABLE nodes (key INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
    -- When no slots were expected of a stream: its check removed, disabled, or not run in its region.
    CREATE TABLE pauses (
      stream INTEGER NOT NULL, since INTEGER NOT NULL, until INTEGER, PRIMARY KEY (stream, since)
    ) WITHOUT ROWID, STRICT;
    -- Up to sealed_* (exclusive) the level holds a row for every bucket with runs.
    CREATE TABLE streams (
      key INTEGER PRIMARY KEY, check_key INTEGER NOT NULL, region_key INTEGER NOT NULL,
      sealed_five INTEGER NOT NULL, sealed_hour INTEGER NOT NULL, sealed_day INTEGER NOT NULL,
      UNIQUE (check_key, region_key)
    ) STRICT;
    CREATE TABLE cadences (
      stream INTEGER NOT NULL, since INTEGER NOT NULL, interval INTEGER NOT NULL, PRIMARY KEY (stream, since)
    ) WITHOUT ROWID, STRICT;
    -- mark: verdict (0 up, 1 degraded, 2 down, 3 unknown) + 4 in maintenance. lag_ms: start less slot.
    CREATE TABLE runs (
      stream INTEGER NOT NULL, slot INTEGER NOT NULL, mark INTEGER NOT NULL, duration_us INTEGER,
      lag_ms INTEGER NOT NULL, attempts INTEGER NOT NULL, node INTEGER, trace BLOB,
      PRIMARY KEY (stream, slot)
    ) WITHOUT ROWID, STRICT;
    CREATE TABLE run_reasons (
      stream INTEGER NOT NULL, slot INTEGER NOT NULL, code TEXT NOT NULL, step TEXT, phase TEXT,
      message TEXT NOT NULL, location TEXT,
      PRIMARY KEY (stream, slot)
    ) WITHOUT ROWID, STRICT;
    CREATE TABLE state_changes (
      stream INTEGER NOT NULL, slot INTEGER NOT NULL, mark INTEGER NOT NULL, code TEXT, message TEXT,
      PRIMARY KEY (stream, slot)
    ) WITHOUT ROWID, STRICT;
    -- What lies before `until` may have been deleted from the level.
    CREATE TABLE cuts (level TEXT NOT NULL PRIMARY KEY, until INTEGER NOT NULL) WITHOUT ROWID, STRICT;
    -- Written to see whether the file can be.
    CREATE TABLE heartbeat (key INTEGER PRIMARY KEY, at INTEGER NOT NULL) STRICT;
    \(RollupLevel.allCases.map { rollups($0.table) }.joined(separator: "\n"))
    """
  }
}

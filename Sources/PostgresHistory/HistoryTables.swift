/// The tables of runs and roll-ups.
///
/// Times are milliseconds since the epoch, durations of runs microseconds. A *stream* is what one check did in one region, or
/// over all regions (region 0, there only for checks with two or more). Runs and fine roll-ups lie in partitions by time,
/// which are dropped whole once they outlived their retention.
enum HistoryTables {
  /// Whether a copy of another history fills this one: nothing else is stored until it is whole.
  static let filling = "ALTER TABLE keeping ADD COLUMN filling boolean NOT NULL DEFAULT false"

  static let first = """
    -- Written to see whether the database can be.
    CREATE TABLE written (key bigint PRIMARY KEY, at timestamptz NOT NULL);

    -- One row. Runs of slots before `announced` come late, and are worked into what is rolled up by whoever stores them; up to
    -- `sealed` every stream is rolled up. What lies before a cut may have been dropped from its level. `generation` rises when
    -- streams get other names. Whoever stores runs holds the table in ROW SHARE mode; whoever changes the row, EXCLUSIVE.
    CREATE TABLE keeping (
      key bigint PRIMARY KEY CHECK (key = 1), generation bigint NOT NULL, announced bigint NOT NULL, sealed bigint NOT NULL,
      cut_runs bigint NOT NULL, cut_five bigint NOT NULL, cut_hours bigint NOT NULL, cut_days bigint NOT NULL
    );
    INSERT INTO keeping SELECT 1, 0, m, m, m, m, m, m FROM (SELECT \(Keeping.beginning)::bigint AS m) AS beginning;

    CREATE TABLE checks (
      key integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, id text COLLATE "C" NOT NULL UNIQUE
    );
    -- registered: whether anybody has ever spoken for the region; others are spoken for by all.
    CREATE TABLE run_regions (
      key integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text COLLATE "C" NOT NULL UNIQUE,
      registered boolean NOT NULL DEFAULT false
    );
    CREATE TABLE run_nodes (
      key integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text COLLATE "C" NOT NULL UNIQUE
    );
    -- Up to `sealed` (exclusive) the stream is rolled up: hours and days as far as they are whole by then. combined: the
    -- check's stream over all regions. beat_*: the last stretch of its cadence.
    CREATE TABLE streams (
      key integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, check_key integer NOT NULL, region_key integer NOT NULL,
      combined integer, sealed bigint NOT NULL, beat_since bigint, beat_interval bigint,
      UNIQUE (check_key, region_key)
    );
    CREATE INDEX ON streams (combined);
    -- When no slots were expected of a stream: its check removed, disabled, or not run in its region.
    CREATE TABLE pauses (stream integer, since bigint, until bigint, PRIMARY KEY (stream, since));
    -- Rhythms and changes of verdict, up to where the stream is rolled up; after that, runs themselves tell.
    CREATE TABLE cadences (stream integer, since bigint, interval_ms bigint NOT NULL, PRIMARY KEY (stream, since));
    CREATE TABLE state_changes (
      stream integer, slot bigint, mark smallint NOT NULL, code text, message bytea, PRIMARY KEY (stream, slot)
    );
    -- What is held of slots over all regions, where that was said and not reckoned; stream is the one over all regions.
    CREATE TABLE judged (stream integer, slot bigint, verdict smallint NOT NULL, PRIMARY KEY (stream, slot));
    -- mark: verdict (0 up, 1 degraded, 2 down, 3 unknown) + 4 in maintenance. lag_ms: start less slot. A message is bytes,
    -- because a target may put NUL into it.
    CREATE TABLE runs (
      slot bigint NOT NULL, interval_ms bigint NOT NULL, duration_us bigint, lag_ms bigint NOT NULL,
      stream integer NOT NULL, attempts integer NOT NULL, node integer, mark smallint NOT NULL, trace bytea,
      code text, step text, phase text, message bytea, location text,
      PRIMARY KEY (stream, slot)
    ) PARTITION BY RANGE (slot);
    \(rollups("five_minutes", "PARTITION BY RANGE (bucket)"))
    \(rollups("hours", "PARTITION BY RANGE (bucket)"))
    \(rollups("days", ""))
    """

  /// Counts are of the bucket alone; a window is their sum, read from the index without touching the rows.
  private static func rollups(_ table: String, _ partitions: String) -> String {
    """
    CREATE TABLE \(table) (
      bucket bigint NOT NULL, stream integer NOT NULL, up integer NOT NULL, degraded integer NOT NULL, down integer NOT NULL,
      unknown integer NOT NULL, maintenance integer NOT NULL, down_ms bigint NOT NULL, latency_us bigint NOT NULL,
      latency bytea, slots bytea NOT NULL,
      PRIMARY KEY (stream, bucket) INCLUDE (up, degraded, down, unknown, maintenance, down_ms)
    ) \(partitions);
    """
  }
}

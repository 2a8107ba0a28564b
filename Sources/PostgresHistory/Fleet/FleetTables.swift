import Model
import Postgres

/// The tables of what the replicas of a hub share. Times are milliseconds since the epoch, by the clock of the database.
enum FleetTables {
  static let first = """
    -- token: rises whenever a lease changes hands.
    CREATE TABLE fleet_leases (
      singleton text PRIMARY KEY, holder text NOT NULL, token bigint NOT NULL, until bigint NOT NULL
    ) WITH (fillfactor = 50);
    CREATE TABLE fleet_configurations (
      version bigint PRIMARY KEY, digest text NOT NULL, content bytea NOT NULL, holder text NOT NULL,
      published bigint NOT NULL
    );
    -- beat_*: what the node said of itself last; beat_region is NULL before its first beat.
    CREATE TABLE fleet_nodes (
      name text PRIMARY KEY, region text NOT NULL, labels json NOT NULL, version text NOT NULL, spool bigint NOT NULL,
      registered bigint NOT NULL, seen bigint NOT NULL, quarantined bigint, quarantine text,
      beat_region text, beat_configuration bigint, beat_epoch bigint, beat_offset_ns bigint, beat_spool bigint,
      beat_wait_ms bigint, beat_dropped bigint, beat_checks bigint, beat_leaving boolean
    ) WITH (fillfactor = 50);
    -- Up to what number everything of a spool is stored. Its row is locked by whoever stores more of it.
    CREATE TABLE fleet_spools (
      node text NOT NULL, spool bigint NOT NULL, acknowledged bigint NOT NULL, stored bigint NOT NULL,
      PRIMARY KEY (node, spool)
    ) WITH (fillfactor = 50);
    -- members: node to silence in milliseconds.
    CREATE TABLE fleet_memberships (
      region text PRIMARY KEY, epoch bigint NOT NULL, since bigint NOT NULL, members json NOT NULL
    );
    -- Both are short and change all the time.
    CREATE TABLE fleet_votes (
      id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, received bigint NOT NULL, runs bytea NOT NULL
    ) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500);
    CREATE TABLE fleet_feed (
      place bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, made bigint NOT NULL, decisions bytea NOT NULL
    ) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500);
    CREATE INDEX fleet_feed_by_age ON fleet_feed (made);
    CREATE TABLE fleet_opinions (
      number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, check_id text NOT NULL, slot bigint NOT NULL,
      node text NOT NULL, region text NOT NULL, until bigint NOT NULL
    );
    """

  /// Newer runs of a spool may be stored before older ones: from which number to which.
  static let ahead = "ALTER TABLE fleet_spools ADD COLUMN ahead_first bigint, ADD COLUMN ahead_last bigint"

  /// What people and jobs report, until whoever decides has taken it: short, and changing all the time. An answer waits for the
  /// replica that asked.
  static let reports = """
    CREATE TABLE fleet_reports (
      id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, received bigint NOT NULL, body bytea NOT NULL,
      is_taken boolean NOT NULL DEFAULT false, answer bytea
    ) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500);
    """

  /// How far a spool is stored, of three columns one after the other: everything, and what is ahead.
  static func progress(_ row: PostgresRow, from column: Int) throws -> SpoolProgress {
    let (first, last): (Int64?, Int64?) = (try row[column + 1], try row[column + 2])
    let ahead = first.flatMap { first in last.flatMap { $0 >= first ? first...$0 : nil } }
    return SpoolProgress(acknowledged: try row[column] ?? 0, ahead: ahead)
  }

  /// The database's clock at this very moment, not at the transaction's begin.
  static let now = "(extract(epoch FROM clock_timestamp()) * 1000)::bigint"
}

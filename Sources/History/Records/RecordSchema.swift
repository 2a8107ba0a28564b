/// The tables of what people are told and answer for, as the step that made them.
///
/// Times are milliseconds since the epoch. Checks stand here by their ids, not by the keys of history: a check may have an
/// incident, an exclusion or a closed month without a single run.
///
/// What was said stays said: triggers refuse every change to updates, exclusions and closed months, whoever tries. Only the
/// id of a check may change in them, for that a renamed check takes its records along.
enum RecordSchema {
  static let third = """
    CREATE TABLE incidents (
      id INTEGER PRIMARY KEY AUTOINCREMENT, origin TEXT NOT NULL, check_id TEXT, title TEXT NOT NULL,
      state TEXT NOT NULL, began INTEGER NOT NULL, opened INTEGER NOT NULL, ended INTEGER,
      -- A cause without a message is none.
      cause_code TEXT, cause_step TEXT, cause_expression TEXT, cause_message TEXT,
      consequence_of INTEGER, acknowledged_by TEXT, acknowledged_note TEXT, acknowledged_at INTEGER,
      published INTEGER NOT NULL
    ) STRICT;
    -- With the end, so that what ended before a window is passed over without looking at it.
    CREATE INDEX incidents_by_begin ON incidents (began, id, ended);
    CREATE INDEX incidents_open ON incidents (began, id) WHERE state <> 'resolved';
    CREATE INDEX incidents_by_check ON incidents (check_id) WHERE check_id IS NOT NULL;
    -- began is that of the incident, so that a page of one check is one range.
    CREATE TABLE incident_impacts (
      check_id TEXT NOT NULL, began INTEGER NOT NULL, incident INTEGER NOT NULL, position INTEGER NOT NULL,
      level TEXT NOT NULL,
      PRIMARY KEY (check_id, began, incident)
    ) WITHOUT ROWID, STRICT;
    CREATE INDEX incident_impacts_by_incident ON incident_impacts (incident, position);
    CREATE TABLE incident_updates (
      incident INTEGER NOT NULL, number INTEGER NOT NULL, at INTEGER NOT NULL, kind TEXT NOT NULL, author TEXT,
      state TEXT, text TEXT NOT NULL,
      PRIMARY KEY (incident, number)
    ) WITHOUT ROWID, STRICT;
    CREATE TRIGGER incidents_stay BEFORE DELETE ON incidents
      BEGIN SELECT RAISE(ABORT, 'an incident is never deleted'); END;
    CREATE TRIGGER incident_updates_stay BEFORE DELETE ON incident_updates
      BEGIN SELECT RAISE(ABORT, 'what was said of an incident is never deleted'); END;
    CREATE TRIGGER incident_updates_hold BEFORE UPDATE ON incident_updates
      BEGIN SELECT RAISE(ABORT, 'what was said of an incident is never changed'); END;

    CREATE TABLE exclusions (
      id INTEGER PRIMARY KEY AUTOINCREMENT, every_check INTEGER NOT NULL, since INTEGER NOT NULL,
      until INTEGER NOT NULL, reason TEXT NOT NULL, author TEXT NOT NULL, recorded INTEGER NOT NULL, withdraws INTEGER
    ) STRICT;
    CREATE TABLE exclusion_checks (
      exclusion INTEGER NOT NULL, position INTEGER NOT NULL, check_id TEXT NOT NULL,
      PRIMARY KEY (exclusion, position), UNIQUE (exclusion, check_id)
    ) WITHOUT ROWID, STRICT;
    CREATE TRIGGER exclusions_stay BEFORE DELETE ON exclusions
      BEGIN SELECT RAISE(ABORT, 'an exclusion is never deleted'); END;
    CREATE TRIGGER exclusions_hold BEFORE UPDATE ON exclusions
      BEGIN SELECT RAISE(ABORT, 'an exclusion is never changed'); END;
    CREATE TRIGGER exclusion_checks_stay BEFORE DELETE ON exclusion_checks
      BEGIN SELECT RAISE(ABORT, 'an exclusion is never changed'); END;
    CREATE TRIGGER exclusion_checks_hold BEFORE UPDATE OF exclusion, position ON exclusion_checks
      BEGIN SELECT RAISE(ABORT, 'an exclusion is never changed'); END;

    -- month: year * 100 + month. The counts of slots with exclusions taken out, then those without.
    CREATE TABLE closed_months (
      month INTEGER NOT NULL, check_id TEXT NOT NULL, time_zone TEXT NOT NULL, revision INTEGER NOT NULL,
      closed INTEGER NOT NULL, author TEXT, reason TEXT,
      expected INTEGER NOT NULL, up INTEGER NOT NULL, degraded INTEGER NOT NULL, down INTEGER NOT NULL,
      unknown INTEGER NOT NULL, missed INTEGER NOT NULL, maintenance INTEGER NOT NULL, down_ms INTEGER NOT NULL,
      plain_expected INTEGER NOT NULL, plain_up INTEGER NOT NULL, plain_degraded INTEGER NOT NULL,
      plain_down INTEGER NOT NULL, plain_unknown INTEGER NOT NULL, plain_missed INTEGER NOT NULL,
      plain_maintenance INTEGER NOT NULL, plain_down_ms INTEGER NOT NULL,
      incident_ms INTEGER NOT NULL, objective REAL NOT NULL, p50_us INTEGER, p95_us INTEGER, p99_us INTEGER,
      PRIMARY KEY (month, check_id, time_zone, revision)
    ) WITHOUT ROWID, STRICT;
    CREATE INDEX closed_months_by_check ON closed_months (check_id);
    CREATE TRIGGER closed_months_stay BEFORE DELETE ON closed_months
      BEGIN SELECT RAISE(ABORT, 'a closed month is never deleted'); END;
    CREATE TRIGGER closed_months_hold BEFORE UPDATE ON closed_months
      WHEN (OLD.month, OLD.time_zone, OLD.revision, OLD.closed, OLD.author, OLD.reason, OLD.expected, OLD.up,
          OLD.degraded, OLD.down, OLD.unknown, OLD.missed, OLD.maintenance, OLD.down_ms, OLD.plain_expected,
          OLD.plain_up, OLD.plain_degraded, OLD.plain_down, OLD.plain_unknown, OLD.plain_missed,
          OLD.plain_maintenance, OLD.plain_down_ms, OLD.incident_ms, OLD.objective, OLD.p50_us, OLD.p95_us, OLD.p99_us)
        IS NOT (NEW.month, NEW.time_zone, NEW.revision, NEW.closed, NEW.author, NEW.reason, NEW.expected, NEW.up,
          NEW.degraded, NEW.down, NEW.unknown, NEW.missed, NEW.maintenance, NEW.down_ms, NEW.plain_expected,
          NEW.plain_up, NEW.plain_degraded, NEW.plain_down, NEW.plain_unknown, NEW.plain_missed,
          NEW.plain_maintenance, NEW.plain_down_ms, NEW.incident_ms, NEW.objective, NEW.p50_us, NEW.p95_us, NEW.p99_us)
      BEGIN SELECT RAISE(ABORT, 'a closed month is never changed'); END;

    -- What jobs reported last, and the keys of the reports of the last day.
    CREATE TABLE jobs (
      check_id TEXT NOT NULL PRIMARY KEY, started INTEGER, kind TEXT, at INTEGER, took_us INTEGER, output TEXT, key TEXT
    ) WITHOUT ROWID, STRICT;
    CREATE TABLE job_keys (
      check_id TEXT NOT NULL, key TEXT NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (check_id, key)
    ) WITHOUT ROWID, STRICT;
    CREATE INDEX job_keys_by_age ON job_keys (at);
    """
}

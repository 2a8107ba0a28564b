/// The tables of what people are told and answer for, as the step that made them.
///
/// Times are milliseconds since the epoch. Checks stand here by their ids, not by the keys of history: a check may have an
/// incident, an exclusion or a closed month without a single run.
///
/// What was said stays said: triggers refuse every change to updates, exclusions and closed months, whoever tries. Only the
/// id of a check may change in them, for that a renamed check takes its records along.
enum RecordTables {
  static let first = """
    CREATE FUNCTION curlew_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      RAISE EXCEPTION '%', TG_ARGV[0] USING ERRCODE = 'restrict_violation';
    END
    $$;

    CREATE TABLE incidents (
      id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, origin text NOT NULL, check_id text, title text NOT NULL,
      state text NOT NULL, began bigint NOT NULL, opened bigint NOT NULL, ended bigint,
      -- A cause without a message is none.
      cause_code text, cause_step text, cause_expression text, cause_message text,
      consequence_of bigint, acknowledged_by text, acknowledged_note text, acknowledged_at bigint,
      published boolean NOT NULL
    );
    -- With the end, so that what ended before a window is passed over without looking at it.
    CREATE INDEX incidents_by_begin ON incidents (began, id) INCLUDE (ended);
    CREATE INDEX incidents_open ON incidents (began, id) WHERE state <> 'resolved';
    CREATE INDEX incidents_by_check ON incidents (check_id) WHERE check_id IS NOT NULL;
    -- began is that of the incident, so that a page of one check is one range.
    CREATE TABLE incident_impacts (
      check_id text NOT NULL, began bigint NOT NULL, incident bigint NOT NULL, position bigint NOT NULL,
      level text NOT NULL,
      PRIMARY KEY (check_id, began, incident)
    );
    CREATE INDEX incident_impacts_by_incident ON incident_impacts (incident, position);
    CREATE TABLE incident_updates (
      incident bigint NOT NULL, number bigint NOT NULL, at bigint NOT NULL, kind text NOT NULL, author text,
      state text, text text NOT NULL,
      PRIMARY KEY (incident, number)
    );
    \(refusal(of: "DELETE OR TRUNCATE", on: "incidents", "an incident is never deleted"))
    \(refusal(of: "DELETE OR TRUNCATE", on: "incident_updates", "what was said of an incident is never deleted"))
    \(refusal(of: "UPDATE", on: "incident_updates", "what was said of an incident is never changed"))

    CREATE TABLE exclusions (
      id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, every_check boolean NOT NULL, since bigint NOT NULL,
      until bigint NOT NULL, reason text NOT NULL, author text NOT NULL, recorded bigint NOT NULL, withdraws bigint
    );
    CREATE TABLE exclusion_checks (
      exclusion bigint NOT NULL, position bigint NOT NULL, check_id text NOT NULL,
      PRIMARY KEY (exclusion, position), UNIQUE (exclusion, check_id)
    );
    \(refusal(of: "DELETE OR TRUNCATE", on: "exclusions", "an exclusion is never deleted"))
    \(refusal(of: "UPDATE", on: "exclusions", "an exclusion is never changed"))
    \(refusal(of: "DELETE OR TRUNCATE", on: "exclusion_checks", "an exclusion is never changed"))
    \(refusal(of: "UPDATE OF exclusion, position", on: "exclusion_checks", "an exclusion is never changed"))

    -- month: year * 100 + month. The counts of slots with exclusions taken out, then those without.
    CREATE TABLE closed_months (
      month bigint NOT NULL, check_id text NOT NULL, time_zone text NOT NULL, revision bigint NOT NULL,
      closed bigint NOT NULL, author text, reason text,
      expected bigint NOT NULL, up bigint NOT NULL, degraded bigint NOT NULL, down bigint NOT NULL,
      unknown bigint NOT NULL, missed bigint NOT NULL, maintenance bigint NOT NULL, down_ms bigint NOT NULL,
      plain_expected bigint NOT NULL, plain_up bigint NOT NULL, plain_degraded bigint NOT NULL,
      plain_down bigint NOT NULL, plain_unknown bigint NOT NULL, plain_missed bigint NOT NULL,
      plain_maintenance bigint NOT NULL, plain_down_ms bigint NOT NULL,
      incident_ms bigint NOT NULL, objective float8 NOT NULL, p50_us bigint, p95_us bigint, p99_us bigint,
      PRIMARY KEY (month, check_id, time_zone, revision)
    );
    CREATE INDEX closed_months_by_check ON closed_months (check_id);
    \(refusal(of: "DELETE OR TRUNCATE", on: "closed_months", "a closed month is never deleted"))
    CREATE FUNCTION curlew_keep_month() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
      renamed closed_months := OLD;
    BEGIN
      renamed.check_id := NEW.check_id;
      IF renamed IS DISTINCT FROM NEW THEN
        RAISE EXCEPTION 'a closed month is never changed' USING ERRCODE = 'restrict_violation';
      END IF;
      RETURN NEW;
    END
    $$;
    CREATE TRIGGER closed_months_hold BEFORE UPDATE ON closed_months
      FOR EACH ROW EXECUTE FUNCTION curlew_keep_month();

    -- What jobs reported last, and the keys of the reports of the last day.
    CREATE TABLE jobs (
      check_id text PRIMARY KEY, started bigint, kind text, at bigint, took_us bigint, output text, key text
    );
    CREATE TABLE job_keys (
      check_id text NOT NULL, key text NOT NULL, at bigint NOT NULL, PRIMARY KEY (check_id, key)
    );
    CREATE INDEX job_keys_by_age ON job_keys (at);
    """

  /// A trigger of statements, so that TRUNCATE and an UPDATE of no rows are refused too.
  private static func refusal(of change: String, on table: String, _ answer: String) -> String {
    let name = "\(table)_\(change.prefix { $0 != " " }.lowercased())"
    return """
      CREATE TRIGGER \(name) BEFORE \(change) ON \(table)
        FOR EACH STATEMENT EXECUTE FUNCTION curlew_refuse('\(answer)');
      """
  }
}

import Foundation
import GRDB
import History
import Model

/// Databases of other systems, made by their own schemas.
enum ForeignFixtures {
  /// 2026-11-20T00:00:00Z.
  static let midnight: Int64 = 1_795_132_800

  static func path() -> String {
    FileManager.default.temporaryDirectory.appending(path: "foreign-\(UUID().uuidString).db").path()
  }

  /// The tables of Gatus 5 (storage/store/sql/specific_sqlite.go).
  static let gatusSchema = """
    CREATE TABLE suites (
      suite_id INTEGER PRIMARY KEY, suite_key TEXT UNIQUE, suite_name TEXT NOT NULL, suite_group TEXT,
      UNIQUE(suite_name, suite_group));
    CREATE TABLE suite_results (
      suite_result_id INTEGER PRIMARY KEY, suite_id INTEGER NOT NULL REFERENCES suites(suite_id) ON DELETE CASCADE,
      success INTEGER NOT NULL, errors TEXT, duration INTEGER NOT NULL, timestamp TIMESTAMP NOT NULL);
    CREATE TABLE endpoints (
      endpoint_id INTEGER PRIMARY KEY, endpoint_key TEXT UNIQUE, endpoint_name TEXT, endpoint_group TEXT,
      UNIQUE(endpoint_name, endpoint_group));
    CREATE TABLE endpoint_events (
      endpoint_event_id INTEGER PRIMARY KEY, endpoint_id INTEGER REFERENCES endpoints(endpoint_id) ON DELETE CASCADE,
      event_type TEXT, event_timestamp TIMESTAMP);
    CREATE TABLE endpoint_results (
      endpoint_result_id INTEGER PRIMARY KEY, endpoint_id INTEGER REFERENCES endpoints(endpoint_id) ON DELETE CASCADE,
      success INTEGER, errors TEXT, connected INTEGER, status INTEGER, dns_rcode TEXT, certificate_expiration INTEGER,
      domain_expiration INTEGER, hostname TEXT, ip TEXT, duration INTEGER, timestamp TIMESTAMP,
      suite_result_id INTEGER REFERENCES suite_results(suite_result_id) ON DELETE CASCADE);
    CREATE TABLE endpoint_result_conditions (
      endpoint_result_condition_id INTEGER PRIMARY KEY,
      endpoint_result_id INTEGER REFERENCES endpoint_results(endpoint_result_id) ON DELETE CASCADE,
      condition TEXT, success INTEGER);
    CREATE TABLE endpoint_uptimes (
      endpoint_uptime_id INTEGER PRIMARY KEY, endpoint_id INTEGER REFERENCES endpoints(endpoint_id) ON DELETE CASCADE,
      hour_unix_timestamp INTEGER, total_executions INTEGER, successful_executions INTEGER, total_response_time INTEGER,
      UNIQUE(endpoint_id, hour_unix_timestamp));
    CREATE TABLE endpoint_alerts_triggered (
      endpoint_alert_trigger_id INTEGER PRIMARY KEY, endpoint_id INTEGER, configuration_checksum TEXT, resolve_key TEXT,
      number_of_successes_in_a_row INTEGER);
    """

  /// The tables of Uptime Kuma 2 that an import reads (db/knex_init_db.js and migrations).
  static let kumaSchema = """
    CREATE TABLE monitor (
      id INTEGER PRIMARY KEY AUTOINCREMENT, name VARCHAR(150), active BOOLEAN NOT NULL DEFAULT 1, user_id INTEGER,
      interval INTEGER NOT NULL DEFAULT 20, url TEXT, type VARCHAR(20), weight INTEGER DEFAULT 2000, hostname VARCHAR(255),
      port INTEGER, keyword VARCHAR(255), maxretries INTEGER NOT NULL DEFAULT 0, ignore_tls BOOLEAN NOT NULL DEFAULT 0,
      upside_down BOOLEAN NOT NULL DEFAULT 0, maxredirects INTEGER NOT NULL DEFAULT 10,
      accepted_statuscodes_json TEXT NOT NULL DEFAULT '["200-299"]', retry_interval INTEGER NOT NULL DEFAULT 0,
      push_token VARCHAR(32), method TEXT NOT NULL DEFAULT 'GET', body TEXT, headers TEXT, basic_auth_user TEXT,
      basic_auth_pass TEXT, proxy_id INTEGER, parent INTEGER, timeout DOUBLE NOT NULL DEFAULT 0);
    CREATE TABLE heartbeat (
      id INTEGER PRIMARY KEY AUTOINCREMENT, important BOOLEAN NOT NULL DEFAULT 0, monitor_id INTEGER NOT NULL,
      status SMALLINT NOT NULL, msg TEXT, time DATETIME NOT NULL, ping INTEGER, duration INTEGER NOT NULL DEFAULT 0,
      down_count INTEGER NOT NULL DEFAULT 0, end_time DATETIME, retries INTEGER NOT NULL DEFAULT 0, response TEXT);
    CREATE INDEX monitor_time_index ON heartbeat (monitor_id, time);
    CREATE TABLE stat_hourly (
      id INTEGER PRIMARY KEY AUTOINCREMENT, monitor_id INTEGER NOT NULL, timestamp INTEGER NOT NULL, ping FLOAT NOT NULL,
      up SMALLINT NOT NULL, down SMALLINT NOT NULL, ping_min FLOAT NOT NULL DEFAULT 0, ping_max FLOAT NOT NULL DEFAULT 0,
      extras TEXT);
    CREATE TABLE stat_daily (
      id INTEGER PRIMARY KEY AUTOINCREMENT, monitor_id INTEGER NOT NULL, timestamp INTEGER NOT NULL, ping FLOAT NOT NULL,
      up SMALLINT NOT NULL, down SMALLINT NOT NULL, ping_min FLOAT NOT NULL DEFAULT 0, ping_max FLOAT NOT NULL DEFAULT 0,
      extras TEXT);
    CREATE TABLE incident (id INTEGER PRIMARY KEY AUTOINCREMENT, title VARCHAR(255), content TEXT);
    CREATE TABLE maintenance (
      id INTEGER PRIMARY KEY AUTOINCREMENT, title VARCHAR(150) NOT NULL, description TEXT, active BOOLEAN DEFAULT 1,
      strategy VARCHAR(50), start_date DATETIME, end_date DATETIME, start_time TIME, end_time TIME,
      weekdays VARCHAR(250) DEFAULT '[]', days_of_month TEXT DEFAULT '[]', interval_day INTEGER, cron TEXT,
      timezone VARCHAR(255), duration INTEGER);
    CREATE TABLE monitor_maintenance (id INTEGER PRIMARY KEY, monitor_id INTEGER, maintenance_id INTEGER);
    """

  /// A database with a schema and rows.
  static func make(_ schema: String, _ fill: (Database) throws -> Void = { _ in }) throws -> String {
    let path = Self.path()
    let queue = try DatabaseQueue(path: path)
    try queue.write { database in
      try database.execute(sql: schema)
      try fill(database)
    }
    try queue.close()
    return path
  }

  /// A time as Gatus' driver writes it.
  static func goTime(_ seconds: Int64, milliseconds: Int64 = 0) -> String {
    let text = Timestamp(millisecondsSinceEpoch: seconds * 1000 + milliseconds).rfc3339(fractionDigits: 3)
    return text.dropLast().split(separator: "T").joined(separator: " ") + "456789 +0000 UTC"
  }

  /// A time as Uptime Kuma writes it.
  static func kumaTime(_ seconds: Int64) -> String {
    Timestamp(secondsSinceEpoch: seconds).rfc3339(fractionDigits: 3).dropLast().split(separator: "T")
      .joined(separator: " ")
  }

  /// A store that is gone with the test.
  static func store() throws -> SQLiteHistory {
    // Kept for ever, so that a test does not depend on the day it runs.
    try SQLiteHistory(path: path())
  }
}

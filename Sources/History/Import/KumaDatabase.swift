import Foundation
import GRDB
import Model

/// What is set in the database of Uptime Kuma, for a conversion: newer versions write no backup any more.
package struct KumaDatabase: Sendable {
  private let source: ForeignSource

  /// Columns that the backup calls otherwise; the others are called alike.
  private static let names: [String: String] = [
    "retry_interval": "retryInterval", "ignore_tls": "ignoreTls", "upside_down": "upsideDown",
    "packet_size": "packetSize", "accepted_statuscodes_json": "accepted_statuscodes", "push_token": "pushToken",
    "proxy_id": "proxyId", "auth_method": "authMethod", "http_body_encoding": "httpBodyEncoding",
    "json_path": "jsonPath", "json_path_operator": "jsonPathOperator", "expected_value": "expectedValue",
    "invert_keyword": "invertKeyword", "grpc_url": "grpcUrl", "database_connection_string": "databaseConnectionString",
    "tls_cert": "tlsCert", "tls_key": "tlsKey", "tls_ca": "tlsCa", "ip_family": "ipFamily",
    "smtp_security": "smtpSecurity", "packet_count": "ping_count",
  ]

  /// Opens a database for reading alone.
  ///
  /// - Throws: `HistoryError` when it is that of something else.
  package init(path: String) throws {
    do {
      source = try ForeignSource(path: path)
    } catch let error as DatabaseError {
      throw HistoryError("'\(path)': \(error.message ?? "it cannot be read"); is it a database of SQLite, and whole?")
    }
    try source.require([("monitor", ["id", "name", "type", "interval"])], of: "Uptime Kuma")
  }

  /// Whether a file begins as SQLite's do (https://sqlite.org/fileformat.html#magic_header_string).
  package static func isDatabase(_ path: String) -> Bool {
    guard let file = try? FileHead.read(path, count: 16) else { return false }
    return file.starts(with: "SQLite format 3".utf8)
  }

  /// What a backup would say, and planned work and status pages besides, as JSON.
  package func backup() throws -> [UInt8] {
    try source.queue.read { database in
      var writer = BackupWriter()
      let tags = try self.tags(in: database)
      try writer.list("monitorList", of: Row.fetchAll(database, sql: "SELECT * FROM monitor ORDER BY id")) {
        row, item in
        item.row(row, names: Self.names)
        item.raw("tags", tags[row["id"] ?? 0].map { "[\($0.joined(separator: ","))]" } ?? "[]")
      }
      try writer.list("notificationList", of: rows("notification", "id, name", in: database)) { row, item in
        item.row(row)
      }
      try writer.list("proxyList", of: rows("proxy", "id, protocol, host, port, auth", in: database)) { row, item in
        item.row(row)
      }
      try writer.list("maintenanceList", of: rows("maintenance", "*", in: database)) { row, item in
        item.row(row)
        try item.raw("monitorIDs", list("monitor_maintenance", "monitor_id", "maintenance_id", row["id"], in: database))
      }
      try writer.list("statusPageList", of: rows("status_page", "id, slug, title, description", in: database)) {
        row, item in
        item.row(row)
        let domains = try texts("status_page_cname", "domain", "status_page_id", row["id"], in: database)
        item.raw("domains", "[\(domains.map(BackupWriter.quoted).joined(separator: ","))]")
        var groups: [String] = []
        if source.has("group", "status_page_id") {
          let found = try Row.fetchAll(
            database, sql: "SELECT id, name FROM \"group\" WHERE status_page_id = ? ORDER BY weight, id",
            arguments: [row["id"] as Int64?])
          for group in found {
            let members = try list("monitor_group", "monitor_id", "group_id", group["id"], in: database)
            groups.append("{\"name\":\(BackupWriter.quoted(group["name"] ?? "")),\"monitorIDs\":\(members)}")
          }
        }
        item.raw("groups", "[\(groups.joined(separator: ","))]")
      }
      return writer.bytes
    }
  }

  private func rows(_ table: String, _ columns: String, in database: Database) throws -> [Row] {
    guard source.has(table) else { return [] }
    return try Row.fetchAll(database, sql: "SELECT \(columns) FROM \"\(table)\" ORDER BY id")
  }

  private func texts(
    _ table: String, _ column: String, _ key: String, _ value: Int64?, in database: Database
  ) throws -> [String] {
    guard source.has(table, column), source.has(table, key) else { return [] }
    return try String.fetchAll(
      database, sql: "SELECT \(column) FROM \(table) WHERE \(key) = ? ORDER BY id", arguments: [value])
  }

  private func list(
    _ table: String, _ column: String, _ key: String, _ value: Int64?, in database: Database
  ) throws -> String {
    "[\(try texts(table, column, key, value, in: database).joined(separator: ","))]"
  }

  private func tags(in database: Database) throws -> [Int64: [String]] {
    guard source.has("monitor_tag", "value"), source.has("tag", "name") else { return [:] }
    let rows = try Row.fetchAll(
      database,
      sql: "SELECT mt.monitor_id, tag.name, mt.value FROM monitor_tag mt JOIN tag ON mt.tag_id = tag.id ORDER BY mt.id")
    var tags: [Int64: [String]] = [:]
    for row in rows {
      tags[row[0], default: []].append(
        "{\"name\":\(BackupWriter.quoted(row[1] ?? "")),\"value\":\(BackupWriter.quoted(row[2] ?? ""))}")
    }
    return tags
  }
}

/// Writes rows as objects of JSON.
private struct BackupWriter {
  private var text = "{"

  var bytes: [UInt8] { Array((text + "}").utf8) }

  /// One object.
  struct Item {
    fileprivate var members: [String] = []

    mutating func raw(_ name: String, _ value: String) { members.append("\(BackupWriter.quoted(name)):\(value)") }

    mutating func row(_ row: Row, names: [String: String] = [:]) {
      for (column, value) in row {
        let written: String =
          switch value.storage {
          case .null, .blob: "null"
          case .int64(let number): String(number)
          case .double(let number): number.isFinite ? String(number) : "null"
          case .string(let text): BackupWriter.quoted(text)
          }
        raw(names[column] ?? column, written)
      }
    }
  }

  mutating func list(_ name: String, of rows: [Row], _ write: (Row, inout Item) throws -> Void) throws {
    var items: [String] = []
    for row in rows {
      var item = Item()
      try write(row, &item)
      items.append("{\(item.members.joined(separator: ","))}")
    }
    if text.utf8.count > 1 { text += "," }
    // A line for each, so that what is said of one has a place.
    text += "\n\(Self.quoted(name)):[\n\(items.joined(separator: ",\n"))]"
  }

  static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"", "\\": result += "\\\(scalar)"
      case _ where scalar.value < 0x20:
        let digits = String(scalar.value, radix: 16)
        result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}

/// The first bytes of a file.
private enum FileHead {
  static func read(_ path: String, count: Int) throws -> [UInt8] {
    let handle = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
    defer { try? handle.close() }
    return [UInt8](try handle.read(upToCount: count) ?? Data())
  }
}

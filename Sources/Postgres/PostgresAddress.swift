import CPostgres

/// Where a database is: a URL (`postgres://user:password@host:port/database?sslmode=require`) or words
/// (`host=… dbname=…`), as libpq reads them (https://www.postgresql.org/docs/15/libpq-connect.html#LIBPQ-CONNSTRING). What is not said is taken from
/// libpq's environment (`PGHOST`, `PGPASSWORD`, `~/.pgpass`…).
///
/// It prints without its password, wherever that was written.
package struct PostgresAddress: Hashable, Sendable, CustomStringConvertible, CustomDebugStringConvertible,
  CustomReflectable
{
  /// libpq's keywords with what was said of them. Passwords are among them.
  let settings: [String: String]

  /// The address for people: who, where and which database, and no password.
  package let description: String

  package var debugDescription: String { description }
  package var customMirror: Mirror { Mirror(self, children: []) }

  /// Reads an address.
  ///
  /// - Throws: `PostgresFault` of kind `address`, which does not repeat what was written: a password may be anywhere in it.
  package init(_ text: String) throws {
    let form = "write postgres://user:password@host:port/database"
    guard !text.utf8.contains(0) else { throw PostgresFault(.address, "the address holds a NUL; \(form)") }
    guard let options = PQconninfoParse(text, nil) else {
      throw PostgresFault(
        .address,
        "the address of the database cannot be read; \(form), with characters such as @ / : % in the password written as %40 %2F %3A %25"
      )
    }
    defer { PQconninfoFree(options) }
    var settings: [String: String] = [:]
    var option = options
    while let keyword = option.pointee.keyword {
      if let value = option.pointee.val { settings[String(cString: keyword)] = String(cString: value) }
      option += 1
    }
    // Of a password with a bare @ or /, libpq takes the rest for a host, a port or a database, and would print it.
    let ports = settings["port"].map { $0.split(separator: ",", omittingEmptySubsequences: false) } ?? []
    let isWhole =
      ports.allSatisfy { $0.isEmpty || UInt16($0) != nil }
      && ["host", "dbname", "user"].allSatisfy { !(settings[$0] ?? "").contains("@") || $0 == "user" }
    guard isWhole else {
      throw PostgresFault(
        .address,
        "host, port or database of the address cannot be right; \(form), with characters such as @ / : % in the password written as %40 %2F %3A %25"
      )
    }
    self.settings = settings
    description = Self.description(of: settings)
  }

  private static func description(of settings: [String: String]) -> String {
    let user = settings["user"].map { "\($0)@" } ?? ""
    let hosts = (settings["host"] ?? settings["hostaddr"] ?? "").split(separator: ",", omittingEmptySubsequences: false)
    let ports = (settings["port"] ?? "").split(separator: ",", omittingEmptySubsequences: false)
    let places = hosts.enumerated().map { index, host in
      let port = ports.count == 1 ? ports.first : index < ports.count ? ports[index] : nil
      let name = host.contains(":") && !host.hasPrefix("[") ? "[\(host)]" : String(host)
      return port.map { $0.isEmpty ? name : "\(name):\($0)" } ?? name
    }
    return "postgres://\(user)\(places.joined(separator: ","))/\(settings["dbname"] ?? "")"
  }
}

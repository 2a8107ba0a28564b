/// Why PostgreSQL did not do what was asked, in a sentence for the user. No password is ever in it.
package struct PostgresFault: Error, Hashable, Sendable, CustomStringConvertible {
  /// What a caller may decide by.
  package enum Kind: Hashable, Sendable {
    /// What was written as the address of a database cannot be one.
    case address
    /// There is no connection, or it was lost before anything was committed.
    case connection
    /// The connection was lost while it committed: whether it did is not known.
    case unsure
    /// All connections of the pool stayed in use for as long as one waits.
    case busy
    /// Another transaction was in the way; the same again may succeed (SQLSTATE 40001, 40P01).
    case conflict
    /// The statement took longer than it may (57014).
    case timeout
    /// A row of the same key is there already (23505).
    case uniqueViolation
    /// The server will not take this until somebody changes something there: permission, space, a standby.
    case refused
    /// Anything else: a fault of ours.
    case other
  }

  package var kind: Kind
  /// The five characters of https://www.postgresql.org/docs/15/errcodes-appendix.html; nil where the server said nothing.
  package var sqlState: String?
  /// What happened and what to do, without the database's address.
  package var message: String
  /// The database, without the password; nil where none is meant.
  package var database: String?

  /// A fault in words.
  package init(_ kind: Kind, sqlState: String? = nil, _ message: String, database: String? = nil) {
    self.kind = kind
    self.sqlState = sqlState
    self.message = message
    self.database = database
  }

  package var description: String {
    guard let database else { return message }
    return "database \"\(database)\": \(message)"
  }
}

extension PostgresFault {
  /// What the server said of a statement.
  init(sqlState: String, said: String, database: String) {
    let (kind, advice): (Kind, String?) =
      switch sqlState {
      case "40001", "40P01": (.conflict, nil)
      case "57014":
        (.timeout, "the server is busy, or waits for a lock; look at pg_stat_activity")
      case "55P03": (.timeout, "another session holds the lock; look at pg_stat_activity")
      case "23505": (.uniqueViolation, nil)
      case "25006", "25P01":
        (.refused, "it is a standby, or default_transaction_read_only is on; name the primary server")
      case "42501": (.refused, "grant it to this user, or name another one")
      case "53100": (.refused, "the server's disk is full; free some space there")
      case "53200": (.refused, "the server's memory is used up")
      // What BEGIN says, before anything can be 25006.
      case "0A000" where said.contains("during recovery"):
        (.refused, "it is a standby; name the primary server")
      case "57P01", "57P02", "57P03", "57P05": (.connection, nil)
      case let state where state.hasPrefix("08"): (.connection, nil)
      case let state where state.hasPrefix("28"): (.refused, "check user, password and the server's pg_hba.conf")
      case "53300": (.connection, "raise max_connections, or use fewer")
      default: (.other, nil)
      }
    let words = Self.oneLine(said)
    self.init(
      kind, sqlState: sqlState, "\(words)\(advice.map { "; \($0)" } ?? "") (SQLSTATE \(sqlState))", database: database)
  }

  /// What libpq said of a connection that could not be made. It tells no SQLSTATE then.
  static func unconnected(_ said: String, database: String) -> PostgresFault {
    let words = oneLine(said)
    let advice =
      if words.contains("password") || words.contains("pg_hba.conf") {
        "; check user, password and the server's pg_hba.conf"
      } else if words.contains("does not exist") {
        "; create it there, or name another one"
      } else if words.contains("Connection refused") || words.contains("No such file") {
        "; check that PostgreSQL runs and listens there"
      } else {
        ""
      }
    return PostgresFault(.connection, words + advice, database: database)
  }

  /// libpq writes lines, the last of them with an end.
  private static func oneLine(_ text: String) -> String {
    var words = text.split(whereSeparator: \.isNewline).map { $0.drop { $0 == " " || $0 == "\t" } }.joined(
      separator: "; ")
    for prefix in ["ERROR:  ", "FATAL:  "] where words.hasPrefix(prefix) { words.removeFirst(prefix.count) }
    return words
  }
}

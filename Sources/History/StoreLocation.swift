package import Model

/// Where `--store` points: `sqlite:PATH`, a path alone, or the URL of a PostgreSQL database.
package enum StoreLocation: Hashable, Sendable {
  /// An SQLite file.
  case sqlite(path: String)
  /// A PostgreSQL database; its URL may have a password in it.
  case postgres(url: Secret)

  /// Reads what a user wrote.
  ///
  /// - Throws: `HistoryError` for an empty path and for a scheme that is not served. It repeats nothing of what may be a URL with
  ///   a password in it.
  package init(_ text: String) throws {
    let scheme = text.prefix { $0 != ":" }
    // A path may hold a colon; a scheme never holds a slash or a dot.
    guard scheme.endIndex < text.endIndex, !scheme.isEmpty, !scheme.contains(where: { "/.".contains($0) }) else {
      // No path is written so, and a URL that lost its scheme, or a letter of it, may have a password in it.
      guard !text.contains("://"), !(text.hasPrefix("//") && text.contains("@")) else {
        throw HistoryError("the store is no path and no URL that is known; write \(Self.forms)")
      }
      self = .sqlite(path: try Self.path(text))
      return
    }
    if Self.postgresSchemes.contains(String(scheme)) {
      guard text[scheme.endIndex...].hasPrefix("://") else {
        throw HistoryError("store \"\(scheme):…\": write \(scheme)://user@host:port/database")
      }
      self = .postgres(url: Secret(text))
      return
    }
    guard scheme == "sqlite" else {
      throw HistoryError(
        "store \"\(scheme):…\": no history is kept in \"\(scheme)\"; write \(Self.forms)"
      )
    }
    var path = text[text.index(after: scheme.endIndex)...]
    if path.hasPrefix("///") {
      path = path.dropFirst(2)
    } else if path.hasPrefix("//") {
      // The part after two slashes is a host in a URL, and a path from the root to SQLite: neither is meant.
      throw HistoryError("store \"sqlite://…\": write sqlite:PATH, or sqlite:///PATH for a path from the root")
    }
    self = .sqlite(path: try Self.path(String(path)))
  }

  private static let forms = "sqlite:PATH, a path alone, or postgres://user@host:port/database"

  /// Both are libpq's.
  private static let postgresSchemes = ["postgres", "postgresql"]

  private static func path(_ path: String) throws -> String {
    guard !path.isEmpty else {
      throw HistoryError("the path of the history is missing; write sqlite:PATH, or a path alone")
    }
    return path
  }
}

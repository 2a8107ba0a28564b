import GRDB
import GRDBSQLite

/// A prepared statement, driven through SQLite's own calls.
///
/// GRDB prepares, caches and finalises it; binding and stepping go straight to SQLite, because a thousand runs a second and
/// ten thousand checks a report leave no time for boxing each value.
///
/// It is used only inside the closure that GRDB gives the connection to.
struct StoredStatement {
  private let handle: OpaquePointer
  /// Keeps the handle alive even when GRDB clears its cache.
  private let statement: Statement

  init(_ sql: String, in database: Database) throws {
    statement = try database.cachedStatement(sql: sql)
    handle = statement.sqliteStatement
    sqlite3_reset(handle)
  }

  /// Binds a number to a parameter, counted from 1.
  func bind(_ value: Int64?, at index: Int32) {
    if let value {
      sqlite3_bind_int64(handle, index, value)
    } else {
      sqlite3_bind_null(handle, index)
    }
  }

  /// Binds a number to a parameter, counted from 1; every bit of it is kept.
  func bind(_ value: Double, at index: Int32) {
    sqlite3_bind_double(handle, index, value)
  }

  /// Binds text to a parameter, counted from 1.
  func bind(_ value: String?, at index: Int32) {
    guard var value else {
      sqlite3_bind_null(handle, index)
      return
    }
    // An empty buffer may have no address, and no address means NULL to SQLite.
    guard !value.isEmpty else {
      sqlite3_bind_text(handle, index, "", 0, Self.transient)
      return
    }
    value.withUTF8 { bytes in
      _ = bytes.withMemoryRebound(to: CChar.self) {
        sqlite3_bind_text(handle, index, $0.baseAddress, Int32($0.count), Self.transient)
      }
    }
  }

  /// Binds bytes to a parameter, counted from 1; none at all is NULL.
  func bind(_ value: [UInt8], at index: Int32) {
    value.withUnsafeBytes {
      _ = sqlite3_bind_blob(handle, index, $0.isEmpty ? nil : $0.baseAddress, Int32($0.count), Self.transient)
    }
  }

  /// Steps to the next row.
  ///
  /// - Returns: false after the last one; the statement is then ready for other values.
  func next() throws -> Bool {
    switch sqlite3_step(handle) {
    case SQLITE_ROW: return true
    case SQLITE_DONE:
      sqlite3_reset(handle)
      return false
    default: throw failure()
    }
  }

  /// Runs a statement that gives no rows.
  func run() throws {
    while try next() {}
  }

  /// Lets go of the rows that are left; needed when `next` was not asked until it was false, since a statement under way
  /// holds its snapshot.
  func reset() {
    sqlite3_reset(handle)
  }

  /// The number in a column, counted from 0; NULL is 0.
  func integer(_ column: Int32) -> Int64 { sqlite3_column_int64(handle, column) }

  /// The number in a column, or nil for NULL.
  func optionalInteger(_ column: Int32) -> Int64? {
    sqlite3_column_type(handle, column) == SQLITE_NULL ? nil : sqlite3_column_int64(handle, column)
  }

  /// The number in a column of REAL, counted from 0.
  func real(_ column: Int32) -> Double { sqlite3_column_double(handle, column) }

  /// The text in a column, or nil for NULL.
  func text(_ column: Int32) -> String? {
    // By length, for a target may put NUL into a message; the length must be asked for after the text.
    sqlite3_column_text(handle, column).map {
      String(
        decoding: UnsafeBufferPointer(start: $0, count: Int(sqlite3_column_bytes(handle, column))), as: UTF8.self)
    }
  }

  /// Calls `body` with the bytes in a column, which are gone when it returns; with none for NULL.
  func withBytes<Result>(_ column: Int32, _ body: (UnsafeRawBufferPointer) -> Result) -> Result {
    // By length, which must be asked for after the bytes.
    let start = sqlite3_column_blob(handle, column)
    return body(
      UnsafeRawBufferPointer(start: start, count: start == nil ? 0 : Int(sqlite3_column_bytes(handle, column))))
  }

  /// The bytes in a column; none for NULL.
  func bytes(_ column: Int32) -> [UInt8] {
    guard let start = sqlite3_column_blob(handle, column) else { return [] }
    return [UInt8](UnsafeRawBufferPointer(start: start, count: Int(sqlite3_column_bytes(handle, column))))
  }

  private func failure() -> DatabaseError {
    let code = sqlite3_extended_errcode(sqlite3_db_handle(handle))
    let message = String(cString: sqlite3_errmsg(sqlite3_db_handle(handle)))
    sqlite3_reset(handle)
    return DatabaseError(resultCode: ResultCode(rawValue: code), message: message)
  }

  /// SQLITE_TRANSIENT: SQLite copies the bytes before the call returns (https://sqlite.org/c3ref/c_static.html).
  private static let transient = unsafeBitCast(-1, to: sqlite3_destructor_type.self)
}

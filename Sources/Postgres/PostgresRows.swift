import CPostgres

/// What a statement gave: rows, or how many it touched.
///
/// It holds memory of libpq, so it stays where it was made: take values out of it and give those back.
package struct PostgresRows: RandomAccessCollection {
  private let result: StatementResult

  init(_ result: StatementResult) {
    self.result = result
  }

  package var startIndex: Int { 0 }
  package var endIndex: Int { result.rowCount }
  package subscript(position: Int) -> PostgresRow { PostgresRow(result: result, row: CInt(position)) }

  /// How many rows were inserted, updated, deleted, copied or returned.
  package var affected: Int {
    guard let text = PQcmdTuples(result.pointer) else { return 0 }
    return Int(String(cString: text)) ?? 0
  }
}

/// One row of a result. Columns are counted from 0.
package struct PostgresRow {
  fileprivate let result: StatementResult
  fileprivate let row: CInt

  /// A column as a type: `let id: Int64 = try row[0]`, `let reason: String? = try row[1]`.
  ///
  /// - Throws: `PostgresFault` when it is NULL or of another type.
  package subscript<Value: PostgresReadable>(column: Int) -> Value {
    get throws { try Value(cell: PostgresCell(result: result, row: row, column: CInt(column))) }
  }
}

/// One value of a result, in the binary form of its type.
package struct PostgresCell {
  fileprivate let result: StatementResult
  fileprivate let row: CInt
  fileprivate let column: CInt

  var type: UInt32 { PQftype(result.pointer, column) }

  /// Nil for NULL.
  var bytes: UnsafeRawBufferPointer? {
    precondition(
      column >= 0 && column < result.columnCount, "A statement was asked for a column that it does not give.")
    guard PQgetisnull(result.pointer, row, column) == 0 else { return nil }
    let start = PQgetvalue(result.pointer, row, column)
    return UnsafeRawBufferPointer(start: start, count: Int(PQgetlength(result.pointer, row, column)))
  }

  /// A fault of ours: the statement and its reader do not agree.
  func mismatch(_ wanted: String) -> PostgresFault {
    let name = PQfname(result.pointer, column).map { String(cString: $0) } ?? "?"
    return PostgresFault(
      .other, "column \"\(name)\" \(bytes == nil ? "is NULL" : "has type \(type)") and was read as \(wanted)")
  }

  /// The value, unless it is NULL or of none of these types.
  func bytes(of types: UInt32..., as wanted: String) throws -> UnsafeRawBufferPointer {
    guard let bytes, types.contains(type) else { throw mismatch(wanted) }
    return bytes
  }
}

/// A type that a column can be read as.
package protocol PostgresReadable {
  /// - Throws: `PostgresFault` when it is NULL or of another type.
  init(cell: PostgresCell) throws
}

extension Int64: PostgresReadable {
  package init(cell: PostgresCell) throws {
    // Most of what is read are numbers, hundreds of thousands for a page.
    guard let bytes = cell.bytes else { throw cell.mismatch("a whole number") }
    switch cell.type {
    case TypeID.int8: self.init(bigEndian: bytes.loadUnaligned(as: Int64.self))
    case TypeID.int4: self.init(Int32(bigEndian: bytes.loadUnaligned(as: Int32.self)))
    case TypeID.int2: self.init(Int16(bigEndian: bytes.loadUnaligned(as: Int16.self)))
    default: throw cell.mismatch("a whole number")
    }
  }
}

extension Int: PostgresReadable {
  package init(cell: PostgresCell) throws { self.init(try Int64(cell: cell)) }
}

extension Double: PostgresReadable {
  package init(cell: PostgresCell) throws {
    let bytes = try cell.bytes(of: TypeID.float8, as: "a number")
    guard bytes.count == 8 else { throw cell.mismatch("a number") }
    self.init(bitPattern: UInt64(bigEndian: bytes.loadUnaligned(as: UInt64.self)))
  }
}

extension Bool: PostgresReadable {
  package init(cell: PostgresCell) throws {
    self = try cell.bytes(of: TypeID.bool, as: "true or false").first == 1
  }
}

extension String: PostgresReadable {
  package init(cell: PostgresCell) throws {
    let bytes = try cell.bytes(of: TypeID.text, TypeID.varchar, TypeID.name, as: "text")
    self.init(decoding: bytes, as: UTF8.self)
  }
}

extension [UInt8]: PostgresReadable {
  package init(cell: PostgresCell) throws { self.init(try cell.bytes(of: TypeID.bytea, as: "bytes")) }
}

extension Optional: PostgresReadable where Wrapped: PostgresReadable {
  package init(cell: PostgresCell) throws { self = cell.bytes == nil ? nil : try Wrapped(cell: cell) }
}

/// Owns a `PGresult`.
final class StatementResult {
  let pointer: OpaquePointer
  let rowCount: Int
  let columnCount: CInt

  init(_ pointer: OpaquePointer) {
    self.pointer = pointer
    rowCount = Int(PQntuples(pointer))
    columnCount = PQnfields(pointer)
  }

  deinit { PQclear(pointer) }

  /// A field of the server's error (PG_DIAG_…, postgres_ext.h); nil where it said none.
  func errorField(_ name: Unicode.Scalar) -> String? {
    PQresultErrorField(pointer, CInt(name.value)).map { String(cString: $0) }
  }
}
